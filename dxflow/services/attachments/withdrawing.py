"""Withdraw an attachment: it stays in the record with all its bytes, marked, with the reason."""

from sqlalchemy import select, update

from dxflow import audit
from dxflow.authority.attaching import may_withdraw
from dxflow.db.attachment import Attachment
from dxflow.errors import NotFound
from dxflow.services.acts import papers
from dxflow.services.acts.act import lock
from dxflow.services.attachments import relation
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST = 500


def withdraw(site: Site, actor: Actor, attachment_id: str, reason: str) -> str:
    """Mark an attachment as withdrawn; return the case's id.

    Raises NotFound, NotAllowed (by whom, or locked by a decision), Invalid without a reason,
    Suspended.
    """
    with site.database.write() as tx:
        which = select(Attachment.case_id).where(Attachment.id == attachment_id).scalar_subquery()
        try:
            act = lock(site, tx, actor, which)
        except NotFound:
            raise NotFound(_("添付ファイルが見つかりません。")) from None
        visibility.require(site, tx, actor, act.case_id)
        relation.require_going(act)
        row = relation.latest_of(tx, attachment_id)
        standing = relation.standing_of(tx, actor, act.case)
        may_withdraw(standing, relation.attached_of(tx, actor, row)).require()
        said = papers.require_text(reason, "reason", LONGEST)
        tx.execute(
            update(Attachment)
            .where(Attachment.id == attachment_id)
            .values(withdrawn_at=act.now, withdrawn_by=actor.person_id, withdraw_reason=said)
        )
        act.record(
            "file.withdrawn",
            audit.Change("name", mark("ファイル名"), row.name, None, personal=True),
            audit.Change("version", mark("版"), row.number, None),
            audit.Change("sha256", "SHA-256", row.sha256, None),
            audit.Change("reason", mark("理由"), None, said),
            subject=audit.Subject("file", row.id, act.case_id),
        )
        act.finish()
        return act.case_id
