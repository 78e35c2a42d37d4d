"""不在と代理 as a person sees them: what is entered, for whom they stand in, what they owe."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import LADDER
from dxflow.authority.standing_in import StandIn, Way, way_label
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem
from dxflow.db.standing import Absence, Delegation, StoodIn
from dxflow.services.packs import own_words
from dxflow.services.people import naming, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.people.standing import RECORDERS
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: The most lines of a list; what lies further ahead follows when these are over.
MOST = 100
#: How many people a search by name offers.
MOST_NAMED = 20


@dataclass(frozen=True)
class Away:
    """An absence that is not over. `last` counts; `now`: it has begun."""

    id: str
    name: str
    start: date
    last: date
    reason: str
    now: bool


@dataclass(frozen=True)
class Deputy:
    """A delegation that is not over, given by the reader or to them."""

    id: str
    giver: str
    deputy: str
    posts: str
    start: date
    last: date
    reason: str
    given: bool
    now: bool


@dataclass(frozen=True)
class Owed:
    """Something done for the reader while away, which they have not read. `days` since then."""

    submission_id: str
    case_id: str
    number: str
    title: str
    task: str
    by: str
    way: str
    post: str
    at: datetime
    days: int


@dataclass(frozen=True)
class StandingPage:
    """Everything on the page. `records`: the reader may enter absences of others.

    `instead`: for each of the reader's posts that leads or decides, its title and who acts for it
    while its holder is away, in their order.
    """

    absences: tuple[Away, ...]
    deputies: tuple[Deputy, ...]
    stands_in: tuple[str, ...]
    owed: tuple[Owed, ...]
    posts: tuple[tuple[str, str], ...]
    colleagues: tuple[tuple[str, str], ...]
    records: bool
    instead: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Substitutes:
    """A post that decides, who holds it, and who decides while they are away."""

    post: str
    title: str
    unit: str
    holders: str
    substitutes: tuple[tuple[str, str], ...]


def page(site: Site, actor: Actor) -> StandingPage:
    """Return what stands on a person's page of absences and deputies."""
    today = site.today()
    records = actor.has_role(*RECORDERS)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, today)
        own = Absence.person_id == actor.person_id
        absences = tx.execute(
            select(Absence.__table__, Person.name)
            .join(Person, Person.id == Absence.person_id)
            .where(Absence.valid_to > today, *(() if records else (own,)))
            .order_by(Absence.valid_from, Absence.id)
            .limit(MOST)
        ).all()
        given = tx.execute(
            select(Delegation.__table__)
            .where(
                Delegation.valid_to > today, Delegation.ended_at.is_(None),
                or_(Delegation.giver_id == actor.person_id, Delegation.deputy_id == actor.person_id),
            )
            .order_by(Delegation.valid_from, Delegation.id)
            .limit(MOST)
        ).all()  # fmt: skip
        owed = _owed(tx, actor, MOST)
        near = _colleagues(tx, actor, who.persons_near(actor.person_id))
        persons = {
            *(row.giver_id for row in given), *(row.deputy_id for row in given),
            *(row.person_id for row in owed if row.person_id),
            *(one.absent for one in actor.stands_in.values()),
            *(one for post in actor.posts for one in _acting_for(who, post.key)),
        }  # fmt: skip
        names = naming.load(tx, who, persons=persons, posts=[row.post for row in owed])
        found = {one: None for one in sorted(actor.stands_in.values(), key=lambda one: one.title)}
        return StandingPage(
            tuple(_away(row, today) for row in absences),
            tuple(_deputy(row, actor, names, today) for row in given),
            tuple(sentence(one, names) for one in found),
            tuple(_owed_view(site, tx, row, names, site.now()) for row in owed),
            tuple((post.key, post.title) for post in actor.posts),
            near,
            records,
            tuple(
                (
                    post.title,
                    tuple(_in_words(who, key, names) for key in _substitutes(who, post.key)),
                )
                for post in actor.posts
                if post.kind in LADDER
            ),
        )


def _substitutes(who: Directory, post: str) -> tuple[str, ...]:
    return who.standing.substitutes(post)


def _acting_for(who: Directory, post: str) -> set[str]:
    """Return who holds the posts on the list of a post."""
    return {one for key in _substitutes(who, post) for one in who.holders(f"post:{key}")}


def _in_words(who: Directory, post: str, names: Names) -> str:
    """Return a post with who holds it and whether they are away, or that nobody does."""
    people = sorted((names.person(one), one) for one in who.holders(f"post:{post}"))
    if not people:
        return _("{post}（欠員）", post=names.post(post))
    said = (
        _("{name} 不在", name=name) if one in who.standing.away else name for name, one in people
    )
    return _("{post}（{people}）", post=names.post(post), people=_("・").join(said))


def owed_count(site: Site, actor: Actor) -> int:
    """Return how much the actor has still to read of what was done for them: one query."""
    with site.database.read() as tx:
        return int(
            tx.execute(
                select(func.count()).where(
                    StoodIn.owner_id == actor.person_id, StoodIn.read_at.is_(None)
                )
            ).scalar_one()
        )


def of_case(tx: Connection, case_id: str) -> Mapping[str, str]:
    """Return in words what was done for others on a case, by submission: one query.

    The words say how and for whom, and whether it has been read since.
    """
    return {row.submission_id: stood_in(row) for row in _stood_in_on(tx, case_id)}


def acts_for_others(tx: Connection, case_id: str) -> Mapping[tuple[str, datetime], str]:
    """Return the same by who acted and when, as the case's own chain tells its acts."""
    return {(row.person_id, row.at): stood_in(row) for row in _stood_in_on(tx, case_id)}


