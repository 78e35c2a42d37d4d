"""Decision documents (決裁文書): what is decided on, who stamped it, what was set beside it later."""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class DecisionDocument(Base):
    """A document drawn up for a decision; `content` and `ruling` are JSON objects.

    `digest` is the SHA-256 of the content. Once `decided_at` is set, a trigger refuses every
    further change of the row.
    """

    __tablename__ = "decision_document"
    __table_args__ = (UniqueConstraint("case_id", "revision"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    ruling: Mapped[str] = mapped_column(Text)
    drafter_id: Mapped[str] = mapped_column(String(32))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: What was decided; NULL while it is under way, and for one that was never decided.
    outcome: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Stamp(Base):
    """A place in the row of stamps (決裁欄); planned while `at` is NULL.

    `part` is draft, review, agree or decide; `group_key` is who may stamp it, `title` how the
    place is called. `absent_id` and `way` say for whom it was done, where it was for another.
    """

    __tablename__ = "stamp"
    __table_args__ = (UniqueConstraint("document_id", "place"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(32))
    place: Mapped[int]
    part: Mapped[str] = mapped_column(String(16))
    group_key: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str | None] = mapped_column(String(32))
    absent_id: Mapped[str | None] = mapped_column(String(32))
    way: Mapped[str] = mapped_column(String(16), server_default="")
    outcome: Mapped[str] = mapped_column(String(32), server_default="")
    remark: Mapped[str] = mapped_column(Text, server_default="")
    #: The day the stamp bears, which for a dated decision is not that of the act.
    dated: Mapped[date | None] = mapped_column(Date)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Addendum(Base):
    """A text set beside a decided document (追記); never changed, never removed."""

    __tablename__ = "addendum"
    __table_args__ = (Index(None, "document_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64), server_default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class TaskHold(Base):
    """A task laid aside by whoever has it (保留), until a day; its due date goes on."""

    __tablename__ = "task_hold"
    __table_args__ = (
        Index(
            "ix_task_hold_open",
            "work_item_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    work_item_id: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


#: What keeps a decided document and its additions as they are, by name and dialect.
KEEPERS = {
    "sqlite": (
        "CREATE TRIGGER decision_document_keep BEFORE UPDATE ON decision_document"
        " WHEN OLD.decided_at IS NOT NULL"
        " BEGIN SELECT RAISE(ABORT, 'decision_document: decided, it never changes'); END",
        "CREATE TRIGGER decision_document_stay BEFORE DELETE ON decision_document"
        " WHEN OLD.decided_at IS NOT NULL"
        " BEGIN SELECT RAISE(ABORT, 'decision_document: decided, it never goes'); END",
        "CREATE TRIGGER addendum_keep BEFORE UPDATE ON addendum"
        " BEGIN SELECT RAISE(ABORT, 'addendum: it never changes'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION decision_document_keep() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': decided, it never changes',"
        " ERRCODE = 'insufficient_privilege'; END $$",
        "CREATE TRIGGER decision_document_keep BEFORE UPDATE OR DELETE ON decision_document"
        " FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL)"
        " EXECUTE FUNCTION decision_document_keep()",
        "CREATE TRIGGER addendum_keep BEFORE UPDATE ON addendum"
        " FOR EACH ROW EXECUTE FUNCTION decision_document_keep()",
    ),
}
