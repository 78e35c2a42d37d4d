"""Run the benchmarks, or those that are named; print a table, write `bench.json`."""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import (
    audit_appends,
    completions,
    conditions,
    decisions,
    engine_steps,
    http_completions,
    idle_cases,
    kpi_cycles,
    many_processes,
    memory,
    report,
    scale,
    slow_disk,
    starts,
    timer_steps,
    transfers,
    writers,
)
from bench.cities import city_on
from bench.report import Figure
from tests.factories import City


@dataclass(frozen=True)
class Scale:
    """How long and how often is measured."""

    rounds: int = 7
    seconds: float = 0.5
    cases: int = 6
    acts: int = 40
    cycles: tuple[int, ...] = (1, 1000)
    requests: int = 10_000


QUICK = Scale(rounds=5, seconds=0.15, cases=1, acts=8, cycles=(1, 24), requests=600)

#: What is measured on each database, each in a fresh city.
PARTS: dict[str, Callable[[City, Scale], Iterator[Figure]]] = {
    "services": lambda city, by: completions.measure(city, by.rounds, by.cases, by.seconds),
    "steps": lambda city, by: timer_steps.measure(city, by.rounds, by.acts, by.seconds),
    "decisions": lambda city, by: decisions.measure(city, 8 * by.cases),
    "audit": lambda city, by: audit_appends.measure(city, by.rounds, by.seconds),
    "http": lambda city, by: http_completions.measure(city, by.rounds, by.acts, by.seconds),
    "start": lambda city, _by: starts.measure(city),
    "cycles": lambda city, by: kpi_cycles.measure(city, by.cycles),
    "idle": lambda city, _by: idle_cases.measure(city),
    "memory": lambda city, by: memory.measure(city, by.requests),
    "writers": lambda city, by: writers.measure(city, 4 * by.seconds),
    "transfers": lambda city, by: transfers.measure(city, by.rounds),
    "processes": lambda city, by: many_processes.measure(city, by.rounds, 8 * by.acts),
}
#: These say the same on every database, or are about one of them.
SQLITE_ONLY = ("memory", "writers")
POSTGRESQL_ONLY = ("processes",)
OTHER = {"sqlite": POSTGRESQL_ONLY, "postgresql": SQLITE_ONLY}
#: Takes a quarter of an hour: only when it is named.
SCALE = "scale"


def main() -> None:
    """Measure and report."""
    names = ("engine", *PARTS, SCALE)
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=" ".join(names))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument(
        "--disk-ms", type=float, default=0.0, metavar="MS", help="as on a disk slower by so much"
    )
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.parts) - set(names)):
        parser.error(f"no such part: {', '.join(unknown)} (there are: {', '.join(names)})")
    if arguments.disk_ms and not slow_disk.running():
        raise SystemExit(slow_disk.run_again(arguments.disk_ms))
    chosen = arguments.parts or [name for name in names if name != SCALE]
    databases = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    begin = time.perf_counter()
    machine = conditions.of_machine(Path(tempfile.gettempdir()))
    print(machine, flush=True)
    figures = []
    for figure in _measured(chosen, databases, QUICK if arguments.quick else Scale()):
        figures.append(figure)
        print(f"  {figure.name}: {figure.value:.4g} {figure.unit}", flush=True)
    print(f"\n{report.table(figures)}\n\n{time.perf_counter() - begin:.0f} s", flush=True)
    report.write(figures, machine, arguments.out)


def _measured(chosen: list[str], databases: list[str], by: Scale) -> Iterator[Figure]:
    if "engine" in chosen:
        yield from engine_steps.measure(repeats=50 if by is QUICK else 200)
    for kind in databases:
        for name, measure in PARTS.items():
            if name in chosen and name not in OTHER[kind]:
                with city_on(kind) as city:
                    yield from measure(city, by)
        if SCALE in chosen:
            yield from scale.measure(kind)


if __name__ == "__main__":
    main()
