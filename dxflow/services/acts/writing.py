"""Write what a step of the engine left behind: work, timers, visits, decisions, stage and end."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dxflow import audit, engine
from dxflow.authority.obligations import may_complete
from dxflow.authority.roles_within import KIND as ROLE_IN
from dxflow.authority.verdicts import person_key
from dxflow.clock import local_date
from dxflow.db.base import table
from dxflow.db.case import Duty
from dxflow.db.prepared import Prepared
from dxflow.db.process import DecisionEvaluation, ElementVisit, Timer, WorkItem, WorkItemGroup
from dxflow.decisions import Outcome
from dxflow.services import plain
from dxflow.services.acts import submissions, vacancy
from dxflow.services.acts.act import Act
from dxflow.services.packs import store as packs
from dxflow.texts import mark, to_be_stored

_WORK, _GROUP, _TIMER = table(WorkItem), table(WorkItemGroup), table(Timer)
_VISIT, _DECISION = table(ElementVisit), table(DecisionEvaluation)
_ADD_WORK, _ADD_GROUP = Prepared(insert(_WORK)), Prepared(insert(_GROUP))
_ADD_DECISION = Prepared(insert(_DECISION))
_END_WORK = Prepared(update(_WORK).where(_WORK.c.id == bindparam("work")))
_DROP_GROUPS = Prepared(delete(_GROUP).where(_GROUP.c.work_item_id == bindparam("work")))
_TIMERS = Prepared(
    select(_TIMER.c.id, _TIMER.c.due_at).where(_TIMER.c.case_id == bindparam("case"))
)
_DROP_TIMER = Prepared(delete(_TIMER).where(_TIMER.c.id == bindparam("timer")))
_OPEN = Prepared(
    select(_WORK.c.id).where(_WORK.c.case_id == bindparam("case"), _WORK.c.status == "open")
)

#: Groups that are not waited for while nobody is in them.
_NOT_WAITED_FOR = ("user:", f"{ROLE_IN}:")
#: What is done from a seat of a committee, and by nobody else.
_OF_A_SEAT = frozenset({"vote", "conclude"})


def write_step(act: Act, step: engine.Step, open_before: Collection[str]) -> None:
    """Write a step; `open_before` are the work items open before it, without the one done."""
    act.state = step.state
    _write_work(act, step, set(open_before))
    _write_timers(act, step)
    _write_visits(act, step)
    for decided in step.decided:
        write_decision(act, decided.element, decided.branch, decided.outcome)
    _write_stage(act, step)


def end_case(act: Act, status: str, reason: str = "") -> None:
    """Give the case its end status and record it.

    Raises NotAllowed when it would be completed while a condition is open, whatever its process
    says.
    """
    if status == "completed":
        act.flush()  # a condition that this very act has imposed counts too
        left = act.tx.execute(
            select(func.count()).where(Duty.case_id == act.case_id, Duty.status == "open")
        ).scalar_one()
        may_complete(left).require()
    with to_be_stored():
        words = packs.status_name(act.case["status"]), packs.status_name(status)
    changes = [audit.Change("status", mark("状態"), *words)]
    if reason:
        changes.append(audit.Change("reason", mark("理由"), None, reason))
    until = act.pack.settings.retention.kept_until(status, local_date(act.now))
    act.record(f"case.{status}", *changes, facts={"kept_until": until})
    act.change_case(status=status, ended_at=act.now, kept_until=until)
    if status in act.pack.settings.reading.ended:
        submissions.restrict(act, restricted=True)


def _write_work(act: Act, step: engine.Step, before: set[str]) -> None:
    still = {task.id for task in step.tasks}
    if gone := before - still:
        for key in sorted(gone):
            end_work(act, key, "cancelled")
    fresh = [task for task in step.tasks if task.id not in before]
    if not fresh:
        return
    rows = [work_row(act, task) for task in fresh]
    act.writes.add(_ADD_WORK, *rows)
    for row in rows:
        act.tell_task(row["id"], name=row["name"], due=row["due_at"], assignee=row["assignee_id"])
    offer(act, fresh)


def end_work(act: Act, work_item: str, status: str, **values: object) -> None:
    """Close an open work item and take the offer of it back."""
    ended = {"ended_at": act.now, "ended_by": act.actor.person_id}
    act.writes.add(_END_WORK, {"work": work_item, "status": status, **ended, **values})
    act.writes.add(_DROP_GROUPS, {"work": work_item})


def offer(act: Act, tasks: Iterable[engine.OpenTask]) -> None:
    """Offer fresh work items to their groups, and beyond them where nobody there may act."""
    _offer(act, [_Offer(task, task.due, act.now) for task in tasks])


def offer_again(act: Act, tasks: Iterable[engine.OpenTask]) -> None:
    """Offer work items that were opened before to whom they are for now."""
    wanted = {task.id: task for task in tasks}
    rows = act.tx.execute(
        select(WorkItem.id, WorkItem.due_at, WorkItem.created_at, WorkItem.given_to)
        .where(WorkItem.id.in_(wanted))
    )  # fmt: skip
    _offer(act, [_Offer(wanted[row.id], row.due_at, row.created_at, row.given_to) for row in rows])


@dataclass(frozen=True)
class _Offer:
    """A task to be offered; `given_to` is the group that somebody gave it to instead of its own."""

    task: engine.OpenTask
    due: datetime | None
    opened: datetime
    given_to: str = ""


def _offer(act: Act, offers: Sequence[_Offer]) -> None:
    offered = {one.task.id: _groups_of(act, one) for one in offers}
    act.offered |= offered
    for one in offers:
        vacancy.tell(act, one.task.id, offered[one.task.id])
    groups = [
        {
            "work_item_id": one.task.id, "group_key": group,
            "due_at": one.due, "created_at": one.opened,
        }
        for one in offers
        for group in sorted(offered[one.task.id])
    ]  # fmt: skip
    act.writes.add(_ADD_GROUP, *groups)


def offer_instead(act: Act, item: Any, groups: Collection[str]) -> None:
    """Offer an open work item to other groups than before."""
    act.writes.add(_DROP_GROUPS, {"work": item.id})
    dates = {"due_at": item.due_at, "created_at": item.created_at}
    act.writes.add(
        _ADD_GROUP,
        *({"work_item_id": item.id, "group_key": group, **dates} for group in sorted(groups)),
    )


def redate(act: Act, items: Sequence[str], due: datetime | None) -> None:
    """Give open work items another due date, in their offers too, by which inboxes are sorted."""
    act.tx.execute(update(WorkItem).where(WorkItem.id.in_(items)).values(due_at=due))
    for item in items:
        act.tell_task(item, due=due)
    offers = update(WorkItemGroup).where(WorkItemGroup.work_item_id.in_(items))
    act.tx.execute(offers.values(due_at=due))


def work_row(act: Act, task: engine.OpenTask) -> dict[str, Any]:
    """Return the row of a newly opened work item."""
    return {
        "id": task.id,
        "case_id": act.case_id,
        "element": task.element,
        "process_key": task.process,
        "path": "/".join(task.path),
        "name": task.name,
        "lane": task.lane,
        "form_key": task.form_key,
        "status": "open",
        "assignee_id": person_key(task.assignee) if task.assignee else None,
        "variables": plain.dumps(task.variables),
        "due_at": task.due,
        "created_at": act.now,
        "act": _segregated(act, task),
    }


def _segregated(act: Act, task: engine.OpenTask) -> str:
    """Return what completing the task means where nobody may do it on their own matter."""
    meaning = act.pack.act_of(task.process, task.element)
    return meaning if meaning in packs.SEGREGATED else ""


def _groups_of(act: Act, offer: _Offer) -> set[str]:
    """Return whom a task is offered to; a superior where nobody who may act would be left.

    Whom the model assigns it to is among them, so that they keep it though they are of no group.

    Nobody approves their own matter, and who has left the city does nothing, nor who was never
    named for a role within a section. A post that is vacant waits for its next holder, and nobody
    above a committee votes or concludes in its place.
    """
    task = offer.task
    groups = {offer.given_to} if offer.given_to else act.addressed(task.groups)
    if task.assignee and not offer.given_to:
        groups |= {f"user:{person_key(task.assignee)}"}
    meaning = _segregated(act, task)
    barred: frozenset[str] = frozenset()
    if meaning in _OF_A_SEAT:
        return groups
    if meaning:
        barred = act.involved().persons
    elif not all(group.startswith(_NOT_WAITED_FOR) for group in groups):
        return groups
    who = act.directory()
    if not groups or any(who.holders(group) - barred for group in groups):
        return groups
    above = who.superior(act.case["unit"], barred, of=groups)
    return groups | {above or "role:secretariat"}


def _write_timers(act: Act, step: engine.Step) -> None:
    before = act.armed
    if before is None:
        before = {row.id: row.due_at for row in _TIMERS.all(act.tx, {"case": act.case_id})}
    armed = {timer.id: timer for timer in step.timers}
    for key in before:
        if key not in armed:
            act.writes.add(_DROP_TIMER, {"timer": key})
    fresh = [
        {"id": key, "case_id": act.case_id, "element": timer.element, "due_at": timer.due}
        for key, timer in armed.items()
        if before.get(key) != timer.due
    ]
    act.writes.add(_arm(act.tx.dialect.name), *fresh)


@cache
def _arm(dialect: str) -> Prepared:
    """Return the statement that arms a timer, or arms it anew for another moment."""
    statement = _upserting(dialect, _TIMER)
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"due_at": statement.excluded.due_at, "attempts": 0}
        )
    )


def _upserting(dialect: str, target: Table) -> Any:
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(target)


def _write_visits(act: Act, step: engine.Step) -> None:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for visit in step.visits:
        row = counts.setdefault(
            (visit.process, visit.element), {"entered": 0, "completed": 0, "cancelled": 0}
        )
        row[visit.kind] += 1
    rows = [
        {
            "case_id": act.case_id,
            "process_key": key[0],
            "element": key[1],
            "last_at": act.now,
            **row,
        }
        for key, row in sorted(counts.items())
    ]
    act.writes.add(_count(act.tx.dialect.name), *rows)


@cache
def _count(dialect: str) -> Prepared:
    """Return the statement that counts visits of an element."""
    statement = _upserting(dialect, _VISIT)
    new = statement.excluded
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=["case_id", "process_key", "element"],
            set_={
                "entered": _VISIT.c.entered + new.entered,
                "completed": _VISIT.c.completed + new.completed,
                "cancelled": _VISIT.c.cancelled + new.cancelled,
                "last_at": new.last_at,
            },
        )
    )


def write_decision(act: Act, element: str, branch: str, outcome: Outcome) -> None:
    """Write how a decision table came to its result, for the page and the log.

    `branch` is where in the process the element was reached.
    """
    result = plain.dumps(outcome.value)
    act.writes.add(
        _ADD_DECISION,
        {
            "id": act.new_id(),
            "case_id": act.case_id,
            "pack_digest": act.pack.digest,
            "element": element,
            "branch": branch,
            "decision": outcome.decision,
            "name": outcome.name,
            "inputs": plain.dumps(outcome.inputs),
            "fired": plain.dumps([packs.fired_plain(rule) for rule in outcome.fired]),
            "result": result,
            "at": act.now,
        },
    )
    act.record(
        "decision_table.evaluated", audit.Change(outcome.decision, outcome.name, None, result)
    )


def _write_stage(act: Act, step: engine.Step) -> None:
    if step.ended:
        status = step.end_properties.get("status", "completed")
        end_case(act, status if status in packs.END_STATUSES else "completed")
        return
    stage = step.active_path[0] if step.active_path else act.case["stage"]
    if len(step.active) > 1:  # of branches side by side the one that is a stage tells
        stages = {one.key for one in act.pack.settings.stages}
        stage = next((one for one in step.active if one in stages), stage)
    if stage != act.case["stage"]:
        with to_be_stored():
            words = act.pack.stage_name(act.case["stage"]), act.pack.stage_name(stage)
        act.record(
            "case.stage_changed",
            audit.Change("stage", mark("段階"), *words),
            facts={"stage": stage},
        )
        act.change_case(stage=stage, stage_since=act.now)


def open_items(tx: Connection, case_id: str) -> list[str]:
    """Return the ids of a case's open work items."""
    return [row.id for row in _OPEN.all(tx, {"case": case_id})]
