"""What waits: open work as lists, in two queries whatever their length."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, union_all

from dxflow.authority.standing_in import PERSONAL
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid
from dxflow.services.acts import standing
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import store as packs
from dxflow.services.paging import MOST_IN_BADGE, Page, bounds, count
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

SCOPES = ("mine", "group", "all")


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
        which = and_(WorkItem.status == "open", _condition(site, tx, actor, scope))
        rows = tx.execute(
            select(
                WorkItem.__table__,
                Case.number,
                Case.title,
                Case.stage,
                Person.name.label("assignee_name"),
                ProcessInstance.pack_digest,
                ProcessInstance.status.label("instance_status"),
            )
            .join(Case, Case.id == WorkItem.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
            .outerjoin(Person, Person.id == WorkItem.assignee_id)
            .where(which)
            .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.created_at, WorkItem.id)
            .offset(offset)
            .limit(limit)
        ).all()
        total, more = count(tx, select(WorkItem.id).where(which), exact=exact)
        groups = _groups(tx, [row.id for row in rows])
        now = site.now()
        entries = []
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
                    urgency=urgency(pack, row.due_at, now),
                    mine=own or other is not None,
                    suspended=row.instance_status == SUSPENDED,
                    standing=other.words if other else "",
                )
            )
    return Page(entries, page, per_page, total, more)


def counts(site: Site, actor: Actor) -> tuple[int, int]:
    """Return how many tasks wait for the actor, and how many of these are late: one query.

    Counting ends one past MOST_IN_BADGE.
    """
    with site.database.read() as tx:
        mine = (
            select(WorkItem.due_at)
            .where(WorkItem.status == "open", _condition(site, tx, actor, "mine"))
            .limit(MOST_IN_BADGE + 1)
            .subquery()
        )
        late = func.count().filter(mine.c.due_at < site.now())
        row = tx.execute(select(func.count(), late).select_from(mine)).one()
    return row[0], row[1]


def urgency(pack: packs.Pack, due_at: datetime | None, now: datetime) -> str:
    """Return late, soon or none by the pack's calendar and its days of grace and warning."""
    if due_at is None:
        return "none"
    calendar: BusinessCalendar = pack.settings.calendar
    rules = pack.settings.rules
    if due_at < now and (
        rules.grace_days == 0
        or calendar.add_business_days(local_date(due_at), rules.grace_days) < local_date(now)
    ):
        return "late"
    warned = calendar.add_business_days(local_date(now), rules.reminder_days)
    return "soon" if local_date(due_at) <= warned else "none"


def _condition(site: Site, tx: Connection, actor: Actor, scope: str) -> ColumnElement[bool]:
    # Both parts are looked up by an index, so that nobody pays for the work of others.
    offered = select(WorkItemGroup.work_item_id).where(
        WorkItemGroup.group_key.in_(sorted(actor.groups))
    )
    taken = select(WorkItem.id).where(
        WorkItem.assignee_id == actor.person_id, WorkItem.status == "open"
    )
    if scope == "mine":
        mine = and_(
            WorkItem.id.in_(union_all(offered, taken)),
            or_(
                WorkItem.assignee_id == actor.person_id,
                and_(WorkItem.assignee_id.is_(None), _free_to_judge(actor)),
            ),
        )
        return or_(mine, _for_others(actor)) if actor.stands_in else mine
    if scope == "group":
        return WorkItem.id.in_(union_all(offered, taken))
    return WorkItem.case_id.in_(select(Case.id).where(visibility.visible(site, tx, actor)))


def _for_others(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on what the actor may do for those they stand in for."""
    offered = select(WorkItemGroup.work_item_id).where(
        WorkItemGroup.group_key.in_(sorted(actor.stands_in))
    )
    absent = sorted({one.absent for one in actor.stands_in.values()})
    return and_(
        WorkItem.id.in_(offered),
        WorkItem.act.not_in(sorted(PERSONAL)),
        or_(WorkItem.assignee_id.is_(None), WorkItem.assignee_id.in_(absent)),
        _free_to_judge(actor),
    )


def _free_to_judge(actor: Actor) -> ColumnElement[bool]:
    """Leave out what segregation of duties would refuse: judging a matter one has drafted."""
    own = select(Case.id).where(Case.applicant_id == actor.person_id)
    drafted = select(Submission.case_id).where(
        Submission.person_id == actor.person_id, Submission.act == "draft"
    )
    return or_(
        WorkItem.act == "",
        and_(WorkItem.case_id.not_in(own), WorkItem.case_id.not_in(drafted)),
    )


def _groups(tx: Connection, ids: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .where(WorkItemGroup.work_item_id.in_(ids))
        .order_by(WorkItemGroup.group_key)
    ):
        found[row.work_item_id] = (*found.get(row.work_item_id, ()), row.group_key)
    return found
