"""私が出したもの: the cases somebody has handed in, and for whom each of them waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Action
from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance, WorkItem, WorkItemGroup
from dxflow.services.acts import pulling_back
from dxflow.services.acts.starts import RECALLED
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.acts.tasks import Completed
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.reading import inbox, recused
from dxflow.services.reading.newest import newest
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: What no longer goes on.
OVER = (*packs.END_STATUSES, RECALLED)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is: a task, in words who has it, and until when; `mine`: the reader's own."""

    task_id: str
    task: str
    holder: str
    due_at: datetime | None
    urgency: str
    mine: bool


@dataclass(frozen=True)
class MyCase:
    """A case as its applicant sees it listed."""

    id: str
    number: str
    title: str
    status: str
    status_name: str
    stage: str
    stages: tuple[str, ...]
    stage_name: str
    turns: tuple[Turn, ...]
    created_at: datetime
    updated_at: datetime
    may_pull_back: bool
    suspended: bool = False


def mine(site: Site, actor: Actor, page: int = 1, per_page: int = 30) -> Page[MyCase]:
    """Return the cases the actor has handed in, those that go on first, then the latest."""
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        own = Case.applicant_id == actor.person_id
        found = _latest(tx, own, offset, limit + 1)
        rows = tx.execute(
            select(
                Case.__table__,
                ProcessInstance.undo_person,
                ProcessInstance.status.label("instance_status"),
            )
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .where(Case.id.in_(found[:limit]))
            .order_by(Case.status != "running", Case.created_at.desc(), Case.id.desc())
        ).all()
        total, more = count(tx, select(Case.id).where(own))
        total = max(total, offset + len(found)) if more else total
        turns = turns_of(site, tx, actor, [row.id for row in rows])
        entries = []
        for row in rows:
            pack = packs.load(site, tx, row.pack_digest)
            running = row.status == "running"
            stopped = row.instance_status == SUSPENDED
            entries.append(
                MyCase(
                    id=row.id,
                    number=row.number,
                    title=row.title,
                    status=row.status,
                    status_name=packs.status_name(row.status),
                    stage=row.stage,
                    stages=tuple(one.key for one in pack.stages_of(row.process_key)),
                    stage_name=pack.stage_name(row.stage),
                    turns=turns.get(row.id, ()),
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                    suspended=stopped,
                    may_pull_back=running
                    and not stopped
                    and pulling_back.may_pull_back(row.undo_person, actor, pack),
                )
            )
    return Page(entries, page, per_page, total, more)


def _latest(tx: Connection, own: ColumnElement[bool], offset: int, limit: int) -> list[str]:
    """Return a page of cases, those that go on first, then the latest: no more is read of each."""
    most = offset + limit
    found: list[str] = []
    for statuses in (("running",), OVER):
        if len(found) < most:
            found += tx.execute(newest(own, statuses, most - len(found))).scalars()
    return found[offset:]


def next_turns(site: Site, actor: Actor, case_id: str) -> tuple[Turn, ...]:
    """Return whose turn it is on a case the actor has just acted on."""
    with site.database.read() as tx:
        return turns_of(site, tx, actor, [case_id]).get(case_id, ())


def turns_after(site: Site, actor: Actor, done: Completed) -> tuple[Turn, ...]:
    """Return whose turn it is after an act, by what the act itself knows: one query for names."""
    if done.who is None:
        return next_turns(site, actor, done.case_id)
    who = done.who
    rows = [
        _Row(one.task_id, one.name, one.assignee, group)
        for one in done.waiting
        for group in [*sorted(one.groups), None]
    ]
    names = naming.Names(who, naming.of_persons(site, _persons(who, rows)), {}, {})
    return tuple(
        Turn(one.task_id, one.name, holder, None, "", mine)
        for one in done.waiting
        for holder, mine in [_holder(actor, names, [r for r in rows if r.id == one.task_id])]
    )


@dataclass(frozen=True)
class _Row:
    """A group of a task, as the query of `turns_of` gives it."""

    id: str
    name: str
    assignee_id: str | None
    group_key: str | None


def turns_of(
    site: Site, tx: Connection, actor: Actor, case_ids: Sequence[str]
) -> dict[str, tuple[Turn, ...]]:
    """Return the open tasks of cases with their holders in words: two queries, three while votes are asked for.

    Left out are votes of those who were recused meanwhile.
    """
    if not case_ids:
        return {}
    rows = tx.execute(
        select(
            WorkItem.id, WorkItem.case_id, WorkItem.name, WorkItem.assignee_id, WorkItem.due_at,
            WorkItem.act, WorkItemGroup.group_key, Case.pack_digest,
            city_days.version_query().label("city_days"),
        )
        .join(Case, Case.id == WorkItem.case_id)
        .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.case_id.in_(case_ids), WorkItem.status == "open")
        .order_by(WorkItem.created_at, WorkItem.id, WorkItemGroup.group_key)
    ).all()  # fmt: skip
    items: dict[str, list[Any]] = {}
    for row in rows:
        items.setdefault(row.id, []).append(row)
    out = recused.seats_out(tx, {row.case_id for row in rows if row.act == Action.VOTE})
    who = organisation.directory(site, tx, actor.on)
    names = naming.load(tx, who, persons=_persons(who, rows))
    found: dict[str, tuple[Turn, ...]] = {}
    for group in items.values():
        asked = [row.group_key for row in group if row.group_key]
        if recused.unwanted(group[0].act, asked, out.get(group[0].case_id, frozenset())):
            continue
        pack = packs.load(site, tx, group[0].pack_digest)
        days = group[0].city_days or city_days.NONE_YET
        urgency = inbox.urgency(
            pack, city_days.Calendars(site, tx, days).of(pack), group[0].due_at, site.now()
        )
        turn = _turn(actor, pack, names, group, urgency)
        found[group[0].case_id] = (*found.get(group[0].case_id, ()), turn)
    return found


def _persons(who: Directory, rows: Sequence[Any]) -> set[str]:
    taken = {row.assignee_id for row in rows if row.assignee_id}
    named = (who.holders(row.group_key) for row in rows if row.group_key)
    return taken.union(*(holders for holders in named if len(holders) == 1))


def _turn(
    actor: Actor, pack: packs.Pack, names: naming.Names, rows: Sequence[Any], urgency: str
) -> Turn:
    first = rows[0]
    holder, mine = _holder(actor, names, rows)
    return Turn(first.id, pack.said(first.name), holder, first.due_at, urgency, mine)


def _holder(actor: Actor, names: naming.Names, rows: Sequence[Any]) -> tuple[str, bool]:
    """Return in words who has a task, and whether it is the reader's own."""
    assignee = rows[0].assignee_id
    groups = [row.group_key for row in rows if row.group_key]
    if assignee:
        return _person(names.person(assignee)), assignee == actor.person_id
    words = _("、").join(dict.fromkeys(_in_words(names, group) for group in groups))
    return words, not actor.groups.isdisjoint(groups)


def _in_words(names: naming.Names, group: str) -> str:
    """Return a group in words, with the name when it means one person only."""
    holders = names.who.holders(group)
    label = names.group(group)
    if group.startswith("user:"):
        return _person(label)
    if len(holders) != 1:
        return label
    return _("{post}（{name}）", post=label, name=names.person(next(iter(holders))))


def _person(name: str) -> str:
    """Return somebody who is named without a post, politely: it stands in sentences."""
    return _("{name} さん", name=name)
