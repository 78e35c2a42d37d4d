"""Who is told that a case was sent back: its applicant and those who are to write it again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from dxflow import engine
from dxflow.authority.opinions import OpinionReaders
from dxflow.authority.segregation import Action
from dxflow.authority.verdicts import person_key
from dxflow.services.acts import history
from dxflow.services.acts.act import Act
from dxflow.services.acts.notices import leave_notice
from dxflow.services.packs import store as packs
from dxflow.services.people import naming
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

#: Where the forms of a pack ask why something is sent back or not agreed to.
_WHY = ("reason", "comment")


def tell(
    act: Act, item: Any, values: Mapping[str, Any], step: engine.Step, before: Collection[str]
) -> None:
    """Leave a notice when what somebody judged is to be written again by this step.

    `item` is the task they did, `values` what they handed in, `before` the tasks that were open.
    Sent back is what comes to be written again because somebody has judged it: whoever hands a
    draft round, or has read it beforehand, has not. Whoever did it is not told, everybody else once.
    """
    if _meaning(act, item) in packs.SEGREGATED:
        _tell(act, step, before, lambda: _message(act, item, values))


def tell_unjudged(act: Act, step: engine.Step, before: Collection[Any]) -> None:
    """Leave the same notice when it is to be written again because a judgement was waited for no more.

    `before` are the tasks that were open, as rows.
    """
    still = {task.id for task in step.tasks}
    judging = (one for one in before if _meaning(act, one) in packs.SEGREGATED)
    ended = next((one for one in judging if one.id not in still), None)
    if ended is not None:
        _tell(act, step, {one.id for one in before}, lambda: _overdue(act, ended))


def _tell(act: Act, step: engine.Step, before: Collection[str], message: Callable[[], str]) -> None:
    again = _again(act, [task for task in step.tasks if task.id not in before])
    if not again:
        return
    told = {str(act.case["applicant_id"])}
    who = act.directory()
    for task in again:
        if task.assignee:
            told.add(person_key(task.assignee))
        else:
            told |= {one for group in act.offered[task.id] for one in who.holders(group)}
    told.discard(act.actor.person_id)
    if told:
        leave_notice(act, [f"user:{person}" for person in told], message(), "sent_back")


def _meaning(act: Act, item: Any) -> str:
    return act.pack.act_of(item.process_key, item.element)


def _again(act: Act, fresh: Sequence[engine.OpenTask]) -> list[engine.OpenTask]:
    """Return the tasks that ask for a form to be written which has been handed in before."""
    drafts = [
        task for task in fresh if act.pack.act_of(task.process, task.element) == history.DRAFT
    ]
    known = history.latest(act.tx, act.case_id, {task.form_key for task in drafts})
    return [task for task in drafts if task.form_key in known]


def _message(act: Act, item: Any, values: Mapping[str, Any]) -> str:
    post = naming.load(act.tx, act.directory(), posts=[act.actor.acting_post])
    who = f"{post.post(act.actor.acting_post)} {act.actor.name}".strip()
    why = next((str(values[key]).strip() for key in _WHY if values.get(key)), "")
    with to_be_stored():
        if _meaning(act, item) == Action.VOTE:
            return _by_vote(item)
        if not why or _kept_back(act, item):
            return _(
                "「{step}」で{who}さんから差し戻されました。理由は案件のページで確かめてください。",
                who=who, step=item.name,
            )  # fmt: skip
        return _(
            "「{step}」で{who}さんから差し戻されました。理由: {reason}",
            who=who, step=item.name, reason=why,
        )  # fmt: skip


def _by_vote(item: Any) -> str:
    """Return what is said of the votes together, and not of the last of them."""
    return _(
        "「{step}」の結果、差し戻されました。理由は案件のページで確かめてください。",
        step=item.name,
    )  # fmt: skip


def _overdue(act: Act, item: Any) -> str:
    with to_be_stored():
        if _meaning(act, item) == Action.VOTE:
            return _by_vote(item)
        return _(
            "「{step}」の期限までに判断がなかったため、差し戻されました。"
            "案件のページで確かめてください。",
            step=item.name,
        )  # fmt: skip


def _kept_back(act: Act, item: Any) -> bool:
    """Return whether the pack keeps what opinions say from some readers: the page knows from whom."""
    if act.pack.settings.reading.opinions is OpinionReaders.READERS:
        return False
    element = act.pack.element(item.process_key, item.element)
    return element is not None and not history.SAYING.isdisjoint(element.properties)
