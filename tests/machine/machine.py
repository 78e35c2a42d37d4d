"""The state machine: every rule is an act of the world, judged as soon as it has been tried."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from dxflow.audit import verify_database
from dxflow.services.reading.task_rows import task_findings
from tests.integration.histories import broken
from tests.machine import (  # noqa: F401 - each brings its acts
    acts_meetings,
    acts_organisation,
    acts_standing,
    acts_tasks,
    acts_together,
)
from tests.machine.copies import Copies
from tests.machine.kinds import KINDS, Act
from tests.machine.world import Tally, World


def machine_of(
    copies: Copies, tally: Tally, only: Collection[str] = ()
) -> type[RuleBasedStateMachine]:
    """Return a machine on copies of a city; what happens is counted in the tally.

    `only` these acts, where any are named.
    """

    chance = tally.chance

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            chance.seed(1)
            self.world = World(copies.fresh(), tally)

        def teardown(self) -> None:
            found = at_the_end(self.world)
            if found:
                tally.found += found
                raise self.world.violated(found)

    for name, (act, weight) in KINDS.items():
        if only and name not in only:
            continue
        for number in range(weight):
            setattr(Machine, f"{name}_{number + 1}", rule(seed=SEEDS)(_rule(act)))
    return Machine


#: The choices inside an act; hypothesis chooses the acts, and shrinks to few of them.
SEEDS = st.integers(0, 2**32 - 1)


def _rule(act: Act) -> Callable[[Any, int], None]:
    def run(self: Any, seed: int) -> None:
        self.world.rng = Random(seed)
        self.world.begin()
        act(self.world)
        self.world.judge()

    return run


def at_the_end(world: World) -> list[str]:
    """Return what is broken when a history has ended: the log, the engine's state beside the rows."""
    with world.city.site.database.read() as tx:
        told = (*verify_database(tx).findings, *task_findings(tx))
    found = [f"the log: {one}" for one in told]
    return found + [f"the rows: {one}" for one in broken(world.city) if "nobody may do" not in one]


def run(
    copies: Copies,
    tally: Tally,
    histories: int,
    steps: int,
    *,
    seed: int = 1,
    explain: bool = True,
    only: Collection[str] = (),
) -> None:
    """Let so many histories of so many steps go by. Raises Violated, or hypothesis's own groups.

    `explain`: shrink a history that broke something to a short one that still does.
    """
    phases = (Phase.generate, Phase.shrink) if explain else (Phase.generate,)
    how = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with determined(tally.chance):
        machine = hypothesis.seed(seed)(machine_of(copies, tally, only))
        run_state_machine_as_test(machine, settings=how)


@contextmanager
def determined(chance: Random) -> Iterator[None]:
    """Let ids come from a generator that is seeded: a history that is played again is the same."""
    with patch("os.urandom", chance.randbytes), patch("random._urandom", chance.randbytes):
        yield
