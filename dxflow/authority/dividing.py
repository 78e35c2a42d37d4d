"""A section that is split or hands a part of its work on: where each of its open cases goes.

The first successor named takes every case that nobody gives to another, also those begun after the
choice; of a section that goes on (分離) it is the section itself. A case that is given to another
takes its open work with it, and whatever its process will ask of the old section or of its head.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dxflow.authority.affairs import Affairs, Duty, Task
from dxflow.authority.directory import Directory


@dataclass(frozen=True)
class Split:
    """A section, and the sections that do its work afterwards: the first unless another is chosen.

    A section that goes on is the first of them itself.
    """

    unit: str
    successors: tuple[str, ...]

    @property
    def goes_on(self) -> bool:
        """Return whether the section goes on and keeps the cases that nobody gives away."""
        return self.successors[0] == self.unit


@dataclass(frozen=True)
class Heirs:
    """Who does the work of ended units and posts in one matter, by their keys.

    `parted` are units that go on, from which the matter has gone to another.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)
    parted: Mapping[str, str] = field(default_factory=dict)

    def seen(self, who: Directory) -> Directory:
        """Return a day as the matter sees it."""
        return who.among(self.units, self.posts, self.parted)

    def after(self, more: "Heirs") -> "Heirs":
        """Return these with what came later; what has come back to where it was is not parted."""
        went = {old: more.parted.get(new, new) for old, new in self.parted.items()}
        return Heirs(
            {**self.units, **more.units},
            {**self.posts, **more.posts},
            {old: new for old, new in {**went, **more.parted}.items() if old != new},
        )

    def kept(self) -> dict[str, dict[str, str]]:
        """Return the value that is stored with a case."""
        return {
            "units": dict(self.units), "posts": dict(self.posts), "parted": dict(self.parted)
        }  # fmt: skip


def stored(value: Mapping[str, Any]) -> Heirs:
    """Return what a case has stored."""
    return Heirs(value["units"], value["posts"], value.get("parted", {}))


@dataclass(frozen=True)
class Given:
    """`cases` are those given to another section than the first: (old, new) by case.

    `chosen` are the choices that hold, also for the first; `ended` those for cases that are not
    open in the section any more, `astray` those for a section that is no successor: they do nothing.
    """

    cases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    ended: tuple[str, ...] = ()
    astray: Mapping[str, str] = field(default_factory=dict)


def given(
    splits: Iterable[Split], cases: Mapping[str, tuple[str, ...]], chosen: Mapping[str, str]
) -> Given:
    """Return which of the open cases (by the section that leads them) go where, as was chosen."""
    there = {case: split for split in splits for case in cases.get(split.unit, ())}
    found: dict[str, tuple[str, str]] = {}
    ended, astray = [], {}
    for case, unit in chosen.items():
        split = there.get(case)
        if split is None:
            ended.append(case)
        elif unit not in split.successors:
            astray[case] = unit
        elif unit != split.successors[0]:
            found[case] = (split.unit, unit)
    kept = {case: unit for case, unit in chosen.items() if case in there and case not in astray}
    return Given(found, kept, tuple(ended), astray)


def heirs_of(before: Directory, after: Directory, old: str, new: str) -> Heirs:
    """Return who does the work of the old section in a case that is given to `new`.

    Where it ends, the posts that led it mean the one that leads the new one, if one alone does.
    Where it goes on, so do its posts: what was asked of one of them by its name stays with it.
    """
    if old in after.units:
        return Heirs(parted={old: new})
    heads = [
        post.key
        for post in after.posts.values()
        if post.unit == new and post.kind in after.head_kinds
    ]
    ended = [
        post.key
        for post in before.posts.values()
        if post.unit == old and post.kind in before.head_kinds and post.key not in after.posts
    ]
    return Heirs({old: new}, dict.fromkeys(ended, heads[0]) if len(heads) == 1 else {})


def divided(
    affairs: Affairs, before: Directory, after: Directory, cases: Mapping[str, tuple[str, str]]
) -> Affairs:
    """Return the affairs with the open work of given cases at the sections they are given to."""
    if not cases:
        return affairs
    views = {
        (old, new): heirs_of(before, after, old, new).seen(after)
        for old, new in set(cases.values())
    }

    def view(case: str) -> Directory | None:
        return views[cases[case]] if case in cases else None

    def task(one: Task) -> Task:
        who = view(one.case)
        if who is None:
            return one
        groups = frozenset(map(who.present, one.groups))
        return replace(one, groups=groups, unit=cases[one.case][1])

    def duty(one: Duty) -> Duty:
        who = view(one.case)
        return replace(one, owner=who.present(one.owner)) if who else one

    return replace(
        affairs,
        tasks=tuple(map(task, affairs.tasks)),
        duties=tuple(map(duty, affairs.duties)),
        given={case: new for case, (_old, new) in cases.items()},
    )


def beside_applicants(split: Split, cases: Mapping[str, str], after: Directory) -> dict[str, str]:
    """Return the successor in which the applicant of each case will work, for those of one.

    `cases` gives the applicant of each. Whoever works in none of them, or in several, says nothing;
    a section within another counts before it.
    """
    found = {}
    inside = {unit: after.within(unit) for unit in split.successors}
    for unit, within in inside.items():
        below = [inside[one] for one in split.successors if one != unit and one in within]
        inside[unit] = within.difference(*below)
    for case, person in cases.items():
        posts = {post.unit for post in after.posts_of(person) if post.unit}
        theirs = [unit for unit, within in inside.items() if posts & within]
        if len(theirs) == 1:
            found[case] = theirs[0]
    return found
