"""What becomes of ended cases whose period of keeping is over (保存期間): proposals and disposals.

A row of `disposal` is what the triggers ask before bytes of attached files go: it is written by the
act that disposes of the case, with its event, and stays for good.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.attachment import KEEPERS as OF_FILES
from dxflow.db.base import Base, UtcDateTime
from dxflow.db.document import KEEPERS as OF_DOCUMENTS


class RetentionProposal(Base):
    """A proposal to dispose of a case or to keep it longer; undecided while `decided_at` is NULL.

    `proposed` is disposal or extension, `years` are those of an extension, 0 for a disposal.
    `kept_until` is the end of the period on the day of the proposal.
    """

    __tablename__ = "retention_proposal"
    __table_args__ = (
        Index(
            "uq_retention_proposal_open",
            "case_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    proposed: Mapped[str] = mapped_column(String(16))
    years: Mapped[int]
    kept_until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    proposer_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decider_id: Mapped[str | None] = mapped_column(String(32))
    approved: Mapped[bool | None]
    decision_reason: Mapped[str] = mapped_column(Text, server_default="")


class Disposal(Base):
    """A line of the register of disposals (廃棄簿); never changed, never removed.

    `files` and `bytes` count the versions of attached files whose bytes went, `openings` the
    personal values of the log, `forms` those forms from which personal values went, `documents` the
    decision documents that lost theirs.
    """

    __tablename__ = "disposal"
    __table_args__ = (Index(None, "at", "case_id"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kept_until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    proposer_id: Mapped[str] = mapped_column(String(32))
    approver_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    openings: Mapped[int]
    forms: Mapped[int]
    documents: Mapped[int] = mapped_column(server_default="0")


_NEVER = "attached files never change and never go"
_STAYS = "disposal: what was disposed of stays on record"
_OF_VERSION = "EXISTS (SELECT 1 FROM disposal WHERE case_id = OLD.case_id)"
#: INSERT OR REPLACE would delete the old row without asking the trigger for that.
_THERE = "EXISTS (SELECT 1 FROM disposal WHERE case_id = NEW.case_id)"
_OF_PIECE = (
    "EXISTS (SELECT 1 FROM attachment_version v JOIN disposal d ON d.case_id = v.case_id"
    " WHERE v.id = OLD.version_id)"
)
_SAME = " AND ".join(
    f"NEW.{one} = OLD.{one}"
    for one in (
        "id", "attachment_id", "case_id", "number", "size", "sha256", "scan", "beside",
        "person_id", "post", "at",
    )
)  # fmt: skip
#: What a version loses with its bytes is its name, which may be that of a person.
_NAMELESS = f"({_OF_VERSION} AND NEW.name = '' AND {_SAME})"

FUNCTIONS = ("disposal_refuse", "attachment_version_hold", "attachment_piece_hold")
#: What stands in the place of two triggers of attached files, and keeps disposals, by dialect.
KEEPERS = {
    "sqlite": (
        "DROP TRIGGER attachment_version_keep",
        "DROP TRIGGER attachment_piece_stay",
        "CREATE TRIGGER attachment_version_keep BEFORE UPDATE ON attachment_version"
        f" WHEN NOT {_NAMELESS}"
        f" BEGIN SELECT RAISE(ABORT, 'attachment_version: {_NEVER}'); END",
        "CREATE TRIGGER attachment_piece_stay BEFORE DELETE ON attachment_piece"
        f" WHEN NOT {_OF_PIECE}"
        f" BEGIN SELECT RAISE(ABORT, 'attachment_piece: {_NEVER}'); END",
        "CREATE TRIGGER disposal_keep BEFORE UPDATE ON disposal"
        f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
        "CREATE TRIGGER disposal_stay BEFORE DELETE ON disposal"
        f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
        f"CREATE TRIGGER disposal_once BEFORE INSERT ON disposal WHEN {_THERE}"
        f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
    ),
    "postgresql": (
        "DROP TRIGGER attachment_version_update ON attachment_version",
        "DROP TRIGGER attachment_piece_update ON attachment_piece",
        "CREATE FUNCTION disposal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION USING MESSAGE = '{_STAYS}', ERRCODE = 'insufficient_privilege'; END $$",
        "CREATE FUNCTION attachment_version_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT {_NAMELESS} THEN RAISE EXCEPTION USING MESSAGE = 'attachment_version: {_NEVER}',"
        " ERRCODE = 'insufficient_privilege'; END IF; RETURN NEW; END $$",
        "CREATE FUNCTION attachment_piece_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT {_OF_PIECE} THEN RAISE EXCEPTION USING MESSAGE = 'attachment_piece: {_NEVER}',"
        " ERRCODE = 'insufficient_privilege'; END IF; RETURN OLD; END $$",
        *(
            f"CREATE TRIGGER {table}_{fires.lower()} BEFORE {fires} ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION {function}()"
            for table, fires, function in (
                ("attachment_version", "UPDATE", "attachment_version_hold"),
                ("attachment_version", "DELETE", "attachment_refuse"),
                ("attachment_piece", "UPDATE", "attachment_refuse"),
                ("attachment_piece", "DELETE", "attachment_piece_hold"),
                ("disposal", "UPDATE", "disposal_refuse"),
                ("disposal", "DELETE", "disposal_refuse"),
            )
        ),
        "CREATE TRIGGER disposal_truncate BEFORE TRUNCATE ON disposal FOR EACH STATEMENT"
        " EXECUTE FUNCTION disposal_refuse()",
    ),
}
#: What puts the two triggers of attached files back, before the table of disposals goes.
UNDOING = {
    "sqlite": (
        "DROP TRIGGER attachment_version_keep",
        "DROP TRIGGER attachment_piece_stay",
        *(
            one
            for one in OF_FILES["sqlite"]
            if "TRIGGER attachment_version_keep" in one or "TRIGGER attachment_piece_stay" in one
        ),
    ),
    "postgresql": (
        *(
            f"DROP TRIGGER {table}_{fires} ON {table}"
            for table in ("attachment_version", "attachment_piece")
            for fires in ("update", "delete")
        ),
        *(
            one
            for one in OF_FILES["postgresql"]
            if "TRIGGER attachment_version_update" in one
            or "TRIGGER attachment_piece_update" in one
        ),
    ),
}

_DECIDED = "decision_document: decided, it never changes"
_SAME_DOCUMENT = " AND ".join(
    f"NEW.{one} = OLD.{one}"
    for one in (
        "id", "case_id", "revision", "title", "digest", "ruling", "drafter_id", "drawn_at",
        "outcome", "decided_at",
    )
)  # fmt: skip
_SOURCES = "'\"sources\":'"
#: Once for each document: its sources go with its personal values, and then it never changes again.
_EMPTIED = (
    f"coalesce({_OF_VERSION} AND {_SAME_DOCUMENT} AND {{at}}(OLD.content, {_SOURCES}) > 0"
    f" AND {{at}}(NEW.content, {_SOURCES}) = 0, FALSE)"
)
#: What stands in the place of the trigger that lets no decided document change, by dialect.
DOCUMENT_KEEPERS = {
    "sqlite": (
        "DROP TRIGGER decision_document_keep",
        "CREATE TRIGGER decision_document_keep BEFORE UPDATE ON decision_document"
        f" WHEN OLD.decided_at IS NOT NULL AND NOT {_EMPTIED.format(at='instr')}"
        f" BEGIN SELECT RAISE(ABORT, '{_DECIDED}'); END",
    ),
    "postgresql": (
        "DROP TRIGGER decision_document_keep ON decision_document",
        "CREATE FUNCTION decision_document_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT {_EMPTIED.format(at='strpos')} THEN RAISE EXCEPTION USING"
        f" MESSAGE = '{_DECIDED}', ERRCODE = 'insufficient_privilege'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER decision_document_keep BEFORE UPDATE ON decision_document"
        " FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL)"
        " EXECUTE FUNCTION decision_document_hold()",
        "CREATE TRIGGER decision_document_stay BEFORE DELETE ON decision_document"
        " FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL)"
        " EXECUTE FUNCTION decision_document_keep()",
    ),
}
#: What puts it back.
DOCUMENT_UNDOING = {
    "sqlite": (
        "DROP TRIGGER decision_document_keep",
        *(one for one in OF_DOCUMENTS["sqlite"] if "TRIGGER decision_document_keep" in one),
    ),
    "postgresql": (
        "DROP TRIGGER decision_document_keep ON decision_document",
        "DROP TRIGGER decision_document_stay ON decision_document",
        "DROP FUNCTION decision_document_hold()",
        *(one for one in OF_DOCUMENTS["postgresql"] if "TRIGGER decision_document_keep" in one),
    ),
}