def _stood_in_on(tx: Connection, case_id: str) -> Iterable[Row[Any]]:
    return tx.execute(
        select(StoodIn.__table__, Person.name.label("absent"))
        .outerjoin(Person, Person.id == StoodIn.absent_id)
        .where(StoodIn.case_id == case_id)
    )


def stood_in(row: Any) -> str:
    """Return how and for whom something was done: `way`, `absent`, `owner_id`, `read_at` of a row."""
    if not row.way:
        return ""
    way = way_label(row.way)
    words = _("{way}（{name} の代わり）", way=way, name=row.absent) if row.absent else way
    if row.read_at is not None:
        return _("{words}・後閲 {day}", words=words, day=wareki_short(local_date(row.read_at)))
    return _("{words}・後閲待ち", words=words) if row.owner_id else words


def substitutes(site: Site, day: date) -> list[Substitutes]:
    """Return every post that leads or decides on a day, with its list, in the city's order."""
    with site.database.read() as tx:
        who = organisation.directory(site, tx, day)
        order = {key: place for place, key in enumerate(who.units)}
        posts = [post for post in who.posts.values() if post.kind in LADDER]
        posts.sort(
            key=lambda post: (order.get(post.unit or "", -1), -LADDER.index(post.kind), post.key)
        )
        holders = {post.key: sorted(who.holders(f"post:{post.key}")) for post in posts}
        names = naming.load(tx, who, persons={one for held in holders.values() for one in held})
    return [
        Substitutes(
            post.key,
            post.title,
            organisation.unit_name(who, post.unit or ""),
            _("、").join(map(names.person, holders[post.key])),
            tuple((key, names.post(key)) for key in who.standing.substitutes(post.key)),
        )
        for post in posts
    ]


def post_choices(site: Site, day: date) -> list[tuple[str, str]]:
    """Return key and title of every post that somebody holds on a day, in the city's order."""
    with site.database.read() as tx:
        who = organisation.directory(site, tx, day)
    order = {key: place for place, key in enumerate(who.units)}
    posts = [post for post in who.posts.values() if who.holders(f"post:{post.key}")]
    posts.sort(key=lambda post: (order.get(post.unit or "", -1), post.title))
    return [(post.key, post.title) for post in posts]


def sentence(one: StandIn, names: Names) -> str:
    """Return for whom a person stands in and why."""
    if one.way is Way.DEPUTY:
        return _("{title} {name} さんの代理", title=one.title, name=names.person(one.absent))
    if one.absent:
        return _(
            "{title} {name} さんの不在による代決", title=one.title, name=names.person(one.absent)
        )
    return _("{title}の欠員による代決", title=one.title)


def _owed(tx: Connection, actor: Actor, most: int) -> list[Any]:
    return list(
        tx.execute(
            select(StoodIn.__table__, Case.number, Case.title, Case.pack_digest, WorkItem.name)
            .join(Case, Case.id == StoodIn.case_id)
            .outerjoin(WorkItem, WorkItem.id == StoodIn.work_item_id)
            .where(StoodIn.owner_id == actor.person_id, StoodIn.read_at.is_(None))
            .order_by(StoodIn.at)
            .limit(most)
        )
    )


def _owed_view(site: Site, tx: Connection, row: Any, names: Names, now: datetime) -> Owed:
    return Owed(
        row.submission_id,
        row.case_id,
        row.number,
        row.title,
        own_words.said(site, tx, row.pack_digest, row.name or ""),
        names.person(row.person_id) if row.person_id else "",
        way_label(row.way),
        names.post(row.post),
        row.at,
        (now - row.at).days,
    )


def _away(row: Any, today: date) -> Away:
    return Away(
        row.id, row.name, row.valid_from, row.valid_to - timedelta(1), row.reason,
        row.valid_from <= today,
    )  # fmt: skip


def _deputy(row: Any, actor: Actor, names: Names, today: date) -> Deputy:
    return Deputy(
        row.id, names.person(row.giver_id), names.person(row.deputy_id),
        names.post(row.post) if row.post else _("すべての職"),
        row.valid_from, row.valid_to - timedelta(1), row.reason,
        row.giver_id == actor.person_id, row.valid_from <= today,
    )  # fmt: skip


def people_named(site: Site, actor: Actor, text: str) -> tuple[tuple[str, str], ...]:
    """Return username and name with post of people to be deputies, by a part of their name.

    Blanks do not count. Nobody where the text is a username, which needs no search; at the most
    MOST_NAMED.
    """
    wanted = "".join(text.split()).lower()
    if not wanted:
        return ()
    bare = func.lower(func.replace(func.replace(Person.name, " ", ""), "\u3000", ""))
    with site.database.read() as tx:
        if person_rows.found(tx, text) is not None:
            return ()
        rows = tx.execute(
            select(Person.id, Person.username, Person.name)
            .where(
                bare.contains(wanted, autoescape=True),
                Person.id != actor.person_id,
                Person.status == "active",
            )
            .order_by(Person.name, Person.username)
            .limit(MOST_NAMED)
        ).all()
        who = organisation.directory(site, tx, actor.on)
    return tuple(
        (
            row.username,
            _(
                "{name}（{post}）",
                name=row.name,
                post=_("、").join(post.title for post in who.posts_of(row.id)) or row.username,
            ),
        )
        for row in rows
    )


def _colleagues(
    tx: Connection, actor: Actor, persons: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Return username and name of people near the reader, to choose a deputy from."""
    rows = tx.execute(
        select(Person.username, Person.name)
        .where(
            Person.id.in_(sorted(persons)), Person.id != actor.person_id, Person.status == "active"
        )
        .order_by(Person.name)
        .limit(MOST)
    )
    return tuple((row.username, row.name) for row in rows)
