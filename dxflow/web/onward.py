"""Where a person goes after an act, and what the next page says about it."""

from collections.abc import Sequence

from flask import flash, request, url_for

from dxflow.services import my_cases, packs
from dxflow.texts import gettext as _
from dxflow.web import current, security
from dxflow.web.frame import case_url

#: How many tasks that wait are named in one sentence.
NAMED = 3


def after(case_id: str, next_tasks: Sequence[str]) -> str:
    """Return the address of the person's next task on the case, else of the case."""
    if next_tasks:
        return url_for("task.show", task_id=next_tasks[0])
    return case_url(case_id)


def back() -> str:
    """Return the page an act was sent from, as the form names it; the inbox otherwise."""
    return security.safe_next(request.form.get("next"))


def say_next(said: str, case_id: str, number: str, status: str) -> None:
    """Leave a line for the next page: what was done, and whose turn it is now."""
    flash(f"{said}{_next_words(case_id, number, status)}", "success")


def _next_words(case_id: str, number: str, status: str) -> str:
    if status != "running":
        return _(
            "案件 {number} は「{status}」になりました。",
            number=number,
            status=packs.status_name(status),
        )
    turns = my_cases.next_turns(current.site(), current.actor(), case_id)
    if not turns:
        return _("次の作業は、決められた日が来ると届きます。")
    if turns[0].mine:
        return _("続けて「{task}」があなたに届いています。", task=turns[0].task)
    words = [
        _("{holder}の「{task}」", holder=turn.holder, task=turn.task) for turn in turns[:NAMED]
    ]
    text = _("、").join(words)
    if len(turns) > NAMED:
        return _("次は{who}ほか{n}件です。", who=text, n=len(turns) - NAMED)
    return _("次は{who}です。", who=text)
