"""A full disk and a locked database: 503 in time and in words, then on without a restart."""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from dxflow.db import sqlite
from torture import calls, rounds
from torture.clients import Client
from torture.installation import Installation, installed
from torture.journal import ACKNOWLEDGED, Journal
from torture.servers import Servers

#: What the program promises for a database that is full, locked or away.
PROMISE_SECONDS = 5.0
SLACK_SECONDS = 0.5
WARM = 60
FULL, BUSY = "ディスクの空きがない", "何も変更されていません"
SMALL = "64m"


@dataclass
class Result:
    """What came of a fault. `slack` is what the slowness of the machine may add."""

    fault: str
    database: str
    refused: int = 0
    slowest: float = 0.0
    slack: float = 0.0
    said: bool = False
    worst: str = ""
    recovered: bool = False
    acknowledged: int = 0
    violations: list[str] = field(default_factory=list)
    left_out: str = ""

    @property
    def right(self) -> bool:
        """Return whether everything promised was kept."""
        return bool(self.left_out) or not self.violations


def run(kind: str, seconds: float = 12.0) -> Iterator[Result]:
    """Yield what came of a locked and, on SQLite, of a full disk."""
    with installed(kind) as installation:
        yield _under(installation, "locked", BUSY, seconds, lambda: _locked(installation))
    if kind == "sqlite":
        yield _full_disk(seconds)


def _full_disk(seconds: float) -> Result:
    place = Path(tempfile.mkdtemp(prefix="dxf"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", place],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        place.rmdir()
        return Result("full disk", "sqlite", left_out="no small file system can be mounted here")
    try:
        with installed("sqlite", place) as installation:
            return _under(installation, "full disk", FULL, seconds, lambda: _filled(place))
    finally:
        subprocess.run(["umount", "-l", place], check=False)
        with suppress(OSError):
            place.rmdir()


@contextmanager
def _locked(installation: Installation) -> Iterator[None]:
    """Hold the lock that every act needs, as a desktop tool or a long statement would."""
    if installation.kind == "sqlite":
        holder = sqlite.driver().connect(str(installation.file), isolation_level=None, timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        return
    address = installation.address.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address) as connection:
        connection.execute("LOCK TABLE process_instance IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def _filled(place: Path) -> Iterator[None]:
    ballast = place / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while shutil.disk_usage(place).free:
            file.write(bytes(min(1 << 16, max(4096, shutil.disk_usage(place).free))))
            file.flush()
    try:
        yield
    finally:
        ballast.unlink()


def _under(installation: Installation, fault: str, words: str, seconds: float, begin) -> Result:  # noqa: ANN001
    journal, stop = Journal(), threading.Event()
    people = calls.logins(list(rounds.PEOPLE))
    result = Result(fault, installation.kind)
    with Servers(installation, webs=2, workers=1) as servers:
        clients = [
            Client(number, people, lambda: servers.ports, journal, stop) for number in range(12)
        ]
        probe = _Probe()
        for client in clients:
            client.start()
        _wait_warm(journal)
        processes = [process.pid for process in servers.processes]
        with begin():
            probe.start()
            time.sleep(seconds)
            probe.ended.set()
        before = len([one for one in journal.sent if one.ended == ACKNOWLEDGED])
        time.sleep(4)
        stop.set()
        for client in clients:
            client.join()
        probe.join()
        after = len([one for one in journal.sent if one.ended == ACKNOWLEDGED])
        result.recovered = after > before and all(one.runs() for one in servers.processes)
        result.recovered = result.recovered and processes == [p.pid for p in servers.processes]
        rounds.until_quiet(installation, 90)
    whole = rounds.Result()
    rounds.check(installation, journal, whole)
    result.refused = sum(one.busy for one in journal.sent)
    result.slowest = max((one.seconds for one in journal.sent), default=0.0)
    result.worst = str(max(journal.sent, key=lambda one: one.seconds))
    result.slack, result.acknowledged = SLACK_SECONDS + 3 * probe.slowest, after
    result.said = any(words in text for text in journal.refusals)
    result.violations = [f"{k}: {v[0]}" for k, v in whole.violations.items() if v]
    _judge(result)
    return result


def _wait_warm(journal: Journal) -> None:
    """Wait until everybody is logged in and the servers have read what they keep."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if sum(one.ended == ACKNOWLEDGED for one in list(journal.sent)) >= WARM:
            return
        time.sleep(0.1)


def _judge(result: Result) -> None:
    if not result.refused:
        result.violations.append("nothing was answered 503")
    if result.slowest > PROMISE_SECONDS + result.slack:
        result.violations.append(
            f"503 after {result.slowest:.1f} s; the machine may add {result.slack:.1f} s: {result.worst}"
        )
    if not result.said:
        result.violations.append("no 503 said what is the matter")
    if not result.recovered:
        result.violations.append("the same processes did not go on afterwards")


class _Probe(threading.Thread):
    """Measures how slow the machine is: by how much short sleeps are late, and a little more."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended, self.slowest = threading.Event(), 0.0

    def run(self) -> None:
        while not self.ended.is_set():
            began = time.monotonic()
            time.sleep(0.05)
            self.slowest = max(self.slowest, time.monotonic() - began - 0.05)
