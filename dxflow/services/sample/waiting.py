"""What waits in the sample: tasks for people, timers, conditions to be met."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from dxflow.db.case import Case, Duty
from dxflow.db.process import PlannedStart, Timer, WorkItem, WorkItemGroup


@dataclass(frozen=True)
class Waiting:
    """An open task. `created` is when it came, `groups` whom it is offered to."""

    id: str
    case_id: str
    element: str
    process: str
    assignee: str | None
    created: datetime
    due: datetime | None
    groups: frozenset[str]
    name: str

    @property
    def sign(self) -> tuple[str, str, str]:
        """Return what tells it from its siblings, whatever ids the engine gave."""
        return (self.element, self.name, " ".join(sorted(self.groups)))


@dataclass(frozen=True)
class Origin:
    """Where a case came from: the case it was extended from or goes on from, and its process."""

    parent: str | None
    created: datetime
    process: str


def tasks(tx: Connection, known: Collection[str]) -> list[Waiting]:
    """Return the open tasks that are not known yet."""
    rows = tx.execute(
        select(
            WorkItem.id,
            WorkItem.case_id,
            WorkItem.element,
            WorkItem.process_key,
            WorkItem.assignee_id,
            WorkItem.created_at,
            WorkItem.due_at,
            WorkItem.name,
            WorkItemGroup.group_key,
        )
        .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.status == "open")
    ).all()
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row.id, set()).update([row.group_key] if row.group_key else [])
    return [
        Waiting(
            id=row.id,
            case_id=row.case_id,
            element=row.element,
            process=row.process_key,
            assignee=row.assignee_id,
            created=row.created_at,
            due=row.due_at,
            groups=frozenset(groups[row.id]),
            name=row.name,
        )
        for row in {row.id: row for row in rows if row.id not in known}.values()
    ]


def is_open(tx: Connection, task_id: str) -> bool:
    """Return whether a task still waits; a deadline may have closed it."""
    query = select(WorkItem.id).where(WorkItem.id == task_id, WorkItem.status == "open")
    return tx.execute(query).first() is not None


def next_timer(tx: Connection) -> datetime | None:
    """Return when the next timer of a case, or the next case that begins by itself, is due.

    What is in the queue does not count.
    """
    found = [
        tx.execute(select(func.min(one.due_at)).where(one.attempts == 0)).scalar_one_or_none()
        for one in (Timer, PlannedStart)
    ]
    return min((due for due in found if due is not None), default=None)


def owed(tx: Connection, case_id: str) -> dict[str, tuple[str, str]]:
    """Return the open conditions of a case by their text: id, and the group that owes them."""
    rows = tx.execute(
        select(Duty.id, Duty.text, Duty.owner_group).where(
            Duty.case_id == case_id, Duty.status == "open"
        )
    )
    return {row.text: (row.id, row.owner_group) for row in rows}


def origin(tx: Connection, case_id: str) -> Origin:
    """Return where a case came from."""
    columns = (Case.parent_id, Case.previous_id, Case.created_at, Case.process_key)
    row = tx.execute(select(*columns).where(Case.id == case_id)).one()
    return Origin(row.parent_id or row.previous_id, row.created_at, row.process_key)


def number_of(tx: Connection, case_id: str) -> str:
    """Return the number of a case."""
    return str(tx.execute(select(Case.number).where(Case.id == case_id)).scalar_one())
