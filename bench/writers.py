"""Four processes that write to one SQLite file as fast as they can: who waits, and how long."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from sqlalchemy import text

from bench.report import Figure
from dxflow.db.engine import Database
from tests.factories import City

WRITERS = 4


def measure(city: City, seconds: float) -> Iterator[Figure]:
    """Let the writers run and report the longest wait and the slowest writer's share."""
    with city.site.database.write() as tx:
        tx.execute(text("CREATE TABLE bench_writer (id INTEGER PRIMARY KEY, body TEXT)"))
    address = str(city.site.database.url)
    command = [sys.executable, "-m", "bench.writers", address, str(seconds)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _writer in range(WRITERS)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    came = [json.loads(process.communicate()[0]) for process in running]
    commits = [one["commits"] for one in came]
    longest = max(one["longest"] for one in came)
    note = f"{WRITERS} processes, {seconds:.0f} s, {sum(commits) / seconds:,.0f} commits/s together"
    yield Figure(
        "longest wait of a writer", longest * 1000, "ms", goal="<= 250 ms", conditions=note
    )
    share = min(commits) / sum(commits)
    note = f"commits: {', '.join(map(str, sorted(commits)))}"
    yield Figure("share of the slowest writer", share * 100, "%", goal=">= 20 %", conditions=note)


def _write(address: str, seconds: float) -> dict[str, float]:
    database = Database(address)
    insert = text("INSERT INTO bench_writer (body) VALUES (:body)")
    with database.read() as tx:
        tx.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.readline()
    commits, longest, end = 0, 0.0, time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        with database.write() as tx:
            tx.execute(insert, {"body": "改善" * 100})
        longest = max(longest, time.perf_counter() - begin)
        commits += 1
    return {"commits": commits, "longest": longest}


if __name__ == "__main__":
    print(json.dumps(_write(sys.argv[1], float(sys.argv[2]))))
