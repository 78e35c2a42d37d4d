"""SQLite as a safe database for a city: settings, minimum version, and a fair queue of writers.

Versions before 3.51.3 can corrupt a database in WAL mode, so that a start refuses them. Writers
queue before they ask SQLite for its lock: SQLite's own way of waiting lets some starve.
"""

import contextlib
import importlib
import os
import threading
import time
from collections import deque
from pathlib import Path
from types import ModuleType
from typing import Any

from dxflow.errors import DxflowError, Unavailable
from dxflow.texts import gettext as _

try:
    import fcntl
except ImportError:  # Windows Server: one process only, the thread lock is enough
    fcntl = None  # type: ignore[assignment]

MINIMUM_VERSION = (3, 51, 3)
#: A writer waits for its turn and then for SQLite's lock; whoever asks has an answer within both.
QUEUE_WAIT_SECONDS = 2.0
LOCK_WAIT_SECONDS = 1.5
#: Once somebody could not have the lock in that time, those behind are told sooner, for a while.
HURRIED_WAIT_SECONDS = 0.3
HURRY_SECONDS = 3.0
#: Seconds between two questions for a lock: several processes ask for the turn, one for the rest.
_TURN_PAUSE, _WRITE_PAUSE = 0.001, 0.0002


class DatabaseUnsafe(DxflowError):
    """The SQLite library or the database file cannot keep what it promises."""


def driver() -> ModuleType:
    """Return the newest SQLite DBAPI module at hand. Raises DatabaseUnsafe below the minimum."""
    found = []
    for name in ("pysqlite3", "sqlite3"):
        with contextlib.suppress(ImportError):
            module = importlib.import_module(f"{name}.dbapi2")
            if module.sqlite_version_info >= MINIMUM_VERSION:
                return module
            found.append(module.sqlite_version)
    raise DatabaseUnsafe(
        _(
            "SQLite {found} は WAL でデータを壊すおそれがあるため使えません（{needed} 以上が必要）。"
            "pysqlite3 を入れるか、PostgreSQL を使ってください。",
            found="・".join(found) or "?",
            needed=".".join(map(str, MINIMUM_VERSION)),
        )
    )


def configure(connection: Any) -> None:
    """Set a fresh DBAPI connection up: durable WAL, foreign keys, our own transactions."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(LOCK_WAIT_SECONDS * 1000)}",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        "cache_size=-16000",
        "mmap_size=0",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class WriterQueue:
    """Lets one writer at a time ask for SQLite's write lock: threads first, then processes.

    Threads of a process are served in their order. Between processes there are two locks: whoever
    wants to write takes the turn first and keeps it until the database is theirs, so that a
    process that has just written stands behind those that wait. Raises Unavailable after
    `QUEUE_WAIT_SECONDS`; nothing has been changed then.
    """

    def __init__(self, database: Path) -> None:
        self._threads = _FairLock()
        self._turn = _FileLock(database.with_name(database.name + ".turn"), _TURN_PAUSE)
        self._write = _FileLock(database.with_name(database.name + ".lock"), _WRITE_PAUSE)
        self._entered = 0.0
        self._hurried_until = 0.0

    def enter(self) -> None:
        """Wait for the turn to write."""
        now = time.monotonic()
        patience = HURRIED_WAIT_SECONDS if now < self._hurried_until else QUEUE_WAIT_SECONDS
        deadline = now + patience
        if not self._threads.acquire(patience):
            raise _busy()
        try:
            self._turn.acquire(deadline)
            try:
                self._write.acquire(deadline)
            finally:
                self._turn.release()
            self._entered = time.monotonic()
        except BaseException:
            self._threads.release()
            raise

    def leave(self) -> None:
        """Let the next writer in."""
        now = time.monotonic()
        slow = now - self._entered >= LOCK_WAIT_SECONDS
        self._hurried_until = now + HURRY_SECONDS if slow else 0.0
        self._write.release()
        self._threads.release()

    def close(self) -> None:
        """Give the lock files back to the system."""
        self._turn.close()
        self._write.close()


class _FairLock:
    """A lock between threads that is handed from one to the next in the order they came."""

    def __init__(self) -> None:
        self._inside = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, seconds: float) -> bool:
        """Wait so long at most; return whether the lock is this thread's."""
        with self._inside:
            if not self._held:
                self._held = True
                return True
            place = threading.Lock()
            place.acquire()
            self._waiting.append(place)
        if place.acquire(timeout=seconds):
            return True
        with self._inside:
            if place not in self._waiting:
                return True  # it was handed over at the last moment
            self._waiting.remove(place)
            return False

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._inside:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class _FileLock:
    """A lock between processes, asked for again and again with a pause between."""

    def __init__(self, path: Path, pause: float) -> None:
        self._path, self._pause = path, pause
        self._file: int | None = None

    def acquire(self, deadline: float) -> None:
        """Wait for the lock. Raises Unavailable when it is not free before the deadline."""
        if fcntl is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _busy() from None
                time.sleep(self._pause)
            else:
                return

    def release(self) -> None:
        if self._file is not None and fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _busy() -> Unavailable:
    return Unavailable(
        _(
            "いまデータベースが混み合っています。何も変更されていません。少し待ってもう一度お試しください。"
        )
    )
