"""One unit as of a day: its posts with who holds them, what lies below, what it was called when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from dxflow.authority import timelines
from dxflow.authority.decision import post_kind_label
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Unit, unit_kind_label
from dxflow.authority.structure import Structure
from dxflow.db.case import Case, CaseUnit
from dxflow.errors import NotFound
from dxflow.services.administration.units import rules, stored, waiting
from dxflow.services.administration.units.tree import next_april, role_words, walked
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Person:
    """Somebody who holds a post."""

    id: str
    name: str


@dataclass(frozen=True)
class PostLine:
    """A post of the unit. `until` is the first day without it, when one is planned."""

    key: str
    title: str
    kind: str
    roles: tuple[str, ...]
    holders: tuple[Person, ...]
    tasks: int
    since: date
    until: date | None


@dataclass(frozen=True)
class Link:
    """Another unit, by its key and name."""

    key: str
    name: str


@dataclass(frozen=True)
class Chapter:
    """What the unit was called from a day to another. `when` is past, now or coming."""

    name: str
    kind: str
    parent: Link | None
    since: date
    until: date | None
    when: str


@dataclass(frozen=True)
class UnitPage:
    """A unit on `day`. `now` is its value then, the nearest one when it is not there that day.

    `there` says whether it is; `above` are the units around it, the outermost first; `coming` are
    posts that begin later; `running` and `cases` count the cases it has to do with.
    """

    key: str
    day: date
    april: date
    there: bool
    now: Unit
    kind: str
    above: Sequence[Link]
    below: Sequence[Link]
    posts: Sequence[PostLine]
    coming: Sequence[PostLine]
    people: int
    tasks: int
    history: Sequence[Chapter]
    running: int
    cases: int
    ends: date | None
    seen: str
    unit_kinds: Choices
    post_kinds: Choices
    parents: Choices


def page(site: Site, by: Actor, key: str, day: date) -> UnitPage:
    """Return one unit as of a day in a fixed number of queries. Raises NotFound, NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        known = stored.load(tx)
        rows = known.units.get(key)
        if rows is None:
            raise NotFound(_("組織「{key}」はありません。", key=key))
        who = organisation.directory(site, tx, day)
        open_tasks = waiting.by_place(tx)
        names = organisation.names_of(tx, who.persons)
        running, cases = _cases(tx, key)
    standing = timelines.standing(rows, day)
    now = standing or (rows[0] if day < rows[0].valid_from else rows[-1])
    own = [post.key for post in who.posts.values() if post.unit == key]
    posts = [_post(known, who, names, open_tasks, one, day) for one in own]
    return UnitPage(
        key=key,
        day=day,
        april=next_april(site.today()),
        there=standing is not None,
        now=now,
        kind=unit_kind_label(now.kind),
        above=[Link(one.key, one.name) for one in reversed(who.ancestors(key))],
        below=[Link(one.key, one.name) for one in who.units.values() if one.parent == key],
        posts=posts,
        coming=_coming(known, who, key, day),
        people=len({one.id for post in posts for one in post.holders}),
        tasks=len(waiting.of_unit(open_tasks, key, own)),
        history=[_chapter(known, row, day) for row in reversed(rows)],
        running=running,
        cases=cases,
        ends=timelines.end_of(rows),
        seen=stored.state_of(known, key),
        unit_kinds=unit_kinds(known),
        post_kinds=post_kinds(known),
        parents=parents(who, _("（いちばん上）"), key),
    )


@dataclass(frozen=True)
class NewUnit:
    """What the page for a new unit offers."""

    kinds: Choices
    parents: Choices


def choices(site: Site, by: Actor, day: date) -> NewUnit:
    """Return kinds, and units of a day that a new one may lie below. Raises NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        known = stored.load(tx)
        who = organisation.directory(site, tx, day)
    return NewUnit(unit_kinds(known), parents(who, _("（いちばん上）")))


def parents(who: Directory, top: str, key: str = "") -> list[tuple[str, str]]:
    """Return what a unit may lie below on a day: neither itself nor what lies below it.

    `top` are the words for lying below none.
    """
    own = who.within(key)
    return [
        ("", top),
        *(
            (unit.key, "\u3000" * level + unit.name)
            for unit, level in walked(who)
            if unit.key not in own
        ),
    ]


def unit_kinds(known: Structure) -> list[tuple[str, str]]:
    """Return the kinds of units with their words: those of rules, and those in use."""
    used = sorted({row.kind for rows in known.units.values() for row in rows})
    return [(kind, unit_kind_label(kind)) for kind in dict.fromkeys((*rules.UNIT_KINDS, *used))]


def post_kinds(known: Structure) -> list[tuple[str, str]]:
    """Return the kinds of posts with their words: those of rules, and those in use."""
    used = sorted({row.kind for rows in known.posts.values() for row in rows})
    return [(kind, post_kind_label(kind)) for kind in dict.fromkeys((*rules.POST_KINDS, *used))]


def _post(
    known: Structure,
    who: Directory,
    names: Mapping[str, str],
    open_tasks: dict[str, set[str]],
    key: str,
    day: date,
) -> PostLine:
    post, rows = who.posts[key], known.posts[key]
    holders = sorted((names.get(one, one), one) for one in who.holders(f"post:{key}"))
    return PostLine(
        key=key,
        title=post.title,
        kind=post_kind_label(post.kind),
        roles=role_words(post.roles),
        holders=tuple(Person(one, name) for name, one in holders),
        tasks=len(waiting.of_groups(open_tasks, waiting.groups_of_post(who, key))),
        since=rows[0].valid_from,
        until=timelines.end_of(rows),
    )


def _coming(known: Structure, who: Directory, unit: str, day: date) -> list[PostLine]:
    """Return posts that lie in the unit from a later day on and not yet on this one."""
    return [
        PostLine(
            row.key, row.title, post_kind_label(row.kind), role_words(row.roles), (), 0,
            row.valid_from, row.valid_to,
        )
        for rows in known.posts.values()
        for row in rows
        if row.unit == unit and row.valid_from > day
        and (row.key not in who.posts or who.posts[row.key].unit != unit)
    ]  # fmt: skip


def _chapter(known: Structure, row: Unit, day: date) -> Chapter:
    parent = row.parent and Link(
        row.parent, rules.name_of(known.units.get(row.parent, ()), row.valid_from, row.parent)
    )
    return Chapter(
        name=row.name,
        kind=unit_kind_label(row.kind),
        parent=parent or None,
        since=row.valid_from,
        until=row.valid_to,
        when=timelines.when((row.valid_from, row.valid_to), day),
    )


def _cases(tx: Connection, unit: str) -> tuple[int, int]:
    """Return how many running cases, and how many of all, the unit applies, leads or joins."""
    found = {
        status: number
        for status, number in tx.execute(
            select(Case.status, func.count(Case.id.distinct()))
            .join(CaseUnit, CaseUnit.case_id == Case.id)
            .where(CaseUnit.unit == unit, Case.status != "recalled")
            .group_by(Case.status)
        )
    }
    return found.get("running", 0), sum(found.values())
