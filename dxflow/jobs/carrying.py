"""Carriers on PostgreSQL: entries of Procrastinate that each bring one job to a worker.

The row in `job` says what is to be done and whether it has been done; it is marked done in the
transaction of its work. A carrier says when somebody should look at it, holds nothing but the
job's id, and may come twice or get lost: a second one finds the job done, a lost one is replaced
by `tend`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, text

from dxflow.db.engine import Database
from dxflow.db.job import Job
from dxflow.db.postgresql import QUEUE, wake_workers_afterwards
from dxflow.db.prepared import send
from dxflow.jobs.leased import Leased

TASK = "dxflow.job"
#: Brings a job after a wait by the server's clock, or at once when the wait is NULL. There is no
#: queueing lock: it would raise within our transaction and holds only while something waits,
#: while (kind, key) of `job` holds for good.
_CARRY = (
    "procrastinate.procrastinate_defer_jobs_v1(ARRAY[ROW("
    f"'{QUEUE}', '{TASK}', 0, NULL, NULL, jsonb_build_object('job', {{id}}),"
    " now() + CAST({wait} AS interval))::procrastinate.procrastinate_job_to_defer_v1])"
)
_CARRY_ONE = text("SELECT " + _CARRY.format(id="CAST(:id AS text)", wait=":wait"))
# Written out and sent by the driver itself: to make it of expressions costs more than to run it.
_COLUMNS = ("id", "kind", "key", "payload", "case_id", "status", "run_at", "created_at")
_INSERT_AND_CARRY = (
    f"WITH new AS (INSERT INTO job ({', '.join(_COLUMNS)})"  # noqa: S608 - constants only
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (kind, key) DO NOTHING RETURNING id)"
    f" SELECT {_CARRY.format(id='new.id', wait='$9')} FROM new"
)

#: A worker that has not been heard of for so long is taken for dead. One that was only slow does
#: no harm: its transaction holds the job.
SILENCE = timedelta(seconds=10)
#: A job that has been due for so long without a carrier gets a new one.
OVERDUE = timedelta(seconds=15)
MOST_AT_ONCE = 500

_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:id, 0))")
_FIND = select(
    Job.id, Job.kind, Job.key, Job.payload, Job.case_id, Job.attempts, Job.fence,
    Job.run_at, Job.lease_until,
).where(Job.id == bindparam("id"), Job.status == "waiting")  # fmt: skip

_RETURN_STALLED = text(
    "SELECT procrastinate.procrastinate_retry_job_v2(id, NULL, NULL, NULL, NULL) FROM ("
    "SELECT carrier.id FROM procrastinate.procrastinate_jobs carrier"
    " LEFT JOIN procrastinate.procrastinate_workers worker ON worker.id = carrier.worker_id"
    " WHERE carrier.status = 'doing' AND carrier.queue_name = :queue"
    " AND (worker.id IS NULL OR worker.last_heartbeat < now() - CAST(:silence AS interval))"
    " LIMIT :most FOR UPDATE OF carrier SKIP LOCKED) stalled"
)
_FORGET_WORKERS = text(
    "DELETE FROM procrastinate.procrastinate_workers"
    " WHERE last_heartbeat < now() - 6 * CAST(:silence AS interval)"
)
_REPLACE_LOST = text(
    f"SELECT {_CARRY.format(id='lost.id', wait='NULL')} FROM ("  # noqa: S608 - constants only
    "SELECT id FROM job WHERE status = 'waiting' AND run_at < :before"
    " AND (lease_until IS NULL OR lease_until < :before)"
    " AND NOT EXISTS (SELECT 1 FROM procrastinate.procrastinate_jobs carrier"
    " WHERE carrier.queue_name = :queue AND carrier.args ->> 'job' = job.id)"
    " LIMIT :most) lost"
)


def insert_and_carry(tx: Connection, values: Mapping[str, Any], wait: timedelta | None) -> None:
    """Insert a job's row and, when it is a new one, its carrier: one statement."""
    cursor = send(tx, _INSERT_AND_CARRY, [*(values[name] for name in _COLUMNS), wait])
    if cursor.fetchone() is not None:
        wake_workers_afterwards(tx)
    cursor.close()


def carry(tx: Connection, job_id: str, wait: timedelta) -> None:
    """Have a job brought to a worker after a wait."""
    tx.execute(_CARRY_ONE, {"id": job_id, "wait": wait})
    wake_workers_afterwards(tx)


def take(tx: Connection, job_id: str, now: datetime) -> Leased | None:
    """Take a job for as long as this transaction lasts; None when there is nothing to do now.

    The lock is the server's: it goes with the transaction, also when the worker is killed. It
    keeps other workers away and nobody else, so that whoever holds the case may still cancel or
    remove the job; `finish` notices that. A job that is not due or leased by an embedded runner
    is brought again later.
    """
    if not tx.execute(_HOLD, {"id": job_id}).scalar_one():
        return None
    row = tx.execute(_FIND, {"id": job_id}).one_or_none()
    if row is None:
        return None
    free_at = max(row.run_at, row.lease_until or row.run_at)
    if free_at > now:
        carry(tx, job_id, free_at - now)
        return None
    return leased(row, row.attempts + 1)


def leased(row: Any, attempts: int) -> Leased:
    """Return a row of `job` as it stands in a worker's hands."""
    return Leased(
        row.id, row.kind, row.key, orjson.loads(row.payload), row.case_id, attempts, row.fence
    )


def tend(database: Database, now: datetime) -> int:
    """Bring back the carriers of dead workers, and replace lost ones; return how many."""
    with database.write() as tx:
        if not tx.execute(_HOLD, {"id": "dxflow.tend"}).scalar_one():
            return 0  # another worker is at it
        limits = {"queue": QUEUE, "most": MOST_AT_ONCE}
        returned = tx.execute(_RETURN_STALLED, limits | {"silence": SILENCE}).all()
        tx.execute(_FORGET_WORKERS, {"silence": SILENCE})
        replaced = tx.execute(_REPLACE_LOST, limits | {"before": now - OVERDUE}).all()
        if returned or replaced:
            wake_workers_afterwards(tx)
        return len(returned) + len(replaced)
