"""SQLite as a safe database for a city: settings, minimum version, and a fair queue of writers.

Versions before 3.51.3 can corrupt a database in WAL mode, so that a start refuses them. Writers
queue before they ask SQLite for its lock: SQLite's own way of waiting lets some starve.
"""

import contextlib
import importlib
import os
import threading
import time
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
QUEUE_WAIT_SECONDS = 2.5
LOCK_WAIT_SECONDS = 2.0
#: Once somebody could not have the lock in that time, those behind are told sooner, for a while.
HURRIED_WAIT_SECONDS = 0.3
HURRY_SECONDS = 3.0


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

    Raises Unavailable after `QUEUE_WAIT_SECONDS`; nothing has been changed then.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._threads = threading.Lock()
        self._file: int | None = None
        self._entered = 0.0
        self._hurried_until = 0.0

    def enter(self) -> None:
        """Wait for the turn to write."""
        now = time.monotonic()
        patience = HURRIED_WAIT_SECONDS if now < self._hurried_until else QUEUE_WAIT_SECONDS
        if not self._threads.acquire(timeout=patience):
            raise _busy()
        try:
            self._lock_file(now + patience)
        except BaseException:
            self._threads.release()
            raise
        self._entered = time.monotonic()

    def leave(self) -> None:
        """Let the next writer in."""
        now = time.monotonic()
        slow = now - self._entered >= LOCK_WAIT_SECONDS
        self._hurried_until = now + HURRY_SECONDS if slow else 0.0
        if self._file is not None and fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        if self._threads.locked():
            self._threads.release()

    def close(self) -> None:
        """Give the lock file back to the system."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lock_file(self, deadline: float) -> None:
        if fcntl is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        pause = 0.0005
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _busy() from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.01)
            else:
                return


def _busy() -> Unavailable:
    return Unavailable(
        _(
            "いまデータベースが混み合っています。何も変更されていません。少し待ってもう一度お試しください。"
        )
    )
