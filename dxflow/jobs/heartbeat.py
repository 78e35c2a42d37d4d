"""Signs of life: every worker leaves a row that says when it was last seen, until it ends."""

import os
import secrets
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update

from dxflow.db.engine import Database
from dxflow.db.upkeep import WorkerHeartbeat

EVERY = timedelta(seconds=30)
#: A worker that has not been seen for so long has its row removed.
FORGOTTEN = timedelta(days=2)


class Heart:
    """One worker's heart: a source of the runner that writes at most every 30 seconds."""

    def __init__(self, database: Database, name: str = "") -> None:
        self._database = database
        self.name = name or f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(2)}"
        self._last: datetime | None = None

    def __call__(self, now: datetime) -> datetime | None:
        """Leave a sign of life when the last one is old; return when the next one is due."""
        if self._last is None or not timedelta(0) <= now - self._last < EVERY:
            self._write(now)
            self._last = now
        return self._last + EVERY

    def stop(self) -> None:
        """Take the row away: this worker has ended, and nobody is to count it any more."""
        if self._last is not None:
            with self._database.write() as tx:
                tx.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.worker == self.name))
            self._last = None

    def _write(self, now: datetime) -> None:
        with self._database.write() as tx:
            seen = tx.execute(
                update(WorkerHeartbeat)
                .where(WorkerHeartbeat.worker == self.name)
                .values(seen_at=now)
            ).rowcount
            if not seen:
                tx.execute(
                    insert(WorkerHeartbeat).values(worker=self.name, started_at=now, seen_at=now)
                )
                tx.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - FORGOTTEN))
