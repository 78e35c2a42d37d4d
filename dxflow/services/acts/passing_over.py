"""Votes that nobody waits for any more: of seats that were recused after they were asked.

The process asks every seat at once, or one after the other. Without the recused it goes on as if
they had never been asked: their task is gone, and the last of the others ends the vote.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import select, update

from dxflow import engine
from dxflow.authority.segregation import Action
from dxflow.db.process import WorkItem
from dxflow.errors import Conflict
from dxflow.services.acts import sending_back, surroundings
from dxflow.services.acts.act import Act
from dxflow.services.acts.writing import offer_again, open_items, redate, write_step
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Passed:
    """Where a case stands without some votes, and the ids of the tasks that are gone."""

    step: engine.Step
    tasks: tuple[str, ...]


def without(act: Act, step: engine.Step, out: Collection[str]) -> Passed:
    """Return where the case stands without the votes that are asked of the groups `out` alone."""
    passed: list[str] = []
    looked_at: set[str] = set()
    # one after the other: without one, the next in turn may be asked, who is recused too
    while asked := [one for one in step.tasks if one.id not in looked_at]:
        looked_at.add(asked[0].id)
        if not _is_unwanted(act, asked[0], out):
            continue
        try:
            later = engine.pass_over(
                act.pack.definitions, step.state, asked[0].id, act.environment()
            )
        except engine.TaskNotReady:  # drawn as a task of its own
            continue
        passed.append(asked[0].id)
        visits, decided = (*step.visits, *later.visits), (*step.decided, *later.decided)
        step = replace(later, visits=visits, decided=decided)
    return Passed(step, tuple(passed))


def pass_over(act: Act, group: str) -> Passed:
    """Let the case go on without the vote of a seat's group: written, the act not finished."""
    now = engine.peek(act.pack.definitions, act.state, act.environment())
    found = without(act, now, {group})
    if found.tasks:
        waiting, _timers = surroundings.of_case(act)
        write_step(act, found.step, [task.id for task in waiting])
        sending_back.tell_unjudged(act, found.step, waiting)
    return found


def take_in(act: Act, task_id: str) -> engine.Step:
    """Ask a seat again whose vote was passed over, with the task and the draft it had.

    Written, the act not finished. Raises Conflict once the vote is over.
    """
    try:
        step = engine.take_in(act.pack.definitions, act.state, task_id, act.environment())
    except engine.TaskNotReady:
        raise Conflict(_("表決はもう終わっています。")) from None
    again = [task for task in step.tasks if task.id == task_id]
    if again:
        act.tx.execute(
            update(WorkItem)
            .where(WorkItem.id == task_id)
            .values(status="open", ended_at=None, ended_by=None, assignee_id=None)
        )
        act.tell_task(task_id, assignee=None)
        _date_like_the_others(act, step, task_id)
        offer_again(act, again)
    write_step(act, step, open_items(act.tx, act.case_id))
    return step


def _date_like_the_others(act: Act, step: engine.Step, task_id: str) -> None:
    """Give a task the due date of the other votes: a meeting may have moved it meanwhile."""
    others = [one.id for one in step.tasks if one.id != task_id and _is_vote(act, one)]
    due = act.tx.execute(select(WorkItem.due_at).where(WorkItem.id.in_(others)).limit(1)).first()
    if due is not None:
        redate(act, [task_id], due.due_at)


def _is_unwanted(act: Act, task: engine.OpenTask, out: Collection[str]) -> bool:
    groups = set(task.groups)
    return bool(groups) and groups <= set(out) and _is_vote(act, task)


def _is_vote(act: Act, task: engine.OpenTask) -> bool:
    return act.pack.act_of(task.process, task.element) == Action.VOTE
