"""Open a database by its address, SQLite embedded or PostgreSQL, and hand out transactions.

A transaction that writes begins on SQLite with `BEGIN IMMEDIATE` after its turn in the queue of
writers, so that readers never wait and no writer meets a lock upgrade. Locked, full or lost
databases become Unavailable: nothing of the transaction exists then.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from dxflow.db import guard, postgresql, sqlite
from dxflow.db.prepared import BEGIN, IMMEDIATE, SNAPSHOT, Prepared, Values, send
from dxflow.errors import OutcomeUnknown, Unavailable
from dxflow.texts import gettext as _

#: How many writing transactions this thread has committed.
_saved: ContextVar[int] = ContextVar("saved", default=0)


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
            self.engine = postgresql.open_engine(url, pool_size)
        self._reading = self.engine.execution_options(**{BEGIN: SNAPSHOT})
        self._writing = self.engine.execution_options(**{BEGIN: IMMEDIATE})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection on one consistent snapshot; nothing is written."""
        with _unavailable(), self._begun(self._reading) as connection:
            yield connection
            if not self.is_sqlite:
                postgresql.end_read(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose work is committed at the end, or undone on any error."""
        if self._queue is not None:
            self._queue.enter()
        committing = False
        try:
            with _unavailable(), self._begun(self._writing) as connection:
                try:
                    yield connection
                    committing = not self.is_sqlite
                    connection.commit()
                except BaseException:
                    connection.rollback()
                    raise
                committing = False
                _saved.set(_saved.get() + 1)
                postgresql.wake_workers(connection)
        except Unavailable as exc:
            if committing:  # the server was lost before it said whether it had
                raise OutcomeUnknown(_unknown()) from exc
            raise
        finally:
            if self._queue is not None:
                self._queue.leave()

    def saved(self) -> int:
        """Return how often this thread has committed something: two of these tell whether it has."""
        return _saved.get()

    def glance(self, statement: Prepared, values: Values) -> list[Any]:
        """Return the rows of one SELECT that needs no transaction around it."""
        with _unavailable():
            try:
                return self._glance(statement, values)
            except DBAPIError as exc:
                self._forget_lost(exc)
            return self._glance(statement, values)

    def _glance(self, statement: Prepared, values: Values) -> list[Any]:
        with self.engine.connect() as connection:
            return statement.all(connection, values)

    def _begun(self, engine: Engine) -> Connection:
        """Return a connection whose transaction has begun.

        The first statement tells whether a connection of the pool is still alive; nothing has
        been done on one that was lost while it lay there, so that another one takes its place.
        """
        try:
            return _begin(engine)
        except DBAPIError as exc:
            self._forget_lost(exc)
        return _begin(engine)

    def _forget_lost(self, exc: DBAPIError) -> None:
        """Throw the idle connections away when one was found lost. Raises any other error."""
        if not exc.connection_invalidated:
            raise exc
        self.engine.dispose()

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


def _begin(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise sqlite.DatabaseUnsafe(_("SQLite のデータベースはファイルに置いてください。"))
    path = Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _sqlite_engine(url: URL, pool_size: int, *, guarded: bool) -> Engine:
    engine = create_engine(
        url,
        module=sqlite.driver(),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,  # the connection used last has its pages in memory
        # All pages together have more statements than are kept by default; to prepare one costs
        # more than most take to run, as the guard is asked about each table and column in it.
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        sqlite.configure(connection)
        if guarded:
            guard.install_guard(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(BEGIN) == IMMEDIATE
        send(connection, "BEGIN IMMEDIATE" if writes else "BEGIN", ()).close()

    return engine


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
        if exc.connection_invalidated:
            raise Unavailable(_busy()) from exc
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


def _unknown() -> str:
    return _(
        "保存の途中でデータベースとの接続が切れたため、保存されたかどうか分かりません。"
        "画面を開き直して確かめてから、必要ならもう一度操作してください。"
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
