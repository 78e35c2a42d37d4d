"""What waits: open work as lists, in two queries whatever their length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import local_date
from dxflow.db.base import UtcDateTime
from dxflow.db.case import Case
from dxflow.db.document import TaskHold
from dxflow.db.identity import Person
from dxflow.db.process import ElementVisit, ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid
from dxflow.services.acts import standing
from dxflow.services.acts.history import DRAFT
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import city_days, own_words
from dxflow.services.packs import store as packs
from dxflow.services.paging import (
    MOST_IN_BADGE,
    Page,
    bounds,
    count_of,
    few,
    some_of,
    total_of,
)
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import open_work
from dxflow.services.site import Site
from dxflow.texts import gettext as _

SCOPES = ("mine", "group", "all")
_JUDGED, _VISITED = aliased(WorkItem), aliased(ElementVisit)
#: Whether a form that somebody is to write was sent back: it has been handed in before and not been
#: pulled back, and the task came of a judgement, given or overdue, and of nobody's writing.
#: Asked by what indices hold: a case grows old, and what it ever visited is bounded by its drawing.
SENT_BACK = and_(
    exists()
    .where(
        Submission.case_id == WorkItem.case_id,
        Submission.form_key == WorkItem.form_key,
        Submission.at <= WorkItem.created_at,
        Submission.superseded_at.is_(None),
    )
    .correlate(WorkItem),
    ~exists()
    .where(
        Submission.case_id == WorkItem.case_id,
        Submission.at == WorkItem.created_at,
        Submission.act == literal_column("'draft'"),
    )
    .correlate(WorkItem),
    exists()
    .where(
        _VISITED.case_id == WorkItem.case_id,
        _VISITED.last_at >= WorkItem.created_at,
        exists()
        .where(
            _JUDGED.process_key == _VISITED.process_key,
            _JUDGED.element == _VISITED.element,
            _JUDGED.status.in_(("completed", "cancelled")),
            _JUDGED.ended_at == WorkItem.created_at,
            _JUDGED.case_id == WorkItem.case_id,
            _JUDGED.act != "",
        )
        .correlate(WorkItem, _VISITED),
    )
    .correlate(WorkItem),
)


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
    #: Why and until when it is laid aside (保留).
    held_for: str = ""
    held_until: date | None = None
    #: It is to be written again: it was handed in, and the case was sent back.
    returned: bool = False


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
        rows, total, more = _page(site, tx, actor, scope, offset, limit)
        if more and exact:
            total, more = count_of(tx, open_work.found(site, tx, actor, scope)), False
        rows = rows[:limit]
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
                    name=pack.said(row.name),
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
                    held_for=row.held_for or "",
                    held_until=row.held_until,
                    returned=row.sent_back and pack.act_of(row.process_key, row.element) == DRAFT,
                )
            )
    return Page(entries, page, per_page, total, more)


def counts(site: Site, actor: Actor) -> tuple[int, int]:
    """Return how many tasks wait for the actor, and how many of these are late: one query.

    Counting ends one past MOST_IN_BADGE.
    """
    with site.database.read() as tx:
        row = _count(site, tx, actor, "mine", MOST_IN_BADGE + 1)
    return row[0], row[1]


def waits_for(site: Site, actor: Actor, task_id: str) -> dict[str, Any] | None:
    """Return an open task's `name`, `due_at`, `number`, `title` when the actor may do it now."""
    with site.database.read() as tx:
        found = (
            tx.execute(
                select(
                    WorkItem.name,
                    WorkItem.due_at,
                    Case.number,
                    Case.title,
                    ProcessInstance.pack_digest,
                )
                .join(Case, Case.id == WorkItem.case_id)
                .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
                .where(
                    WorkItem.id == task_id,
                    WorkItem.status == "open",
                    ProcessInstance.status != SUSPENDED,
                    open_work.condition(site, tx, actor, "mine"),
                )
            )
            .mappings()
            .one_or_none()
        )
        if found is None:
            return None
        return {**found, "name": own_words.said(site, tx, found["pack_digest"], found["name"])}


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


def _page(
    site: Site, tx: Connection, actor: Actor, scope: str, offset: int, limit: int
) -> tuple[Sequence[Any], int, bool]:
    """Return the rows of a page and perhaps one more, how many tasks there are, and whether more.

    A list is read in its order until the page is full. Only where few of all open tasks may be
    seen are these few read and sorted.
    """
    open_ = select(WorkItem.id).where(WorkItem.status == "open")

    def count(most: int) -> int:
        if scope == "all":
            return count_of(tx, [some_of(open_work.found(site, tx, actor, scope), most)])
        return int(_count(site, tx, actor, scope, most)[0])

    if scope != "all":
        shown, values = open_work.in_order(actor, scope, offset, limit + 1)
        rows = tx.execute(_listed_again(shown), values).all()
    else:
        sees_all = visibility.scope(site, tx, actor).all
        ids = None if sees_all else few(tx, open_work.found(site, tx, actor, scope))
        which = open_work.condition(site, tx, actor, scope) if ids is None else WorkItem.id.in_(ids)
        page = open_.where(which).order_by(*open_work.MOST_URGENT)
        rows = tx.execute(_listed(page.offset(offset).limit(limit + 1))).all()
        if ids is not None:
            return rows, len(ids), False
    return rows, *total_of(offset, limit, len(rows), count)


def _listed(shown: Select[Any]) -> Select[Any]:
    """Return the query for the rows of the list, in its order."""
    page = shown.subquery()
    return (
        select(
            WorkItem.__table__,
            Case.number,
            Case.title,
            Case.stage,
            Person.name.label("assignee_name"),
            TaskHold.reason.label("held_for"),
            TaskHold.until.label("held_until"),
            ProcessInstance.pack_digest,
            ProcessInstance.status.label("instance_status"),
            city_days.version_query().label("city_days"),
            SENT_BACK.label("sent_back"),
        )
        .join(page, page.c.id == WorkItem.id)
        .join(Case, Case.id == WorkItem.case_id)
        .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
        .outerjoin(Person, Person.id == WorkItem.assignee_id)
        .outerjoin(
            TaskHold, and_(TaskHold.work_item_id == WorkItem.id, TaskHold.ended_at.is_(None))
        )
        .order_by(*open_work.MOST_URGENT)
    )


def _count(site: Site, tx: Connection, actor: Actor, scope: str, most: int) -> Row[int, int]:
    """Return how many tasks of `mine` or `group` there are, and how many are late, up to `most`."""
    shown, values = open_work.in_order(actor, scope, 0, most)
    return tx.execute(_counted(shown), values | {"now": site.now()}).one()


@lru_cache(maxsize=256)
def _counted(shown: Select[Any]) -> Select[int, int]:
    task = shown.subquery().c
    now = bindparam("now", type_=UtcDateTime)
    return select(func.count(task.id), func.count().filter(task.due_at < now))


#: The same query is put together once.
_listed_again = lru_cache(maxsize=256)(_listed)


def _groups(tx: Connection, ids: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .where(WorkItemGroup.work_item_id.in_(ids))
        .order_by(WorkItemGroup.group_key)
    ):
        found[row.work_item_id] = (*found.get(row.work_item_id, ()), row.group_key)
    return found
