"""Plant one bug after another and see that it is noticed: the proof that green means something."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from torture import powercut, rounds
from torture.installation import installed
from torture.journal import SLOW
from torture.plants import PLANTS, Plant

#: How often a round is repeated until the bug shows.
TRIES = 4
#: What the first round must have done, however busy the machine; the second twice as much.
LEAST_ACTS = 80
CLEAN = "nothing planted"


@dataclass
class Noticed:
    """What came of a planted bug: `by` are the promises that were broken, after how many seconds."""

    name: str
    what: str
    database: str
    rounds: int = 0
    seconds: float = 0.0
    by: dict[str, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Return whether it came out as it must: a bug noticed, no bug not noticed."""
        return bool(self.by) != (self.name == CLEAN)


def run(database: str, names: Sequence[str] = (), seconds: float = 10.0) -> Iterator[Noticed]:
    """Yield what came of each bug; first of all a round without one, which must be clean."""
    yield _timed(partial(_clean, database, seconds))
    for name in names or PLANTS:
        plant = PLANTS[name]
        if database in plant.databases:
            yield _timed(partial(_noticed, name, plant, database, seconds))


def _timed(look: Callable[[], Noticed]) -> Noticed:
    began = time.monotonic()
    found = look()
    found.seconds = time.monotonic() - began
    return found


def _clean(database: str, seconds: float) -> Noticed:
    found = Noticed(CLEAN, "the program as it is", database, 1)
    with installed(database) as installation:
        result = rounds.play(installation, _plan("", None, seconds, 0))
    found.by = _broken(result.violations)
    return found


def _noticed(name: str, plant: Plant, database: str, seconds: float) -> Noticed:
    found = Noticed(name, plant.what, database)
    while not found.by and found.rounds < TRIES:
        found.rounds += 1
        with installed(database) as installation:
            if plant.by == "powercut":
                more = found.rounds
                cuts = powercut.run(installation, seconds=6 * more, cuts=60 * more, plant=name)
                found.by = {"power cut": cuts.violations[0]} if cuts.violations else {}
                continue
            plan = _plan(name, plant, seconds * found.rounds, found.rounds)
            found.by = _broken(rounds.play(installation, plan).violations)
    return found


def _plan(name: str, plant: Plant | None, seconds: float, seed: int) -> rounds.Plan:
    return rounds.Plan(
        seconds=seconds, least=LEAST_ACTS * max(seed, 1), plant=name, quiet=25, seed=seed,
        points=plant.points if plant else (), often=plant.often if plant else (), patience=30,
    )  # fmt: skip


def _broken(violations: dict[str, list[str]]) -> dict[str, str]:
    """Return one violation of each promise; slowness alone is no proof of a bug."""
    told = {
        name: [text for text in texts if not text.startswith(SLOW)]
        for name, texts in violations.items()
    }
    return {name: texts[0] for name, texts in told.items() if texts}
