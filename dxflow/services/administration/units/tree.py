"""The units as a tree on a chosen day, with how many people, posts and open tasks lie in each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dxflow.authority.decision import post_kind_label
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Post, Unit, unit_kind_label
from dxflow.calendars.fiscal import fiscal_year_of, fiscal_year_start
from dxflow.services.administration.csv_lines import MARK, csv_line
from dxflow.services.administration.imports.layouts import POSTS, UNITS
from dxflow.services.administration.units import stored, waiting
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.reading.case_list import folded
from dxflow.services.site import Site

#: How far to the right a line is set at most; what lies deeper stays there.
DEEPEST_SHOWN = 6


@dataclass(frozen=True)
class UnitLine:
    """A unit in the tree. Counts include the units below it; `found`: the search meant this one."""

    key: str
    name: str
    kind: str
    level: int
    people: int
    posts: int
    tasks: int
    found: bool


@dataclass(frozen=True)
class LoosePost:
    """A post of the city as a whole, in no unit."""

    key: str
    title: str
    kind: str
    people: int
    tasks: int


@dataclass(frozen=True)
class Tree:
    """The organisation on `day`. `shown` counts the lines found; `april` is the next 1 April."""

    day: date
    lines: Sequence[UnitLine]
    loose: Sequence[LoosePost]
    shown: int
    april: date


def tree(site: Site, by: Actor, day: date, q: str = "") -> Tree:
    """Return the tree on a day in three queries; under a search, what is found and what is above.

    Open tasks are those of now, whatever the day. Raises NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, day)
        open_tasks = waiting.by_place(tx)
    people, posts, tasks = _counts(who, open_tasks)
    words = folded(q).split()
    found = {unit.key for unit in who.units.values() if _matches(unit, who, words)}
    shown = found | {above.key for key in found for above in who.ancestors(key)}
    lines = [
        UnitLine(
            key=unit.key,
            name=unit.name,
            kind=unit_kind_label(unit.kind),
            level=min(level, DEEPEST_SHOWN),
            people=len(people[unit.key]),
            posts=len(posts[unit.key]),
            tasks=len(tasks[unit.key]),
            found=unit.key in found,
        )
        for unit, level in walked(who)
        if unit.key in shown
    ]
    loose = [
        LoosePost(
            key=post.key,
            title=post.title,
            kind=post_kind_label(post.kind),
            people=len(who.holders(f"post:{post.key}")),
            tasks=len(open_tasks.get(f"post:{post.key}", ())),
        )
        for post in who.posts.values()
        if not post.unit and all(word in folded(f"{post.title} {post.key}") for word in words)
    ]
    return Tree(day, lines, loose, len(found), next_april(site.today()))


def next_april(today: date) -> date:
    """Return the first day of the next fiscal year, when people and sections move."""
    return fiscal_year_start(fiscal_year_of(today) + 1)


def walked(who: Directory) -> Iterator[tuple[Unit, int]]:
    """Give the units of a day in the order of the tree, each with its level from 0."""
    below: dict[str, list[Unit]] = defaultdict(list)
    for unit in who.units.values():
        below[unit.parent if unit.parent in who.units else ""].append(unit)  # type: ignore[index]
    waiting_line = [(unit, 0) for unit in reversed(below[""])]
    while waiting_line:
        unit, level = waiting_line.pop()
        yield unit, level
        waiting_line += [(one, level + 1) for one in reversed(below[unit.key])]


def units_to_csv(site: Site, by: Actor) -> Iterator[bytes]:
    """Give units of all times as a file that the import reads."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        known = stored.load(tx)
    yield MARK + csv_line(UNITS.headings.values())
    for rows in known.units.values():
        for row in rows:
            yield csv_line([row.key, row.name, row.kind, row.parent or "", *_days(row)])


def posts_to_csv(site: Site, by: Actor) -> Iterator[bytes]:
    """Give posts of all times as a file that the import reads."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        known = stored.load(tx)
    yield MARK + csv_line(POSTS.headings.values())
    for rows in known.posts.values():
        for row in rows:
            roles = " ".join(sorted(row.roles))
            yield csv_line([row.key, row.title, row.unit or "", row.kind, roles, *_days(row)])


def role_words(roles: Iterable[str]) -> tuple[str, ...]:
    """Return the words for roles, in a steady order."""
    return tuple(naming.role_name(role) for role in sorted(roles))


def _counts(
    who: Directory, open_tasks: dict[str, set[str]]
) -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, set[str]]]:
    """Return people, posts and open tasks by unit, each counted once however often it occurs."""
    people: dict[str, set[str]] = defaultdict(set)
    posts: dict[str, set[str]] = defaultdict(set)
    tasks: dict[str, set[str]] = defaultdict(set)
    for unit in who.units:
        own = waiting.of_unit(open_tasks, unit, ())
        for key in (unit, *(above.key for above in who.ancestors(unit))):
            tasks[key] |= own
    for post in who.posts.values():
        if not post.unit:
            continue
        held = who.holders(f"post:{post.key}")
        for key in (post.unit, *(above.key for above in who.ancestors(post.unit))):
            people[key] |= held
            posts[key].add(post.key)
            tasks[key] |= open_tasks.get(f"post:{post.key}", set())
    return people, posts, tasks


def _matches(unit: Unit, who: Directory, words: list[str]) -> bool:
    text = folded(f"{unit.name} {unit.key}")
    return all(word in text for word in words)


def _days(row: Unit | Post) -> list[str]:
    return [row.valid_from.isoformat(), row.valid_to.isoformat() if row.valid_to else ""]
