"""A city in which a history goes on: what was tried, what came of it, and the judge of every step."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.errors import DxflowError
from dxflow.services.operations import unattended
from dxflow.services.people.actor import Actor
from tests.factories import City
from tests.integration.histories import History
from tests.machine import pictures
from tests.machine.oracle import broken
from tests.machine.people import People, Register
from tests.machine.pictures import Picture
from tests.machine.steps import JUDGING, Step

ACCEPTED, REFUSED = "accepted", "refused"
#: What changes nothing: an act behind it that was refused must not have written anything.
LOOKS = frozenset({"open", "fill in"})


class Violated(AssertionError):
    """An invariant is broken; the message tells what, and the history up to there."""


@dataclass
class Tally:
    """What was tried over many histories, by kind and result, and what was broken."""

    steps: int = 0
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    #: Where ids come from, so that a history can be played again.
    chance: Random = field(default_factory=Random)
    #: How it came to what was found first.
    story: str = ""


class World(History):
    """A history that is judged after every step; `tally` counts over many of them."""

    def __init__(self, city: City, tally: Tally) -> None:
        super().__init__(city, None)  # type: ignore[arg-type]  # each step brings its own
        self.tally = tally
        self.register = Register()
        self.left: set[str] = set()
        self.given_up: set[str] = set()
        self.vacant: set[str] = set()
        #: Whether the worker has done all there was, in the step that is judged.
        self.settled = False
        self.picture = pictures.take(city.site.database)
        self.names = {key: name for name, key in city.person.items()}
        self._acknowledged: list[tuple[str, str]] = []
        self._any_accepted = True
        #: What an act found broken itself.
        self.wrong: list[str] = []

    # -- what an act asks -------------------------------------------------------------------

    @property
    def people(self) -> People:
        """Return who is who today."""
        return self.register.on(self.picture, self.city.site.today())

    def someone(self, group: str) -> str | None:
        """Return the name of somebody a group means."""
        found = sorted(self.names[one] for one in self.people.members(group) if one in self.names)
        return self.rng.choice(found) if found else None

    def anybody(self) -> str:
        """Return the name of anybody."""
        return self.rng.choice(sorted(self.city.person))

    def rows(self, model: Any, **wanted: Any) -> list[Any]:
        """Return the rows of a table with these values, in their order."""
        found = [
            row
            for row in self.picture.of(model).values()
            if all(getattr(row, key) == value for key, value in wanted.items())
        ]
        return sorted(found, key=lambda row: row[0])

    def one(self, model: Any, **wanted: Any) -> Any | None:
        """Return one of the rows of a table with these values."""
        found = self.rows(model, **wanted)
        return self.rng.choice(found) if found else None

    def open_items(self) -> list[Any]:
        """Return the open tasks of the cases that go on."""
        instances = self.picture.of(ProcessInstance)
        return [
            row
            for row in self.rows(WorkItem, status="open")
            if instances[row.case_id].status != "suspended"
        ]

    def able(self, item: Any) -> list[str]:
        """Return the names of those who may do a task, as far as the groups say."""
        step = self.step()
        found = self.people.able(step.groups(item.id), item.assignee_id)
        if item.element in JUDGING:
            found = found - step.involved[item.case_id]
        return sorted(self.names[one] for one in found if one in self.names)

    def running(self) -> list[str]:
        """Return the ids of the running cases."""
        return [row.id for row in self.rows(Case, status="running")]

    # -- trying and judging -----------------------------------------------------------------

    def attempt(self, kind: str, act: Callable[[], Any], told: str = "") -> Any | None:
        """Do an act that may be refused; return what came of it, None when it was refused."""
        self.did.append(f"{kind} {told}".strip())
        try:
            came = act()
        except DxflowError as refused:
            self.refused(kind, refused)
            return None
        self.accepted(kind)
        return came if came is not None else True

    def accepted(self, kind: str) -> None:
        """Count an act that was done."""
        self._any_accepted |= kind not in LOOKS
        self.tally.tried[kind, ACCEPTED] += 1

    def refused(self, kind: str, why: BaseException) -> None:
        """Count an act that was refused."""
        self.tally.tried[kind, REFUSED] += 1
        self.did[-1] += f"  -- refused: {type(why).__name__} {str(why)[:60]}"

    def acknowledge(self, task: str, person: str) -> None:
        """Remember that a person was told that a task is done: it must be in state and log."""
        self._acknowledged.append((task, person))

    def step(self) -> Step:
        """Return the step that leads to the present picture from itself."""
        if self._now is None or self._now.now is not self.picture:
            self._now = self._step_from(self.picture)
        return self._now

    def _step_from(self, before: Picture) -> Step:
        return Step(
            before, self.picture, self.city.site.today(), self.register,
            self.left, self.given_up, self.vacant, self._listed, self.settled,
        )  # fmt: skip

    def _listed(self) -> set[str]:
        """Return the tasks that administrators find listed as nobody's."""
        found = unattended.unattended(self.city.site, self.city.actor("admin"), per_page=200)
        return {one.task_id for one in found.entries}

    _now: Step | None = None

    def begin(self) -> None:
        """Begin a step."""
        self.city.clock.advance(seconds=1)
        self._any_accepted = False
        self._acknowledged, self.wrong = [], []

    def judge(self) -> None:
        """Look at what the step did. Raises Violated with the history that led there."""
        before = self.picture
        self.picture = pictures.take(self.city.site.database, before)
        self.tally.steps += 1
        step = self._step_from(before)
        self.settled = False
        found = broken(step) + list(self._unkept(step)) + self.wrong
        if found:
            self.tally.found += [one for one in found if one not in self.tally.found]
            raise self.violated(found)

    def violated(self, found: list[str]) -> Violated:
        """Return the error that tells what was found, and keep the shortest story of it."""
        text = "\n".join([*found, "", "after:", *self.did])
        if not self.tally.story or len(text) < len(self.tally.story):
            self.tally.story = text
        return Violated(text)

    def _unkept(self, step: Step) -> Iterator[str]:
        given = {(row.work_item_id, row.person_id) for row in step.given}
        for task, person in self._acknowledged:
            if (task, person) not in given:
                yield f"acknowledged: {task} by {person} is not in the state"
        if not self._any_accepted and not self.picture.same_as(step.before):
            yield "refused: something was written all the same"
        self._any_accepted, self._acknowledged = False, []

    def actor(self, name: str) -> Actor:
        """Return somebody as they are now, in one of their posts."""
        posts = sorted(self.people.posts_of(self.city.person[name]))
        return self.city.actor(name, post=self.rng.choice(posts) if posts else None)
