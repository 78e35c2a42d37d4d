"""What happens without a person: due timers, notices to deliver, failed jobs to report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from dxflow import audit, engine
from dxflow.clock import local_date
from dxflow.db.base import UtcDateTime
from dxflow.db.case import Notice
from dxflow.db.process import PlannedStart, ProcessInstance, Timer
from dxflow.errors import NotFound
from dxflow.ids import new_id
from dxflow.jobs import queue
from dxflow.jobs.heartbeat import Heart
from dxflow.jobs.leased import Leased
from dxflow.jobs.runner import Outside, Runner, Source, Work
from dxflow.services.acts import (
    incidents,
    lapsing,
    migrating,
    sending_back,
    surroundings,
    timed_starts,
)
from dxflow.services.acts.act import lock
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.acts.writing import write_step
from dxflow.services.people import claims, maintenance, outbox
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site

BATCH = 200


def make_worker(
    site: Site,
    work: Mapping[str, Work] | None = None,
    sources: Sequence[Source] = (),
    outside: Mapping[str, Outside] | None = None,
) -> Runner:
    """Return the worker of an installation: on PostgreSQL one of any number.

    `work`, `sources` and `outside` are what others add to timers, notices, migrations and claims.
    """
    if site.database.is_sqlite:
        return make_runner(site, Runner, work, sources, outside)
    from dxflow.jobs.crew import Crew  # a third of a second that only PostgreSQL pays

    return make_runner(site, Crew, work, sources, outside)


def make_runner(
    site: Site,
    kind: type[Runner] = Runner,
    work: Mapping[str, Work] | None = None,
    sources: Sequence[Source] = (),
    outside: Mapping[str, Outside] | None = None,
) -> Runner:
    """Return the runner of an installation's jobs and timers."""
    return kind(
        site.database,
        site.clock,
        work={
            "timer.fire": lambda tx, payload, key, now: incidents.settling(
                tx, "timer.fire", key, now, lambda: fire_timers(site, tx, payload, now)
            ),
            "notice.deliver": lambda tx, payload, key, now: incidents.settling(
                tx, "notice.deliver", key, now, lambda: announce(site, tx, payload, key, now)
            ),
            timed_starts.JOB: lambda tx, payload, key, now: incidents.settling(
                tx, timed_starts.JOB, key, now, lambda: timed_starts.begin(site, tx, payload, now)
            ),
            migrating.JOB: lambda tx, payload, key, now: incidents.settling(
                tx, migrating.JOB, key, now, lambda: migrating.work_on(site, tx, payload, now)
            ),
            claims.KIND: lambda tx, _payload, _key, now: lapsing.lapse(site, tx, now),
            **(work or {}),
        },
        sources=[lambda now: queue_due_timers(site, now), *sources],
        gave_up=lambda job, why: report_dead_job(site, job, why),
        paused=lambda: maintenance.paused(site),
        heart=Heart(site.database),
        outside=outside,
    )


def queue_due_timers(site: Site, now: datetime) -> datetime | None:
    """Put due timers and due starts into the queue; return when to be asked again at the latest.

    The next start is asked for together with the next timer: while none is due it costs nothing.
    """
    with site.database.read() as tx:
        due = tx.execute(_due(now)).all()
        moments = tx.execute(_NEXT, {"now": now}).one()
    start = moments.start
    if due or (start is not None and start <= now):
        with site.database.write() as tx:
            if start is not None and start <= now:
                timed_starts.queue_due(tx, now)
            # those that another worker is queueing at this moment are passed over
            for row in tx.execute(_due(now).with_for_update(skip_locked=True)):
                queue.defer(
                    tx,
                    now,
                    kind="timer.fire",
                    key=f"{row.id}:{row.due_at.timestamp():.6f}",
                    case_id=row.case_id,
                    payload={"case": row.case_id, "timer": row.id},
                )
                tx.execute(update(Timer).where(Timer.id == row.id).values(attempts=1))
    if len(due) == BATCH:
        return now
    return min(
        (one for one in (moments.timer, start) if one is not None and one > now), default=None
    )


_NEXT = select(
    select(func.min(Timer.due_at))
    .where(Timer.due_at > bindparam("now", type_=UtcDateTime()))
    .scalar_subquery()
    .label("timer"),
    select(func.min(PlannedStart.due_at))
    .where(PlannedStart.attempts == 0)
    .scalar_subquery()
    .label("start"),
)


def _due(now: datetime) -> Select[str, str, datetime]:
    """Return due timers that are not in the queue yet; an incident's timers wait in theirs."""
    return (
        select(Timer.id, Timer.case_id, Timer.due_at)
        .join(ProcessInstance, ProcessInstance.case_id == Timer.case_id)
        .where(Timer.due_at <= now, Timer.attempts == 0, ProcessInstance.status != SUSPENDED)
        .order_by(Timer.due_at)
        .limit(BATCH)
    )


def fire_timers(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Fire every timer of a case that is due; what fired earlier leaves nothing to do."""
    actor = system_actor(local_date(now))
    try:
        act = lock(site, tx, actor, payload["case"])
    except NotFound:
        return
    if act.case["status"] != "running" or act.suspension is not None:
        return  # a suspended case's timers are armed anew when it resumes
    waiting, timers = surroundings.of_case(act)
    tasks = {task.id for task in waiting}
    due = [timer.element for timer in timers if timer.due_at <= now]
    if not due:
        return
    act.armed = {timer.id: timer.due_at for timer in timers}
    step = engine.fire_timers(act.pack.definitions, act.state, act.environment())
    act.record(
        "timer.fired",
        *(audit.Change("timer", act.pack.element_name(name), None, name) for name in due),
    )
    write_step(act, step, tasks)
    sending_back.tell_unjudged(act, step, waiting)
    moved = {task.id for task in step.tasks} != tasks
    undo: dict[str, object] = (
        {"undo_state": None, "undo_person": None, "undo_submission": None} if moved else {}
    )
    act.finish(status="ended" if step.ended else None, **undo)


def announce(site: Site, tx: Connection, payload: dict[str, Any], key: str, now: datetime) -> None:
    """Leave a notice for each of its groups, and mail for those of them who want it at once."""
    left = deliver_notice(tx, payload, key, now)
    outbox.tell_groups(site, tx, now, "notice", [outbox.News(f"notice:{key}", left)])


def deliver_notice(
    tx: Connection, payload: dict[str, Any], _key: str, now: datetime
) -> dict[str, str]:
    """Leave a notice for each of its groups; return the notices' ids by group."""
    rows = [
        {
            "id": new_id(now),
            "group_key": group,
            "case_id": payload.get("case_id"),
            "meeting_id": payload.get("meeting_id"),
            "message": payload["message"],
            "at": now,
        }
        for group in payload["groups"]
    ]
    tx.execute(insert(Notice), rows)
    return {row["group_key"]: row["id"] for row in rows}


def report_dead_job(site: Site, job: Leased, why: str) -> None:
    """Record an incident for a job that has had its last attempt."""
    place = process = None
    if job.kind == timed_starts.JOB:
        with site.database.read() as tx:
            row = tx.execute(
                select(PlannedStart.element, PlannedStart.process_key).where(
                    PlannedStart.id == job.payload.get("start")
                )
            ).one_or_none()
            place, process = row or (None, None)
    if job.kind == "timer.fire":
        with site.database.read() as tx:
            place = tx.execute(
                select(Timer.element).where(Timer.id == job.payload.get("timer"))
            ).scalar_one_or_none()
    incidents.record(
        site,
        case_id=job.case_id,
        element=place or job.kind,
        cause=why,
        process=process or "",
        job_id=job.id,
    )
