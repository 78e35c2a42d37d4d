"""People as administrators find them: a list under filters, and everything one person holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from dxflow.authority import timelines
from dxflow.authority.directory import Directory
from dxflow.db.case import Case
from dxflow.db.identity import ApiToken, Holding, Person, Post, WebSession
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.services.administration.csv_lines import MARK, csv_line
from dxflow.services.packs import own_words
from dxflow.services.paging import MOST_PER_PAGE, Page, bounds
from dxflow.services.people import factor_rows, naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _

STATUSES = ("active", "disabled")
FACTORS = ("on", "off")
#: How many open tasks the page of a person lists.
TASKS_SHOWN = 50


@dataclass(frozen=True)
class Filters:
    """What to look for; "" means anything. `unit` and `role` count today.

    `factor`: on or off, whether the person has a second factor.
    """

    q: str = ""
    unit: str = ""
    role: str = ""
    status: str = ""
    factor: str = ""


@dataclass(frozen=True)
class PersonRow:
    """A person as listed, with the titles of today's posts and the words for today's roles.

    `second_factor`: since when they have one.
    """

    id: str
    username: str
    name: str
    email: str
    status: str
    demo: bool
    must_change_password: bool
    second_factor: datetime | None
    posts: tuple[str, ...]
    unit: str
    unit_key: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """What the filters offer, as (key, name)."""

    units: Sequence[tuple[str, str]]
    roles: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Held:
    """A post held for a time. `when` is past, now or coming; `until` the first day without it."""

    post: str
    title: str
    unit: str
    unit_key: str
    concurrent: bool
    since: date
    until: date | None
    when: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class HeldTask:
    """Open work that stays behind when the person leaves. `taken`: claimed by the person."""

    id: str
    name: str
    case_id: str
    case_number: str
    due_at: datetime | None
    taken: bool


@dataclass(frozen=True)
class PersonPage:
    """One person with all they hold. `tasks` are the first of `task_count`."""

    row: PersonRow
    created_at: datetime
    held: Sequence[Held]
    tasks: Sequence[HeldTask]
    task_count: int
    sessions: int
    tokens: int
    last_seen_at: datetime | None
    posts_to_give: Sequence[tuple[str, str]]


def search(
    site: Site, by: Actor, filters: Filters, page: int = 1, per_page: int = 50
) -> Page[PersonRow]:
    """Return people by username under the filters, in three queries. Raises NotAllowed."""
    by.require_role(ADMIN_ROLE)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, site.today())
        which = _condition(who, filters)
        total = tx.execute(select(func.count()).select_from(Person).where(which)).scalar_one()
        rows = tx.execute(
            select(*_LISTED)
            .where(which)
            .order_by(Person.username, Person.id)
            .offset(offset)
            .limit(limit)
        ).mappings()
        return Page([_listed(who, dict(row)) for row in rows], page, per_page, total)


def choices(site: Site, by: Actor) -> Choices:
    """Return the units and roles of today for the filters."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, site.today())
    roles = sorted({role for post in who.posts.values() for role in post.roles})
    return Choices(
        [(unit.key, unit.name) for unit in who.units.values()],
        [(role, naming.role_name(role)) for role in roles],
    )


def to_csv(site: Site, by: Actor, filters: Filters) -> Iterator[bytes]:
    """Give the list as CSV in UTF-8 with a mark, as spreadsheets read it, in pieces."""
    yield MARK + csv_line(
        [
            _("利用者名"), _("氏名"), _("メール"), _("所属"), _("職"), _("役割"), _("状態"),
            _("二段階認証"),
        ]
    )  # fmt: skip
    number = 1
    while True:
        page = search(site, by, filters, number, MOST_PER_PAGE)
        for row in page.entries:
            status = _("有効") if row.status == "active" else _("無効")
            cells = [row.username, row.name, row.email, row.unit]
            factor = _("使っています") if row.second_factor else _("なし")
            words = [_("、").join(row.posts), _("、").join(row.roles), status, factor]
            yield csv_line([*cells, *words])
        if number >= page.pages:
            return
        number += 1


def person(site: Site, by: Actor, person_id: str) -> PersonPage:
    """Return one person in a fixed number of queries. Raises NotFound, NotAllowed."""
    by.require_role(ADMIN_ROLE)
    today = site.today()
    with site.database.read() as tx:
        found = (
            tx.execute(select(*_LISTED, Person.created_at).where(Person.id == person_id))
            .mappings()
            .one_or_none()
        )
        if found is None:
            raise NotFound(_("この利用者はいません。"))
        who = organisation.directory(site, tx, today)
        row = dict(found)
        created_at = row.pop("created_at")
        tasks, task_count = _tasks(site, tx, who, person_id)
        logins = _logins(site, tx, person_id)
        return PersonPage(
            row=_listed(who, row),
            created_at=created_at,
            held=_held(tx, who, person_id, today),
            tasks=tasks,
            task_count=task_count,
            sessions=logins[0],
            tokens=logins[2],
            last_seen_at=logins[1],
            posts_to_give=sorted(
                ((post.key, f"{post.title}（{post.key}）") for post in who.posts.values()),
                key=lambda choice: choice[1],
            ),
        )


_LISTED = (
    Person.id, Person.username, Person.name, Person.email, Person.status, Person.demo,
    Person.must_change_password, factor_rows.since().label("second_factor"),
)  # fmt: skip


