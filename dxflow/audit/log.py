"""Write events: in the caller's transaction, so that no act exists without its entry.

The caller holds the head of the stream: for a case it lies in the instance row that the step has
locked anyway, and the caller writes the new head back there. Nothing is committed here. An error
of any kind must end the caller's transaction: if the event cannot be written, the act does not
happen. UNIQUE(stream, seq) is the last line against a step recorded twice.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from dxflow.audit.chain import GENESIS, Head, Link, link
from dxflow.audit.events import Event
from dxflow.audit.plain import moment_text
from dxflow.db.audit import AuditEvent, AuditPrivate
from dxflow.db.base import table
from dxflow.db.prepared import Prepared, Writes


class SystemStream(StrEnum):
    """The chains of what belongs to no case."""

    ACCESS = "sys:access"  # logins, logouts, denied attempts
    ADMIN = "sys:admin"  # people, posts, memberships, authority, tokens
    CONFIG = "sys:config"  # packs, settings, installation
    COMMITTEE = "sys:committee"  # meetings, attendance, minutes
    AUDIT = "sys:audit"  # views, exports and verifications of the log, erasure


_EVENT = Prepared(insert(table(AuditEvent)))
_PRIVATE = Prepared(insert(table(AuditPrivate)))
_HEAD = "SELECT seq, head, at FROM audit_stream WHERE stream = ?"
_OPEN = (
    "INSERT INTO audit_stream (stream, seq, head, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (stream) DO NOTHING"
)
_MOVE = "UPDATE audit_stream SET seq = ?, head = ?, at = ? WHERE stream = ?"


def append(connection: Connection, head: Head, event: Event) -> Head:
    """Write one event behind `head` and return the new head, for the caller to store.

    One statement, and a second one for the personal values if the event has any. Raises
    NotCanonical and UnknownEventType before anything is written, and the database's
    IntegrityError when somebody else has written behind the same head.
    """
    return append_many(connection, head, [event])


def append_many(connection: Connection, head: Head, events: Sequence[Event]) -> Head:
    """Write several events of one stream in their order, still in two statements at most."""
    writes = Writes()
    last = gather(writes, head, events)
    writes.send(connection)
    return last


def append_to_many(
    connection: Connection, chains: Sequence[tuple[Head, Sequence[Event]]]
) -> list[Head]:
    """Write events of many streams, each behind its head, and return the new heads in that order.

    Two statements at most, however many streams there are.
    """
    links: list[Link] = []
    heads: list[Head] = []
    for head, events in chains:
        last = head
        for event in events:
            links.append(link(last, event))
            last = links[-1].head
        heads.append(last)
    if links:
        connection.execute(insert(table(AuditEvent)), [_row(entry) for entry in links])
    private = [
        {"commitment": one.digest, "salt": one.salt, "value": one.value}
        for entry in links
        for one in entry.private
    ]
    if private:
        connection.execute(insert(table(AuditPrivate)), private)
    return heads


def gather(writes: Writes, head: Head, events: Sequence[Event]) -> Head:
    """Gather events of one stream for what an act writes at its end, and return the new head."""
    links: list[Link] = []
    last = head
    for event in events:
        links.append(link(last, event))
        last = links[-1].head
    _write(writes, links)
    return last


def append_system(connection: Connection, stream: SystemStream, *events: Event) -> Head:
    """Write events on a `sys:*` stream, whose head row is locked until the caller commits.

    The transaction must be a writing one (on SQLite begun with BEGIN IMMEDIATE). An act on
    several streams locks the case's row first and the system streams after it, in the order of
    their names.
    """
    head = append_many(connection, _locked_head(connection, stream.value), events)
    if events and head.at is not None:
        _execute(connection, _MOVE, (head.seq, head.hash, moment_text(head.at), head.stream))
    return head


def _write(writes: Writes, links: Sequence[Link]) -> None:
    writes.add(_EVENT, *(_row(entry) for entry in links))
    private = [value for entry in links for value in entry.private]
    writes.add(
        _PRIVATE,
        *({"commitment": one.digest, "salt": one.salt, "value": one.value} for one in private),
    )


def _row(entry: Link) -> dict[str, object]:
    index, head = entry.index, entry.head
    return {
        "stream": head.stream,
        "seq": head.seq,
        "prev_hash": entry.prev,
        "leaf_hash": head.hash,
        "at": index.at,
        "type": index.type,
        "actor": index.actor,
        "case_id": index.case_id,
        "body": entry.body,
    }


def _locked_head(connection: Connection, stream: str) -> Head:
    """Return a system stream's head, locked; the stream is opened when it is new."""
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    found = _execute(connection, _HEAD + lock, (stream,)).fetchone()
    if found is None:
        _execute(connection, _OPEN, (stream, 0, GENESIS, ""))
        found = _execute(connection, _HEAD + lock, (stream,)).fetchone()
    seq, head, at = found
    return Head(stream, seq, bytes(head), datetime.fromisoformat(at) if at else None)


def _execute(connection: Connection, statement: str, parameters: tuple[object, ...]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Run a statement without compiling an expression first: this is on every step's path."""
    if connection.dialect.paramstyle != "qmark":
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, parameters)
