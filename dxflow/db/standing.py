"""Who stands in for whom, and what they must be shown afterwards.

Spans are half-open, as everywhere: `valid_to` is the first day after.
"""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class Absence(Base):
    """A person is away; one that was taken back before it began is removed."""

    __tablename__ = "absence"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    entered_by: Mapped[str | None] = mapped_column(String(32))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Delegation(Base):
    """A person names a deputy (代理). `post` empty: for every post they hold."""

    __tablename__ = "delegation"
    __table_args__ = (Index(None, "giver_id"), Index(None, "deputy_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    giver_id: Mapped[str] = mapped_column(String(32))
    deputy_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64), server_default="")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it was taken back, at once; NULL when it simply runs out.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubstituteRank(Base):
    """A place on the list of those who decide while the holder of a post is away (代決順位)."""

    __tablename__ = "substitute_rank"
    __table_args__ = (Index(None, "post"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    post: Mapped[str] = mapped_column(String(64))
    place: Mapped[int]
    substitute: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class StoodIn(Base):
    """Somebody acted for another: `absent_id` is whose act it was, NULL when the post was vacant.

    While it is not read it is an open duty (後閲) of `owner_id`, the absent person unless a transfer
    has handed it over; NULL when nobody need read it. Nothing but reading ends it.

    A reviewer who was passed over while away (`way` passed_over) owes the same: then `person_id` is
    empty, `work_item_id` the document, and `submission_id` the id of the stamp that is missing.
    """

    __tablename__ = "stood_in"
    __table_args__ = (
        Index(None, "case_id"),
        Index(
            "ix_stood_in_owed",
            "owner_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    submission_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    work_item_id: Mapped[str] = mapped_column(String(32))
    absent_id: Mapped[str | None] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    way: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner_id: Mapped[str | None] = mapped_column(String(32))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(Text, server_default="")
