"""Work for people: what waits, whose it is, and doing it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from dxflow import audit, engine, forms
from dxflow.authority.directory import Directory
from dxflow.authority.standing_in import StandIn
from dxflow.authority.verdicts import person_key
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.db.process import Draft, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts import (
    case_references,
    history,
    incidents,
    passing_over,
    sending_back,
    since_read,
    standing,
    submissions,
    surroundings,
)
from dxflow.services.acts.act import Act, lock_of_task, require_present, require_running
from dxflow.services.acts.closed_tasks import too_late
from dxflow.services.acts.surroundings import FirstAnswer, Surroundings
from dxflow.services.acts.writing import end_work, write_step
from dxflow.services.keyed import another_request
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Waiting:
    """A task that waits after an act: its name, whom it is offered to, who has taken it."""

    task_id: str
    name: str
    groups: frozenset[str]
    assignee: str | None


@dataclass(frozen=True)
class Completed:
    """What came of a task: the case, and the person's next open tasks on it.

    `waiting` are all tasks somebody is waited for now, `who` is who is who, and `pack` the case's version of
    it; unknown (None) when the answer is that of an earlier request.
    """

    case_id: str
    number: str
    status: str
    next_tasks: tuple[str, ...]
    waiting: tuple[Waiting, ...] = field(default=(), compare=False)
    who: Directory | None = field(default=None, compare=False)
    pack: packs.Pack | None = field(default=None, compare=False)


def complete(
    site: Site,
    actor: Actor,
    task_id: str,
    submission: forms.Submission,
    *,
    version: int | None = None,
    idempotency_key: str | None = None,
    request: str = "",
) -> Completed:
    """Complete a user task with a checked submission: all of its effects, or none.

    The same idempotency key gives the first answer again; `request` is what the caller sent, if
    it is to be known again by that and not by its meaning. Raises Conflict when somebody else was
    first (says who and when), NotAllowed when the person may not (says why), StepFailed when the
    process itself fails; then nothing is written.
    """
    sent = Sent(version, idempotency_key, request, submission)
    return complete_by(site, actor, task_id, lambda _act, _task: submission, sent)


#: Makes a submission of what was sent, with the locked case and the task's row before it.
Reading = Callable[[Act, Any], forms.Submission]


@dataclass(frozen=True)
class Sent:
    """What came with the request to complete a task, beside the form.

    `submission` where it is known before the case is locked.
    """

    version: int | None = None
    idempotency_key: str | None = None
    request: str = ""
    submission: forms.Submission | None = None


def complete_by(site: Site, actor: Actor, task_id: str, reading: Reading, sent: Sent) -> Completed:
    """Complete a user task with what `reading` makes of the request, in the same transaction.

    As `complete`; whatever `reading` raises, nothing is written.
    """
    return submissions.once(lambda: _complete(site, actor, task_id, reading, sent))


def _complete(site: Site, actor: Actor, task_id: str, reading: Reading, sent: Sent) -> Completed:
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        # Asked under the lock: the first of two equal requests may just have ended.
        around = surroundings.of_task(act, task_id, sent.idempotency_key)
        if around.first is not None:
            return _completed(_first_answer(around.first, task_id, sent))
        item = around.task
        _require_open(act, item)
        require_present(act, around.organisation)
        act.armed, act.drafters = around.timers, around.drafters
        meaning = act.pack.act_of(item.process_key, item.element)
        since_read.require(act, around, sent.version)
        _require_right(act, item, around.work[task_id], meaning)
        act.standing, act.standing_words = standing.of_task(
            act, item, around.work[task_id], meaning,
            own=standing.is_own(actor, around.work[task_id], item.assignee_id),
        )  # fmt: skip
        submission = reading(act, item)
        _require_form(act, item, submission)
        case_references.require_known(act, submission)
        act.form = submission.form_digest
        act.drafting = meaning == history.DRAFT
        kept = submissions.keep(act, submission, task_id, meaning, item.element)
        act.handed_in = kept.row
        _record(act, task_id, submission, sent, kept)
        undo_state = act.state
        step = _step(act, task_id, submission)
        if act.recused:
            step = passing_over.without(act, step, act.recused).step
        _close(act, task_id, submission.outcome, drafted=around.drafted)
        write_step(act, step, [key for key in around.work if key != task_id])
        sending_back.tell(act, item, submission.values, step, around.work)
        answer = _answer(act, step)
        submission_id = submissions.insert_row(
            act,
            submission,
            kept,
            process=item.process_key,
            idempotency_key=sent.idempotency_key,
            answer=answer,
            request=sent.request,
        )
        standing.write(act, submission_id, task_id)
        incidents.met_by_success(tx, act.now, actor, around.failed, submission.outcome)
        undoable = not act.final and not step.ended
        act.finish(
            status="ended" if step.ended else None,
            undo_state=undo_state if undoable else None,
            undo_person=actor.person_id if undoable else None,
            undo_submission=submission_id if undoable else None,
        )
        return replace(
            _completed(answer),
            waiting=_waiting(act, step, around),
            who=act.directory(),
            pack=act.pack,
        )


def _step(act: Act, task_id: str, submission: forms.Submission) -> engine.Step:
    """Let the engine go on. Raises StepFailed, which knows what was pressed."""
    try:
        return engine.complete(
            act.pack.definitions,
            act.state,
            task_id,
            submission.values,
            submission.outcome,
            act.environment(),
        )
    except engine.StepFailed as failure:
        failure.task_id, failure.outcome = task_id, submission.outcome
        raise


def _first_answer(first: FirstAnswer, task_id: str, sent: Sent) -> dict[str, Any]:
    """Return the answer to the request that had this key first. Raises Conflict for another one.

    A page sent twice is known by its task: what was typed may read otherwise by now.
    """
    if sent.request or sent.submission is not None:
        same = submissions.request_digest(sent.submission, task_id, sent.request) == first.digest
    else:
        same = first.task_id == task_id
    if not same:
        raise another_request()
    answer: dict[str, Any] = plain.loads(first.answer)
    return answer


def _waiting(act: Act, step: engine.Step, around: Surroundings) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(
            task.id, task.name,
            frozenset(act.offered.get(task.id) or around.work.get(task.id) or task.groups),
            around.assignees.get(task.id) or (person_key(task.assignee) if task.assignee else None),
        )
        for task in step.tasks
    )  # fmt: skip


def _record(
    act: Act, task_id: str, submission: forms.Submission, sent: Sent, kept: submissions.Kept
) -> None:
    """Record what was handed in.

    A form that judges begins empty each time, so that there is nothing to compare it with.
    """
    before = submissions.previous(act.tx, act.case_id, submission.form_key) if act.drafting else {}
    act.record(
        "task.completed",
        audit.Change("outcome", mark("選んだ処理"), None, submission.outcome),
        *submissions.changes(act, submission, before),
        subject=audit.Subject("task", task_id, act.case_id),
        form=submission.form_digest,
        content=kept.digest,
        idempotency=sent.idempotency_key or "",
    )


def _answer(act: Act, step: engine.Step) -> dict[str, Any]:
    mine = act.actor.groups
    return {
        "case_id": act.case_id,
        "number": act.case["number"],
        "status": act.case["status"],
        "next_tasks": [
            task.id for task in step.tasks if not mine.isdisjoint(act.addressed(task.groups))
        ],
    }


def claim(site: Site, actor: Actor, task_id: str) -> None:
    """Take a task that is offered to one's group, so that colleagues see who does it.

    Raises NotAllowed also for those who may not do it on their own matter: nobody else could.
    """
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        item, groups = _open_task(act, task_id)
        if not standing.is_own(actor, groups, item.assignee_id):
            raise _not_offered(actor, item, groups, act.case_id)
        if item.assignee_id == actor.person_id:
            return
        standing.require_uninvolved(act, act.pack.act_of(item.process_key, item.element))
        tx.execute(
            update(WorkItem).where(WorkItem.id == task_id).values(assignee_id=actor.person_id)
        )
        act.record("task.claimed", subject=audit.Subject("task", task_id, act.case_id))
        act.finish()


def release(site: Site, actor: Actor, task_id: str) -> None:
    """Give a claimed task back to its groups."""
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        item, groups = _open_task(act, task_id)
        if item.assignee_id != actor.person_id:
            raise NotAllowed(_("引き受けた本人だけが解除できます。"))
        if not groups:
            raise Conflict(_("この作業はあなたに直接割り当てられているため、戻す先がありません。"))
        tx.execute(update(WorkItem).where(WorkItem.id == task_id).values(assignee_id=None))
        act.record("task.released", subject=audit.Subject("task", task_id, act.case_id))
        act.finish()


def _completed(answer: dict[str, Any]) -> Completed:
    return Completed(
        answer["case_id"], answer["number"], answer["status"], tuple(answer["next_tasks"])
    )


def _lock_case(site: Site, tx: Connection, actor: Actor, task_id: str) -> Act:
    """Lock the task's case. Raises NotFound."""
    try:
        return lock_of_task(site, tx, actor, task_id, surrounded=True)
    except NotFound:
        raise NotFound(_("作業が見つかりません。")) from None


