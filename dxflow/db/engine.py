"""Open a database by its address, SQLite embedded or PostgreSQL, and hand out transactions.

A transaction that writes begins on SQLite with `BEGIN IMMEDIATE` after its turn in the queue of
writers, so that readers never wait and no writer meets a lock upgrade. Locked, full or lost
databases become Unavailable: nothing of the transaction exists then.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from dxflow.db import guard, sqlite
from dxflow.errors import Unavailable
from dxflow.texts import gettext as _

_WRITE = "dxflow_write"


class Database:
    """One database: `read()` and `write()` are its transactions."""

    def __init__(self, address: str | URL, *, pool_size: int = 8, guarded: bool = True) -> None:
        """Open a database. `guarded` False is for migrations only: they may change audit tables."""
        url = make_url(address)
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._queue: sqlite.WriterQueue | None = None
        if self.is_sqlite:
            path = _sqlite_path(url)
            self._queue = sqlite.WriterQueue(path)
            self.engine = _sqlite_engine(url, pool_size, guarded=guarded)
        else:
            self.engine = _postgresql_engine(url, pool_size)
        self._writing = self.engine.execution_options(**{_WRITE: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection on one consistent snapshot; nothing is written."""
        with _unavailable(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose work is committed at the end, or undone on any error."""
        if self._queue is not None:
            self._queue.enter()
        try:
            with _unavailable(), self._writing.connect() as connection, connection.begin():
                yield connection
        finally:
            if self._queue is not None:
                self._queue.leave()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self._queue is not None:
            self._queue.close()

    def alive(self) -> bool:
        """Return whether the database answers."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise sqlite.DatabaseUnsafe(_("SQLite のデータベースはファイルに置いてください。"))
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _sqlite_engine(url: URL, pool_size: int, *, guarded: bool) -> Engine:
    engine = create_engine(
        url,
        module=sqlite.driver(),
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        sqlite.configure(connection)
        if guarded:
            guard.install_guard(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL, pool_size: int) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    settings = {
        "lock_timeout": "2000",  # an act may have to wait twice: for the number, then for a case
        "statement_timeout": "30000",
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
    }
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 4,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )


@contextmanager
def _unavailable() -> Iterator[None]:
    """Turn what the driver says of a locked, full or lost database into Unavailable."""
    try:
        yield
    except TimeoutError as exc:
        raise Unavailable(_busy()) from exc
    except (OperationalError, InterfaceError) as exc:
        raise Unavailable(_full() if _is_full(exc) else _busy()) from exc
    except DatabaseError as exc:
        # What the work itself did wrong, and what the guard refused, is not ours to reword.
        if type(exc) is not DatabaseError or guard.REFUSED in str(exc.orig):
            raise
        raise Unavailable(_damaged()) from exc
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(_full()) from exc
        raise


def _is_full(exc: DBAPIError) -> bool:
    return "full" in str(exc.orig).lower() or "no space" in str(exc.orig).lower()


def _busy() -> str:
    return _(
        "いまデータベースを使えません。何も変更されていません。少し待ってもう一度お試しください。"
    )


def _damaged() -> str:
    return _(
        "データベースのファイルが壊れているか、データベースではありません。"
        "管理者に連絡してください。"
    )


def _full() -> str:
    return _(
        "ディスクの空きがないため保存できません。何も変更されていません。管理者に連絡してください。"
    )
