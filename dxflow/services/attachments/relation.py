"""What a person is to a case and its files: the facts behind `authority.attaching`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from dxflow.authority.attaching import Attached, Standing
from dxflow.db.attachment import Attachment, AttachmentVersion, DocumentAttachment
from dxflow.db.document import DecisionDocument, Stamp
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.services.acts import disposals, history
from dxflow.services.acts.act import Act
from dxflow.services.acts.standing import may_act
from dxflow.services.acts.suspension import Suspended
from dxflow.services.people.actor import Actor
from dxflow.texts import gettext as _


def standing_of(tx: Connection, actor: Actor, case: Mapping[str, Any]) -> Standing:
    """Return what the actor is to a case; `case` are the values of its row."""
    running = case["status"] == "running"
    drafters = history.drafters(tx, case["id"]) | {case["applicant_id"]}
    parts = tx.execute(
        select(DecisionDocument.drafter_id, Stamp.group_key, Stamp.person_id)
        .outerjoin(Stamp, Stamp.document_id == DecisionDocument.id)
        .where(DecisionDocument.case_id == case["id"], DecisionDocument.decided_at.is_not(None))
    ).all()
    owners = {f"section:{case['lead_unit']}"} | {
        group
        for row in parts
        for group in (f"user:{row.drafter_id}", row.group_key, f"user:{row.person_id}")
    }
    return Standing(
        running=running,
        drafted=actor.person_id in drafters,
        at_work=running and _has_work(tx, actor, case["id"]),
        decided=bool(parts),
        of_document=not owners.isdisjoint(actor.groups),
    )


def _has_work(tx: Connection, actor: Actor, case_id: str) -> bool:
    rows = tx.execute(
        select(WorkItem.id, WorkItem.assignee_id, WorkItem.act, WorkItemGroup.group_key)
        .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.case_id == case_id, WorkItem.status == "open")
    ).all()
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row.id, set()).update([row.group_key] if row.group_key else [])
    return any(may_act(actor, groups[row.id], row.assignee_id, row.act) for row in rows)


def require_going(act: Act) -> None:
    """Raise Suspended while a case is stopped, Conflict once it is disposed of; it may have ended."""
    if act.suspension is not None:
        raise Suspended(act.suspension.sentence(act.case["number"]))
    disposals.require_kept(act.tx, act.case)


def locked_ids(tx: Connection, case_id: str) -> frozenset[str]:
    """Return the attachments of a case that a decided document lists."""
    return frozenset(
        tx.execute(
            select(AttachmentVersion.attachment_id)
            .join(DocumentAttachment, DocumentAttachment.version_id == AttachmentVersion.id)
            .join(DecisionDocument, DecisionDocument.id == DocumentAttachment.document_id)
            .where(AttachmentVersion.case_id == case_id, DecisionDocument.decided_at.is_not(None))
        ).scalars()
    )


def latest_of(tx: Connection, attachment_id: str) -> Row[Any]:
    """Return the latest version of an attachment with its withdrawal. Raises NotFound."""
    row = tx.execute(
        select(AttachmentVersion.__table__, Attachment.withdrawn_at)
        .join(Attachment, Attachment.id == AttachmentVersion.attachment_id)
        .where(AttachmentVersion.attachment_id == attachment_id)
        .order_by(AttachmentVersion.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(_("添付ファイルが見つかりません。"))
    return row


def attached_of(tx: Connection, actor: Actor, row: Row[Any]) -> Attached:
    """Return an attachment, by its latest version, as the rules know it."""
    return Attached(
        locked=row.attachment_id in locked_ids(tx, row.case_id),
        withdrawn=row.withdrawn_at is not None,
        own=row.person_id == actor.person_id,
    )


def amount(tx: Connection, case_id: str) -> tuple[int, int]:
    """Return how many bytes all files of a case have, and how many versions they are."""
    used, count = tx.execute(
        select(func.sum(AttachmentVersion.size), func.count()).where(
            AttachmentVersion.case_id == case_id
        )
    ).one()
    return int(used or 0), int(count)
