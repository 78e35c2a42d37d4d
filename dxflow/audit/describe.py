"""An event as a person reads it: who did what to which thing, when, and what changed.

Ids of people and posts stay ids here; whoever shows an entry puts the names in. A body that
somebody has damaged still gives an entry, as the log page must be able to show that it is there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dxflow.audit.chain import leaf_hash
from dxflow.audit.commitments import reference
from dxflow.audit.event_types import label
from dxflow.texts import gettext as _
from dxflow.texts import translated

_KINDS = {
    "case": "案件",
    "task": "作業",
    "draft": "下書き",
    "person": "職員",
    "unit": "組織",
    "post": "職",
    "session": "利用",
    "token": "APIトークン",
    "pack": "手続き",
    "committee": "会議体",
    "meeting": "会議",
    "minutes": "議事録",
    "decision": "決裁",
    "duty": "条件",
    "measure": "指標",
    "milestone": "工程",
    "file": "添付",
    "incident": "障害",
    "log": "監査ログ",
    "calendar": "閉庁日カレンダー",
    "system": "システム",
    "transfer": "人事異動",
    "document": "決裁の文書",
    "migration": "版の移行",
    "mail": "メール",
    "page": "画面",
    "api": "API",
}
_CHANNELS = {
    "page": "画面",
    "api": "API",
    "job": "自動処理",
    "cli": "コマンド",
    "system": "システム",
}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A field before and after, as text; empty when there was nothing.

    `erased` says that a personal value was recorded and has been deleted since.
    """

    field: str
    label: str
    before: str
    after: str
    personal: bool = False
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log page. `at` is aware and UTC; `hash` is the leaf hash, hexadecimal."""

    stream: str
    seq: int
    at: datetime
    type: str
    label: str
    person: str
    post: str
    authority: str
    on_behalf_of: str
    channel: str
    kind: str
    object_id: str
    case_id: str
    denied: bool
    reason: str
    request_id: str
    version: int | None
    changes: tuple[ChangeLine, ...]
    hash: str


def describe(body: str, private: Mapping[str, object] | None = None) -> Entry:
    """Return the readable entry of a stored body.

    `private` gives the personal values by the hexadecimal of their commitments, as
    `reading.private_values` returns them; without it personal values read as not shown.
    """
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    event = found if isinstance(found, dict) else {}
    actor, thing = _part(event, "actor"), _part(event, "object")
    version, seq = event.get("version"), event.get("seq")
    return Entry(
        stream=_word(event, "stream"),
        seq=seq if isinstance(seq, int) else 0,
        at=_moment(event.get("at")),
        type=_word(event, "type"),
        label=label(_word(event, "type")) if event else _("読めない記録"),
        person=_word(actor, "person"),
        post=_word(actor, "post"),
        authority=_word(actor, "authority"),
        on_behalf_of=_word(actor, "on_behalf_of"),
        channel=_named(_CHANNELS, _word(actor, "channel")),
        kind=_named(_KINDS, _word(thing, "kind")),
        object_id=_word(thing, "id"),
        case_id=_word(thing, "case"),
        denied=event.get("result") == "denied",
        reason=_word(event, "reason"),
        request_id=_word(_part(event, "request"), "id"),
        version=version if isinstance(version, int) else None,
        changes=_changes(event.get("changes"), private),
        hash=leaf_hash(body.encode("utf-8", errors="surrogatepass")).hex(),
    )


def shown(value: object) -> str:
    """Return a value as text: nothing is empty, lists are joined, yes and no are words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, list):
        return "、".join(shown(part) for part in value)
    if isinstance(value, dict):
        return "、".join(f"{key}: {shown(part)}" for key, part in value.items())
    return str(value)


def _changes(found: object, private: Mapping[str, object] | None) -> tuple[ChangeLine, ...]:
    if not isinstance(found, list):
        return ()
    return tuple(_line(change, private) for change in found if isinstance(change, dict))


def _line(change: Mapping[str, Any], private: Mapping[str, object] | None) -> ChangeLine:
    sides = [change.get("before"), change.get("after")]
    digests = [digest.hex() for value in sides if (digest := reference(value)) is not None]
    before, after = (_opened(value, private) for value in sides)
    return ChangeLine(
        field=_word(change, "field"),
        label=translated(_word(change, "label")),
        before=before,
        after=after,
        personal=bool(digests),
        erased=private is not None and any(digest not in private for digest in digests),
    )


def _opened(value: object, private: Mapping[str, object] | None) -> str:
    digest = reference(value)
    if digest is None:
        return shown(value)
    if private is None:
        return _("（個人情報）")
    return shown(private[digest.hex()]) if digest.hex() in private else _("（消去済み）")


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}


def _word(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _named(words: Mapping[str, str], key: str) -> str:
    return _(words[key]) if key in words else key


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else _NEVER
    except ValueError:
        return _NEVER
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
