"""引戻し: take the last act on a case back, as long as no other person has acted.

A task that is pulled back is open again as it was, and what had been typed is the person's draft.
A proposal that is pulled back right after it was handed in becomes a draft of its own case: it
keeps its number, nobody but the applicant sees it, and handing it in again goes on with it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_, select, update

from dxflow import audit, engine
from dxflow.authority.affairs import Able, Task
from dxflow.authority.segregation import Action
from dxflow.db.case import Ballot, Deliberation
from dxflow.db.process import ProcessInstance, Submission, Timer, WorkItem
from dxflow.errors import Conflict
from dxflow.jobs import queue
from dxflow.services.acts import cases, papers, standing, starts, submissions
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.writing import offer_again, open_items, write_step
from dxflow.services.packs import store as packs
from dxflow.services.people import person_rows, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class PulledBack:
    """Where to go on: the task that is open again, or the draft of the proposal."""

    task_id: str = ""
    process: str = ""
    draft_id: str = ""


def may_pull_back(undo_person: str | None, actor: Actor, pack: packs.Pack) -> bool:
    """Return whether the last act on a case may be taken back by the actor."""
    return pack.settings.rules.pull_back and undo_person == actor.person_id


def pull_back(site: Site, actor: Actor, case_id: str) -> PulledBack:
    """Take the actor's last act on a case back. Raises NotFound or Conflict."""
    with site.database.write() as tx:
        visibility.require(site, tx, actor, case_id)
        act = lock(site, tx, actor, case_id)
        require_running(act)
        if not may_pull_back(act.undo_person, actor, act.pack):
            raise Conflict(_("すでに次の人が動いたか、引き戻せる操作がありません。"))
        submission = tx.execute(
            select(Submission.__table__).where(Submission.id == act.undo_submission)
        ).one()
        # The key is free again, so that handing the same draft in once more is a new request.
        tx.execute(
            update(Submission)
            .where(Submission.id == submission.id)
            .values(superseded_at=act.now, idempotency_key=None)
        )
        standing.forget(act, submission.id)
        queue.cancel_since(tx, case_id, submission.at)
        if submission.work_item_id is None:
            return _recall_proposal(act, submission)
        return _reopen_task(act, submission)


def _reopen_task(act: Act, submission: Row[Any]) -> PulledBack:
    before = act.tx.execute(
        select(ProcessInstance.undo_state).where(ProcessInstance.case_id == act.case_id)
    ).scalar_one()
    step = engine.peek(act.pack.definitions, before or b"", act.environment())
    groups = {group for task in step.tasks if task.id == submission.work_item_id
              for group in task.groups}  # fmt: skip
    _take_ballots_back(act, {group.removeprefix("post:") for group in groups})
    papers.take_back(act, submission.at)
    _rearm(act)
    reopened = _reopen(act, step)
    write_step(act, step, {*open_items(act.tx, act.case_id), *reopened})
    submissions.keep_as_draft(act, submission, f"task:{submission.work_item_id}")
    act.record(
        "task.recalled",
        subject=audit.Subject("task", submission.work_item_id, act.case_id),
        facts={"tasks": {}},  # who has which task again stays as it was, but for what is told
    )
    act.finish(undo_state=None, undo_person=None, undo_submission=None)
    return PulledBack(task_id=submission.work_item_id)


def _recall_proposal(act: Act, submission: Row[Any]) -> PulledBack:
    process, draft_id = act.case["start_key"] or act.case["process_key"], act.case_id
    step = engine.cancel(act.pack.definitions, act.state, act.environment())
    act.state = step.state
    cases.close_everything(act)
    submissions.keep_as_draft(act, submission, f"start:{process}:{draft_id}", draft_id)
    act.record("case.recalled")
    act.change_case(status=starts.RECALLED)
    act.finish(undo_state=None, undo_person=None, undo_submission=None)
    return PulledBack(process=process, draft_id=draft_id)


def _take_ballots_back(act: Act, seats: Collection[str]) -> None:
    """Take the ballot of the task's seat back; it stays, marked, and is not counted.

    It is the actor's own, or one that they entered for a member.
    """
    open_rounds = select(Deliberation.id).where(
        Deliberation.case_id == act.case_id, Deliberation.resolution.is_(None)
    )
    act.tx.execute(
        update(Ballot)
        .where(
            or_(
                Ballot.person_id == act.actor.person_id,
                Ballot.entered_by == act.actor.person_id,
            ),
            Ballot.seat.in_(sorted(seats)),
            Ballot.superseded_at.is_(None),
            Ballot.deliberation_id.in_(open_rounds),
        )
        .values(superseded_at=act.now)
    )


def _rearm(act: Act) -> None:
    """Let the timers of the restored state fire, also those that were queued or fired since."""
    queue.forget(act.tx, act.case_id, "timer.fire")
    act.tx.execute(update(Timer).where(Timer.case_id == act.case_id).values(attempts=0))


def _reopen(act: Act, step: engine.Step) -> set[str]:
    """Open the work items of the restored state again that were closed meanwhile."""
    ids = {task.id for task in step.tasks}
    closed = set(
        act.tx.execute(
            select(WorkItem.id).where(WorkItem.id.in_(ids), WorkItem.status != "open")
        ).scalars()
    )
    if closed:
        act.tx.execute(
            update(WorkItem)
            .where(WorkItem.id.in_(closed))
            .values(status="open", ended_at=None, ended_by=None, outcome=None)
        )
        offer_again(act, [task for task in step.tasks if task.id in closed])
        _leave_with_somebody(act, closed)
    return closed


def _leave_with_somebody(act: Act, items: Collection[str]) -> None:
    """Let nobody keep a task that is open again who has lost the right to it meanwhile.

    Raises Conflict when nobody at all could do it: those it is for now are of the matter itself.
    """
    able = Able(act.directory(), _closed(act, items))
    lapsed = []
    for row in act.tx.execute(
        select(WorkItem.id, WorkItem.name, WorkItem.assignee_id, WorkItem.act).where(
            WorkItem.id.in_(items)
        )
    ):
        action = Action(row.act) if row.act else None
        task = Task(
            row.id, act.case_id, frozenset(act.offered[row.id]), row.assignee_id, action,
            act.involved(), act.case["unit"],
        )  # fmt: skip
        if not able.doing(task):
            raise Conflict(
                _(
                    "引き戻すと「{task}」を行える人がいなくなるため、引き戻せません。",
                    task=act.pack.said(row.name),
                )
            )
        if row.assignee_id is not None and not able.holds(task):
            lapsed.append(row.id)
    if lapsed:
        act.tx.execute(update(WorkItem).where(WorkItem.id.in_(lapsed)).values(assignee_id=None))
        for item in lapsed:
            act.tell_task(item, assignee=None)


def _closed(act: Act, items: Collection[str]) -> frozenset[str]:
    """Return those who cannot log in among whom tasks are for, and who would stand in for them."""
    who = act.directory()
    groups = {group for item in items for group in act.offered[item]}
    persons = frozenset[str]().union(
        *(who.holders(group) | who.standing.persons_for(group) for group in groups)
    )
    return person_rows.closed(act.tx, persons)
