"""Suspend, resume and cancel running cases, one or several at once.

While a case is suspended nobody acts on it and no timer fires; what came due meanwhile fires once
when it resumes. Everything stays readable and drafts are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from dxflow import audit, engine
from dxflow.db.process import Incident, Timer, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, DxflowError, Invalid
from dxflow.jobs import queue
from dxflow.services.acts import cases, incidents
from dxflow.services.acts.act import Act, lock, require_not_ended
from dxflow.services.acts.notices import leave_notice
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.acts.writing import end_case
from dxflow.services.operations import case_choice
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_REASON = 1000
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Outcome:
    """What came of an operation on one of several cases; `refusal` is empty when it was done."""

    case: str
    refusal: str = ""


def suspend(site: Site, actor: Actor, case: str, reason: str) -> str:
    """Stop a case for a while; return its id. `case` is a number or an id.

    Raises NotAllowed, NotFound, Invalid without a reason, Conflict when it has ended or is
    suspended already (the message says by whom).
    """
    actor.require_role(*OPERATORS)
    given = required_reason(reason)
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_choice.find(tx, case))
        require_not_ended(act)
        if act.suspension is not None:
            raise Conflict(act.suspension.sentence(act.case["number"]))
        act.record("case.suspended", audit.Change("reason", mark("理由"), None, given))
        said = mark(
            "案件 {number} が一時停止されました（理由: {reason}）。",
            number=act.case["number"],
            reason=given,
        )
        leave_notice(act, _concerned(act), said, "operation")
        act.finish(
            status=SUSPENDED,
            suspended_at=act.now,
            suspended_by=actor.person_id,
            suspend_reason=given,
        )
        return act.case_id


def resume(site: Site, actor: Actor, case: str, reason: str = "") -> str:
    """Let a suspended case go on; return its id. Timers that came due meanwhile fire once.

    Raises NotAllowed, NotFound, Conflict when it has ended or is not suspended.
    """
    actor.require_role(*OPERATORS)
    given = _short(reason.strip())
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_choice.find(tx, case))
        require_not_ended(act)
        if act.suspension is None:
            raise Conflict(_("案件 {number} は止められていません。", number=act.case["number"]))
        # A job that found the case suspended did nothing; its timer waits to be queued anew.
        queue.rearm(tx, act.case_id, "timer.fire")
        tx.execute(update(Timer).where(Timer.case_id == act.case_id).values(attempts=0))
        change = (audit.Change("reason", mark("理由"), None, given),) if given else ()
        act.record("case.resumed", *change)
        said = mark("案件 {number} が再開されました。", number=act.case["number"])
        leave_notice(act, _concerned(act), said, "operation")
        act.finish(status="active", suspended_at=None, suspended_by=None, suspend_reason="")
        return act.case_id


def cancel(site: Site, actor: Actor, case: str, reason: str, version: int | None = None) -> str:
    """End a case for good: its work, timers, jobs and incidents are closed; return its id.

    `version` is that of the page on which the administrator saw what will be closed. Raises
    NotAllowed, NotFound, Invalid without a reason, Conflict when it has ended or moved on.
    """
    actor.require_role(*OPERATORS)
    given = required_reason(reason)
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_choice.find(tx, case))
        require_not_ended(act)
        require_version(act, version)
        concerned = _concerned(act)
        step = engine.cancel(act.pack.definitions, act.state, act.environment())
        act.state = step.state
        cases.close_everything(act)
        queue.drop(act.tx, act.case_id)
        end_case(act, "cancelled", given)
        said = mark(
            "案件 {number} は管理者が取り消しました（理由: {reason}）。",
            number=act.case["number"],
            reason=given,
        )
        leave_notice(act, concerned, said, "operation")
        act.finish(
            status="ended",
            undo_state=None,
            undo_person=None,
            undo_submission=None,
            suspended_at=None,
            suspended_by=None,
            suspend_reason="",
        )
        person = None if actor.is_system else actor.person_id
        incidents.settle(
            tx, act.now, Incident.case_id == act.case_id, person, actor.channel,
            mark("案件の取消し: {reason}", reason=given), actor.request_id,
        )  # fmt: skip
        return act.case_id


def on_several(
    site: Site, actor: Actor, chosen: Sequence[str], operation: Callable[[str], str],
    roles: Sequence[str] = OPERATORS,
) -> list[Outcome]:  # fmt: skip
    """Do an operation on several cases, each in a transaction of its own.

    What one case refuses does not stop the others. Raises NotAllowed, and Invalid when nothing or
    too much is chosen or when the operation's own words do not pass.
    """
    actor.require_role(*roles)
    wanted = list(dict.fromkeys(one for one in chosen if one.strip()))
    if not wanted:
        message = _("案件を選んでください。")
        raise Invalid(message, {"case": [message]})
    if len(wanted) > MOST_AT_ONCE:
        message = _("一度に選べる案件は {n} 件までです。", n=MOST_AT_ONCE)
        raise Invalid(message, {"case": [message]})
    outcomes = []
    for case in wanted:
        try:
            operation(case)
        except Invalid:
            raise
        except DxflowError as refused:
            outcomes.append(Outcome(case, refused.message))
        else:
            outcomes.append(Outcome(case))
    return outcomes


def required_reason(reason: str) -> str:
    """Return the reason. Raises Invalid when it is empty or too long."""
    given = reason.strip()
    if not given:
        message = _("理由を書いてください。関係する人に伝わり、記録に残ります。")
        raise Invalid(message, {"reason": [message]})
    return _short(given)


def require_version(act: Act, version: int | None) -> None:
    """Raise Conflict when the case has moved on since the page was opened."""
    if version is not None and version != act.version:
        raise Conflict(
            _("画面を開いたあとに案件が変わりました。内容を確かめて、もう一度操作してください。")
        )


def _short(given: str) -> str:
    if len(given) > LONGEST_REASON:
        message = _("理由は {n} 文字以内で書いてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    return given


def _concerned(act: Act) -> set[str]:
    """Return the groups of the applicant and of whoever has work on the case."""
    open_items = (WorkItem.case_id == act.case_id, WorkItem.status == "open")
    offered = act.tx.execute(
        select(WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(*open_items)
        .distinct()
    ).scalars()
    taken = act.tx.execute(
        select(WorkItem.assignee_id).where(*open_items, WorkItem.assignee_id.is_not(None))
    ).scalars()
    return {f"user:{act.case['applicant_id']}", *offered, *(f"user:{one}" for one in taken)}
