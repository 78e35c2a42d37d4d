"""The whole organisation over all times, and what is wrong with it.

An act on it is a value before and a value after; it may be done when it brings no fault that was
not there before. So one rule serves pages, files and commands, for today and for every later day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from dxflow.authority import timelines
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.timelines import Days, S

DEEPEST = 20
"""How many units may lie around one another."""


@dataclass(frozen=True)
class Structure:
    """Units and posts by key, each with its rows in order, and who holds the posts."""

    units: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    posts: Mapping[str, tuple[Post, ...]] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()

    def with_unit(self, key: str, rows: Iterable[Unit]) -> "Structure":
        """Return the structure with other rows for a unit; without any it is gone."""
        return replace(self, units=_with(self.units, key, tuple(rows)))

    def with_post(self, key: str, rows: Iterable[Post]) -> "Structure":
        """Return the structure with other rows for a post."""
        return replace(self, posts=_with(self.posts, key, tuple(rows)))


class FaultKind(StrEnum):
    """What may be wrong."""

    OVERLAP = "overlap"
    """A unit or post has two values on one day."""
    NO_PARENT = "no_parent"
    """A unit lies below one that is not there."""
    NO_UNIT = "no_unit"
    """A post lies in a unit that is not there."""
    NO_POST = "no_post"
    """A person holds a post that is not there."""
    CIRCLE = "circle"
    """A unit lies below itself."""
    DEEP = "deep"
    """Too many units lie around one another."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with `key` (of a unit or post, or a person's id) from `day` on.

    `other` is the parent, unit or post that is missing, or the unit next on the circle.
    """

    kind: FaultKind
    key: str
    other: str
    day: date


def faults(structure: Structure) -> frozenset[Fault]:
    """Return everything that is wrong on any day."""
    found: set[Fault] = set()
    for rows in (structure.units, structure.posts):
        for key, spans in rows.items():
            day = timelines.first_overlap(spans)
            if day is not None:
                found.add(Fault(FaultKind.OVERLAP, key, "", day))
    needs = [
        *((FaultKind.NO_PARENT, key, unit, unit.parent or "", structure.units)
          for key, units in structure.units.items() for unit in units),
        *((FaultKind.NO_UNIT, key, post, post.unit or "", structure.units)
          for key, posts in structure.posts.items() for post in posts),
        *((FaultKind.NO_POST, one.person, one, one.post, structure.posts)
          for one in structure.holdings),
    ]  # fmt: skip
    for kind, key, span, needed, there in needs:
        day = timelines.uncovered(span, there.get(needed, ())) if needed else None
        if day is not None:
            found.add(Fault(kind, key, needed, day))
    for key in structure.units:
        found |= set(_climbed(key, structure.units))
    return frozenset(found)


def new_faults(before: Structure, after: Structure) -> list[Fault]:
    """Return what an act would make wrong, the earliest first; an old fault forbids nothing."""
    return sorted(
        faults(after) - faults(before), key=lambda one: (one.day, one.kind, one.key, one.other)
    )


def held_after(structure: Structure, post: str, day: date) -> list[Holding]:
    """Return who holds a post on a day or later."""
    return [
        one
        for one in structure.holdings
        if one.post == post and (one.valid_to is None or one.valid_to > day)
    ]


def _climbed(start: str, units: Mapping[str, tuple[Unit, ...]]) -> Iterator[Fault]:
    """Give the circles through a unit and the lines that are too long, on whatever day.

    Going up, the days are narrowed to those on which the whole line stands: two moves that are
    harmless today may meet in a circle next April.
    """
    waiting: list[tuple[Unit, Days, tuple[str, ...]]] = [
        (row, (row.valid_from, row.valid_to), (start,)) for row in units[start]
    ]
    while waiting:
        row, days, line = waiting.pop()
        if row.parent == start:
            yield Fault(FaultKind.CIRCLE, start, line[1] if len(line) > 1 else start, days[0])
            continue
        if not row.parent or row.parent in line:
            continue
        if len(line) > DEEPEST:
            yield Fault(FaultKind.DEEP, start, row.parent, days[0])
            continue
        for above in units.get(row.parent, ()):
            common = timelines.shared(days, (above.valid_from, above.valid_to))
            if common:
                waiting.append((above, common, (*line, row.parent)))


def _with(
    rows: Mapping[str, tuple[S, ...]], key: str, new: tuple[S, ...]
) -> dict[str, tuple[S, ...]]:
    return {**rows, key: new} if new else {name: old for name, old in rows.items() if name != key}
