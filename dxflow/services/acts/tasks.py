"""Work for people: what waits, whose it is, and doing it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, or_, select, update

from dxflow import audit, engine, forms
from dxflow.authority.segregation import Action, conflict
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.base import table
from dxflow.db.identity import Person
from dxflow.db.process import Draft, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts import history, submissions
from dxflow.services.acts.act import Act, lock_of_task, require_running
from dxflow.services.acts.writing import write_step
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Completed:
    """What came of a task: the case, and the person's next open tasks on it."""

    case_id: str
    number: str
    status: str
    next_tasks: tuple[str, ...]


class TaskClosed(Conflict):
    """The task is no longer open; the message says who was first, and where the case stands."""

    def __init__(self, message: str, case_id: str) -> None:
        self.case_id = case_id
        super().__init__(message)


class PageOutdated(Conflict):
    """The case has moved on since the page was opened; the task may still be done."""


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
    sent = _Sent(submission, version, idempotency_key, request)
    try:
        return submissions.once(lambda: _complete(site, actor, task_id, sent))
    except engine.StepFailed as failure:
        failure.task_id, failure.outcome = task_id, submission.outcome
        raise


@dataclass(frozen=True)
class _Sent:
    """What came with the request to complete a task."""

    submission: forms.Submission
    version: int | None
    idempotency_key: str | None
    request: str


def _complete(site: Site, actor: Actor, task_id: str, sent: _Sent) -> Completed:
    submission = sent.submission
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        # Asked under the lock: the first of two equal requests may just have ended.
        answer = submissions.answered(
            tx, actor, sent.idempotency_key, submission, task_id, sent.request
        )
        if answer is not None:
            return _completed(answer)
        item, work = _open_work(act, task_id)
        meaning = act.pack.act_of(item.process_key, item.element)
        _require_version(act, sent.version)
        _require_right(act, item, work[task_id], meaning)
        _require_form(act, item, submission)
        act.drafting = meaning == history.DRAFT
        _record(act, task_id, sent)
        undo_state = act.state
        step = engine.complete(
            act.pack.definitions,
            act.state,
            task_id,
            submission.values,
            submission.outcome,
            act.environment(),
        )
        _close(act, task_id, submission.outcome)
        write_step(act, step, [key for key in work if key != task_id])
        answer = _answer(act, step)
        submission_id = submissions.insert_row(
            act,
            submission,
            element=item.element,
            process=item.process_key,
            work_item=task_id,
            meaning=meaning,
            idempotency_key=sent.idempotency_key,
            answer=answer,
            request=sent.request,
        )
        undoable = not act.final and not step.ended
        act.finish(
            status="ended" if step.ended else None,
            undo_state=undo_state if undoable else None,
            undo_person=actor.person_id if undoable else None,
            undo_submission=submission_id if undoable else None,
        )
    return _completed(answer)


def _record(act: Act, task_id: str, sent: _Sent) -> None:
    """Record what was handed in.

    A form that judges begins empty each time, so that there is nothing to compare it with.
    """
    submission = sent.submission
    before = submissions.previous(act.tx, act.case_id, submission.form_key) if act.drafting else {}
    act.record(
        "task.completed",
        audit.Change("outcome", _("選んだ処理"), None, submission.outcome),
        *submissions.changes(act, submission, before),
        subject=audit.Subject("task", task_id, act.case_id),
        form=submission.form_digest,
        idempotency=sent.idempotency_key or "",
    )


def _answer(act: Act, step: engine.Step) -> dict[str, Any]:
    mine = act.actor.groups
    return {
        "case_id": act.case_id,
        "number": act.case["number"],
        "status": act.case["status"],
        "next_tasks": [task.id for task in step.tasks if not mine.isdisjoint(task.groups)],
    }


def completed_before(
    site: Site, actor: Actor, task_id: str, idempotency_key: str | None
) -> Completed | None:
    """Return what came of the task when the actor did it with this very key, else None."""
    if not idempotency_key:
        return None
    with site.database.read() as tx:
        answer = tx.execute(
            select(Submission.answer).where(
                Submission.person_id == actor.person_id,
                Submission.idempotency_key == idempotency_key,
                Submission.work_item_id == task_id,
            )
        ).scalar_one_or_none()
    return _completed(plain.loads(answer)) if answer else None


def repeated(
    site: Site, actor: Actor, task_id: str, idempotency_key: str | None, request: str
) -> Completed | None:
    """Return the first answer to a request that is sent again, None when it is new.

    To be asked before the form of the task, which is gone once the task is done. Raises Conflict
    when the key was used for something else.
    """
    answer = submissions.repeated(site, actor, idempotency_key, task_id, request)
    return None if answer is None else _completed(answer)


def claim(site: Site, actor: Actor, task_id: str) -> None:
    """Take a task that is offered to one's group, so that colleagues see who does it."""
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        item, work = _open_work(act, task_id)
        _require_offered(actor, item, work[task_id])
        if item.assignee_id == actor.person_id:
            return
        tx.execute(
            update(WorkItem).where(WorkItem.id == task_id).values(assignee_id=actor.person_id)
        )
        act.record("task.claimed", subject=audit.Subject("task", task_id, act.case_id))
        act.finish()


def release(site: Site, actor: Actor, task_id: str) -> None:
    """Give a claimed task back to its groups."""
    with site.database.write() as tx:
        act = _lock_case(site, tx, actor, task_id)
        item, work = _open_work(act, task_id)
        if item.assignee_id != actor.person_id:
            raise NotAllowed(_("引き受けた本人だけが解除できます。"))
        if not work[task_id]:
            raise Conflict(_("この作業はあなたに直接割り当てられているため、戻す先がありません。"))
        tx.execute(update(WorkItem).where(WorkItem.id == task_id).values(assignee_id=None))
        act.record("task.released", subject=audit.Subject("task", task_id, act.case_id))
        act.finish()


