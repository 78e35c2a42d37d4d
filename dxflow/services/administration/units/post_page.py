"""One post as of a day: what it is, who holds it and held it, and the open work that waits at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from dxflow.authority import timelines
from dxflow.authority.decision import post_kind_label
from dxflow.authority.organisation import Holding, Post
from dxflow.authority.structure import Structure
from dxflow.errors import NotFound
from dxflow.services.administration import groups
from dxflow.services.administration.units import rules, stored, waiting
from dxflow.services.administration.units.tree import next_april, role_words
from dxflow.services.administration.units.unit_page import (
    Choices,
    Link,
    Person,
    parents,
    post_kinds,
)
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: How many open tasks the page of a post lists.
TASKS_SHOWN = 50


@dataclass(frozen=True)
class Time:
    """Somebody's time in the post. `when` is past, now or coming."""

    person: Person
    concurrent: bool
    since: date
    until: date | None
    when: str


@dataclass(frozen=True)
class Chapter:
    """What the post was from a day to another."""

    title: str
    kind: str
    unit: Link | None
    roles: tuple[str, ...]
    since: date
    until: date | None
    when: str


@dataclass(frozen=True)
class PostPage:
    """A post on `day`; see `UnitPage`. `tasks` are the first of `task_count`."""

    key: str
    day: date
    april: date
    there: bool
    now: Post
    kind: str
    unit: Link | None
    roles: tuple[str, ...]
    held: Sequence[Time]
    history: Sequence[Chapter]
    tasks: Sequence[waiting.WaitingTask]
    task_count: int
    ends: date | None
    seen: str
    post_kinds: Choices
    units: Choices
    known_roles: Choices


def page(site: Site, by: Actor, key: str, day: date) -> PostPage:
    """Return one post as of a day in a fixed number of queries. Raises NotFound, NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        known = stored.load(tx)
        rows = known.posts.get(key)
        if rows is None:
            raise NotFound(_("職「{key}」はありません。", key=key))
        who = organisation.directory(site, tx, day)
        tasks = waiting.tasks(site, tx, who, waiting.groups_of_post(who, key))
        held = [one for one in known.holdings if one.post == key]
        names = dict(organisation.names_of(tx, [one.person for one in held]))
        roles = role_choices(site, tx, known)
    standing = timelines.standing(rows, day)
    now = standing or (rows[0] if day < rows[0].valid_from else rows[-1])
    return PostPage(
        key=key,
        day=day,
        april=next_april(site.today()),
        there=standing is not None,
        now=now,
        kind=post_kind_label(now.kind),
        unit=_unit(known, now, day),
        roles=role_words(now.roles),
        held=[_time(one, names, day) for one in sorted(held, key=_latest_first)],
        history=[_chapter(known, row, day) for row in reversed(rows)],
        tasks=tasks[:TASKS_SHOWN],
        task_count=len(tasks),
        ends=timelines.end_of(rows),
        seen=stored.state_of_post(known, key),
        post_kinds=post_kinds(known),
        units=parents(who, _("（市全体）")),
        known_roles=roles,
    )


def known_roles(site: Site, by: Actor) -> Choices:
    """Return the roles that posts may carry, with their words. Raises NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        return role_choices(site, tx, stored.load(tx))


def role_choices(site: Site, tx: Connection, known: Structure) -> list[tuple[str, str]]:
    """Return the roles that posts may carry, with their words."""
    used = {role for rows in known.posts.values() for row in rows for role in row.roles}
    keys = sorted({*groups.known_roles(site, tx), *used})
    who = organisation.directory(site, tx, site.today())
    return [(role, naming.role_called(who, role)) for role in keys]


def _latest_first(one: Holding) -> tuple[int, bool]:
    return -one.valid_from.toordinal(), one.concurrent


def _time(one: Holding, names: Mapping[str, str], day: date) -> Time:
    person = Person(one.person, names.get(one.person, one.person))
    since, until = one.valid_from, one.valid_to
    return Time(person, one.concurrent, since, until, timelines.when((since, until), day))


def _unit(known: Structure, row: Post, day: date) -> Link | None:
    if not row.unit:
        return None
    return Link(row.unit, rules.name_of(known.units.get(row.unit, ()), day, row.unit))


def _chapter(known: Structure, row: Post, day: date) -> Chapter:
    return Chapter(
        title=row.title,
        kind=post_kind_label(row.kind),
        unit=_unit(known, row, row.valid_from),
        roles=role_words(row.roles),
        since=row.valid_from,
        until=row.valid_to,
        when=timelines.when((row.valid_from, row.valid_to), day),
    )
