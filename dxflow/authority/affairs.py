"""What is under way when an organisation changes: open tasks, duties, deputies, bodies, KPIs.

Only what the rules of a rehearsal ask for; who is meant follows from the organisation of a day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Action, Involvement, conflict
from dxflow.authority.standing_in import Delegation, Rank

#: Acts whose right lies in the office that was asked: no other office is given them.
OFFICIAL = frozenset({Action.DECIDE, Action.VOTE, Action.CONCLUDE})


@dataclass(frozen=True)
class Task:
    """An open task: the groups it is offered to, who has taken it, and what doing it means.

    `unit` is the section of the case, in which somebody else is looked for first. `follows` returns
    whom the task is meant for in an organisation, given the persons who cannot log in there, where
    a rule says so anew each day: who concludes for a committee.
    """

    id: str
    case: str
    groups: frozenset[str]
    assignee: str | None
    action: Action | None
    involved: Involvement
    unit: str
    follows: "Callable[[Directory, frozenset[str]], frozenset[str]] | None" = field(
        default=None, compare=False
    )


@dataclass(frozen=True)
class Duty:
    """Something owed until it is done: a condition by a group, a later reading by a person.

    `post` is the office it comes from, "" without one; `barred` are those who cannot owe it.
    `follows`: it passes to whoever holds that office once its owner has left it.
    """

    id: str
    case: str
    owner: str
    post: str = ""
    barred: frozenset[str] = frozenset()
    follows: bool = False


@dataclass(frozen=True)
class Body:
    """A committee: posts with `seat_role` sit, the first held of `chair_roles` presides.

    `need` says how many must be present of so many members.
    """

    key: str
    seat_role: str
    chair_roles: tuple[str, ...]
    need: Callable[[int], int]


@dataclass(frozen=True)
class Round:
    """An open deliberation: the seats that take part and how many must."""

    case: str
    seats: tuple[str, ...]
    quorum: int


@dataclass(frozen=True)
class Affairs:
    """All of it. `cases` are open cases by the section that leads them, `tracked` those with KPIs.

    `closed` are persons who cannot log in. `given` are the sections to which cases of a split
    section are given that do not follow its first successor.
    """

    tasks: tuple[Task, ...] = ()
    duties: tuple[Duty, ...] = ()
    bodies: tuple[Body, ...] = ()
    rounds: tuple[Round, ...] = ()
    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tracked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delegations: Mapping[str, Delegation] = field(default_factory=dict)
    ranks: tuple[Rank, ...] = ()
    closed: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)


class Able:
    """Who can do what in an organisation on its day; persons who cannot log in do not count."""

    def __init__(self, who: Directory, closed: frozenset[str]) -> None:
        self._who = who
        self._closed = closed
        self._stand_ins: dict[str, frozenset[tuple[str, str]]] = {}

    def members(self, group: str) -> frozenset[str]:
        """Return whom a group means."""
        return self._who.holders(group) - self._closed

    def offered(self, task: Task) -> frozenset[str]:
        """Return whom a task is offered to and who may do it, whoever has taken it."""
        groups = task.follows(self._who, self._closed) if task.follows else task.groups
        people = frozenset[str]().union(*(self.members(group) for group in groups))
        return frozenset(one for one in people if _free(task, one))

    def holds(self, task: Task) -> bool:
        """Return whether the one who has taken a task still has the right to it."""
        return task.assignee is not None and task.assignee in self.offered(task)

    def doing(self, task: Task) -> frozenset[str]:
        """Return who can do a task: the one who has taken it, else everybody it is offered to.

        Without any of them those who stand in for an office, unless the act is the office's own;
        nobody does so for somebody who may not judge the matter.
        """
        if task.assignee is not None and self.holds(task):
            return frozenset({task.assignee})
        people = self.offered(task)
        if people or task.action in OFFICIAL:
            return people
        return frozenset(
            person
            for group in task.groups
            for person, absent in self._standing_in(group)
            if _free(task, person) and (not absent or _free(task, absent))
        )

    def _standing_in(self, group: str) -> frozenset[tuple[str, str]]:
        """Return who has a group for somebody else, each with whom, "" where the post is vacant."""
        if group not in self._stand_ins:
            standing = self._who.standing
            self._stand_ins[group] = frozenset(
                (person, standing.groups_of(person)[group].absent)
                for person in standing.persons_for(group) - self._closed
            )
        return self._stand_ins[group]


def _free(task: Task, person: str) -> bool:
    return task.action is None or bool(conflict(task.action, person, task.involved))