def _open_task(act: Act, task_id: str) -> tuple[Any, set[str]]:
    """Return the open task and its groups. Raises Conflict when it is no longer open."""
    around = surroundings.of_task(act, task_id, None)
    _require_open(act, around.task)
    require_present(act, around.organisation)
    return around.task, around.work[task_id]


def _require_open(act: Act, item: Any) -> None:
    """Raise Conflict when the task is no longer open."""
    if item.status != "open":
        raise too_late(act, item)
    require_running(act)


_DRAFT = table(Draft)
_DROP_DRAFT = Prepared(
    delete(_DRAFT).where(
        _DRAFT.c.person_id == bindparam("person"), _DRAFT.c.subject == bindparam("subject")
    )
)


def require_mine(tx: Connection, actor: Actor, item: Row[Any]) -> StandIn | None:
    """Return for whom the actor would do a task, None when it is their own.

    Raises NotAllowed unless it is offered to them and nobody else has taken it.
    """
    groups = set(
        tx.execute(
            select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id == item.id)
        ).scalars()
    )
    _require_offered(actor, item, groups, item.act, item.case_id)
    if standing.is_own(actor, groups, item.assignee_id):
        return None
    return standing.stands_in(actor, groups, item.assignee_id, item.act)


def _require_offered(actor: Actor, item: Any, groups: set[str], meaning: str, case: str) -> None:
    if not standing.may_act(actor, groups, item.assignee_id, meaning):
        raise _not_offered(actor, item, groups, case)


