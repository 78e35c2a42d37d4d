"""Tables of the audit log: events in chains, personal values beside them, heads of system chains.

Hashes are the 32 bytes themselves, never hexadecimal text. Times are the text of the event's body
(ISO 8601, UTC, microseconds, always 32 characters), so that their order as text is their order
in time on both databases and the copy in a column can be compared with the body byte by byte.
`dxflow.db.triggers` makes the tables append-only.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base

#: What tells the streams of the system from those of cases, as the index has it.
OF_SYSTEM = "stream >= 'sys:'"


class AuditEvent(Base):
    """One event: `body` is its exact canonical text, `leaf_hash` is SHA-256(0x00 ‖ body).

    `stream` is `case:<case id>` or `sys:<name>`; `seq` counts from 1 within it without gaps.
    `at`, `type`, `actor` and `case_id` only repeat the body, for filters; the verifier compares.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("length(prev_hash) = 32", name="prev_hash"),
        CheckConstraint("length(leaf_hash) = 32", name="leaf_hash"),
        # One index for all filters: it grows at its end only (an act writes one page of it, not
        # one page for each of four) and answers newest first from its own entries.
        Index("ix_audit_event_filter", "at", "type", "actor", "case_id"),
        # A case's own events are found by its stream; this holds the few of other streams.
        Index(
            "ix_audit_event_system_case",
            "case_id",
            sqlite_where=text(OF_SYSTEM),
            postgresql_where=text(OF_SYSTEM),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    stream: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(Integer)
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[str] = mapped_column(String(32))
    type: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str | None] = mapped_column(String(64))
    case_id: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)


class AuditPrivate(Base):
    """A personal value that an event holds only as a commitment; may be deleted, never changed.

    `commitment` is HMAC-SHA256(salt, value) with a random salt of 32 bytes; `value` is the
    canonical text of the value.
    """

    __tablename__ = "audit_private"
    __table_args__ = (
        CheckConstraint("length(commitment) = 32", name="commitment"),
        CheckConstraint("length(salt) = 32", name="salt"),
    )

    commitment: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[str] = mapped_column(Text)


class AuditStream(Base):
    """The head of a `sys:*` chain: last number, last leaf hash, last time. Only moves forward."""

    __tablename__ = "audit_stream"
    __table_args__ = (CheckConstraint("length(head) = 32", name="head"),)

    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[str] = mapped_column(String(32))
