"""私が出したもの: drafts that go on, and cases on their way."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from dxflow.services.acts import drafts
from dxflow.services.people.access import signed_in
from dxflow.services.reading import my_cases, shared_drafts
from dxflow.services.reading.my_cases import Turn
from dxflow.texts import gettext as _
from dxflow.web import current, onward
from dxflow.web.inbox import page_number

blueprint = Blueprint("mine", __name__)

PER_PAGE = 30


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
        shared=shared_drafts.listed(site, actor),
        kinds=shared_drafts.kinds(site),
        lines_of=lines_of,
        page=my_cases.mine(site, actor, page_number(), PER_PAGE),
        address_of=lambda number: url_for("mine.index", page=number),
    )


def lines_of(turns: Sequence[Turn]) -> list[Line]:
    """Return whose turn it is, one line for each task, the reader's own first."""
    mine = [turn for turn in turns if turn.mine]
    by_task: dict[str, list[Turn]] = {}
    for turn in turns:
        if not turn.mine:
            by_task.setdefault(turn.task, []).append(turn)
    own = (
        Line(_("あなたの番です: {task}", task=turn.task), mine=True, late=turn.urgency == "late")
        for turn in mine
    )
    others = (
        Line(
            _("{who}を待っています", who=onward.words_of(same)[0]),
            mine=False,
            late=any(turn.urgency == "late" for turn in same),
        )
        for same in by_task.values()
    )
    return [*own, *others]
