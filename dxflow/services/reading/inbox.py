"""What waits: open work as lists, in two queries whatever their length."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
)

from dxflow.authority.standing_in import PERSONAL
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid
from dxflow.services.acts import standing
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.paging import (
    MOST_COUNTED,
    MOST_IN_BADGE,
    Page,
    bounds,
    count_of,
    few,
    together,
)
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

SCOPES = ("mine", "group", "all")
#: As the index of open work has it.
_MOST_URGENT = (WorkItem.due_at.nulls_last(), WorkItem.created_at, WorkItem.id)


@dataclass(frozen=True)
class Listed:
    """An open task as listed. `urgency` is late, soon or none; `mine`: the actor may do it."""

    id: str
    name: str
    element: str
    case_id: str
    case_number: str
    case_title: str
    stage: str
    form_key: str
    assignee_id: str | None
    assignee: str
    groups: tuple[str, ...]
    due_at: datetime | None
    created_at: datetime
    urgency: str
    mine: bool
    suspended: bool = False
    #: For whom the actor would do it (「市民部長の代決」), empty when it is their own.
    standing: str = ""


def waiting(
    site: Site,
    actor: Actor,
    scope: str = "mine",
    page: int = 1,
    per_page: int = 50,
    *,
    exact: bool = False,
) -> Page[Listed]:
    """Return open tasks, the most urgent first.

    `mine`: what the actor may do now; `group`: also what a colleague has taken; `all`: every open
    task of the cases the actor may see. Raises Invalid for an unknown scope.
    """
    if scope not in SCOPES:
        message = _("scope は mine、group、all のいずれかです。")
        raise Invalid(message, {"scope": [message]})
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        wanted = _wanted(site, tx, actor, scope)
        ids = few(tx, wanted)
        total = MOST_COUNTED if ids is None else len(ids)
        if ids is None and exact:
            total = count_of(tx, wanted)
        which = _condition(site, tx, actor, scope) if ids is None else WorkItem.id.in_(ids)
        shown = tx.execute(
            select(WorkItem.id)
            .where(WorkItem.status == "open", which)
            .order_by(*_MOST_URGENT)
            .offset(offset)
            .limit(limit)
        ).scalars()
        rows = tx.execute(
            select(
                WorkItem.__table__,
                Case.number,
                Case.title,
                Case.stage,
                Person.name.label("assignee_name"),
                ProcessInstance.pack_digest,
                ProcessInstance.status.label("instance_status"),
                city_days.version_query().label("city_days"),
            )
            .join(Case, Case.id == WorkItem.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
            .outerjoin(Person, Person.id == WorkItem.assignee_id)
            .where(WorkItem.id.in_(list(shown)))
            .order_by(*_MOST_URGENT)
        ).all()
        groups = _groups(tx, [row.id for row in rows])
        now = site.now()
        entries = []
        days = (rows[0].city_days or city_days.NONE_YET) if rows else None
        calendars = city_days.Calendars(site, tx, days)
        for row in rows:
            pack = packs.load(site, tx, row.pack_digest)
            offered = groups.get(row.id, ())
            own = standing.is_own(actor, offered, row.assignee_id)
            other = None if own else standing.stands_in(actor, offered, row.assignee_id, row.act)
            entries.append(
                Listed(
                    id=row.id,
                    name=translated(row.name),
                    element=row.element,
                    case_id=row.case_id,
                    case_number=row.number,
                    case_title=row.title,
                    stage=pack.stage_name(row.stage),
                    form_key=row.form_key,
                    assignee_id=row.assignee_id,
                    assignee=row.assignee_name or "",
                    groups=offered,
                    due_at=row.due_at,
                    created_at=row.created_at,
                    urgency=urgency(pack, calendars.of(pack), row.due_at, now),
                    mine=own or other is not None,
                    suspended=row.instance_status == SUSPENDED,
                    standing=other.words if other else "",
                )
            )
    return Page(entries, page, per_page, total, ids is None and not exact)


def counts(site: Site, actor: Actor) -> tuple[int, int]:
    """Return how many tasks wait for the actor, and how many of these are late: one query.

    Counting ends one past MOST_IN_BADGE.
    """
    with site.database.read() as tx:
        ids = together(_wanted(site, tx, actor, "mine")).limit(MOST_IN_BADGE + 1).subquery()
        late = func.count().filter(WorkItem.due_at < site.now())
        mine = select(func.count(), late).join(ids, ids.c.id == WorkItem.id)
        row = tx.execute(mine).one()
    return row[0], row[1]


def waits_for(site: Site, actor: Actor, task_id: str) -> RowMapping | None:
    """Return an open task's `name`, `due_at`, `number`, `title` when the actor may do it now."""
    with site.database.read() as tx:
        return (
            tx.execute(
                select(WorkItem.name, WorkItem.due_at, Case.number, Case.title)
                .join(Case, Case.id == WorkItem.case_id)
                .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
                .where(
                    WorkItem.id == task_id,
                    WorkItem.status == "open",
                    ProcessInstance.status != SUSPENDED,
                    _condition(site, tx, actor, "mine"),
                )
            )
            .mappings()
            .one_or_none()
        )