def _condition(who: Directory, filters: Filters) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if filters.q:
        parts.append(
            or_(
                func.lower(Person.username).contains(filters.q.lower(), autoescape=True),
                Person.name.contains(filters.q, autoescape=True),
            )
        )
    if filters.status in STATUSES:
        parts.append(Person.status == filters.status)
    if filters.factor in FACTORS:
        there = factor_rows.since().is_not(None)
        parts.append(there if filters.factor == "on" else ~there)
    if filters.role:
        parts.append(Person.id.in_(sorted(who.holders(f"role:{filters.role}"))))
    if filters.unit:
        parts.append(Person.id.in_(sorted(_within(who, filters.unit))))
    return and_(*parts)


def _within(who: Directory, unit: str) -> set[str]:
    """Return who holds a post in a unit or below it."""
    units = who.within(unit)
    return {
        person
        for post in who.posts.values()
        if post.unit in units
        for person in who.holders(f"post:{post.key}")
    }


def _listed(who: Directory, row: dict[str, object]) -> PersonRow:
    person_id = str(row["id"])
    unit = who.unit_of(person_id)
    roles = sorted(
        naming.role_name(group.removeprefix("role:"))
        for group in who.groups_of(person_id)
        if group.startswith("role:")
    )
    return PersonRow(
        **row,  # type: ignore[arg-type]
        posts=tuple(post.title for post in who.posts_of(person_id)),
        unit=unit.name if unit else "",
        unit_key=unit.key if unit else "",
        roles=tuple(roles),
    )


def _held(tx: Connection, who: Directory, person_id: str, today: date) -> list[Held]:
    """Return the person's posts of all times, the latest first, with the words of their time."""
    rows = tx.execute(
        select(Holding.post, Holding.concurrent, Holding.valid_from, Holding.valid_to)
        .where(Holding.person_id == person_id)
        .order_by(Holding.valid_from.desc(), Holding.concurrent, Holding.post)
    ).all()
    posts = tx.execute(
        select(Post.key, Post.title, Post.unit, Post.roles, Post.valid_from)
        .where(Post.key.in_({row.post for row in rows}))
        .order_by(Post.key, Post.valid_from.desc())
    ).all()
    names = naming.load(tx, who, units=[post.unit for post in posts if post.unit])
    found = []
    for row in rows:
        then = [post for post in posts if post.key == row.post]
        # The last wording that began before the holding ended.
        last = row.valid_to or date.max
        post = next((one for one in then if one.valid_from < last), then[-1] if then else None)
        found.append(
            Held(
                post=row.post,
                title=post.title if post else row.post,
                unit=names.unit(post.unit) if post and post.unit else "",
                unit_key=post.unit if post else "",
                concurrent=row.concurrent,
                since=row.valid_from,
                until=row.valid_to,
                when=timelines.when((row.valid_from, row.valid_to), today),
                roles=tuple(
                    naming.role_name(role) for role in sorted(post.roles.split() if post else ())
                ),
            )
        )
    return found


def _tasks(
    site: Site, tx: Connection, who: Directory, person_id: str
) -> tuple[list[HeldTask], int]:
    """Return open work that is this person's alone: claimed, or offered to nobody else."""
    alone = sorted(group for group in who.groups_of(person_id) if who.holders(group) <= {person_id})
    offered = select(WorkItemGroup.work_item_id).where(WorkItemGroup.group_key.in_(alone))
    beside = tx.execute(
        select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id.in_(offered)).distinct()
    ).scalars()
    # A vacant group beside the person's takes nothing off them; one with somebody in it does.
    shared = sorted(group for group in beside if who.holders(group) - {person_id})
    others = select(WorkItemGroup.work_item_id).where(WorkItemGroup.group_key.in_(shared))
    which = and_(
        WorkItem.status == "open",
        or_(
            WorkItem.assignee_id == person_id,
            and_(
                WorkItem.assignee_id.is_(None),
                WorkItem.id.in_(offered),
                WorkItem.id.not_in(others),
            ),
        ),
    )
    count = tx.execute(select(func.count()).select_from(WorkItem).where(which)).scalar_one()
    rows = tx.execute(
        select(
            WorkItem.id, WorkItem.name, WorkItem.case_id, Case.number, WorkItem.due_at,
            WorkItem.assignee_id, Case.pack_digest,
        )
        .join(Case, Case.id == WorkItem.case_id)
        .where(which)
        .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
        .limit(TASKS_SHOWN)
    )  # fmt: skip
    tasks = [
        HeldTask(
            row.id,
            own_words.said(site, tx, row.pack_digest, row.name),
            row.case_id,
            row.number,
            row.due_at,
            row.assignee_id == person_id,
        )
        for row in rows
    ]
    return tasks, count


def _logins(site: Site, tx: Connection, person_id: str) -> tuple[int, datetime | None, int]:
    """Return open sessions, when the latest was last seen, and open tokens."""
    now = site.now()
    sessions, seen = tx.execute(
        select(func.count(), func.max(WebSession.last_seen_at)).where(
            WebSession.person_id == person_id, WebSession.expires_at > now
        )
    ).one()
    tokens = tx.execute(
        select(func.count()).where(ApiToken.person_id == person_id, ApiToken.expires_at > now)
    ).scalar_one()
    return sessions, seen, tokens
