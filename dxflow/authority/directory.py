"""Who is who on one date: the organisation as it stands then, and what follows from it.

Group strings, to which work is offered: `user:<person>`, `section:<unit>` (members of the unit or
of a unit within that section), `head:<unit>`, `post:<post>`, `role:<role>`, and `role-in:<unit>:<role>`
(those of a section who hold the role there, see `roles_within`). A group that names a unit or post
that has ended means whoever belongs to its successor.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from dxflow.authority.organisation import (
    HEAD_KINDS,
    LADDER,
    SECTION_KINDS,
    Holding,
    Post,
    RoleGrant,
    Span,
    Unit,
    UnitKind,
)
from dxflow.authority.roles_within import KIND as ROLE_IN
from dxflow.authority.roles_within import RolesWithin, group_of, unit_and_role, unit_of_group
from dxflow.authority.standing_in import Absence, Delegation, Rank, Standing
from dxflow.authority.succession import Kind, Succession, heirs, predecessors
from dxflow.authority.verdicts import person_key
from dxflow.texts import gettext as _

S = TypeVar("S", bound=Span)

_SECTION_HEAD = LADDER.index("section_head")


class Directory:
    """The organisation on `date`. Values not in force then are left out.

    A holding counts only while its post and the post's unit exist. Raises ValueError when two
    units or posts of one key are in force at once, or when units contain each other in a circle.
    """

    def __init__(
        self,
        units: Iterable[Unit],
        posts: Iterable[Post],
        holdings: Iterable[Holding],
        date: date,
        grants: Iterable[RoleGrant] = (),
        head_kinds: frozenset[str] = HEAD_KINDS,
        absences: Iterable[Absence] = (),
        delegations: Iterable[Delegation] = (),
        ranks: Iterable[Rank] = (),
        successions: Iterable[Succession] = (),
        role_words: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.date = date
        self.head_kinds = head_kinds
        #: What the roles of packs are called, by role and language.
        self.role_words = role_words
        posts = tuple(posts)
        self._units = _by_key(units, date, lambda unit: unit.key)
        self._posts = {
            key: post
            for key, post in _by_key(posts, date, lambda post: post.key).items()
            if not post.unit or post.unit in self._units
        }
        self._named = tuple(successions)
        self._heirs = heirs(self._named, Kind.UNIT, date, self._units)
        self._old_units = predecessors(self._heirs)
        self._heirs_of_posts = heirs(self._named, Kind.POST, date, self._posts)
        self._old_posts = predecessors(self._heirs_of_posts)
        self._held: dict[str, list[Holding]] = {}
        for holding in holdings:
            if holding.valid_on(date) and holding.post in self._posts:
                self._held.setdefault(person_key(holding.person), []).append(holding)
        self._roles: dict[str, set[str]] = {}
        for grant in grants:
            if grant.valid_on(date):
                self._roles.setdefault(person_key(grant.person), set()).add(grant.role)
        self._ancestors = {key: self._climb(key) for key in self._units}
        self.roles_within = RolesWithin(self, posts)
        self.standing = Standing(self, absences, delegations, ranks)

    @property
    def units(self) -> Mapping[str, Unit]:
        """Return the units in force, by key."""
        return self._units

    @property
    def posts(self) -> Mapping[str, Post]:
        """Return the posts in force, by key."""
        return self._posts

    @property
    def persons(self) -> frozenset[str]:
        """Return everybody who holds a post or a role."""
        return frozenset(self._held) | frozenset(self._roles)

    def ancestors(self, unit: str) -> tuple[Unit, ...]:
        """Return the units around a unit, nearest first, without itself; empty when unknown."""
        return self._ancestors.get(unit, ())

    def heir(self, unit: str) -> str:
        """Return the unit that does the work of an ended one; the unit itself without a successor."""
        return self._heirs.get(unit, unit)

    def heir_of_post(self, post: str) -> str:
        """Return the post that does the work of an ended one, the post itself without any."""
        return self._heirs_of_posts.get(post, post)

    def among(
        self, units: Mapping[str, str], posts: Mapping[str, str], parted: Mapping[str, str]
    ) -> "Directory":
        """Return the same day for a matter in which others do the work of what has ended.

        `units` and `posts` name who does that of each; keys that are in force stay as they are.
        `parted` are units from which the matter has gone to another, whether they are in force or
        not: their members are not meant by them in it.
        """
        other = copy(self)
        other.__dict__.pop("_members", None)
        other._heirs = heirs(self._named, Kind.UNIT, self.date, self._units, units, parted)
        other._old_units = predecessors(other._heirs)
        other._heirs_of_posts = heirs(self._named, Kind.POST, self.date, self._posts, posts)
        other._old_posts = predecessors(other._heirs_of_posts)
        other.roles_within = self.roles_within.seen_by(other)
        other.standing = self.standing.seen_by(other)
        return other

    def present(self, group: str) -> str:
        """Return the group that a group which names an ended unit or post means."""
        kind, colon, key = group.partition(":")
        if kind in ("section", "head"):
            return f"{kind}{colon}{self.heir(key)}"
        if kind == ROLE_IN and (found := unit_and_role(group)):
            return group_of(found[1], self.heir(found[0]))
        return f"{kind}{colon}{self.heir_of_post(key)}" if kind == "post" else group

    def within(self, unit: str) -> frozenset[str]:
        """Return the keys of a unit and of every unit below it; empty when unknown.

        With them come ended units whose work one of them does.
        """
        below = {key for key, up in self._ancestors.items() if any(u.key == unit for u in up)}
        found = below | ({unit} & self._units.keys())
        old = {one for key in found for one in self._old_units.get(key, ())}
        return frozenset(found | (old - self._units.keys()))

    def section_of(self, unit: str) -> Unit | None:
        """Return the section a unit is or lies in."""
        return self._nearest(unit, SECTION_KINDS)

    def department_of(self, unit: str) -> Unit | None:
        """Return the department a unit is or lies in."""
        return self._nearest(unit, frozenset({UnitKind.DEPARTMENT.value}))

    def posts_of(self, person: str) -> tuple[Post, ...]:
        """Return the posts a person holds: the main post first, concurrent ones after it."""
        held = self._held.get(person_key(person), [])
        ordered = sorted(held, key=lambda h: (h.concurrent, h.post))
        return tuple(self._posts[key] for key in dict.fromkeys(h.post for h in ordered))

    def unit_of(self, person: str) -> Unit | None:
        """Return the unit of the person's main post; None without a post in a unit."""
        units = (self._units[post.unit] for post in self.posts_of(person) if post.unit)
        return next(units, None)

    def persons_near(self, person: str) -> frozenset[str]:
        """Return who works in the person's department, or section outside of one, and the person."""
        unit = self.unit_of(person)
        if unit is None:
            return frozenset({person_key(person)})
        around = self.department_of(unit.key) or self.section_of(unit.key) or unit
        inside = self.within(around.key)
        return frozenset(
            one for one in self.persons if any(post.unit in inside for post in self.posts_of(one))
        )

    def groups_of(self, person: str, *, without: str = "") -> frozenset[str]:
        """Return every group string that means this person, or would `without` one of their posts."""
        key = person_key(person)
        groups = {f"user:{key}"}
        groups.update(f"role:{role}" for role in self._roles.get(key, ()))
        for post in self.posts_of(key):
            if post.key == without:
                continue
            groups |= self.groups_of_post(post)
            groups.update(f"role:{role}" for role in post.roles)
            for unit in self.units_of_member(post):
                groups.update(f"section:{one}" for one in self.names_of_unit(unit))
        return frozenset(groups)

    def groups_of_post(self, post: Post) -> set[str]:
        """Return the groups that mean a post itself: its place, what it leads, its roles within it."""
        groups = {f"post:{key}" for key in (post.key, *self._old_posts.get(post.key, ()))}
        if post.unit and post.kind in self.head_kinds:
            groups.update(f"head:{unit}" for unit in self.names_of_unit(post.unit))
        return groups | self.roles_within.of_post(post)

    def is_held(self, group: str) -> bool:
        """Return whether somebody is in a group themselves, not in place of a role nobody holds."""
        within = unit_and_role(group) is not None
        return self.roles_within.is_held(group) if within else bool(self.holders(group))

    def held_posts(self) -> Iterator[Post]:
        """Yield the posts in force that somebody holds."""
        keys = {one.post for held in self._held.values() for one in held}
        yield from (self._posts[key] for key in sorted(keys))

    def holders(self, group: str) -> frozenset[str]:
        """Return the persons a group string means on this date; empty when nobody."""
        if group.startswith("user:"):
            return frozenset({person_key(group)}) & self.persons
        return self._members.get(group, frozenset())

    def post_for(self, kind: str, unit: str | None) -> Post | None:
        """Return the nearest post of a kind, looking in the unit, then in those around it.

        Last come posts of the city as a whole, then, unless the kind leads units, a post that is
        the only one of its kind. Where two would do, the one that is held; None when that does
        not settle it, or when there is no such post.
        """
        where: list[str | None] = []
        unit = self.heir(unit) if unit else unit
        if unit and unit in self._units:
            where = [unit, *(u.key for u in self.ancestors(unit))]
        of_kind = [post for post in self._posts.values() if post.kind == kind]
        for place in [*where, None]:
            here = [post for post in of_kind if (post.unit or None) == place]
            if here:
                return self._settle(here)
        return None if kind in self.head_kinds else self._settle(of_kind)

    def _settle(self, posts: list[Post]) -> Post | None:
        held = [post for post in posts if self.holders(f"post:{post.key}")]
        choice = held or posts
        return choice[0] if len(choice) == 1 else None

    def superior(
        self, unit: str, barred: frozenset[str] = frozenset(), of: Iterable[str] = ()
    ) -> str:
        """Return the nearest leading post that somebody not barred holds: `post:<key>`, or "".

        It is looked for upwards from the highest posts on the ladder that the groups `of` mean;
        without any from the head of the section they belong to, or of `unit` when they tell none.
        """
        asked = frozenset(of)
        meant = [
            post
            for post in self._posts.values()
            if asked & (self.groups_of_post(post) | {f"role:{role}" for role in post.roles})
        ]
        rungs = [LADDER.index(post.kind) for post in meant if post.kind in LADDER]
        lowest = max(rungs, default=_SECTION_HEAD)
        of_rung = [post for post in meant if post.kind == LADDER[lowest]] if rungs else meant
        places = {post.unit for post in of_rung if post.unit} or self.places(asked) or {unit}
        for kind in LADDER[lowest:]:
            for place in sorted(places):
                post = self.post_for(kind, place)
                if post is not None and self.holders(f"post:{post.key}") - barred:
                    return f"post:{post.key}"
        return ""

    def places(self, groups: frozenset[str]) -> set[str]:
        """Return the units that groups name, or in which those whom they mean have their posts."""
        there = [self.present(group) for group in groups]
        named = {unit_of_group(group) for group in there} & self._units.keys()
        keys = (one.removeprefix("post:") for one in there if one.startswith("post:"))
        posts = (self._posts.get(key) for key in keys)
        named |= {post.unit for post in posts if post is not None and post.unit}
        persons = frozenset[str]().union(*map(self.holders, groups))
        units = (self.unit_of(person) for person in persons)
        return named or {unit.key for unit in units if unit is not None}

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        members: dict[str, set[str]] = {}
        for person in self.persons:
            for group in self.groups_of(person):
                members.setdefault(group, set()).add(person)
        return {group: frozenset(persons) for group, persons in members.items()}

    def units_of_member(self, post: Post) -> tuple[str, ...]:
        """Return the post's unit and what lies around it, up to its section."""
        if not post.unit:
            return ()
        line = (post.unit, *(one.key for one in self.ancestors(post.unit)))
        section = self._around(post.unit, SECTION_KINDS)
        return line[:1] if section is None else line[: line.index(section.key) + 1]

    def names_of_unit(self, unit: str) -> tuple[str, ...]:
        """Return the keys that mean a unit; its own does not where its work has gone to another."""
        own = () if unit in self._heirs else (unit,)
        return (*own, *self._old_units.get(unit, ()))

    def _nearest(self, unit: str, kinds: frozenset[str]) -> Unit | None:
        return self._around(self.heir(unit), kinds)

    def _around(self, unit: str, kinds: frozenset[str]) -> Unit | None:
        if unit not in self._units:
            return None
        line = (self._units[unit], *self.ancestors(unit))
        return next((step for step in line if step.kind in kinds), None)

    def _climb(self, key: str) -> tuple[Unit, ...]:
        line: list[Unit] = []
        seen = {key}
        parent = self._units[key].parent
        while parent and parent in self._units:
            if parent in seen:
                raise ValueError(_("組織「{unit}」の上位をたどると元に戻ります。", unit=key))
            seen.add(parent)
            line.append(self._units[parent])
            parent = self._units[parent].parent
        return tuple(line)


def _by_key(values: Iterable[S], day: date, key_of: Callable[[S], str]) -> dict[str, S]:
    found: dict[str, S] = {}
    for value in values:
        if value.valid_on(day):
            key = key_of(value)
            if key in found:
                raise ValueError(_("「{key}」が同じ日に二つ有効です。", key=key))
            found[key] = value
    return found
