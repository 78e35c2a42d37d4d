"""Read the log back out of the database, also when somebody has put rubbish into it.

On SQLite a column takes a value of any type and text that is no UTF-8; every text is therefore
fetched as bytes and the types are asked for, so that tampering becomes a finding and not an error
half way through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.canonical import NotCanonical, parse
from dxflow.audit.chain import Index, Row
from dxflow.audit.events import CASE_STREAM

CHUNK = 1000

_EVENTS_SQLITE = """
SELECT id, CAST(stream AS BLOB), CASE typeof(seq) WHEN 'integer' THEN seq END,
  CASE typeof(prev_hash) WHEN 'blob' THEN prev_hash END,
  CASE typeof(leaf_hash) WHEN 'blob' THEN leaf_hash END,
  CAST(at AS BLOB), CAST(type AS BLOB), CAST(actor AS BLOB), CAST(case_id AS BLOB),
  CAST(body AS BLOB),
  typeof(stream) = 'text' AND typeof(body) = 'text' AND typeof(at) = 'text'
  AND typeof(type) = 'text' AND typeof(actor) IN ('text', 'null')
  AND typeof(case_id) IN ('text', 'null')
FROM audit_event ORDER BY stream, seq, id
"""
_EVENTS_POSTGRESQL = """
SELECT id, stream, seq, prev_hash, leaf_hash, at, type, actor, case_id, body, true
FROM audit_event ORDER BY stream, seq, id
"""
_INSTANCES_SQLITE = """
SELECT CAST(case_id AS BLOB), CASE typeof(audit_seq) WHEN 'integer' THEN audit_seq END,
  CASE typeof(audit_head) WHEN 'blob' THEN audit_head END, CAST(audit_at AS BLOB),
  CASE typeof(state) WHEN 'blob' THEN state END
FROM process_instance
"""
_INSTANCES_POSTGRESQL = (
    "SELECT case_id, audit_seq, audit_head, audit_at, state FROM process_instance"
)
_CASE_HEADS_SQLITE = """
SELECT CAST(case_id AS BLOB), CASE typeof(audit_seq) WHEN 'integer' THEN audit_seq END,
  CASE typeof(audit_head) WHEN 'blob' THEN audit_head END
FROM process_instance
"""
_CASE_HEADS_POSTGRESQL = "SELECT case_id, audit_seq, audit_head FROM process_instance"
_STREAMS_SQLITE = """
SELECT CAST(stream AS BLOB), CASE typeof(seq) WHEN 'integer' THEN seq END,
  CASE typeof(head) WHEN 'blob' THEN head END, CAST(at AS BLOB), NULL
FROM audit_stream
"""
_STREAMS_POSTGRESQL = "SELECT stream, seq, head, at, NULL FROM audit_stream"
_PRIVATE_SQLITE = """
SELECT commitment, CASE typeof(salt) WHEN 'blob' THEN salt END, CAST(value AS BLOB)
FROM audit_private WHERE commitment IN (?)
"""
_PRIVATE_POSTGRESQL = "SELECT commitment, salt, value FROM audit_private WHERE commitment IN (?)"
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """The end of a stream as the case's instance or the stream's own row knows it.

    `owner` is the case's id or the stream's name; `state` are the engine's bytes of an instance.
    """

    owner: str
    seq: int | None
    head: bytes | None
    at: datetime | None
    state: bytes | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A personal value with the salt that opens its commitment."""

    salt: bytes
    value: bytes


def events(connection: Connection) -> Iterator[list[tuple[Row, bool]]]:
    """Yield all events by stream and number, in chunks; False marks a value of a wrong type."""
    statement = _EVENTS_SQLITE if _sqlite(connection) else _EVENTS_POSTGRESQL
    result = connection.exec_driver_sql(
        statement, execution_options={"stream_results": True, "max_row_buffer": CHUNK}
    )
    for chunk in result.partitions(CHUNK):
        yield [(_row(tuple(found)), bool(found[-1])) for found in chunk]


