"""PostgreSQL as a shared database: settings, lost connections, and waking workers after a commit.

Workers are woken by NOTIFY in a transaction of its own. Within the transaction that defers, NOTIFY
would make every such commit wait for the disk one after the other: on a disk that takes 4 ms,
16 writers fall from 1,700 commits a second to 230.
"""

import contextlib
import json
import select
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError

from dxflow.db.prepared import BEGIN, SNAPSHOT, send

#: Connections beyond one a request: for jobs done in the same process, and for an incident or a
#: refusal that is recorded beside what failed.
SPARE = 6
#: Seconds a request waits for a connection, a server or a lock before it says so.
WAIT_SECONDS = 4
SETTINGS = {
    "lock_timeout": "2s",  # an act may have to wait twice: for the number, then for a case
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
#: A server that has gone without a word is noticed within half a minute.
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

QUEUE = "dxflow"
"""The queue of Procrastinate that dxflow's jobs are carried in."""
_WAKE = "dxflow_wake"
_READ_ONLY = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_NOTIFY = (
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify("
    f"'procrastinate_queue_v1#{QUEUE}', '{json.dumps({'type': 'job_inserted', 'job_id': 0})}')"
)


def open_engine(url: URL, pool_size: int) -> Engine:
    """Return an engine that hands out live connections only, at most `pool_size + SPARE`."""
    from dxflow.db.planned import PlannedCursor  # here: on SQLite nobody needs the driver

    engine = create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=SPARE,
        pool_timeout=WAIT_SECONDS,
        pool_use_lifo=True,  # the connection used last has its statements prepared
        connect_args={
            "connect_timeout": WAIT_SECONDS,
            "options": _options(SETTINGS),
            "cursor_factory": PlannedCursor,
            **KEEPALIVE,
        },
    )

    @event.listens_for(engine, "checkout")
    def _require_live(connection: Any, _record: object, _proxy: object) -> None:
        """Refuse a pooled connection that the server has closed, without asking the server."""
        if _has_spoken(connection):
            raise DisconnectionError

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.autocommit = True  # transactions begin with our own words, in one go

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(BEGIN) == SNAPSHOT
        send(connection, f"BEGIN {_READ_ONLY}" if reads else "BEGIN", ()).close()

    return engine


def conninfo(url: URL, **settings: str) -> str:
    """Return an address as the driver itself reads it, with settings of the session."""
    from psycopg.conninfo import make_conninfo

    url = _with_driver(url)
    parts = url.translate_connect_args(database="dbname", username="user") | dict(url.query)
    return make_conninfo(
        "", **parts, connect_timeout=WAIT_SECONDS, options=_options(settings), **KEEPALIVE
    )


def end_read(connection: Connection) -> None:
    """End a transaction that has only read: at a ROLLBACK psycopg forgets what it has prepared.

    What was read counts even when the server is lost here; the connection is thrown away then.
    """
    with contextlib.suppress(DBAPIError):
        send(connection, "COMMIT", ()).close()


def wake_workers_afterwards(tx: Connection) -> None:
    """Have workers look for jobs once the transaction has been committed."""
    tx.info[_WAKE] = True


def wake_workers(connection: Connection) -> None:
    """Wake the workers when the transaction that has just been committed asked for it.

    A call that fails is let go: workers look by themselves every few seconds.
    """
    if connection.info.pop(_WAKE, False):
        with contextlib.suppress(DBAPIError):
            send(connection, _NOTIFY, ()).close()


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _options(settings: dict[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _has_spoken(connection: Any) -> bool:
    """Return whether something waits to be read: an idle server speaks only to say good-bye."""
    waiting = select.poll() if hasattr(select, "poll") else None
    if connection.closed:
        return True
    if waiting is None:  # Windows: one process, and select() takes any socket there
        return bool(select.select([connection.fileno()], [], [], 0)[0])
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
