"""Chains of events: how one leads to the next, and what shows that one was touched.

An event's hash is SHA-256(0x00 ‖ body), the leaf hash of RFC 9162 §2.1.1, so that the same hash
can later become a leaf of a Merkle tree. The body itself holds stream, number and the hash
before it: the chain lies inside what is hashed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dxflow.audit.canonical import NotCanonical, canonical, parse
from dxflow.audit.commitments import Commitment
from dxflow.audit.events import CASE_STREAM, Event, body_of
from dxflow.audit.findings import Finding, FindingKind
from dxflow.texts import gettext as _

GENESIS = bytes(32)


def leaf_hash(body: bytes) -> bytes:
    """Return the 32 bytes that stand for a body."""
    return hashlib.sha256(b"\x00" + body).digest()


def state_digest(state: bytes) -> str:
    """Return the hexadecimal SHA-256 of an engine's state, as events carry it."""
    return hashlib.sha256(state).hexdigest()


def case_stream(case_id: str) -> str:
    """Return the name of a case's own stream."""
    return CASE_STREAM + case_id


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream: number, leaf hash and time of its last event."""

    stream: str
    seq: int
    hash: bytes
    at: datetime | None = None

    @classmethod
    def start(cls, stream: str) -> "Head":
        """Return the head of a stream that has no event yet."""
        return cls(stream, 0, GENESIS)


@dataclass(frozen=True, slots=True)
class Link:
    """An event put in its place: the row to write, the values kept aside, the new head."""

    head: Head
    prev: bytes
    body: str
    index: "Index"
    private: tuple[Commitment, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """What the columns repeat from a body, for filters."""

    at: str
    type: str
    actor: str | None
    case_id: str | None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Index":
        """Read the columns' values out of a body. Raises KeyError, TypeError, AttributeError."""
        return cls(
            body["at"], body["type"], body["actor"].get("person"), body["object"].get("case")
        )


def link(head: Head, event: Event) -> Link:
    """Put an event behind a head. Raises NotCanonical and UnknownEventType, see `events`."""
    body, private = body_of(
        event, stream=head.stream, seq=head.seq + 1, prev=head.hash, not_before=head.at
    )
    text = canonical(body)
    following = Head(head.stream, head.seq + 1, leaf_hash(text), datetime.fromisoformat(body["at"]))
    return Link(following, head.hash, text.decode("utf-8"), Index.of(body), tuple(private))


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it was found in the database; None where a column holds no such thing."""

    id: int | None
    stream: str | None
    seq: int | None
    prev: bytes | None
    hash: bytes | None
    index: Index | None
    body: bytes


@dataclass(slots=True)
class ChainCheck:
    """Goes along the events of one stream in their order and collects what does not fit."""

    stream: str
    seq: int = 0
    hash: bytes = GENESIS
    at: str = ""
    id: int = 0
    state: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def step(self, row: Row) -> Mapping[str, Any] | None:
        """Check the next row; return its body, or None when it cannot be read."""
        self._place(row)
        real = leaf_hash(row.body)
        if real != row.hash:
            self._found(FindingKind.BODY, row, _("本文がハッシュ値と一致しません（本文の改変）。"))
        body = self._read(row)
        if body is not None:
            self._compare(row, body)
        # Go on from what the row claims, so that one altered row is not reported for all after it.
        self.hash = row.hash if row.hash is not None else real
        self.id = row.id if row.id is not None else self.id
        return body

    def _place(self, row: Row) -> None:
        if row.seq is None or row.seq <= self.seq:
            self._found(FindingKind.ORDER, row, _("連番が重複しているか、順序が違います。"))
        elif row.seq > self.seq + 1:
            self._found(
                FindingKind.GAP,
                row,
                _(
                    "連番 {first}〜{last} の記録がありません（削除）。",
                    first=self.seq + 1,
                    last=row.seq - 1,
                ),
            )
        if row.prev != self.hash:
            self._found(FindingKind.LINK, row, _("直前の記録とのつながりが切れています。"))
        if row.id is None or row.id <= self.id:
            self._found(FindingKind.ORDER, row, _("記録の順序（id）が書き込まれた順と違います。"))
        self.seq = row.seq if row.seq is not None else self.seq + 1

    def _read(self, row: Row) -> Mapping[str, Any] | None:
        try:
            body = parse(row.body)
        except NotCanonical:
            self._found(FindingKind.FORM, row, _("本文が定められた形式（正規形）ではありません。"))
            return None
        if not isinstance(body, dict):
            self._found(FindingKind.FORM, row, _("本文が記録の形をしていません。"))
            return None
        return body

    def _compare(self, row: Row, body: Mapping[str, Any]) -> None:
        """Compare the columns with what the body says of itself."""
        try:
            index = Index.of(body)
            place = (body["stream"], body["seq"], bytes.fromhex(body["prev"]))
        except (KeyError, TypeError, AttributeError, ValueError):
            self._found(FindingKind.FORM, row, _("本文が記録の形をしていません。"))
            return
        if place != (row.stream, row.seq, row.prev):
            self._found(
                FindingKind.COLUMN, row, _("本文にある連番・つながりが、表の列の値と違います。")
            )
        if index != row.index:
            self._found(
                FindingKind.COLUMN,
                row,
                _("検索用の列（日時・種類・人・案件）が本文と違います。"),
            )
        if not isinstance(index.at, str) or index.at < self.at:
            self._found(FindingKind.ORDER, row, _("日時が直前の記録より前に戻っています。"))
        self.at = index.at if isinstance(index.at, str) else self.at
        self.state = body.get("state", self.state)

    def _found(self, kind: FindingKind, row: Row, text: str) -> None:
        self.findings.append(Finding(kind, self.stream, row.seq or 0, text))
