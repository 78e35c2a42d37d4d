"""Ballots the secretariat enters for a member, from paper or by a proxy.

The ballot is cast by the member's own task, so that every rule of a vote holds: a seat that takes
part, a vote that is open, one ballot a seat. What is kept says for whom, by whom and from what;
the member is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from dxflow import forms
from dxflow.authority.segregation import Action, conflict
from dxflow.committee import entered as rules
from dxflow.committee.entered import Way
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import Conflict, NotFound
from dxflow.services.acts import task_forms
from dxflow.services.acts.act import Act, EnteredBallot
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Completed, Sent
from dxflow.services.commands import committee
from dxflow.services.meetings import stored
from dxflow.services.meetings.agenda import VOTE
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored


@dataclass(frozen=True)
class Entering:
    """A member's ballot ready to be entered. `ways` are (key, word) that the body allows."""

    form: TaskForm
    seat: str
    title: str
    members: tuple[str, ...]
    ways: tuple[tuple[str, str], ...]


def ready(site: Site, by: Actor, task_id: str) -> Entering:
    """Return the form of a member's open vote. Raises NotAllowed, NotFound, Conflict."""
    by.require_role(stored.SECRETARIAT)
    with site.database.read() as tx:
        seat = _seat_of(site, tx, by, task_id)
        who = stored.today(site, tx)
        names = organisation.names_of(tx, who.holders(f"post:{seat}"))
    form = task_forms.task_form(site, _with_seat(by, seat), task_id)
    rule = form.pack.settings.bodies[_body_key(site, form)].rules.entered
    rules.require_any(rule)
    rules.require_other(who.holders(f"post:{seat}"), by.person_id)
    return Entering(
        form=form,
        seat=seat,
        title=who.posts[seat].title if seat in who.posts else seat,
        members=tuple(sorted(names.values())),
        ways=tuple((way.value, rules.label(way)) for way in rules.allowed(rule)),
    )


def enter(
    site: Site,
    by: Actor,
    task_id: str,
    way: str,
    source: str,
    fill: Callable[[TaskForm], forms.Submission],
    sent: Sent,
) -> Completed:
    """Cast a member's ballot from paper or by a proxy: `fill` fills in the form of their task.

    Raises NotAllowed for anybody but the secretariat and for one's own seat; Invalid, Conflict;
    otherwise as a vote does.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.read() as tx:
        seat = _seat_of(site, tx, by, task_id)

    def before(act: Act, item: Any) -> None:
        if act.pack.act_of(item.process_key, item.element) != VOTE:
            raise _no_vote()
        round_ = committee.open_round(act)
        found = rules.entry(act.pack.settings.bodies[round_.body].rules.entered, way, source)
        holders = act.directory().holders(f"post:{seat}")
        rules.require_other(holders, by.person_id)
        for person in sorted(holders):
            conflict(Action.VOTE, person, act.involved()).require()
        act.entered_ballot = EnteredBallot(seat, min(holders), found.way.value, found.source)
        _tell(act, found.way)

    return task_forms.hand_in(site, _with_seat(by, seat), task_id, fill, sent, before)


def _tell(act: Act, way: Way) -> None:
    """Tell the member that a ballot was entered in their name."""
    ballot = act.entered_ballot
    if ballot is None:
        return
    with to_be_stored():
        said = _(
            "案件 {number} のあなたの席の票を、事務局の {name} さんが{way}として入れました。"
            "覚えのないときは、すぐに事務局へ知らせてください。",
            number=act.case["number"], name=act.actor.name, way=rules.label(way),
        )  # fmt: skip
    key = f"ballot:{act.case_id}:{ballot.seat}:{act.version}"
    stored.tell(act.site, act.tx, key, [ballot.seat], said, case=act.case_id)


def _with_seat(by: Actor, seat: str) -> Actor:
    """Return the person as they may do the task of a seat: for this one act."""
    return replace(by, groups=by.groups | {f"post:{seat}"})


def _seat_of(site: Site, tx: Connection, by: Actor, task_id: str) -> str:
    """Return the seat a vote is asked of.

    Raises NotFound, TaskClosed when somebody was first, Conflict for another kind of task.
    """
    rows = tx.execute(
        select(WorkItem.act, WorkItem.status, WorkItemGroup.group_key)
        .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.id == task_id)
    ).all()
    if not rows:
        raise NotFound(_("作業が見つかりません。"))
    if rows[0].act == VOTE and rows[0].status != "open":
        task_forms.task_form(site, by, task_id)  # says who did it, and when
    seats: list[str] = sorted(
        row.group_key.removeprefix("post:")
        for row in rows
        if row.act == VOTE and row.group_key and row.group_key.startswith("post:")
    )
    if len(seats) != 1:
        raise _no_vote()
    return seats[0]


def _no_vote() -> Conflict:
    return Conflict(_("これは会議体の判断の作業ではないため、票を入れられません。"))


def _body_key(site: Site, form: TaskForm) -> str:
    """Return the body whose vote a form is of. Raises Conflict without an open round."""
    with site.database.read() as tx:
        row = committee.last_round(tx, form.case["id"] if form.case else "")
    if row is None or row.resolution is not None:
        raise Conflict(_("審議中の回がありません。"))
    return str(row.body)
