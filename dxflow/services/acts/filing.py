"""A version of a file written into a case within its act: the row, and the entry with its hash.

Files of a draft wait beside it, and become versions of the case in the act that hands it in.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, literal, select

from dxflow import audit
from dxflow.attachments.scans import WORDS
from dxflow.db.attachment import (
    Attachment,
    AttachmentPiece,
    AttachmentVersion,
    DraftFile,
    DraftPiece,
)
from dxflow.services.acts import paper_attachments
from dxflow.services.acts.act import Act
from dxflow.texts import mark


@dataclass(frozen=True)
class Earlier:
    """The version that a new one is set over."""

    attachment_id: str
    name: str
    number: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Filed:
    """A version whose pieces are written already; `beside`: a decision of the case was made."""

    version_id: str
    name: str
    size: int
    sha256: str
    scan: str
    beside: bool = False


def add(act: Act, filed: Filed, earlier: Earlier | None = None) -> tuple[str, int]:
    """Write the version and its entry; return the id of the attachment and the number.

    A new attachment has the id of its first version: in their order files were brought.
    """
    if earlier is None:
        attachment_id, number = filed.version_id, 1
        act.tx.execute(insert(Attachment).values(id=attachment_id, case_id=act.case_id))
    else:
        attachment_id, number = earlier.attachment_id, earlier.number + 1
    act.tx.execute(
        insert(AttachmentVersion).values(
            id=filed.version_id, attachment_id=attachment_id, case_id=act.case_id, number=number,
            name=filed.name, size=filed.size, sha256=filed.sha256, scan=filed.scan,
            beside=filed.beside, person_id=act.actor.person_id, post=act.actor.acting_post or "",
            at=act.now,
        )
    )  # fmt: skip
    act.record(
        "file.added",
        audit.Change(
            "name", mark("ファイル名"), earlier and earlier.name, filed.name, personal=True
        ),
        audit.Change("version", mark("版"), earlier and earlier.number, number),
        audit.Change("size", mark("大きさ（バイト）"), earlier and earlier.size, filed.size),
        audit.Change("sha256", "SHA-256", earlier and earlier.sha256, filed.sha256),
        audit.Change("scan", mark("ウイルス検査"), None, WORDS[filed.scan]),
        audit.Change("beside", mark("決裁後に添付"), None, mark("はい") if filed.beside else None),
        subject=audit.Subject("file", filed.version_id, act.case_id),
    )
    return attachment_id, number


def hand_over(act: Act, draft_id: str) -> None:
    """Attach the files of a draft to the case it becomes, bytes and all, and empty the draft.

    Whoever hands it in is its owner, and the draft is locked by the act.
    """
    for one in of_draft(act.tx, draft_id):
        pieces = select(literal(one.id), DraftPiece.place, DraftPiece.body)
        act.tx.execute(
            insert(AttachmentPiece).from_select(
                ["version_id", "place", "body"],
                pieces.where(DraftPiece.version_id == one.id).order_by(DraftPiece.place),
            )
        )
        add(act, Filed(one.id, one.name, one.size, one.sha256, one.scan))
    forget(act.tx, draft_id)


def forget(tx: Connection, draft_id: str) -> None:
    """Remove the files of a draft."""
    files = select(DraftFile.id).where(DraftFile.draft_id == draft_id)
    tx.execute(delete(DraftPiece).where(DraftPiece.version_id.in_(files)))
    tx.execute(delete(DraftFile).where(DraftFile.draft_id == draft_id))


def of_draft(tx: Connection, draft_id: str) -> list[Row[Any]]:
    """Return the files of a draft, the oldest first."""
    return list(
        tx.execute(
            select(DraftFile.__table__)
            .where(DraftFile.draft_id == draft_id)
            .order_by(DraftFile.at, DraftFile.id)
        )
    )


def pickable(tx: Connection, draft_id: str) -> list[str]:
    """Return the files of a draft in the words a form keeps: those they have in the case."""
    return [paper_attachments.words(one.name, 1, one.sha256) for one in of_draft(tx, draft_id)]
