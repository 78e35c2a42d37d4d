"""Run every benchmark, print a table, write `bench.json`."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import (
    audit_appends,
    completions,
    conditions,
    engine_steps,
    http_completions,
    kpi_cycles,
    many_processes,
    report,
)
from bench.cities import city_on
from bench.report import Figure


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    arguments = parser.parse_args()
    databases = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    begin = time.perf_counter()
    machine = conditions.of_machine(Path(tempfile.gettempdir()))
    print(machine, flush=True)
    figures = []
    for figure in _everything(databases, quick=arguments.quick):
        figures.append(figure)
        print(f"  {figure.name}: {figure.value:.4g} {figure.unit}", flush=True)
    print(f"\n{report.table(figures)}\n\n{time.perf_counter() - begin:.0f} s", flush=True)
    report.write(figures, machine, arguments.out)


def _everything(databases: list[str], *, quick: bool) -> Iterator[Figure]:
    yield from engine_steps.measure(repeats=50 if quick else 200)
    rounds, seconds = 5 if quick else 7, 0.15 if quick else 0.5
    for kind in databases:
        with city_on(kind) as city:
            yield from completions.measure(city, rounds, 1 if quick else 6, seconds)
            yield from audit_appends.measure(city, rounds, seconds)
            yield from http_completions.measure(city, rounds, 8 if quick else 50, seconds)
        if kind == "postgresql":
            with city_on(kind) as city:
                yield from many_processes.measure(city, rounds, 80 if quick else 320)
        with city_on(kind) as city:
            yield from kpi_cycles.measure(city, (1, 20) if quick else (1, 90))


if __name__ == "__main__":
    main()
