"""Meetings of a body: agenda, attendance, recusals declared, papers read, consents, minutes."""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime

#: Matters about which nothing has been concluded, as the index has it.
UNDECIDED = "status IN ('waiting', 'voting', 'closed')"


class Meeting(Base):
    """A meeting (会議) or, `written`, a deliberation in writing whose last day is `held_on`.

    `status` is planned, open, closed or cancelled; `number` counts within the body. `version`
    rises with every change, so that a page that is out of date is known.
    """

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("body", "number"), Index(None, "status", "held_on"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    body: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    written: Mapped[bool]
    held_on: Mapped[date] = mapped_column(Date)
    #: Times of the day as `14:00`, empty for a deliberation in writing.
    begins: Mapped[str] = mapped_column(String(5), server_default="")
    ends: Mapped[str] = mapped_column(String(5), server_default="")
    place: Mapped[str] = mapped_column(Text, server_default="")
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    distributed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The seat that presided when it was opened.
    chair: Mapped[str] = mapped_column(String(64), server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")


class MeetingMatter(Base):
    """A case on an agenda. `status` is waiting, voting, closed, resolved, deferred or dropped.

    `present` is a JSON list of the seats in the room when the vote was closed. `bloc` numbers the
    matters of the meeting that are decided at once, None for one that stands alone.
    """

    __tablename__ = "meeting_matter"
    __table_args__ = (
        Index(None, "meeting_id"),
        Index(
            "uq_meeting_matter_undecided",
            "case_id",
            unique=True,
            sqlite_where=text(UNDECIDED),
            postgresql_where=text(UNDECIDED),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str] = mapped_column(String(32))
    place: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    deliberation_id: Mapped[str | None] = mapped_column(String(32))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    present: Mapped[str] = mapped_column(Text, server_default="[]")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    bloc: Mapped[int | None]


class Attendance(Base):
    """A member in the room from `came_at` to `left_at`; coming back is another row."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(None, "meeting_id"),
        Index(
            "uq_attendance_present",
            "meeting_id",
            "seat",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(String(32))
    seat: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PaperReading(Base):
    """A person has read the papers of a matter."""

    __tablename__ = "paper_reading"

    matter_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WrittenConsent(Base):
    """A member's word on whether to decide in writing; a later word takes its place."""

    __tablename__ = "written_consent"

    meeting_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seat: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    agrees: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Minutes(Base):
    """The minutes (議事録): `body` is the JSON that `digest` (SHA-256) is of.

    `status` is draft, approved or sealed; once sealed nothing of the row changes.
    """

    __tablename__ = "minutes"

    meeting_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    #: What was said, in short, by the id of the matter ("" for the meeting as a whole): JSON.
    remarks: Mapped[str] = mapped_column(Text, server_default="{}")
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[str] = mapped_column(String(32))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(32))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_by: Mapped[str | None] = mapped_column(String(32))


class MinutesCorrection(Base):
    """A correction appended to sealed minutes; `digest` is of the one before and of this text."""

    __tablename__ = "minutes_correction"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))


class PrivateNote(Base):
    """A member's own note on a case; nobody else reads it, in no form."""

    __tablename__ = "private_note"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
