"""Who is who on a day, read from the rows: an understanding of its own, not the product's.

Groups are `user:`, `post:`, `role:`, `section:` and `head:`. One that names a unit or post that
has ended means its successor's.
"""

from datetime import date
from functools import cached_property
from typing import Any

from dxflow.db.identity import Holding, Person, Post, Unit
from dxflow.db.standing import Absence, Delegation, SubstituteRank
from dxflow.db.transfer import Succession
from tests.machine.pictures import ORGANISATION, Picture

HEADS = ("team_head", "section_head", "department_head")
LADDER = (*HEADS, "deputy_mayor", "mayor")


def _on(row: Any, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)


class People:
    """The organisation of one picture on one day."""

    def __init__(self, picture: Picture, day: date) -> None:
        self.day = day
        self._picture = picture
        self.units = {row.key: row for row in self._valid(Unit)}
        self.posts = {
            row.key: row for row in self._valid(Post) if not row.unit or row.unit in self.units
        }
        self.holds: dict[str, set[str]] = {}
        for row in self._valid(Holding):
            if row.post in self.posts:
                self.holds.setdefault(row.post, set()).add(row.person_id)
        self.away = {row.person_id for row in self._valid(Absence)}
        self.active = {row.id for row in picture.of(Person).values() if row.status == "active"}
        self._members: dict[str, set[str]] = {}

    def _valid(self, model: Any) -> list[Any]:
        return [row for row in self._picture.of(model).values() if _on(row, self.day)]

    def successor(self, kind: str, key: str) -> str:
        """Return what does the work of a unit or post that has ended; itself while it stands."""
        stands = self.units if kind == "unit" else self.posts
        seen = set()
        while key not in stands and key not in seen:
            seen.add(key)
            named = [
                row
                for row in self._picture.of(Succession).values()
                if row.kind == kind and row.old == key and row.valid_from <= self.day
            ]
            if not named:
                break
            key = max(named, key=lambda row: row.valid_from).new
        return key

    def posts_of(self, person: str) -> set[str]:
        """Return the posts a person holds."""
        return {post for post, people in self.holds.items() if person in people}

    def above(self, unit: str | None) -> list[Any]:
        """Return a unit and what it lies in, nearest first."""
        line: list[Any] = []
        while unit and unit in self.units and len(line) < 20:
            line.append(self.units[unit])
            unit = self.units[unit].parent
        return line

    def section(self, unit: str | None) -> set[str]:
        """Return the units whose members those of a unit are: it, and around it its section."""
        line = self.above(unit)
        for place, one in enumerate(line):
            if one.kind in ("section", "office"):
                return {each.key for each in line[: place + 1]}
        return {line[0].key} if line else set()

    def members(self, group: str) -> set[str]:
        """Return the persons that a group means."""
        if group not in self._members:
            self._members[group] = self._found(group)
        return self._members[group]

    def _found(self, group: str) -> set[str]:
        kind, _, key = group.partition(":")
        if kind == "user":
            return {key} if self.posts_of(key) else set()
        if kind == "post":
            return set(self.holds.get(self.successor("post", key), ()))
        if kind == "role":
            posts = [one.key for one in self.posts.values() if key in one.roles.split()]
        else:
            unit = self.successor("unit", key)
            posts = [
                one.key
                for one in self.posts.values()
                if (kind == "head" and one.unit == unit and one.kind in HEADS)
                or (kind == "section" and unit in self.section(one.unit))
            ]
        return set().union(*(self.holds.get(post, set()) for post in posts))

    @cached_property
    def stands_in(self) -> dict[str, set[tuple[str, str, str]]]:
        """Return for each person the (post, whose it is or "", way) in which they stand in.

        Nobody passes on what is not their own: only holdings are looked at, never stand-ins.
        """
        found: dict[str, set[tuple[str, str, str]]] = {}
        for one in self._valid(Delegation):
            if one.ended_at is not None or not self.posts_of(one.deputy_id):
                continue
            for post in self.posts_of(one.giver_id):
                if one.post in ("", post) and one.deputy_id != one.giver_id:
                    found.setdefault(one.deputy_id, set()).add((post, one.giver_id, "deputy"))
        ranks = sorted(self._valid(SubstituteRank), key=lambda row: row.place)
        for post in {row.post for row in ranks} & self.posts.keys():
            holders = self.holds.get(post, set())
            if holders - self.away:
                continue
            for rank in (row for row in ranks if row.post == post):
                there = self.holds.get(rank.substitute, set()) - self.away - holders
                if there:
                    for person in there:
                        absent = min(holders, default="")
                        found.setdefault(person, set()).add((post, absent, "substitute"))
                    break
        return found

    def means(self, post: str, group: str) -> bool:
        """Return whether a group means a post itself or the head of the unit it leads."""
        kind, _, key = group.partition(":")
        if kind == "post":
            return self.successor("post", key) == post
        row = self.posts.get(post)
        return (
            kind == "head" and row is not None and row.kind in HEADS
            and row.unit == self.successor("unit", key)
        )  # fmt: skip

    def able(self, groups: set[str], assignee: str | None) -> set[str]:
        """Return who can do a task that is offered to groups, perhaps taken by somebody."""
        offered = set().union(*(self.members(group) for group in groups))
        taken_by = assignee if assignee in offered else None
        own = {taken_by} if taken_by is not None else offered
        others = {
            person
            for person, ways in self.stands_in.items()
            for post, absent, _way in ways
            if taken_by in (None, absent) and any(self.means(post, group) for group in groups)
        }
        return (own | others) & self.active

    def deciding(self, kind: str, unit: str, barred: set[str]) -> str:
        """Return the post that decides: of the kind for the unit, else the next one up; "" if none."""
        kinds = LADDER[LADDER.index(kind) :] if kind in LADDER else (kind,)
        for one in kinds:
            post = self._nearest(one, self.successor("unit", unit))
            if post and self.holds.get(post, set()) - barred:
                return post
        return ""

    def _nearest(self, kind: str, unit: str) -> str:
        for place in [*(one.key for one in self.above(unit)), ""]:
            here = [
                one.key
                for one in self.posts.values()
                if one.kind == kind and (one.unit or "") == place
            ]
            if here:
                held = [key for key in here if self.holds.get(key)]
                choice = held or here
                return choice[0] if len(choice) == 1 else ""
        return ""


class Register:
    """The people of pictures by day; the same organisation is read once."""

    def __init__(self) -> None:
        self._rows: list[Any] = []
        self._days: dict[date, People] = {}

    def on(self, picture: Picture, day: date) -> People:
        """Return the people of a picture on a day."""
        rows = [picture.of(model) for model in ORGANISATION]
        if rows != self._rows:
            self._rows, self._days = rows, {}
        if day not in self._days:
            self._days[day] = People(picture, day)
        return self._days[day]
