"""Measure as on a disk that takes longer to make a commit durable than the one at hand.

The share of bare commits that an act can reach depends on what a commit costs: on a disk of
100 µs the act's own work shows, on one of 2 ms hardly. This process and the servers it starts run
with a small library (`slow_disk.c`, by LD_PRELOAD) that waits before every fsync.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from torture import powercut

_US = "BENCH_DISK_US"


def running() -> float:
    """Return how many milliseconds every fsync waits in this process, 0.0 when none."""
    return int(os.environ.get(_US, "0")) / 1000


def run_again(milliseconds: float) -> int:
    """Run the same command with a disk that is slower by so much, and return its exit code.

    Raises NoCompiler.
    """
    with tempfile.TemporaryDirectory(prefix="dxb") as folder:
        library = powercut.library(Path(folder), Path(__file__).with_suffix(".c"))
        environment = {
            **os.environ, "LD_PRELOAD": str(library), _US: str(round(milliseconds * 1000))
        }  # fmt: skip
        command = [sys.executable, "-m", "bench", *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode
