"""Holes of a rehearsal filled: what each choice does to posts, work and duties.

A hole is filled by a target that fits it, or left knowingly. Filling changes what is rehearsed, so
that a second rehearsal shows whether the hole is gone and whether another one came of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dxflow.authority.affairs import Affairs, Duty, Task
from dxflow.authority.moves import Move, MoveKind
from dxflow.authority.rehearsal import Matter
from dxflow.authority.roles_within import KIND as ROLE_IN
from dxflow.authority.standing_in import Rank
from dxflow.authority.succession import Kind, Succession
from dxflow.authority.verdicts import person_key

#: The target of a hole that is left as it is, with a reason.
LEAVE = "leave"
#: What may fill a hole of a matter, by the beginning of its target; others are only left, and
#: filled by putting somebody into a post.
FITTING = {
    Matter.POST: ("user",),
    Matter.TASK: ("user", "post", "head", "section", "role", ROLE_IN),
    Matter.DUTY: ("user", "post", "head", "section", "role", ROLE_IN),
    Matter.UNIT: ("unit",),
    Matter.LIST: ("post",),
    Matter.CASE: ("unit",),
}


@dataclass(frozen=True)
class Fill:
    """What fills a hole, by the hole's id."""

    hole: str
    target: str

    @property
    def matter(self) -> Matter:
        """Return what the hole is about."""
        return Matter(self.hole.partition(":")[0])

    @property
    def key(self) -> str:
        """Return what the hole is of."""
        return self.hole.partition(":")[2]


def fits(matter: Matter, target: str) -> bool:
    """Return whether a target may fill a hole of a matter at all."""
    kind, colon, key = target.partition(":")
    return target == LEAVE or (bool(colon and key) and kind in FITTING.get(matter, ()))


def moves_of(fills: Iterable[Fill]) -> tuple[Move, ...]:
    """Return the posts that fills give to persons, beside those they hold."""
    return tuple(
        Move(person_key(fill.target), MoveKind.CONCURRENT, fill.key, line=-number)
        for number, fill in enumerate(_of(fills, Matter.POST), start=1)
    )


def successions_of(fills: Iterable[Fill], day: date) -> tuple[Succession, ...]:
    """Return the successors that fills name for ended units."""
    return tuple(
        Succession(kind=Kind.UNIT, old=fill.key, new=fill.target.partition(":")[2], valid_from=day)
        for fill in _of(fills, Matter.UNIT)
    )


def filled(affairs: Affairs, fills: Iterable[Fill], day: date) -> Affairs:
    """Return the affairs with tasks, duties and lists as the fills say."""
    given = tuple(fills)
    tasks = {fill.key: fill.target for fill in _of(given, Matter.TASK)}
    duties = {fill.key: fill.target for fill in _of(given, Matter.DUTY)}
    lists = {fill.key: (fill.target.partition(":")[2],) for fill in _of(given, Matter.LIST)}
    return replace(
        affairs,
        tasks=tuple(_task(task, tasks.get(task.id)) for task in affairs.tasks),
        duties=tuple(_duty(duty, duties.get(duty.id)) for duty in affairs.duties),
        ranks=ranked(affairs.ranks, lists, day),
    )


def ranked(
    ranks: Sequence[Rank], lists: Mapping[str, tuple[str, ...]], day: date
) -> tuple[Rank, ...]:
    """Return the ranks with the lists of some posts replaced from a day on."""
    new = [
        Rank(post, place, substitute, valid_from=day)
        for post, names in sorted(lists.items())
        for place, substitute in enumerate(names, start=1)
    ]
    return (*(rank for rank in ranks if rank.post not in lists), *new)


def chosen_for_cases(fills: Iterable[Fill]) -> dict[str, str]:
    """Return the section that was chosen for each case of a section that is split."""
    return {fill.key: fill.target.partition(":")[2] for fill in _of(fills, Matter.CASE)}


def _task(task: Task, target: str | None) -> Task:
    if target is None:
        return task
    person = person_key(target) if target.startswith("user:") else None
    return replace(task, groups=frozenset({target}), assignee=person, follows=None)


def _duty(duty: Duty, target: str | None) -> Duty:
    return duty if target is None else replace(duty, owner=target)


def _of(fills: Iterable[Fill], matter: Matter) -> list[Fill]:
    return [fill for fill in fills if fill.matter is matter and fill.target != LEAVE]
