"""A step that a timer takes: the engine's own step, kept with all that belongs to it.

Nobody hands a form in, so nothing is measured but the step: the case is locked and its state read
and checked, the engine goes on, and the state with its hash, work items, timers and the event of
the log are written and committed.
"""

from collections.abc import Iterator

from bench.cities import version
from bench.completions import share
from bench.kpi_cycles import enter, measured_monthly, until_due
from bench.measuring import Against, BareRows, Stopwatch, alternate, counting
from bench.report import Figure
from dxflow.services.acts import upkeep
from tests.factories import City


def measure(city: City, rounds: int, acts: int, seconds: float) -> Iterator[Figure]:
    """Let the periods of a measure end, one after the other, beside bare commits."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    case = measured_monthly(city)

    def some(watch: Stopwatch) -> None:
        for _act in range(acts):
            _fire(city, case, watch)
            enter(city, case, Stopwatch())

    some(Stopwatch())
    bare = BareRows(city.site.database)
    came = alternate(bare, some, rounds, seconds)
    bare.close()
    with counting(city.site.database) as count:
        _fire(city, case, Stopwatch())
    yield from _figures(f"engine step kept, of a timer, {kind}", city, came, count.statements)


def _fire(city: City, case: str, watch: Stopwatch) -> None:
    until_due(city, case)
    now = city.clock()

    def fire() -> None:
        with city.site.database.write() as tx:
            upkeep.fire_timers(city.site, tx, {"case": case}, now)

    watch.time(fire)


def _figures(name: str, city: City, came: Against, statements: int) -> Iterator[Figure]:
    note = f"beside bare commits; {version(city)}; {statements} statements, 1 commit"
    yield Figure(name, came.rate, "1/s", came.bare, came.ratio, note, share(came.bare))
    yield Figure(f"{name}: CPU", came.cpu_ms, "ms", goal="<= 0.8 ms")
