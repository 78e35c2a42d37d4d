"""Who does the work of a unit or post that has ended: the one named when it ended (引継先).

Cases and their processes go on naming the old unit for years. They are not rewritten: from the day
on which the old one is gone, whoever belongs to its successor is asked in its place.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from dxflow.authority.organisation import Span


class Kind(StrEnum):
    """What is succeeded."""

    UNIT = "unit"
    POST = "post"


@dataclass(frozen=True, kw_only=True)
class Succession(Span):
    """From `valid_from` on, `new` does the work of `old`, which is a unit or a post by its key."""

    kind: Kind
    old: str
    new: str


def heirs(
    named: Iterable[Succession], kind: Kind, day: date, there: Collection[str],
    instead: Mapping[str, str] = MappingProxyType({}),
    parted: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, str]:  # fmt: skip
    """Return the key that does the work of each ended one on a day.

    A line of successors is followed to the first that is there; a key that is there itself has no
    heir, and neither has one whose line ends in nothing or in a circle. In one matter others may
    do the work: `instead` of ended ones, and of those `parted` from it though they are there.
    """
    after = {
        one.old: one.new
        for one in sorted(named, key=lambda one: one.valid_from)
        if one.kind is kind and one.valid_on(day)
    }
    after |= instead
    found = {}
    for old in {*after, *parted}:
        key = _last(old, after, parted, there)
        if key not in there:  # on a day before the one it was given to began
            key = _last(old, after, {}, there)
        if key in there and key != old:
            found[old] = key
    return found


def _last(
    key: str, after: Mapping[str, str], parted: Mapping[str, str], there: Collection[str]
) -> str:
    """Return the end of a line of successors; one that runs in a circle ends where it closes."""
    passed = set[str]()
    while key not in passed:
        passed.add(key)
        if key in parted:
            key = parted[key]
        elif key not in there and key in after:
            key = after[key]
    return key


def predecessors(heirs_of: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return the ended ones whose work each key does."""
    found: dict[str, list[str]] = {}
    for old, new in sorted(heirs_of.items()):
        found.setdefault(new, []).append(old)
    return {new: tuple(olds) for new, olds in found.items()}
