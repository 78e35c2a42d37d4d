"""The files that a decision document lists: what was attached to its case as it was drawn up."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, insert, select

from dxflow import audit
from dxflow.db.attachment import Attachment, AttachmentVersion, DocumentAttachment
from dxflow.services.acts.act import Act
from dxflow.texts import mark


def any_of(case_id: Any) -> ColumnElement[bool]:
    """Return the condition that a case has attachments: cases without pay no statement more."""
    return exists().where(Attachment.case_id == case_id)


def pickable(tx: Connection, case_id: str) -> list[str]:
    """Return a case's files as a form offers and keeps them: name, version, start of the hash.

    What was picked is kept in these words, so that it reads the same wherever it is shown.
    """
    return [words(one.name, one.number, one.sha256) for one in current(tx, case_id)]


def words(name: str, number: int, sha256: str) -> str:
    """Return a version in the words in which a form keeps it."""
    return f"{name} (v{number}, {sha256[:16]})"


def current(tx: Connection, case_id: str) -> list[Row[Any]]:
    """Return the latest version of every attachment that is not withdrawn, in their order."""
    rows = tx.execute(
        select(AttachmentVersion.__table__)
        .join(Attachment, Attachment.id == AttachmentVersion.attachment_id)
        .where(Attachment.case_id == case_id, Attachment.withdrawn_at.is_(None))
        .order_by(AttachmentVersion.attachment_id, AttachmentVersion.number)
    ).all()
    return list({row.attachment_id: row for row in rows}.values())


def keep(act: Act, document: str, files: Sequence[Row[Any]]) -> None:
    """Keep which versions a document lists: with its decision they are locked."""
    if files:
        act.tx.execute(
            insert(DocumentAttachment),
            [{"document_id": document, "version_id": one.id} for one in files],
        )


def changes(files: Sequence[Row[Any]]) -> list[audit.Change]:
    """Return what the log says of the files: their hashes, by which each is found in it."""
    if not files:
        return []
    return [audit.Change("files", mark("添付（SHA-256）"), None, [one.sha256 for one in files])]
