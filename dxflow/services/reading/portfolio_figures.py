"""Figures over all cases that were handed in: counts, what is late, where work waits, decisions.

Each is one aggregate or a list of limited length, whatever the number of cases. Whoever asks must
be known to read every case: nothing here looks at who may see a single one.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal,
    select,
    text,
    true,
    union_all,
)

from dxflow.clock import at_local, local_date
from dxflow.db.case import WAITING_MILESTONE, Case, DecisionRecord, Duty, Milestone
from dxflow.db.process import WorkItem
from dxflow.services.packs import store as packs
from dxflow.services.paging import values_of
from dxflow.services.people import visibility

#: So many overdue tasks are read for each line of a list: the members of a body share one.
TASKS_PER_LINE = 10


@dataclass(frozen=True)
class Count:
    """How many cases of a lead section stand at a stage (running) or ended in a status (no stage)."""

    unit: str
    status: str
    stage: str
    cases: int


@dataclass(frozen=True)
class Late:
    """Something overdue: `kind` is task, duty or milestone; `since` is the day it was due.

    `unit` is the section that owes a condition, for the rest the lead section of the case. `tasks`
    says how many overdue tasks of this name the case has: they are one line, `since` the first.
    """

    kind: str
    id: str
    name: str
    case_id: str
    number: str
    title: str
    unit: str
    since: date
    tasks: int = 1
    #: The pack version of the case, whose words the name of a task is.
    pack: str = ""


@dataclass(frozen=True)
class Waiting:
    """How many tasks of a name wait in a process, how many are late, and since when the oldest."""

    process: str
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
    running = (
        select(Case.lead_unit, Case.status, Case.stage, func.count())
        .where(Case.status == "running")
        .group_by(Case.status, Case.stage, Case.lead_unit)
    )
    found = [Count(*row) for row in tx.execute(running)]
    units, statuses = values_of(Case.lead_unit), _rows_of(packs.END_STATUSES)
    ended = (
        select(func.count())
        .select_from(Case)
        .where(
            Case.lead_unit == units.c.value,
            Case.status == statuses.c.status,
            Case.ended_at >= at_local(ended_since),
        )
        .scalar_subquery()
    )
    each = select(units.c.value, statuses.c.status, ended).join_from(units, statuses, true())
    rows = tx.execute(each.where(units.c.value.is_not(None)))
    return found + [Count(unit, status, "", cases) for unit, status, cases in rows if cases]


def _rows_of(statuses: Sequence[str]) -> Subquery:
    """Return the words as the rows of a table: each is counted by its own part of an index."""
    return union_all(*(select(literal(one).label("status")) for one in statuses)).subquery()


def handed_in(tx: Connection, first: date, last: date) -> int:
    """Return how many cases were handed in from one day to another, both included."""
    return int(
        tx.execute(
            select(func.count())
            .select_from(Case)
            .where(
                Case.created_at >= at_local(first),
                Case.created_at < at_local(date.fromordinal(last.toordinal() + 1)),
                Case.status.in_(["running", *packs.END_STATUSES]),
            )
        ).scalar_one()
    )


def late(
    tx: Connection, now: datetime, reported_in: Collection[str], most: int
) -> tuple[list[Late], int]:
    """Return what is overdue, the oldest first, at most `most` lines, and how much there is in all.

    Tasks past their time, those of one name in a case together; conditions of running cases past
    their day, and milestones of those in a stage in which somebody still reports them.
    """
    found: list[Late] = []
    total = 0
    for kind, name, due, which in _overdue(now, reported_in):
        of = name.class_
        read = most * TASKS_PER_LINE if of is WorkItem else most
        ids = list(tx.execute(select(of.id).where(which).order_by(due).limit(read)).scalars())
        total += len(ids) if len(ids) < read else _size(tx, select(of.id).where(which))
        rows = tx.execute(
            select(
                of.id,
                name,
                Case.id,
                Case.number,
                visibility.told_title(),
                Duty.owner_group if of is Duty else Case.lead_unit,
                due,
                Case.restricted,
                Case.pack_digest,
            )
            .join(Case, Case.id == of.case_id)
            .where(of.id.in_(ids))
        )
        lines = []
        for key, words, case_id, number, title, unit, at, restricted, pack in rows:
            since = local_date(at) if isinstance(at, datetime) else at
            if restricted:
                words = words if kind == "task" else title
            section = unit.removeprefix("section:")
            lines.append(Late(kind, key, words, case_id, number, title, section, since, pack=pack))
        found += _together(tx, lines, which, cut=len(ids) == read) if of is WorkItem else lines
    found.sort(key=_oldest_first)
    return found[:most], total


def _oldest_first(one: Late) -> tuple[date, str, str]:
    return one.since, one.number, one.id


def _together(
    tx: Connection, tasks: Sequence[Late], which: ColumnElement[bool], *, cut: bool
) -> list[Late]:
    """Return one line for the tasks of one name in a case, with how many there are.

    They are counted in the database where the tasks that were read are not all: `cut`.
    """
    first: dict[tuple[str, str], Late] = {}
    read = Counter((one.case_id, one.name) for one in tasks)
    for one in sorted(tasks, key=_oldest_first):
        first.setdefault((one.case_id, one.name), one)
    if cut:
        cases = {case_id for case_id, _name in first}
        rows = tx.execute(
            select(WorkItem.case_id, WorkItem.name, func.count())
            .where(which, WorkItem.case_id.in_(cases))
            .group_by(WorkItem.case_id, WorkItem.name)
        )
        read.update({(case_id, name): n - read[case_id, name] for case_id, name, n in rows})
    return [replace(one, tasks=read[key]) for key, one in first.items()]


def _overdue(
    now: datetime, reported_in: Collection[str]
) -> Sequence[tuple[str, Any, Any, ColumnElement[bool]]]:
    """Return for each kind the column of its name, that of its date, and when it is overdue."""
    today = local_date(now)
    running = Case.status == "running"
    reported = Case.stage.in_(sorted(reported_in))
    return (
        (
            "task",
            WorkItem.name,
            WorkItem.due_at,
            and_(WorkItem.status == "open", WorkItem.due_at < now),
        ),
        (
            "duty",
            Duty.text,
            Duty.due_on,
            and_(
                Duty.status == "open",
                Duty.due_on < today,
                exists().where(Case.id == Duty.case_id, running),
            ),
        ),
        (
            "milestone",
            Milestone.name,
            Milestone.due_on,
            and_(
                text(f"milestone.{WAITING_MILESTONE}"),
                Milestone.due_on < today,
                exists().where(Case.id == Milestone.case_id, running, reported),
            ),
        ),
    )


def _size(tx: Connection, ids: Select[Any]) -> int:
    return int(tx.execute(select(func.count()).select_from(ids.subquery())).scalar_one())


def waiting(tx: Connection, now: datetime) -> list[Waiting]:
    """Return where open tasks wait, the most first; tasks of one name in a process are one row."""
    where = (WorkItem.process_key, WorkItem.name)
    late_ones = func.count().filter(WorkItem.due_at < now)
    rows = tx.execute(
        select(*where, func.count(), late_ones, func.min(WorkItem.created_at))
        .where(WorkItem.status == text("'open'"))
        .group_by(*where)
        .order_by(func.count().desc(), *where)
    )
    return [Waiting(*row) for row in rows]


def decided_count(tx: Connection, first: date, last: date) -> int:
    """Return how many 決裁 were made from one day to another, both included."""
    made = select(func.count()).select_from(DecisionRecord)
    made = made.where(DecisionRecord.decided_on >= first, DecisionRecord.decided_on <= last)
    return int(tx.execute(made).scalar_one())


def decided(
    tx: Connection, first: date, last: date, most: int, offset: int = 0
) -> Sequence[Decided]:
    """Return the 決裁 made from one day to another, both included, the latest first."""
    rows = tx.execute(
        select(
            DecisionRecord.case_id,
            Case.number,
            visibility.told_title(),
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
        .offset(offset)
        .limit(most)
    )
    return [Decided(*row) for row in rows]
