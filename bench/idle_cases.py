"""What cases cost that only wait: the statements of a pass of the runner, with few and many."""

from collections.abc import Iterator

from bench.measuring import counting
from bench.report import Figure
from tests.factories import City
from tests.walks import to_opinions

FEW, MANY = 1, 40


def measure(city: City) -> Iterator[Figure]:
    """Count what a pass of the runner sends while cases wait for people and timers."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    counts = []
    waiting = 0
    for number in (FEW, MANY):
        while waiting < number:
            to_opinions(city)
            waiting += 1
        city.run_jobs()
        runner = city.runner()
        with counting(city.site.database) as count:
            runner.run_due()
        counts.append(count.statements)
    each = (counts[1] - counts[0]) / (MANY - FEW)
    note = f"a pass of the runner sends {counts[1]} with {MANY} cases, {counts[0]} with {FEW}"
    yield Figure(f"idle case until due, {kind}", each, "SQL a pass", goal="0", conditions=note)