def _not_offered(actor: Actor, item: Row[Any], groups: set[str], case: str) -> NotAllowed:
    if item.assignee_id not in (None, actor.person_id) and not actor.reach.isdisjoint(groups):
        return NotAllowed(_("この作業は別の人が引き受けています。"), case_id=case)
    return NotAllowed(_("この作業の担当ではありません。"), case_id=case)


def _require_right(act: Act, item: Row[Any], groups: set[str], meaning: str) -> None:
    """Raise NotAllowed unless the task is the actor's and no duty conflict stands against it."""
    if not standing.may_act(act.actor, groups, item.assignee_id, meaning):
        visibility.require(act.site, act.tx, act.actor, act.case_id)  # strangers learn nothing
    _require_offered(act.actor, item, groups, meaning, act.case_id)
    standing.require_uninvolved(act, meaning)


def _require_form(act: Act, item: Row[Any], submission: forms.Submission) -> None:
    form = act.pack.form(item.form_key)
    if (form.key, form.digest) != (submission.form_key, submission.form_digest):
        raise Conflict(_("この作業の様式ではないものが送られました。画面を開き直してください。"))


def _close(act: Act, task_id: str, outcome: str, *, drafted: bool) -> None:
    end_work(act, task_id, "completed", outcome=outcome)
    if drafted:
        subject = f"task:{task_id}"
        act.writes.add(_DROP_DRAFT, {"person": act.actor.person_id, "subject": subject})
