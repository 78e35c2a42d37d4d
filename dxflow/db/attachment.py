"""Files attached to cases: an attachment has versions, a version its bytes in pieces.

Files of a draft lie apart: they come and go until the proposal is handed in.

Versions and pieces are only ever added. The pieces of a version are written before its row: once
the row is there, a trigger takes no further piece.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class Attachment(Base):
    """A file of a case over all its versions; withdrawn, it stays and says so."""

    __tablename__ = "attachment"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(String(32))
    withdraw_reason: Mapped[str] = mapped_column(Text, server_default="")


class AttachmentVersion(Base):
    """One version of a file. `size` in bytes, `sha256` (hex) of the bytes.

    `scan` is clean, none (no scanner is set up) or failed (there was no answer, and the site
    accepts that). `beside`: a document of the case was decided already when it was attached.
    """

    __tablename__ = "attachment_version"
    __table_args__ = (UniqueConstraint("attachment_id", "number"), Index(None, "case_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    attachment_id: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    scan: Mapped[str] = mapped_column(String(16))
    beside: Mapped[bool]
    person_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64), server_default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttachmentPiece(Base):
    """A piece of a version's bytes, in the order of `place` from 0."""

    __tablename__ = "attachment_piece"

    version_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class DraftFile(Base):
    """A file of a proposal that is not handed in; with it, it becomes a version under its own id."""

    __tablename__ = "draft_file"
    __table_args__ = (Index(None, "draft_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    draft_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    scan: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DraftPiece(Base):
    """A piece of such a file's bytes, as those of a version."""

    __tablename__ = "draft_piece"

    version_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class DocumentAttachment(Base):
    """A version that a decision document lists."""

    __tablename__ = "document_attachment"
    __table_args__ = (Index(None, "version_id"),)

    document_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    version_id: Mapped[str] = mapped_column(String(32), primary_key=True)


_DECIDED = (
    "EXISTS (SELECT 1 FROM decision_document WHERE id = OLD.document_id AND decided_at IS NOT NULL)"
)
_LOCKED = (
    "EXISTS (SELECT 1 FROM attachment_version v"
    " JOIN document_attachment l ON l.version_id = v.id"
    " JOIN decision_document d ON d.id = l.document_id"
    " WHERE v.attachment_id = OLD.id AND d.decided_at IS NOT NULL)"
)
_MOVED = "NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR OLD.withdrawn_at IS NOT NULL"
_WRITTEN = "EXISTS (SELECT 1 FROM attachment_version WHERE id = NEW.version_id)"


def _sqlite(name: str, fires: str, condition: str = "") -> str:
    table = fires.split(" ON ")[1]
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {fires}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: attached files never change and never go'); END"
    )


def _refusing(name: str, condition: str, given: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME ||"
        " ': attached files never change and never go', ERRCODE = 'insufficient_privilege';"
        f" END IF; RETURN {given}; END $$"
    )


def _postgresql(table: str, fires: str, function: str, each: str = "ROW") -> str:
    name = f"{table}_{fires.split(' ', maxsplit=1)[0].lower()}"
    return (
        f"CREATE TRIGGER {name} BEFORE {fires} ON {table} FOR EACH {each}"
        f" EXECUTE FUNCTION {function}()"
    )


FUNCTIONS = ("attachment_refuse", "attachment_hold", "attachment_seal", "attachment_list")
#: What keeps attached files as they are, by dialect.
KEEPERS = {
    "sqlite": (
        _sqlite("attachment_version_keep", "UPDATE ON attachment_version"),
        _sqlite("attachment_version_stay", "DELETE ON attachment_version"),
        _sqlite("attachment_piece_keep", "UPDATE ON attachment_piece"),
        _sqlite("attachment_piece_stay", "DELETE ON attachment_piece"),
        _sqlite("attachment_piece_seal", "INSERT ON attachment_piece", _WRITTEN),
        _sqlite("attachment_keep", "UPDATE ON attachment", f"{_MOVED} OR {_LOCKED}"),
        _sqlite("attachment_stay", "DELETE ON attachment"),
        _sqlite("document_attachment_keep", "UPDATE ON document_attachment", _DECIDED),
        _sqlite("document_attachment_stay", "DELETE ON document_attachment", _DECIDED),
    ),
    "postgresql": (
        _refusing("attachment_refuse", "true", "NULL"),
        _refusing("attachment_hold", f"{_MOVED} OR {_LOCKED}", "NEW"),
        _refusing("attachment_seal", _WRITTEN, "NEW"),
        _refusing("attachment_list", _DECIDED, "OLD"),
        *(
            _postgresql(table, fires, "attachment_refuse", each)
            for table in ("attachment_version", "attachment_piece")
            for fires, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))
        ),
        _postgresql("attachment_piece", "INSERT", "attachment_seal"),
        _postgresql("attachment", "UPDATE", "attachment_hold"),
        _postgresql("attachment", "DELETE", "attachment_refuse"),
        _postgresql("attachment", "TRUNCATE", "attachment_refuse", "STATEMENT"),
        _postgresql("document_attachment", "UPDATE OR DELETE", "attachment_list"),
    ),
}