def urgency(
    pack: packs.Pack, calendar: BusinessCalendar, due_at: datetime | None, now: datetime
) -> str:
    """Return late, soon or none by the calendar and the pack's days of grace and warning."""
    if due_at is None:
        return "none"
    rules = pack.settings.rules
    if due_at < now and (
        rules.grace_days == 0
        or calendar.add_business_days(local_date(due_at), rules.grace_days) < local_date(now)
    ):
        return "late"
    warned = calendar.add_business_days(local_date(now), rules.reminder_days)
    return "soon" if local_date(due_at) <= warned else "none"


def _condition(site: Site, tx: Connection, actor: Actor, scope: str) -> ColumnElement[bool]:
    """Return the condition on open tasks: it is asked of each by its keys."""
    if scope == "all":
        return exists().where(Case.id == WorkItem.case_id, visibility.visible(site, tx, actor))
    offered = exists().where(
        WorkItemGroup.work_item_id == WorkItem.id,
        WorkItemGroup.group_key.in_(sorted(actor.groups)),
    )
    # said so that no index answers it: the list is walked in its order, from the most urgent on
    taken = func.coalesce(WorkItem.assignee_id, "") == actor.person_id
    if scope == "group":
        return or_(taken, offered)
    mine = or_(taken, and_(WorkItem.assignee_id.is_(None), offered, _free_to_judge(actor)))
    return or_(mine, _offered_for_others(actor)) if actor.stands_in else mine


def _wanted(site: Site, tx: Connection, actor: Actor, scope: str) -> list[Select[Any]]:
    """Return the ids of the same tasks, as queries that each begin at an index."""
    ids = select(WorkItem.id).where(WorkItem.status == "open")
    if scope == "all":
        if visibility.scope(site, tx, actor).all:
            return [ids.where(_condition(site, tx, actor, scope))]
        cases = visibility.branches(site, tx, actor)
        found = [one.subquery() for one in cases]
        return [ids.join(one, one.c.id == WorkItem.case_id) for one in found]
    by_group = ids.join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
    offered = by_group.where(WorkItemGroup.group_key.in_(sorted(actor.groups)))
    if scope == "mine":
        offered = offered.where(WorkItem.assignee_id.is_(None), _free_to_judge(actor))
    wanted = [offered, ids.where(WorkItem.assignee_id == actor.person_id)]
    if scope == "mine" and actor.stands_in:
        others = WorkItemGroup.group_key.in_(sorted(actor.stands_in))
        wanted.append(by_group.where(others, _for_others(actor)))
    return wanted


def _offered_for_others(actor: Actor) -> ColumnElement[bool]:
    offered = exists().where(
        WorkItemGroup.work_item_id == WorkItem.id,
        WorkItemGroup.group_key.in_(sorted(actor.stands_in)),
    )
    return and_(offered, _for_others(actor))


def _for_others(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on what is offered to those the actor stands in for."""
    absent = sorted({one.absent for one in actor.stands_in.values()})
    return and_(
        WorkItem.act.not_in(sorted(PERSONAL)),
        or_(WorkItem.assignee_id.is_(None), WorkItem.assignee_id.in_(absent)),
        _free_to_judge(actor),
    )


def _free_to_judge(actor: Actor) -> ColumnElement[bool]:
    """Leave out what segregation of duties would refuse: judging a matter one has drafted."""
    # Asked of the task alone, also within a statement that has the case beside it.
    own = (
        exists()
        .where(Case.id == WorkItem.case_id, Case.applicant_id == actor.person_id)
        .correlate(WorkItem)
    )
    drafted = (
        exists()
        .where(
            Submission.case_id == WorkItem.case_id,
            Submission.person_id == actor.person_id,
            Submission.act == "draft",
        )
        .correlate(WorkItem)
    )
    return or_(WorkItem.act == "", and_(~own, ~drafted))


def _groups(tx: Connection, ids: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .where(WorkItemGroup.work_item_id.in_(ids))
        .order_by(WorkItemGroup.group_key)
    ):
        found[row.work_item_id] = (*found.get(row.work_item_id, ()), row.group_key)
    return found
