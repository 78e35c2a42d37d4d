"""Random walks through processes, in memory and stored at every step, side by side."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dxflow import engine
from dxflow.clock import local_date
from dxflow.errors import DxflowError

Choose = Callable[[random.Random, engine.OpenTask], tuple[dict[str, Any], str]]
Host = Callable[[random.Random], Any]
Functions = Callable[[datetime], dict[str, Callable[..., Any]]]


def only_today(now: datetime) -> dict[str, Callable[..., Any]]:
    return {"today": lambda: local_date(now)}


@dataclass
class Walk:
    """How to play the processes of a pack: who answers, what people enter, from which variables."""

    definitions: engine.Definitions
    process: str
    variables: dict[str, Any]
    choose: Choose
    host: Host
    now: datetime
    functions: Functions = only_today
    lanes: dict[str, str] = field(default_factory=dict)
    #: Start events that walks take in turn; "" is the one that people begin at.
    begins: tuple[str, ...] = ("",)
    steps: int = 0
    ended: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def play(self, seed: int, length: int = 60) -> None:
        """Walk once; raise AssertionError at the first difference anybody could observe."""
        rng = random.Random(seed)
        now = self.now
        both = _Both(self, seed)
        if not both.begin(now):
            return
        for _number in range(length):
            step = both.compare()
            self.steps += 1
            self.largest = max(self.largest, len(step.state))
            self.passed(step)
            self.seen.update(f"{v.process}.{v.element}:{v.kind}" for v in step.visits)
            if step.ended:
                self.ended += 1
                return
            now = _next_moment(rng, now, step)
            late = any(timer.due <= now for timer in step.timers)
            if step.tasks and rng.random() < (0.1 if late else 0.9):
                index = rng.randrange(len(step.tasks))
                values, outcome = self.choose(rng, step.tasks[index])
                went_on = both.complete(index, values, outcome, now)
            else:
                if step.timers and rng.random() < 0.5:
                    now = max(now, min(timer.due for timer in step.timers))
                went_on = both.fire(now)
            if not went_on:
                return

    def passed(self, step: engine.Step) -> None:
        """Take note of a step on the way."""


def _next_moment(rng: random.Random, now: datetime, step: engine.Step) -> datetime:
    now += timedelta(minutes=rng.randrange(1, 2000))
    if step.timers and rng.random() < 0.15:
        now = max(now, rng.choice(step.timers).due + timedelta(days=rng.choice([0, 0, 1, 40])))
    return now


class _Both:
    """One instance kept in memory, never written or pruned, and one that is nothing but bytes."""

    def __init__(self, walk: Walk, seed: int) -> None:
        self.walk = walk
        self.at = walk.begins[seed % len(walk.begins)]
        self.hosts = [walk.host(random.Random(seed)) for _copy in range(2)]
        self.memory: engine.Instance | None = None
        self.stored: engine.Step | None = None

    def env(self, which: int, now: datetime) -> engine.Environment:
        walk = self.walk
        return engine.Environment(walk.functions(now), now, self.hosts[which], walk.lanes)

    def begin(self, now: datetime) -> bool:
        walk = self.walk

        def in_memory() -> None:
            self.memory = engine.Instance.begin(
                walk.definitions, walk.process, walk.variables, self.env(0, now), self.at
            )

        def as_bytes() -> None:
            self.stored = engine.start(
                walk.definitions, walk.process, walk.variables, self.env(1, now), self.at
            )

        return self._do(in_memory, as_bytes)

    def complete(self, index: int, values: dict[str, Any], outcome: str, now: datetime) -> bool:
        memory, stored = self._standing()

        def in_memory() -> None:
            task = memory.view(b"").tasks[index]
            memory.enter(self.env(0, now))
            memory.complete(task.id, values, outcome)

        def as_bytes() -> None:
            task = stored.tasks[index]
            self.stored = engine.complete(
                self.walk.definitions, stored.state, task.id, values, outcome, self.env(1, now)
            )

        return self._do(in_memory, as_bytes)

    def fire(self, now: datetime) -> bool:
        memory, stored = self._standing()

        def in_memory() -> None:
            memory.enter(self.env(0, now))
            memory.run()

        def as_bytes() -> None:
            self.stored = engine.fire_timers(self.walk.definitions, stored.state, self.env(1, now))

        return self._do(in_memory, as_bytes)

    def compare(self) -> engine.Step:
        memory, stored = self._standing()
        assert observable(stored) == observable(memory.view(b""))
        assert self.hosts[0].seen == self.hosts[1].seen
        again = engine.peek(self.walk.definitions, stored.state, self.env(1, self.walk.now))
        assert observable(
            replace(again, visits=stored.visits, decided=stored.decided)
        ) == observable(stored)
        return stored

    def _standing(self) -> tuple[engine.Instance, engine.Step]:
        assert self.memory is not None
        assert self.stored is not None
        return self.memory, self.stored

    def _do(self, in_memory: Callable[[], None], as_bytes: Callable[[], None]) -> bool:
        """Do both; a refusal must be the same one and ends the walk."""
        refusals = []
        for act in (in_memory, as_bytes):
            try:
                act()
            except DxflowError as refusal:
                refusals.append((type(refusal).__name__, getattr(refusal, "cause", "")))
            else:
                refusals.append(None)
        assert refusals[0] == refusals[1]
        if refusals[0] is None:
            return True
        self.walk.refused[": ".join(refusals[0])] += 1
        return False


def observable(step: engine.Step) -> dict[str, Any]:
    """Return everything of a step that people and services can see, but for the random ids."""
    return {
        "tasks": [replace(task, id="") for task in step.tasks],
        "timers": [replace(timer, id="") for timer in step.timers],
        "visits": step.visits,
        "decided": step.decided,
        "ended": step.ended,
        "end": dict(step.end_properties),
        "variables": repr(step.variables),
        "path": step.active_path,
    }