def may_act(
    actor: Actor,
    groups: Collection[str],
    assignee: str | None,
) -> bool:
    """Return whether a task offered to groups, perhaps assigned, is the actor's to do."""
    if assignee is not None:
        return assignee == actor.person_id
    return not actor.groups.isdisjoint(groups)


def _completed(answer: dict[str, Any]) -> Completed:
    return Completed(
        answer["case_id"], answer["number"], answer["status"], tuple(answer["next_tasks"])
    )


def _lock_case(site: Site, tx: Connection, actor: Actor, task_id: str) -> Act:
    """Lock the task's case. Raises NotFound."""
    try:
        return lock_of_task(site, tx, actor, task_id)
    except NotFound:
        raise NotFound(_("作業が見つかりません。")) from None


def _open_work(act: Act, task_id: str) -> tuple[Row[Any], dict[str, set[str]]]:
    """Return the open task, and the groups of every open task of its case.

    Raises Conflict when the task is no longer open.
    """
    which = {"case": act.case_id, "task": task_id}
    rows: Sequence[Row[Any]] = act.tx.execute(_OPEN_WORK, which).all()
    item = next(row for row in rows if row.id == task_id)
    if item.status != "open":
        raise _too_late(act.tx, act, item, act.actor)
    require_running(act)
    work: dict[str, set[str]] = {}
    for row in rows:
        work.setdefault(row.id, set()).update([row.group_key] if row.group_key else [])
    return item, work


_WORK, _GROUP, _DRAFT = table(WorkItem), table(WorkItemGroup), table(Draft)
_OPEN_WORK: Select[Any] = (
    select(*(column for column in _WORK.c if column.name != "variables"), _GROUP.c.group_key)
    .join_from(_WORK, _GROUP, _GROUP.c.work_item_id == _WORK.c.id, isouter=True)
    .where(
        _WORK.c.case_id == bindparam("case"),
        or_(_WORK.c.status == "open", _WORK.c.id == bindparam("task")),
    )
)
_CLOSE = update(_WORK).where(_WORK.c.id == bindparam("task"))
_WITHDRAW_OFFER = delete(_GROUP).where(_GROUP.c.work_item_id == bindparam("task"))
_DROP_DRAFT = delete(_DRAFT).where(
    _DRAFT.c.person_id == bindparam("person"), _DRAFT.c.subject == bindparam("subject")
)


def _too_late(tx: Connection, act: Act, item: Row[Any], actor: Actor) -> Conflict | NotFound:
    """Say who was first, when, and where the case stands; to strangers nothing is said."""
    visibility.require(act.site, tx, actor, act.case_id)
    return TaskClosed(finished_text(tx, item, act.case, act.pack), act.case_id)


def finished_text(tx: Connection, item: Row[Any], case: Any, pack: packs.Pack) -> str:
    """Return the sentence for a task that is no longer open."""
    name = tx.execute(
        select(Person.name).where(Person.id == item.ended_by)
    ).scalar_one_or_none() or _("システム")
    values: dict[str, object] = {
        "task": item.name,
        "name": name,
        "at": wareki_datetime(item.ended_at) if item.ended_at else "",
        "number": case["number"],
        "stage": pack.stage_name(case["stage"])
        if case["status"] == "running"
        else packs.status_name(case["status"]),
    }
    if item.status == "completed":
        return _(
            "「{task}」は {name} さんが {at} に済ませました。案件 {number} はいま「{stage}」です。",
            **values,
        )
    return _(
        "「{task}」は {at} に取り消されました（期限切れ・引戻し・終了など）。"
        "案件 {number} はいま「{stage}」です。",
        **values,
    )


def _require_version(act: Act, version: int | None) -> None:
    if version is not None and version != act.version:
        raise PageOutdated(
            _("画面を開いたあとに案件が変わりました。内容を確かめて、もう一度送ってください。")
        )


def require_mine(tx: Connection, actor: Actor, item: Row[Any]) -> None:
    """Raise NotAllowed unless the task is offered to the actor and nobody else has taken it."""
    _require_offered(
        actor,
        item,
        set(
            tx.execute(
                select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id == item.id)
            ).scalars()
        ),
    )


def _require_offered(actor: Actor, item: Row[Any], groups: set[str]) -> None:
    if not may_act(actor, groups, item.assignee_id):
        if item.assignee_id is not None and not actor.groups.isdisjoint(groups):
            raise NotAllowed(_("この作業は別の人が引き受けています。"))
        raise NotAllowed(_("この作業の担当ではありません。"))


def _require_right(act: Act, item: Row[Any], groups: set[str], meaning: str) -> None:
    """Raise NotAllowed unless the task is the actor's and no duty conflict stands against it."""
    _require_offered(act.actor, item, groups)
    if meaning not in packs.SEGREGATED:
        return
    conflict(Action(meaning), act.actor.person_id, act.involved()).require()


def _require_form(act: Act, item: Row[Any], submission: forms.Submission) -> None:
    form = act.pack.form(item.form_key)
    if (form.key, form.digest) != (submission.form_key, submission.form_digest):
        raise Conflict(_("この作業の様式ではないものが送られました。画面を開き直してください。"))


def _close(act: Act, task_id: str, outcome: str) -> None:
    person = act.actor.person_id
    ended = {"ended_at": act.now, "ended_by": person, "outcome": outcome}
    act.tx.execute(_CLOSE, {"task": task_id, "status": "completed", **ended})
    act.tx.execute(_WITHDRAW_OFFER, {"task": task_id})
    act.tx.execute(_DROP_DRAFT, {"person": person, "subject": f"task:{task_id}"})
