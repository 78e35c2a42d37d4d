"""Transfers of personnel (人事異動) that are planned, and who does the work of what has ended."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class TransferPlan(Base):
    """A transfer from one day on. `status` is draft, scheduled, blocked, applied, undone, discarded.

    `version` goes up with every change, so that an act on an outdated page is refused. `held_up`
    says why it was not applied at its hour. `before` is what taking it back restores: JSON.
    """

    __tablename__ = "transfer_plan"
    __table_args__ = (Index(None, "status", "effective"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    effective: Mapped[date] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scheduled_by: Mapped[str | None] = mapped_column(String(32))
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_up: Mapped[str] = mapped_column(Text, server_default="")
    applied_by: Mapped[str | None] = mapped_column(String(32))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    before: Mapped[str] = mapped_column(Text, server_default="")
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TransferFile(Base):
    """A file of a plan as it was uploaded. `what` is transfers, units or posts.

    `columns` maps its headings to columns where somebody said so: JSON.
    """

    __tablename__ = "transfer_file"

    plan_id: Mapped[str] = mapped_column(ForeignKey("transfer_plan.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    columns: Mapped[str] = mapped_column(Text, server_default="{}")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class TransferFill(Base):
    """How a hole is filled: `target` as it was proposed or chosen, or "leave" with a reason."""

    __tablename__ = "transfer_fill"

    plan_id: Mapped[str] = mapped_column(ForeignKey("transfer_plan.id"), primary_key=True)
    hole: Mapped[str] = mapped_column(String(160), primary_key=True)
    target: Mapped[str] = mapped_column(String(160))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Succession(Base):
    """From `valid_from` on, `new` does the work of `old`. `kind` is unit or post."""

    __tablename__ = "succession"
    __table_args__ = (UniqueConstraint("kind", "old", "valid_from"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    old: Mapped[str] = mapped_column(String(64))
    new: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date] = mapped_column(Date)
    plan_id: Mapped[str | None] = mapped_column(String(32))
