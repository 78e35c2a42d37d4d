"""An event: who did what to which thing, when, in which post and by which authority.

`Event` is what a service says; `body_of` makes of it the body that is written, hashed and kept:

    v, stream, seq, prev      place in the chain; prev is the leaf hash before, hexadecimal
    at, type, result          ISO 8601 UTC; a type of `event_types`; ok or denied
    actor                     person, post, groups, authority, on_behalf_of, channel
    object                    kind, id, case
    request                   id, idempotency
    changes                   [{field, label, before, after}]; personal values as commitments
    definition, form, state   SHA-256 of pack version, of the form, of the engine's state after
    version                   of the instance after the step
    reason                    why it was denied
    clock                     "held" when the clock stood behind the event before

What is empty is left out. Ids are pseudonyms; no name of a person may stand outside a change
that is marked personal.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from dxflow.audit.canonical import NotCanonical
from dxflow.audit.commitments import Commitment, commit
from dxflow.audit.event_types import EVENT_TYPES

FORMAT = 1
CASE_STREAM = "case:"


class UnknownEventType(ValueError):
    """The type is not in the registry of event types."""


class Channel(StrEnum):
    """The way an act came in."""

    PAGE = "page"
    API = "api"
    JOB = "job"
    CLI = "cli"
    SYSTEM = "system"


class Result(StrEnum):
    """Whether the act happened."""

    OK = "ok"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. `authority` names the rule that allowed it, `on_behalf_of` the absent person."""

    channel: Channel
    person: str | None = None
    post: str = ""
    groups: tuple[str, ...] = ()
    authority: str = ""
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted upon: `kind` is case, task, person, pack, … ; `case` is a case's id.

    On the stream of a case, an empty `case` means that case.
    """

    kind: str
    id: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """The request the act came with, and its idempotency key."""

    id: str = ""
    idempotency: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after. A personal one is written as commitments."""

    field: str
    label: str
    before: object = None
    after: object = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What a service reports. `definition`, `form`, `state` are SHA-256 in hexadecimal."""

    type: str
    at: datetime
    actor: Actor
    subject: Subject
    request: Request = field(default_factory=Request)
    changes: tuple[Change, ...] = ()
    result: Result = Result.OK
    definition: str = ""
    form: str = ""
    state: str = ""
    version: int | None = None
    reason: str = ""


def body_of(
    event: Event, *, stream: str, seq: int, prev: bytes, not_before: datetime | None
) -> tuple[dict[str, Any], list[Commitment]]:
    """Return the body of an event at its place in a chain, and the personal values kept aside.

    `not_before` is the time of the event before it: time never goes back within a stream.
    Raises UnknownEventType, and NotCanonical for a value that has no canonical text.
    """
    if event.type not in EVENT_TYPES:
        message = f"the event type {event.type!r} is not registered in event_types"
        raise UnknownEventType(message)
    held = not_before is not None and event.at < not_before
    body: dict[str, Any] = {
        "v": FORMAT,
        "stream": stream,
        "seq": seq,
        "prev": prev.hex(),
        "at": moment_text(not_before if held and not_before else event.at),
        "type": event.type,
        "actor": _actor(event.actor),
        "object": _subject(event.subject, stream),
        "result": event.result.value,
    }
    request = _filled(id=event.request.id, idempotency=event.request.idempotency)
    body |= _filled(
        request=request,
        definition=event.definition,
        form=event.form,
        state=event.state,
        reason=event.reason,
        clock="held" if held else "",
    )
    if event.version is not None:
        body["version"] = event.version
    private: list[Commitment] = []
    if event.changes:
        body["changes"] = [_change(change, private) for change in event.changes]
    return body, private


def moment_text(moment: datetime) -> str:
    """Return a moment as it stands in the log: UTC, microseconds, 32 characters."""
    if moment.tzinfo is None:
        message = "a time without a zone cannot be logged"
        raise NotCanonical(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def plain(value: object) -> object:
    """Return a value as it stands in the log: decimals, dates and durations as text, text in NFC.

    Raises NotCanonical for a floating number and for anything else that is not plain.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value.value if isinstance(value, Enum) else value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    message = f"a value of type {type(value).__name__} cannot be logged"
    raise NotCanonical(message)


def duration_text(value: timedelta) -> str:
    """Return a duration of days and time as ISO 8601 text, such as `P3DT2H` or `-PT0.5S`."""
    sign, rest = ("-", -value) if value < timedelta(0) else ("", value)
    hours, left = divmod(rest.seconds, 3600)
    minutes, seconds = divmod(left, 60)
    fraction = f".{rest.microseconds:06d}".rstrip("0") if rest.microseconds else ""
    days = f"{rest.days}D" if rest.days else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days or '0D'}"


def _text(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _filled(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the values that are there, their texts in normalization form C."""
    return {
        key: _text(value) if isinstance(value, str) else value
        for key, value in values.items()
        if value
    }


def _actor(actor: Actor) -> dict[str, Any]:
    return _filled(
        channel=actor.channel.value,
        person=actor.person,
        post=actor.post,
        groups=[_text(group) for group in actor.groups],
        authority=actor.authority,
        on_behalf_of=actor.on_behalf_of,
    )


def _subject(subject: Subject, stream: str) -> dict[str, Any]:
    own = stream.removeprefix(CASE_STREAM) if stream.startswith(CASE_STREAM) else ""
    return _filled(kind=subject.kind, id=subject.id, case=subject.case or own)


def _change(change: Change, private: list[Commitment]) -> dict[str, Any]:
    before, after = plain(change.before), plain(change.after)
    if change.personal:
        before, after = _hidden(before, private), _hidden(after, private)
    return {
        "field": _text(change.field),
        "label": _text(change.label),
        "before": before,
        "after": after,
    }


def _hidden(value: object, private: list[Commitment]) -> object:
    if value is None:
        return None
    commitment = commit(value)
    private.append(commitment)
    return commitment.reference
