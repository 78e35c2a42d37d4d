"""An event: who did what to which thing, when, in which post and by which authority.

`Event` is what a service says; `body_of` makes of it the body that is written, hashed and kept:

    v, stream, seq, prev      place in the chain; prev is the leaf hash before, hexadecimal
    at, type, result          ISO 8601 UTC; a type of `event_types`; ok or denied
    actor                     person, post, groups, authority, on_behalf_of, channel
    object                    kind, id, case
    request                   id, idempotency
    changes                   [{field, label, before, after}]; personal values as commitments
    definition, form, state   SHA-256 of pack version, of the form, of the engine's state after
    content                   SHA-256 of what was handed in (`rows.records.sealed`) or registered
                              (`rows.cases.sealed_measures`)
    facts                     what rows hold from here on that the changes do not say: keys, ids and
                              days by which the verifier knows them (`Facts`)
    version                   of the instance after the step
    reason                    why it was denied
    clock                     "held" when the clock stood behind the event before

What is empty is left out. Ids are pseudonyms; no name of a person may stand outside a change
that is marked personal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dxflow.audit.commitments import Commitment, commit
from dxflow.audit.event_types import EVENT_TYPES
from dxflow.audit.plain import moment_text, normalized, plain
from dxflow.texts import source

FORMAT = 1
#: What rows hold after an event, for the verifier (`rows.work`, `rows.duties`, `rows.structure`);
#: no page shows it: `tasks` {id: {name, due, assignee}} (what is not named stays), `stage` the key
#: of the stage of a case,
#: `duties` the ids of the conditions imposed in their order, `owner` the group that owes a duty,
#: `milestones` [[id, day]] as planned or [[id, status]] as reported, `unit` and `post` {key: rows}.
Facts = Mapping[str, object]
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
    """What a service reports. `definition`, `form`, `content`, `state` are SHA-256 in hexadecimal."""

    type: str
    at: datetime
    actor: Actor
    subject: Subject
    request: Request = field(default_factory=Request)
    changes: tuple[Change, ...] = ()
    result: Result = Result.OK
    definition: str = ""
    form: str = ""
    content: str = ""
    state: str = ""
    version: int | None = None
    reason: str = ""
    facts: Facts = field(default_factory=dict)


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
        content=event.content,
        state=event.state,
        reason=source(event.reason),
        clock="held" if held else "",
    )
    if event.version is not None:
        body["version"] = event.version
    if event.facts:
        body["facts"] = plain(event.facts)
    private: list[Commitment] = []
    if event.changes:
        body["changes"] = [_change(change, private) for change in event.changes]
    return body, private


def _filled(**values: Any) -> dict[str, Any]:
    """Return the values that are there, their texts in normalization form C."""
    return {
        key: normalized(value) if isinstance(value, str) else value
        for key, value in values.items()
        if value
    }


def _actor(actor: Actor) -> dict[str, Any]:
    return _filled(
        channel=actor.channel.value,
        person=actor.person,
        post=actor.post,
        groups=[normalized(group) for group in actor.groups],
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
        "field": normalized(change.field),
        "label": normalized(source(change.label)),
        "before": before,
        "after": after,
    }


def _hidden(value: object, private: list[Commitment]) -> object:
    if value is None:
        return None
    commitment = commit(value)
    private.append(commitment)
    return commitment.reference
