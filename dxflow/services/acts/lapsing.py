"""Claims that have lapsed: the task goes back to those it is offered to, and they are told.

Whoever has taken a task and loses the right to it (a post that ends by its date or by hand, an
account that is closed) can do it no longer from that moment; the row says so a little later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, Row, select, text, update

from dxflow import audit
from dxflow.authority import claims
from dxflow.clock import local_date
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.services.acts.act import Act, lock
from dxflow.services.acts.notices import leave_notice
from dxflow.services.people import naming, organisation, person_rows
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import mark

#: An open task: id, case, name and who has taken it.
Taken = Row[str, str, str, str | None]


def lapse(site: Site, tx: Connection, now: datetime) -> None:
    """Give back every task whose claim has lapsed."""
    actor = system_actor(local_date(now))
    for case in sorted({row.case_id for row, _groups in _lapsed(site, tx, now)}):
        act = lock(site, tx, actor, case)
        # again, behind the lock: somebody may have done or given back a task meanwhile
        found = _lapsed(site, tx, now, case)
        for row, groups in found:
            _give_back(act, row, groups)
        if found:
            act.finish()


def _lapsed(
    site: Site, tx: Connection, now: datetime, case: str | None = None
) -> list[tuple[Taken, set[str]]]:
    """Return the tasks with a claim that has lapsed, each with its groups; of one case, or of all."""
    taken = select(WorkItem.id, WorkItem.case_id, WorkItem.name, WorkItem.assignee_id).where(
        WorkItem.status == text("'open'"), WorkItem.assignee_id.is_not(None)
    )
    if case is not None:
        taken = taken.where(WorkItem.case_id == case)
    rows = tx.execute(taken.order_by(WorkItem.id)).all()
    who = organisation.directory(site, tx, local_date(now))
    offered = _offered(tx, [row.id for row in rows])
    persons = {row.assignee_id for row in rows}
    closed = person_rows.closed(tx, persons)
    return [
        (row, offered[row.id])
        for row in rows
        if offered[row.id]
        and (
            row.assignee_id in closed
            or claims.in_force(who, offered[row.id], row.assignee_id) is None
        )
    ]


def _offered(tx: Connection, tasks: Collection[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    statement = select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
    for row in tx.execute(statement.where(WorkItemGroup.work_item_id.in_(tasks))):
        found[row.work_item_id].add(row.group_key)
    return found


def _give_back(act: Act, row: Taken, groups: set[str]) -> None:
    act.tx.execute(update(WorkItem).where(WorkItem.id == row.id).values(assignee_id=None))
    act.tell_task(row.id, assignee=None)
    names = naming.load(act.tx, act.directory(), persons=[row.assignee_id])
    act.record(
        "task.released",
        audit.Change(
            "holder", mark("担当"), names.person(row.assignee_id), _words(names, groups),
            personal=True,
        ),
        audit.Change("reason", mark("理由"), None, mark("引き受けた人が担当から外れた")),
        subject=audit.Subject("task", row.id, act.case_id),
    )  # fmt: skip
    said = mark(
        "案件 {number} の「{task}」は、引き受けた人が担当から外れたため、引き受ける人を待っています。",
        number=act.case["number"], task=row.name,
    )  # fmt: skip
    leave_notice(act, groups, said, f"{row.id}:lapsed")


def _words(names: naming.Names, groups: Iterable[str]) -> str:
    return "、".join(sorted(map(names.group, groups)))
