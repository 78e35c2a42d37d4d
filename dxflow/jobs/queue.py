"""The queue of deferred work: defer in the caller's transaction, lease, finish, give up.

A job is found by kind and key: deferring the same work twice is one piece of work. A worker
leases a job, does it in a transaction of its own together with marking it done, and holds a fence
number by which a worker that was too slow learns that the job is no longer its.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import sqlite

from dxflow.db.base import table
from dxflow.db.engine import Database
from dxflow.db.job import Job
from dxflow.db.prepared import Prepared
from dxflow.ids import new_id
from dxflow.jobs import carrying
from dxflow.jobs.leased import Leased

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
#: Waits after a failed attempt; the last one repeats.
BACKOFF = (5, 30, 120, 600, 3600)

_DEFER = Prepared(sqlite.insert(table(Job)).on_conflict_do_nothing(index_elements=["kind", "key"]))


def defer(
    tx: Connection,
    now: datetime,
    *,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    case_id: str | None = None,
    run_at: datetime | None = None,
) -> None:
    """Put work into the queue as part of the caller's transaction; the same key again is nothing."""
    values = {
        "id": new_id(now),
        "kind": kind,
        "key": key,
        "payload": orjson.dumps(dict(payload)).decode(),
        "case_id": case_id,
        "status": "waiting",
        "run_at": run_at or now,
        "created_at": now,
    }
    if tx.dialect.name == "sqlite":
        _DEFER.run(tx, values)
    else:
        wait = run_at - now if run_at is not None and run_at > now else None
        carrying.insert_and_carry(tx, values, wait)


def cancel_since(tx: Connection, case_id: str, moment: datetime) -> int:
    """Cancel a case's waiting jobs deferred at or after a moment; return how many."""
    return tx.execute(
        update(Job)
        .where(Job.case_id == case_id, Job.status == "waiting", Job.created_at >= moment)
        .values(status="cancelled")
    ).rowcount


def forget(tx: Connection, case_id: str, kind: str) -> None:
    """Remove a case's jobs of one kind, so that the same work may be deferred again.

    A worker that is at one of them learns from its fence that its work must be undone.
    """
    tx.execute(delete(Job).where(Job.case_id == case_id, Job.kind == kind))


def lease(database: Database, now: datetime) -> Leased | None:
    """Take the next due job whose lease is free, or return None."""
    free = (Job.lease_until.is_(None)) | (Job.lease_until < now)
    due = (
        select(Job.id)
        .where(Job.status == "waiting", Job.run_at <= now, free)
        .order_by(Job.run_at)
        .limit(1)
    )
    with database.read() as tx:
        if tx.execute(due).first() is None:
            return None
    with database.write() as tx:
        row = tx.execute(due.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        taken = tx.execute(
            update(Job)
            .where(Job.id == row.id)
            .values(lease_until=now + LEASE, fence=Job.fence + 1, attempts=Job.attempts + 1)
            .returning(Job.id, Job.kind, Job.key, Job.payload, Job.case_id, Job.attempts, Job.fence)
        ).one()
    return carrying.leased(taken, taken.attempts)


def hold(tx: Connection, job: Leased, now: datetime) -> Leased:
    """Lease a job that was brought, for work that must not be done within a transaction."""
    fence = tx.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(lease_until=now + LEASE, fence=Job.fence + 1, attempts=job.attempts)
        .returning(Job.fence)
    ).scalar_one()
    return replace(job, fence=fence)


def finish(tx: Connection, job: Leased, now: datetime) -> bool:
    """Mark a job done within the transaction of its work.

    Returns False when the lease has gone to another worker; the caller must then undo its work.
    """
    done = tx.execute(
        update(Job)
        .where(Job.id == job.id, Job.fence == job.fence, Job.status == "waiting")
        .values(status="done", attempts=job.attempts, done_at=now, lease_until=None, last_error="")
    )
    return done.rowcount == 1


def fail(
    database: Database, job: Leased, now: datetime, why: str, *, for_good: bool = False
) -> bool:
    """Give a failed job back for a later attempt; return True when it has had its last.

    `for_good`: it has, however many there were.
    """
    dead = for_good or job.attempts >= MAX_ATTEMPTS
    wait = timedelta(seconds=BACKOFF[min(job.attempts, len(BACKOFF)) - 1])
    with database.write() as tx:
        ours = tx.execute(
            update(Job)
            .where(Job.id == job.id, Job.fence == job.fence, Job.status == "waiting")
            .values(
                status="dead" if dead else "waiting",
                attempts=job.attempts,
                run_at=now + wait,
                lease_until=None,
                last_error=why[:2000],
            )
        ).rowcount
        if ours and not dead:
            bring_again(tx, job, wait)
    return dead and ours == 1


def bring_again(tx: Connection, job: Leased, wait: timedelta) -> None:
    """Have a waiting job brought to a worker once more; on SQLite the runner looks by itself."""
    if tx.dialect.name != "sqlite":
        carrying.carry(tx, job.id, wait)


def rearm(tx: Connection, case_id: str, kind: str) -> None:
    """Remove a case's jobs of one kind but for dead ones, which wait for an operator."""
    tx.execute(delete(Job).where(Job.case_id == case_id, Job.kind == kind, Job.status != "dead"))


def revive(tx: Connection, job_id: str, now: datetime) -> bool:
    """Put a dead job back into the queue; False when it is not dead (any more).

    The fence is raised, so that nobody who held the job before can still finish it.
    """
    revived = tx.execute(
        update(Job)
        .where(Job.id == job_id, Job.status == "dead")
        .values(status="waiting", run_at=now, attempts=0, fence=Job.fence + 1, lease_until=None)
    )
    return revived.rowcount == 1


def drop(tx: Connection, case_id: str) -> None:
    """Cancel every job of a case that is not done, dead ones too."""
    tx.execute(
        update(Job)
        .where(Job.case_id == case_id, Job.status.in_(("waiting", "dead")))
        .values(status="cancelled")
    )


def next_due(database: Database, now: datetime) -> datetime | None:
    """Return when the next waiting job is due, None when none waits."""
    with database.read() as tx:
        row = tx.execute(
            select(Job.run_at, Job.lease_until)
            .where(Job.status == "waiting")
            .order_by(Job.run_at)
            .limit(1)
        ).first()
    if row is None:
        return None
    moment: datetime = max(row.run_at, row.lease_until or now)
    return moment


def purge(tx: Connection, before: datetime) -> int:
    """Remove jobs done or cancelled before a moment; dead ones stay to be looked at."""
    return tx.execute(
        delete(Job).where(Job.status.in_(("done", "cancelled")), Job.created_at < before)
    ).rowcount
