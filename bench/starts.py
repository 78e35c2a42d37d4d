"""From the start of a server process to its first page."""

import statistics
from collections.abc import Iterator

from bench.http_completions import serving
from bench.report import Figure
from tests.factories import City

TIMES = 5


def measure(city: City) -> Iterator[Figure]:
    """Start a server several times and take the time until it has answered a page."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    taken = []
    for _time in range(TIMES):
        with serving(city) as served:
            taken.append(served.seconds)
    note = f"median of {TIMES}; process start, imports, migrations checked, first page answered"
    yield Figure(
        f"start to first page, {kind}", statistics.median(taken), "s", goal="<= 2 s",
        conditions=note,
    )  # fmt: skip
