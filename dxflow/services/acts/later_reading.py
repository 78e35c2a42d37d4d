"""後閲: reading afterwards what was done for one while away; a duty that ends by reading alone."""

from sqlalchemy import Row, select, update

from dxflow import audit
from dxflow.authority.standing_in import PASSED_OVER, way_label
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.process import WorkItem
from dxflow.db.standing import StoodIn
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts.act import Act, lock
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_REMARK = 1000


def read(site: Site, actor: Actor, submission_id: str, remark: str = "") -> str:
    """Say that one has read it, perhaps with a remark; return the case's id.

    Raises NotFound, NotAllowed for anybody but who owes it, Conflict when it was read before.
    """
    said = _text(remark, "remark")
    with site.database.write() as tx:
        act = _lock(site, tx, actor, submission_id)
        row = _row(act, submission_id)
        if row.owner_id != actor.person_id:
            raise NotAllowed(_("後閲するのは、不在だった本人です。"))
        if row.read_at is not None:
            raise Conflict(_("{at} に後閲を済ませています。", at=wareki_datetime(row.read_at)))
        tx.execute(
            update(StoodIn)
            .where(StoodIn.submission_id == submission_id)
            .values(read_at=act.now, remark=said)
        )
        act.record(
            "later_reading.done",
            audit.Change("task", mark("作業"), None, row.name or way_label(row.way)),
            audit.Change("remark", mark("所見"), None, said or None),
            subject=audit.Subject(
                "document" if row.way == PASSED_OVER else "task", row.work_item_id, act.case_id
            ),
        )
        act.finish()
        return act.case_id


def _lock(site: Site, tx: object, actor: Actor, submission_id: str) -> Act:
    which = select(StoodIn.case_id).where(StoodIn.submission_id == submission_id).scalar_subquery()
    try:
        return lock(site, tx, actor, which)  # type: ignore[arg-type]
    except NotFound:
        raise NotFound(_("この後閲は見つかりません。")) from None


def _row(act: Act, submission_id: str) -> Row[object]:
    return act.tx.execute(
        select(StoodIn.__table__, WorkItem.name)
        .outerjoin(WorkItem, WorkItem.id == StoodIn.work_item_id)
        .where(StoodIn.submission_id == submission_id)
    ).one()


def _text(text: str, field: str) -> str:
    said = text.strip()
    if len(said) > LONGEST_REMARK:
        message = _("{n}文字以内で書いてください。", n=LONGEST_REMARK)
        raise Invalid(message, {field: [message]})
    return said
