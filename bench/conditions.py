"""Under what conditions a run was made: a figure without them says nothing."""

import multiprocessing
import os
import platform
import tempfile
import time
from pathlib import Path

from dxflow.db import sqlite


def of_machine(folder: Path) -> str:
    """Return processors, load, versions, and how fast Python calls and the disk writes."""
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} CPU (all at once each at {at_once():.0%} of its speed alone), "
        f"load {load}, Python {platform.python_version()} "
        f"({million_calls():.2f} s for a million calls), "
        f"SQLite {sqlite.driver().sqlite_version}, {fsync_rate(folder):,.0f} fsync/s"
    )


def million_calls() -> float:
    """Return the CPU seconds of a million calls: builds of one Python version differ twofold."""

    def add(one: int, other: int) -> int:
        return one + other

    begin = time.process_time()
    for number in range(1_000_000):
        add(number, number)
    return time.process_time() - begin


def at_once() -> float:
    """Return the share of its speed that a processor keeps while all of them work.

    Two that are threads of one core, or share their cache, give less than twice of one.
    """
    alone = million_calls()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        pool.map(_ready, range(16))
        times = pool.map(_timed, range(os.cpu_count() or 1), chunksize=1)
    return alone * len(times) / sum(times)


def _ready(_number: int) -> None:
    """Have a process started before anything is timed."""


def _timed(_number: int) -> float:
    return million_calls()


def fsync_rate(folder: Path, seconds: float = 0.5) -> float:
    """Return how many 4 KiB blocks a second can be appended and forced to the disk."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        done, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            file.write(bytes(4096))
            os.fsync(file.fileno())
            done += 1
        return done / (time.perf_counter() - begin)
