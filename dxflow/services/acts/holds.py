"""保留: a task laid aside by whoever has it, with the reason and until when; its clock goes on."""

from datetime import date

from sqlalchemy import Connection, insert, select, update

from dxflow import audit
from dxflow.authority.dating import may_hold
from dxflow.db.document import TaskHold
from dxflow.db.process import WorkItem
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.acts import papers, standing, tasks
from dxflow.services.acts.act import Act, lock_of_task, require_running
from dxflow.services.acts.finished import finished_text
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST = 1000


def hold(site: Site, actor: Actor, task_id: str, reason: str, until: date | None) -> str:
    """Lay a task aside until a day; doing it again changes reason and day. Return the case's id.

    Raises NotFound, NotAllowed for whoever does not have the task, Conflict when it is done,
    Invalid without a reason or for a day that may not be.
    """
    with site.database.write() as tx:
        act = _own_task(site, tx, actor, task_id)
        said = papers.require_text(reason, "reason", LONGEST)
        verdict = may_hold(until, actor.on)
        if until is None or not verdict:
            raise Invalid(verdict.reason, {"until": [verdict.reason]})
        _end(act, task_id)
        tx.execute(
            insert(TaskHold).values(
                id=act.new_id(),
                work_item_id=task_id,
                case_id=act.case_id,
                person_id=actor.person_id,
                reason=said,
                until=until,
                at=act.now,
            )
        )
        act.record(
            "task.held",
            audit.Change("until", mark("保留の期限"), None, until),
            audit.Change("reason", mark("理由"), None, said),
            subject=audit.Subject("task", task_id, act.case_id),
        )
        act.finish()
        return act.case_id


def resume(site: Site, actor: Actor, task_id: str) -> str:
    """Take a task up again before its day; return the case's id. Raises Conflict when not held."""
    with site.database.write() as tx:
        act = _own_task(site, tx, actor, task_id)
        if not _end(act, task_id):
            raise Conflict(_("この作業は保留されていません。"))
        act.record("task.hold_ended", subject=audit.Subject("task", task_id, act.case_id))
        act.finish()
        return act.case_id


def _own_task(site: Site, tx: Connection, actor: Actor, task_id: str) -> Act:
    """Lock the case of an open task that is the actor's."""
    try:
        act = lock_of_task(site, tx, actor, task_id)
    except NotFound:
        raise NotFound(_("作業が見つかりません。")) from None
    visibility.require(site, tx, actor, act.case_id)
    row = tx.execute(select(WorkItem.__table__).where(WorkItem.id == task_id)).one()
    if row.status != "open":
        raise tasks.TaskClosed(finished_text(tx, row, act.case, act.pack), act.case_id)
    require_running(act)
    tasks.require_mine(tx, actor, row)
    standing.require_uninvolved(act, act.pack.act_of(row.process_key, row.element))
    return act


def _end(act: Act, task_id: str) -> bool:
    """End the hold of a task, if there is one."""
    changed = act.tx.execute(
        update(TaskHold)
        .where(TaskHold.work_item_id == task_id, TaskHold.ended_at.is_(None))
        .values(ended_at=act.now)
    ).rowcount
    return changed > 0