def instances(connection: Connection) -> Iterator[Stored]:
    """Yield what every process instance knows of its case's stream, and its engine's state."""
    statement = _INSTANCES_SQLITE if _sqlite(connection) else _INSTANCES_POSTGRESQL
    return _stored(connection, statement)


def system_streams(connection: Connection) -> Iterator[Stored]:
    """Yield the heads of the `sys:*` streams."""
    return _stored(connection, _STREAMS_SQLITE if _sqlite(connection) else _STREAMS_POSTGRESQL)


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return where every chain ends, by stream: number and hash (hex) of its last event.

    As cases and the streams' own rows know it: one row a chain, no event is read.
    """
    sqlite = _sqlite(connection)
    found: dict[str, tuple[int, str]] = {}
    for prefix, statement in (
        (CASE_STREAM, _CASE_HEADS_SQLITE if sqlite else _CASE_HEADS_POSTGRESQL),
        ("", _STREAMS_SQLITE if sqlite else _STREAMS_POSTGRESQL),
    ):
        for owner, seq, head, *_rest in connection.exec_driver_sql(statement):
            if seq:
                found[f"{prefix}{_text(owner)}"] = (seq, (_bytes(head) or b"").hex())
    return found


def openings(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, Opening]:
    """Return the personal values that are still there for these commitments."""
    found: dict[bytes, Opening] = {}
    sqlite = _sqlite(connection)
    for start in range(0, len(digests), _SLICE):
        part = tuple(digests[start : start + _SLICE])
        marks = ", ".join(["?" if sqlite else "%s"] * len(part))
        statement = (_PRIVATE_SQLITE if sqlite else _PRIVATE_POSTGRESQL).replace("?", marks)
        for digest, salt, value in connection.exec_driver_sql(statement, part):
            found[bytes(digest)] = Opening(_bytes(salt) or b"", _bytes(value) or b"")
    return found


def private_values(connection: Connection, digests: Sequence[bytes]) -> dict[str, object]:
    """Return the personal values by the hexadecimal of their commitments, for the log page.

    What was erased, or cannot be read any more, is missing from the answer.
    """
    values: dict[str, object] = {}
    for digest, opening in openings(connection, digests).items():
        try:
            values[digest.hex()] = parse(opening.value)
        except NotCanonical:
            continue
    return values


def rows(connection: Connection, statement: str) -> Iterator[Any]:
    """Yield rows piece by piece, so that the largest table needs no memory."""
    options = {"stream_results": True, "max_row_buffer": CHUNK}
    result = connection.exec_driver_sql(statement, execution_options=options)
    for part in result.partitions(CHUNK):
        yield from part


def _sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _stored(connection: Connection, statement: str) -> Iterator[Stored]:
    result = connection.exec_driver_sql(
        statement, execution_options={"stream_results": True, "max_row_buffer": CHUNK}
    )
    for owner, seq, head, at, state in result:
        yield Stored(_text(owner) or "", seq, _bytes(head), moment(at), _bytes(state))


def _row(found: tuple[object, ...]) -> Row:
    row_id, stream, seq, prev, leaf, at, kind, actor, case_id, body, _ = found
    return Row(
        id=row_id if isinstance(row_id, int) else None,
        stream=_text(stream),
        seq=seq if isinstance(seq, int) else None,
        prev=_bytes(prev),
        hash=_bytes(leaf),
        index=Index(_text(at) or "", _text(kind) or "", _text(actor), _text(case_id)),
        body=_bytes(body) or b"",
    )


def _text(value: object) -> str | None:
    """Return text from bytes, undecodable bytes made visible so that they equal nothing."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return value if isinstance(value, str) else None


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode("utf-8", errors="surrogatepass")
    return bytes(value) if isinstance(value, bytes | memoryview) else None


def moment(value: object) -> datetime | None:
    """Return a moment in UTC from a datetime, or from its text in SQLite or in the log."""
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(_text(value) or "")
        except ValueError:
            return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
