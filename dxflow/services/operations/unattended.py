"""What would wait for ever: tasks that nobody can do today, and cases that wait for nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, text

from dxflow.authority.directory import Directory
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import Incident, Submission, Timer, WorkItem, WorkItemGroup
from dxflow.services.acts import history
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.reassigning import BOUND_TO_OFFICE
from dxflow.services.packs import own_words
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

SECRETARIAT = "role:secretariat"


@dataclass(frozen=True)
class Unattended:
    """An open task nobody can do today. `proposal` is what `reassign` takes, "" when none fits."""

    task_id: str
    name: str
    case_id: str
    case_number: str
    case_title: str
    offered: str
    since: datetime
    proposal: str
    advice: str


@dataclass(frozen=True)
class Stuck:
    """A running case with neither open task nor timer, job or open incident."""

    case_id: str
    number: str
    title: str
    since: datetime


def unattended(site: Site, actor: Actor, page: int = 1, per_page: int = 50) -> Page[Unattended]:
    """Return open tasks that nobody can do today, the oldest first.

    No group of theirs has a holder, or only such as may not judge their own matter.
    """
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, actor.on)
        closed = set(tx.execute(select(Person.id).where(Person.status != "active")).scalars())
        involved = _left_to_the_involved(tx, who, closed)
        which = or_(_nobody(tx, who, closed), WorkItem.id.in_(involved))
        which = and_(WorkItem.status == "open", which)
        total = tx.execute(select(func.count()).select_from(WorkItem).where(which)).scalar_one()
        rows = tx.execute(
            select(
                WorkItem.__table__,
                Case.number,
                visibility.told_title(),
                Case.unit,
                Case.pack_digest,
            )
            .join(Case, Case.id == WorkItem.case_id)
            .where(which)
            .order_by(WorkItem.created_at, WorkItem.id)
            .offset(offset)
            .limit(limit)
        ).all()
        offers = _offers(tx, [row.id for row in rows])
        names = naming.load(tx, who, persons=[row.assignee_id for row in rows])
        entries = []
        for row in rows:
            groups = offers.get(row.id, [])
            words = [names.group(group) for group in groups] or [names.person(row.assignee_id)]
            barred = involved.get(row.id, frozenset())
            proposal, advice = _proposal(who, names, row, groups, barred)
            entries.append(
                Unattended(
                    task_id=row.id,
                    name=own_words.said(site, tx, row.pack_digest, row.name),
                    case_id=row.case_id,
                    case_number=row.number,
                    case_title=row.title,
                    offered=_("、").join(words),
                    since=row.created_at,
                    proposal=proposal,
                    advice=advice,
                )
            )
    return Page(entries, page, per_page, total)


def stuck(site: Site, actor: Actor, most: int = 100) -> list[Stuck]:
    """Return running cases that wait for nothing: there should be none."""
    actor.require_role(*OPERATORS)
    waiting = (
        exists().where(WorkItem.case_id == Case.id, WorkItem.status == "open"),
        exists().where(Timer.case_id == Case.id),
        exists().where(Incident.case_id == Case.id, Incident.status == "open"),
    )
    with site.database.read() as tx:
        rows = tx.execute(
            select(Case.id, Case.number, visibility.told_title(), Case.updated_at)
            .where(Case.status == "running", *(~one for one in waiting))
            .order_by(Case.updated_at)
            .limit(most)
        )
        return [Stuck(row.id, row.number, row.title, row.updated_at) for row in rows]


def _nobody(tx: Connection, who: Directory, closed: set[str]) -> ColumnElement[bool]:
    """Return the condition: assigned to somebody who is gone, or offered to empty groups only."""
    groups = tx.execute(
        select(WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(WorkItem.status == "open")
        .distinct()
    ).scalars()
    empty = sorted(group for group in groups if not who.holders(group) - closed)
    assigned = tx.execute(
        select(WorkItem.assignee_id)
        .where(WorkItem.status == "open", WorkItem.assignee_id.is_not(None))
        .distinct()
    ).scalars()
    gone = sorted(one for one in assigned if one and (one in closed or one not in who.persons))
    offered = exists().where(WorkItemGroup.work_item_id == WorkItem.id)
    attended = offered.where(WorkItemGroup.group_key.not_in(empty))
    # whoever has taken it has no right to it either, unless it was never offered to a group
    alone = and_(WorkItem.assignee_id.is_not(None), ~offered)
    return or_(and_(~attended, ~alone), WorkItem.assignee_id.in_(gone))


def _left_to_the_involved(
    tx: Connection, who: Directory, closed: set[str]
) -> dict[str, frozenset[str]]:
    """Return the tasks that only those could do who made the proposal, and who that is.

    Only cases are looked at that somebody made who has such tasks offered.
    """
    judged = (WorkItem.status == text("'open'"), WorkItem.act != "")
    offered = tx.execute(
        select(WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(*judged)
        .distinct()
    ).scalars()
    holders = frozenset[str]().union(*map(who.holders, offered))
    # the word itself, not a parameter: only so the index of drafts is used
    is_draft = Submission.act == text(f"'{history.DRAFT}'")
    drafted = exists().where(
        Submission.case_id == WorkItem.case_id, is_draft, Submission.person_id.in_(holders)
    )
    rows = tx.execute(
        select(WorkItem.id, WorkItem.case_id, Case.applicant_id)
        .join(Case, Case.id == WorkItem.case_id)
        .where(*judged, or_(Case.applicant_id.in_(holders), drafted))
    ).all()
    offers = _offers(tx, [row.id for row in rows])
    involved = {row.case_id: {row.applicant_id} for row in rows}
    drafts = select(Submission.case_id, Submission.person_id).distinct()
    for one in tx.execute(drafts.where(is_draft, Submission.case_id.in_(involved))):
        involved[one.case_id].add(one.person_id)
    found = {}
    for row in rows:
        able = frozenset[str]().union(*map(who.holders, offers.get(row.id, ()))) - closed
        if able and able <= involved[row.case_id]:
            found[row.id] = frozenset(involved[row.case_id])
    return found


def _offers(tx: Connection, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .where(WorkItemGroup.work_item_id.in_(ids))
        .order_by(WorkItemGroup.group_key)
    ):
        found.setdefault(row.work_item_id, []).append(row.group_key)
    return found


def _proposal(
    who: Directory,
    names: naming.Names,
    row: Row[Any],
    groups: Collection[str],
    barred: frozenset[str],
) -> tuple[str, str]:
    """Return who could do the task, and the sentence that says so."""
    held = next((group for group in groups if who.holders(group) - barred), "")
    if row.assignee_id is not None and held:
        words = names.group(held)
        return held, _("引き受けた人がいません。「{group}」に戻してください。", group=words)
    if row.act in BOUND_TO_OFFICE:
        return "", _("職に結び付いた作業です。空いている職に後任を就けてください。")
    if above := who.superior(row.unit, barred, of=groups):
        title = who.posts[above.removeprefix("post:")].title
        return above, _("上位の職「{post}」に渡せます。", post=title)
    return SECRETARIAT, _("事務局に渡せます。")
