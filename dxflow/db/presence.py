"""Who works with a database right now: servers and workers together, or one restore alone.

SQLite: a lock on a file beside the database, shared or exclusive; the system lets go of it when
a process dies. On Windows the open file itself is the sign, since it cannot be removed while
anybody has it open. PostgreSQL: an advisory lock of a session of its own; a server that was
restarted has forgotten it, so that `keep` asks now and then.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from dxflow.db.engine import Database
from dxflow.errors import Conflict
from dxflow.texts import gettext as _

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: The number of the advisory lock: "dxflow" in ASCII.
_NUMBER = 0x6478666C6F77
KEEP_SECONDS = 5.0


@contextlib.contextmanager
def present(database: Database) -> Iterator[None]:
    """Be one of those who work with the database. Raises Conflict while somebody is alone."""
    with _file(database, shared=True) if database.is_sqlite else _kept(database):
        yield


@contextlib.contextmanager
def alone(database: Database) -> Iterator[None]:
    """Be the only one who works with the database. Raises Conflict while a server runs on it."""
    with _file(database, shared=False) if database.is_sqlite else _exclusive(database):
        yield


@contextlib.contextmanager
def _file(database: Database, *, shared: bool) -> Iterator[None]:
    place = Path(str(database.url.database))
    path = place.with_name(place.name + ".running")
    if fcntl is None and not shared:
        try:
            path.unlink(missing_ok=True)
        except PermissionError as exc:
            raise _running() from exc
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(
                    descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
                )
            except BlockingIOError as exc:
                raise (_closed() if shared else _running()) from exc
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _exclusive(database: Database) -> Iterator[None]:
    with _session(database) as connection:
        if not _locked(connection, "pg_try_advisory_lock"):
            raise _running()
        yield


@contextlib.contextmanager
def _kept(database: Database) -> Iterator[None]:
    """Hold the shared lock, and take it again whenever the server has lost the session."""
    stop, held = threading.Event(), contextlib.ExitStack()
    connection: Connection | None = None
    with contextlib.suppress(DBAPIError):  # a server that is away is asked again
        connection = held.enter_context(_session(database))
        if not _locked(connection, "pg_try_advisory_lock_shared"):
            held.close()
            raise _closed()
    keeper = threading.Thread(
        target=_keep, args=(database, held, connection, stop),
        name="dxflow-presence", daemon=True,
    )  # fmt: skip
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(timeout=KEEP_SECONDS)


def _keep(
    database: Database,
    held: contextlib.ExitStack,
    connection: Connection | None,
    stop: threading.Event,
) -> None:
    while not stop.wait(KEEP_SECONDS):
        try:
            if connection is None:
                connection = held.enter_context(_session(database))
                _locked(connection, "pg_try_advisory_lock_shared")
            connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            connection = None
            with contextlib.suppress(DBAPIError):
                held.close()
    with contextlib.suppress(DBAPIError):
        held.close()


@contextlib.contextmanager
def _session(database: Database) -> Iterator[Connection]:
    """Yield a session of its own, outside transactions and outside the pool."""
    own = create_engine(
        database.engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 4},
    )  # fmt: skip
    try:
        with own.connect() as connection:
            yield connection
    finally:
        own.dispose()


def _locked(connection: Connection, function: str) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT {function}({_NUMBER})").scalar_one())


def _running() -> Conflict:
    return Conflict(
        _(
            "このデータベースで dxflow が動いています。"
            "dxflow serve と dxflow worker を止めてから、もう一度実行してください。"
        )
    )


def _closed() -> Conflict:
    return Conflict(
        _("このデータベースは更新中か復元中です。終わってから、もう一度起動してください。")
    )
