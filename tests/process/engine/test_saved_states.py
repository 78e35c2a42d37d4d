"""Instances stored by every earlier version go on: `tests/states` keeps what they wrote.

`python -m tests.process.engine.test_saved_states FILE` writes the states of this version.
"""

import json
import random
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dxflow import engine
from tests.process.engine import samples
from tests.process.engine.factory import Calls
from tests.process.engine.test_walks import choose
from tests.process.walks import Walk, only_today

STATES = Path(__file__).parents[2] / "states"
SAMPLES = {sample.__name__: sample for sample in samples.ALL}


def compiled(name: str) -> engine.Definitions:
    return engine.compile_definition({d.id: d.process() for d in SAMPLES[name]()}, {})


def environment(now: datetime) -> engine.Environment:
    return engine.Environment(only_today(now), now, Calls())


def seen(step: engine.Step) -> dict[str, Any]:
    return {
        "tasks": [[task.id, task.element, list(task.groups)] for task in step.tasks],
        "timers": [[timer.element, timer.due.isoformat()] for timer in step.timers],
        "variables": repr(step.variables),
        "ended": step.ended,
    }


def saved() -> list[Any]:
    return [
        pytest.param(entry, id=f"{path.stem}-{number}-{entry['sample']}")
        for path in sorted(STATES.glob("engine-*.json"))
        for number, entry in enumerate(json.loads(path.read_text("utf-8")))
    ]


@pytest.mark.parametrize("entry", saved())
def test_an_instance_stored_by_an_earlier_version_goes_on(entry: dict[str, Any]) -> None:
    definitions = compiled(entry["sample"])
    now = datetime.fromisoformat(entry["now"])
    step = engine.peek(definitions, entry["state"].encode(), environment(now))
    assert seen(step) == entry["seen"]
    rng = random.Random(1)
    for _number in range(200):
        if step.ended:
            break
        if step.timers and not step.tasks:
            now = max(now, min(timer.due for timer in step.timers))
            step = engine.fire_timers(definitions, step.state, environment(now))
        elif step.tasks:
            values, _outcome = choose(rng, step.tasks[0])
            task = step.tasks[0].id
            step = engine.complete(definitions, step.state, task, values, "ok", environment(now))
        else:
            break
    assert step.ended or entry["sample"] == "surplus"


def write(path: Path) -> None:
    """Walk every sample a while and keep some of the states on the way."""
    entries = []
    for name, sample in SAMPLES.items():
        walk = _Keeping(compiled(name), sample()[0].id, name)
        walk.play(seed=3, length=25)
        entries.extend(walk.kept[:: max(1, len(walk.kept) // 4)])
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=1), "utf-8")


class _Keeping(Walk):
    """A walk that keeps the states it passes."""

    def __init__(self, definitions: engine.Definitions, process: str, sample: str) -> None:
        from tests.process.engine.factory import NOW

        self.kept: list[dict[str, Any]] = []
        self.sample = sample
        self.last = NOW
        super().__init__(definitions, process, {}, self.keep, lambda _rng: Calls(), NOW, self.clock)

    def clock(self, now: datetime) -> dict[str, Any]:
        self.last = now
        return only_today(now)

    def keep(self, rng: random.Random, task: engine.OpenTask) -> tuple[dict[str, Any], str]:
        return choose(rng, task)

    def passed(self, step: engine.Step) -> None:
        self.kept.append(
            {
                "sample": self.sample,
                "now": self.last.isoformat(),
                "state": step.state.decode(),
                "seen": seen(step),
            }
        )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
