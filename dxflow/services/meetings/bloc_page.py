"""The page on which a member votes, or the chair concludes, for a bloc of matters at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from dxflow.authority.segregation import Action
from dxflow.committee.resolution import Bound
from dxflow.errors import Conflict
from dxflow.services.acts import task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.meetings import blocs, book, together
from dxflow.services.meetings.book import MeetingPage
from dxflow.services.meetings.matters import MatterView
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.reading import case_rounds
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class BlocForm:
    """A bloc ready to be voted on or concluded by the reader.

    `matters` are those that the `form` is for, `others` the rest of the bloc. `form` is that of the
    first of them; each is checked against its own when it is handed in. `bound` says what the count
    of each of them lets the chair conclude, None for a vote.
    """

    meeting: MeetingPage
    bloc: int
    matters: tuple[MatterView, ...]
    others: tuple[MatterView, ...]
    form: TaskForm
    bound: Bound | None = None


def to_vote(site: Site, by: Actor, meeting_id: str, bloc: int) -> BlocForm:
    """Return the reader's vote on a bloc. Raises NotFound, NotAllowed, Conflict for none."""
    return _page(site, by, meeting_id, bloc, Action.VOTE)


def to_conclude(site: Site, by: Actor, meeting_id: str, bloc: int) -> BlocForm:
    """Return the conclusion of a bloc; matters whose counts say otherwise are left for later.

    Raises NotFound, NotAllowed, Conflict for none.
    """
    return _page(site, by, meeting_id, bloc, Action.CONCLUDE)


def _page(site: Site, by: Actor, meeting_id: str, bloc: int, meaning: Action) -> BlocForm:
    with site.database.read() as tx:
        meeting = book.read(site, tx, by, meeting_id)
        rows = blocs.of_bloc(tx, meeting_id, bloc)
        tasks = together.own_tasks(tx, by, [one.case_id for one in rows], meaning)
        wanted = "voting" if meaning is Action.VOTE else "closed"
        ready = [one for one in rows if one.case_id in tasks and one.status == wanted]
        bounds = _bounds(site, tx, ready, tasks) if meaning is Action.CONCLUDE else {}
        alike = _alike(site, tx, ready, tasks, bounds)
    if not alike:
        raise Conflict(
            _("この一括審議で、あなたがいま判断を出す議題はありません。")
            if meaning is Action.VOTE
            else _("この一括審議で、あなたがいま結論を出す議題はありません。")
        )
    views = {one.id: one for one in meeting.matters}
    chosen = [one.id for one in alike]
    return BlocForm(
        meeting=meeting,
        bloc=bloc,
        matters=tuple(views[one] for one in chosen),
        others=tuple(views[one.id] for one in rows if one.id not in chosen),
        form=task_forms.task_form(site, by, tasks[alike[0].case_id].id),
        bound=bounds.get(alike[0].case_id),
    )


def _bounds(
    site: Site, tx: Connection, rows: Sequence[Any], tasks: dict[str, Any]
) -> dict[str, Bound]:
    """Return what the count of each case lets the chair conclude, where there is one."""
    found = {}
    for case, round_ in blocs.last_rounds(tx, [one.case_id for one in rows]).items():
        pack = packs.load(site, tx, tasks[case].pack_digest)
        body = pack.settings.bodies.get(round_.body)
        bound = case_rounds.bound_of(round_, body.rules.vote) if body else None
        if bound is not None:
            found[case] = bound
    return found


def _alike(
    site: Site, tx: Connection, rows: Sequence[Any], tasks: dict[str, Any],
    bounds: dict[str, Bound],
) -> list[Any]:  # fmt: skip
    """Return the most matters that are asked by one form and whose counts allow the same.

    Of as many the first on the agenda.
    """
    kinds: dict[Any, list[Any]] = {}
    for one in rows:
        task = tasks[one.case_id]
        form = packs.load(site, tx, task.pack_digest).form(task.form_key)
        bound = bounds.get(one.case_id)
        allowed = (bound.first, bound.others) if bound else ()
        kinds.setdefault((form.key, form.digest, allowed), []).append(one)
    return max(kinds.values(), key=len, default=[])
