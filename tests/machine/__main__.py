"""`python -m tests.machine`: many histories, and a table of what was tried in them.

A run that is told to end (SIGTERM, Ctrl-C) tells what it did so far. `--planted` plants one bug after another instead; each must be noticed.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator

from tests.machine import copies, machine, plants
from tests.machine.world import ACCEPTED, REFUSED, Tally, Violated

#: How many steps a history has; between two reports there is one batch of histories.
STEPS_EACH, BATCH = 60, 20
PLANTED_HISTORIES = 80


def main() -> int:
    """Run what was asked for; 1 when an invariant was broken, or a planted bug was not noticed."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with copies.made(asked.database) as city:
        if asked.planted:
            return _planted(city, asked.names)
        return _long(city, asked.steps, asked.minutes, asked.seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000, help="at least so many steps")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; others are others")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--planted", action="store_true", help="plant bugs; each must be noticed")
    parser.add_argument("names", nargs="*", help="these bugs only")
    return parser.parse_args()


def _long(city: copies.Copies, steps: int, minutes: float, seed: int) -> int:
    tally, begin, batches = Tally(), time.monotonic(), 0
    while tally.steps < steps and not tally.found:
        if minutes and time.monotonic() - begin > minutes * 60:
            break
        batches += 1
        before = tally.steps
        try:
            machine.run(city, tally, BATCH, STEPS_EACH, seed=seed + batches - 1)
        except (Violated, KeyboardInterrupt):
            break
        except BaseExceptionGroup:  # hypothesis adds that a replay went another way
            if not tally.found:
                raise
        rate = tally.steps / (time.monotonic() - begin)
        if batches % 5 == 1 or batches < 5:
            print(
                f"{tally.steps} steps, {rate:.0f} a second, next seed {seed + batches}", flush=True
            )
        if tally.steps == before:
            break
    for line in table(tally):
        print(line)
    if tally.found:
        print("\n" + "\n".join(tally.found) + "\n\n" + tally.story)
    return 1 if tally.found else 0


def table(tally: Tally) -> Iterator[str]:
    """Yield what was tried, by kind, with how often it was done and how often refused."""
    kinds = sorted({kind for kind, _result in tally.tried})
    width = max(map(len, kinds), default=4)
    yield f"{'act':<{width}} {'done':>9} {'refused':>9}"
    for kind in kinds:
        done, refused = tally.tried[kind, ACCEPTED], tally.tried[kind, REFUSED]
        yield f"{kind:<{width}} {done:>9} {refused:>9}"
    done = sum(n for (_kind, result), n in tally.tried.items() if result == ACCEPTED)
    yield f"{'all':<{width}} {done:>9} {sum(tally.tried.values()) - done:>9}"
    yield f"steps judged: {tally.steps}; violations: {len(tally.found)}"


def _planted(city: copies.Copies, names: list[str]) -> int:
    missed = 0
    for name in names or plants.PLANTS:
        plant, tally, begin = plants.PLANTS[name], Tally(), time.monotonic()
        with plants.planted(plant):
            noticed = _noticed(city, tally, plants.NEEDS[name])
        missed += not noticed
        first = tally.found[0] if tally.found else "NOT NOTICED"
        spent = time.monotonic() - begin
        print(f"{name}: {plant.what}\n  {tally.steps} steps, {spent:.0f} s: {first}", flush=True)
    print(f"planted: {len(names or plants.PLANTS)}, not noticed: {missed}")
    return 1 if missed else 0


def _noticed(city: copies.Copies, tally: Tally, needs: tuple[str, ...]) -> bool:
    for seed in range(1, PLANTED_HISTORIES // BATCH + 2):
        try:
            machine.run(city, tally, BATCH, STEPS_EACH, seed=seed, explain=False, only=needs)
        except (Violated, BaseExceptionGroup):
            break
        if tally.found:
            break
    return bool(tally.found)


if __name__ == "__main__":
    sys.exit(main())
