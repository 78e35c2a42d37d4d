"""私が出したもの: drafts that go on, and cases on their way."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from dxflow.services import drafts, my_cases
from dxflow.services.access import signed_in
from dxflow.services.my_cases import Turn
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.inbox import page_number

blueprint = Blueprint("mine", __name__)

PER_PAGE = 30
#: How many of those who have the same task are named.
NAMED = 2


@dataclass(frozen=True)
class Line:
    """For whom a case waits, in one line; `mine`: for the reader."""

    text: str
    mine: bool
    late: bool


@blueprint.get("/mine")
@signed_in
def index() -> str:
    """Show the person's drafts and the cases they have handed in."""
    site, actor = current.site(), current.actor()
    return render_template(
        "mine.html",
        drafts=drafts.mine(site, actor),
        lines_of=lines_of,
        page=my_cases.mine(site, actor, page_number(), PER_PAGE),
        address_of=lambda number: url_for("mine.index", page=number),
    )


def lines_of(turns: Sequence[Turn]) -> list[Line]:
    """Return whose turn it is, one line for each task, the reader's own first."""
    by_task: dict[tuple[bool, str], list[Turn]] = {}
    for turn in turns:
        by_task.setdefault((not turn.mine, turn.task), []).append(turn)
    return [
        _line(task, same) for (_others, task), same in sorted(by_task.items(), key=_others_last)
    ]


def _others_last(entry: tuple[tuple[bool, str], list[Turn]]) -> bool:
    return entry[0][0]


def _line(task: str, turns: list[Turn]) -> Line:
    late = any(turn.urgency == "late" for turn in turns)
    if turns[0].mine:
        return Line(_("あなたの番です: {task}", task=task), mine=True, late=late)
    holders = _("、").join(turn.holder for turn in turns[:NAMED])
    if len(turns) > NAMED:
        holders = _("{names} ほか{n}か所", names=holders, n=len(turns) - NAMED)
    text = _("{holders} の「{task}」を待っています", holders=holders, task=task)
    return Line(text, mine=False, late=late)
