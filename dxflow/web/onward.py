"""Where a person goes after an act, and what the next page says about it."""

from collections.abc import Sequence

from flask import flash, request, url_for

from dxflow.services.packs import store as packs
from dxflow.services.reading.my_cases import Turn
from dxflow.texts import gettext as _
from dxflow.web import security
from dxflow.web.frame import case_url

#: How many of those who have the same task are named.
NAMED = 2


def after(case_id: str, next_tasks: Sequence[str]) -> str:
    """Return the address of the person's next task on the case, else of the case."""
    if next_tasks:
        return url_for("task.show", task_id=next_tasks[0])
    return case_url(case_id)


def back() -> str:
    """Return the page an act was sent from, as the form names it; the inbox otherwise."""
    return security.safe_next(request.form.get("next"))


def say_next(
    said: str, number: str, status: str, turns: Sequence[Turn], *, leads_on: bool = True
) -> None:
    """Leave a line for the next page: what was done, and whose turn it is now.

    `leads_on`: a task that has come to the person's own groups is told as theirs.
    """
    following = _next_words(number, status, turns, leads_on=leads_on)
    flash(_("{one}{other}", one=said, other=following), "success")


def _next_words(number: str, status: str, turns: Sequence[Turn], *, leads_on: bool) -> str:
    if status != "running":
        return _(
            "案件 {number} は「{status}」になりました。",
            number=number,
            status=packs.status_name(status),
        )
    if not turns:
        return _("次の作業は、決められた日が来ると届きます。")
    mine = next((turn for turn in turns if turn.mine), None)
    if mine is not None and leads_on:
        return _("続けて「{task}」があなたに届いています。", task=mine.task)
    return _("次は{who}です。", who=_("、").join(words_of(turns)))


def words_of(turns: Sequence[Turn]) -> list[str]:
    """Return for each task that waits who has it: 市民課長（…）の「所属長の確認」."""
    by_task: dict[str, list[str]] = {}
    for turn in turns:
        by_task.setdefault(turn.task, []).append(turn.holder)
    return [
        _("{holders}の「{task}」", holders=_named(holders), task=task)
        for task, holders in by_task.items()
    ]


def _named(holders: list[str]) -> str:
    names = _("、").join(holders[:NAMED])
    if len(holders) > NAMED:
        return _("{names}ほか{n}か所", names=names, n=len(holders) - NAMED)
    return names
