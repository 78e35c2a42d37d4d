"""Figures over all cases that were handed in: counts, what is late, where work waits, decisions.

Each is one aggregate or a list of limited length, whatever the number of cases. Whoever asks must
be known to read every case: nothing here looks at who may see a single one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, union_all

from dxflow.authority.visibility import PRIVATE_STATUSES
from dxflow.clock import at_local, local_date
from dxflow.db.case import Case, DecisionRecord, Duty, Milestone
from dxflow.db.process import WorkItem


@dataclass(frozen=True)
class Count:
    """How many cases of a lead section stand at a stage (running) or ended in a status."""

    unit: str
    status: str
    stage: str
    pack_digest: str
    cases: int


@dataclass(frozen=True)
class Late:
    """Something overdue: `kind` is task, duty or milestone; `since` is the day it was due."""

    kind: str
    id: str
    name: str
    case_id: str
    number: str
    title: str
    unit: str
    since: date


@dataclass(frozen=True)
class Waiting:
    """How many tasks wait at an element, how many of them are late, and since when the oldest."""

    process: str
    element: str
    name: str
    tasks: int
    late: int
    oldest: datetime


@dataclass(frozen=True)
class Decided:
    """A 決裁 of the span."""

    case_id: str
    number: str
    title: str
    unit: str
    outcome: str
    post: str
    person_id: str
    on: date
    amount: int | None


def counts(tx: Connection, ended_since: date) -> list[Count]:
    """Return running cases by section and stage, and those that ended since a day by status."""
    columns = (Case.lead_unit, Case.status, Case.stage, Case.pack_digest, func.count())
    groups = (Case.lead_unit, Case.status, Case.stage, Case.pack_digest)
    running = select(*columns).where(Case.status == "running").group_by(*groups)
    ended = (
        select(*columns)
        .where(
            Case.status.not_in(["running", *PRIVATE_STATUSES]),
            Case.ended_at >= at_local(ended_since),
        )
        .group_by(*groups)
    )
    return [Count(*row) for row in tx.execute(union_all(running, ended))]


def handed_in(tx: Connection, first: date, last: date) -> int:
    """Return how many cases were handed in from one day to another, both included."""
    return int(
        tx.execute(
            select(func.count())
            .select_from(Case)
            .where(
                Case.created_at >= at_local(first),
                Case.created_at < at_local(date.fromordinal(last.toordinal() + 1)),
                Case.status.not_in(PRIVATE_STATUSES),
            )
        ).scalar_one()
    )


def late(
    tx: Connection, now: datetime, reported_in: Collection[str], most: int
) -> tuple[list[Late], int]:
    """Return what is overdue, the oldest first, at most `most`, and how many there are in all.

    Tasks past their time; conditions of running cases past their day, and milestones of those in
    a stage in which somebody still reports them.
    """
    found: list[Late] = []
    total = 0
    for kind, query in _overdue(now, reported_in):
        rows = tx.execute(query.limit(most)).all()
        total += len(rows) if len(rows) < most else _size(tx, query)
        for row in rows:
            key, name, case_id, number, title, unit, due = row
            since = local_date(due) if isinstance(due, datetime) else due
            found.append(Late(kind, key, name, case_id, number, title, unit, since))
    found.sort(key=lambda one: (one.since, one.number, one.id))
    return found[:most], total


def _overdue(now: datetime, reported_in: Collection[str]) -> Sequence[tuple[str, Any]]:
    today = local_date(now)
    where = (Case.id, Case.number, Case.title, Case.lead_unit)
    return (
        (
            "task",
            select(WorkItem.id, WorkItem.name, *where, WorkItem.due_at)
            .join(Case, Case.id == WorkItem.case_id)
            .where(WorkItem.status == "open", WorkItem.due_at < now)
            .order_by(WorkItem.due_at),
        ),
        (
            "duty",
            select(Duty.id, Duty.text, *where, Duty.due_on)
            .join(Case, Case.id == Duty.case_id)
            .where(Duty.status == "open", Duty.due_on < today, Case.status == "running")
            .order_by(Duty.due_on),
        ),
        (
            "milestone",
            select(Milestone.id, Milestone.name, *where, Milestone.due_on)
            .join(Case, Case.id == Milestone.case_id)
            .where(
                Milestone.status.not_in(["done", "dropped"]),
                Milestone.due_on < today,
                Case.status == "running",
                Case.stage.in_(sorted(reported_in)),
            )
            .order_by(Milestone.due_on),
        ),
    )


def _size(tx: Connection, query: Any) -> int:
    inner = query.order_by(None).subquery()
    return int(tx.execute(select(func.count()).select_from(inner)).scalar_one())


def waiting(tx: Connection, now: datetime) -> list[Waiting]:
    """Return where open tasks wait, the most first; a task of one name at one element is one row."""
    rows = tx.execute(
        select(
            WorkItem.process_key,
            WorkItem.element,
            WorkItem.name,
            func.count(),
            func.count().filter(WorkItem.due_at < now),
            func.min(WorkItem.created_at),
        )
        .where(WorkItem.status == "open")
        .group_by(WorkItem.process_key, WorkItem.element, WorkItem.name)
        .order_by(func.count().desc(), WorkItem.process_key, WorkItem.element)
    )
    return [Waiting(*row) for row in rows]


def decided(tx: Connection, first: date, last: date, most: int) -> Sequence[Decided]:
    """Return the 決裁 made from one day to another, both included, the latest first."""
    rows = tx.execute(
        select(
            DecisionRecord.case_id,
            Case.number,
            Case.title,
            Case.lead_unit,
            DecisionRecord.outcome,
            DecisionRecord.post,
            DecisionRecord.person_id,
            DecisionRecord.decided_on,
            Case.amount,
        )
        .join(Case, Case.id == DecisionRecord.case_id)
        .where(DecisionRecord.decided_on >= first, DecisionRecord.decided_on <= last)
        .order_by(DecisionRecord.decided_on.desc(), DecisionRecord.id.desc())
        .limit(most)
    )
    return [Decided(*row) for row in rows]
