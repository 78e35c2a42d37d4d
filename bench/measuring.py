"""Measure an act in turns with bare commits, and count the statements it sends."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from dxflow.db.engine import Database

_ROW = "改善" * 117  # about 700 bytes, as much as a typical event of the log


class BareRows:
    """Bare INSERT+COMMIT of one row into a table of its own, by the driver itself."""

    def __init__(self, database: Database) -> None:
        self._pooled = database.engine.raw_connection()
        self._cursor = self._pooled.cursor()
        self._sqlite = database.is_sqlite
        if not self._sqlite:
            self._pooled.driver_connection.autocommit = False  # BEGIN, INSERT, COMMIT
        kind = "INTEGER PRIMARY KEY" if self._sqlite else "SERIAL PRIMARY KEY"
        self._cursor.execute(f"CREATE TABLE IF NOT EXISTS bench_row (id {kind}, body TEXT)")
        self._pooled.commit()
        mark = "?" if self._sqlite else "%s"
        self._insert = f"INSERT INTO bench_row (body) VALUES ({mark})"

    def commit_one(self) -> None:
        """Write one row, durably."""
        if self._sqlite:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.execute(self._insert, (_ROW,))
        self._pooled.commit()

    def rate(self, seconds: float) -> float:
        """Return how many rows a second are written."""
        done, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            self.commit_one()
            done += 1
        return done / (time.perf_counter() - begin)

    def close(self) -> None:
        self._cursor.close()
        self._pooled.invalidate()


@dataclass
class Stopwatch:
    """Wall and CPU time of the acts of one slice, without what lies between them."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, act: Callable[[], Any]) -> Any:
        """Do an act and take its time."""
        wall, cpu = time.perf_counter(), time.thread_time()
        came = act()
        self.cpu.append(time.thread_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        return came

    @property
    def rate(self) -> float:
        return len(self.wall) / sum(self.wall)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(self.cpu) * 1000


@dataclass(frozen=True)
class Against:
    """What came of alternating slices: medians over the rounds."""

    rate: float
    bare: float
    ratio: float
    cpu_ms: float
    #: CPU of another process for each act, where it was asked for.
    server_ms: float = 0.0


def alternate(
    bare: BareRows,
    slice_of_acts: Callable[[Stopwatch], None],
    rounds: int,
    seconds: float,
    server: Callable[[], float] = lambda: 0.0,
) -> Against:
    """Measure an act in slices, each between two slices of bare commits."""
    rates, bares, ratios, cpu, served = [], [], [], [], []
    before = bare.rate(seconds)
    for _round in range(rounds):
        watch, begin = Stopwatch(), server()
        slice_of_acts(watch)
        served.append((server() - begin) / len(watch.wall))
        after = bare.rate(seconds)
        beside = (before + after) / 2
        rates.append(watch.rate)
        bares.append(beside)
        ratios.append(watch.rate / beside)
        cpu += watch.cpu
        before = after
    return Against(
        statistics.median(rates),
        statistics.median(bares),
        statistics.median(ratios),
        statistics.median(cpu) * 1000,
        statistics.median(served) * 1000,
    )


@dataclass
class Count:
    """Statements and commits that a database has seen."""

    statements: int = 0
    commits: int = 0


@contextmanager
def counting(database: Database) -> Iterator[Count]:
    """Count what is sent to a database, BEGIN and COMMIT aside."""
    count = Count()

    def statement(*given: Any) -> None:
        count.statements += not given[2].startswith(("BEGIN", "COMMIT", "SET TRANSACTION"))

    def commit(*_given: Any) -> None:
        count.commits += 1

    event.listen(database.engine, "before_cursor_execute", statement)
    event.listen(database.engine, "commit", commit)
    try:
        yield count
    finally:
        event.remove(database.engine, "before_cursor_execute", statement)
        event.remove(database.engine, "commit", commit)
