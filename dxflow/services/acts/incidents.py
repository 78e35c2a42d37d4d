"""Steps that failed: recorded in a transaction of their own after the act was undone.

The same failure again is counted on the row that is open for it, so that a thing that fails every
minute stays one line of the list.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dxflow import audit
from dxflow.db.base import table
from dxflow.db.job import Job
from dxflow.db.prepared import Prepared
from dxflow.db.process import Incident
from dxflow.engine import StepFailed
from dxflow.ids import new_id
from dxflow.services.people.actor import Actor
from dxflow.services.people.events import system_event
from dxflow.services.site import Site
from dxflow.texts import mark, source

LONGEST_CAUSE = 4000

#: What is noted where an incident was resolved by success and by nobody.
JOB_SUCCEEDED = mark("再び試みて成功しました。")
ACT_SUCCEEDED = mark("同じ操作が成功したため、自動で解消しました。")

_INCIDENT = table(Incident)
#: What a start leaves: it has no case yet, no task and no job.
_FAILED_STARTS = Prepared(
    select(_INCIDENT.c.id, _INCIDENT.c.process_key).where(
        _INCIDENT.c.case_id.is_(None),
        _INCIDENT.c.job_id.is_(None),
        _INCIDENT.c.work_item_id.is_(None),
        _INCIDENT.c.person_id == bindparam("person"),
        _INCIDENT.c.status == literal_column("'open'"),
    )
)


def record(
    site: Site,
    *,
    case_id: str | None,
    element: str,
    cause: str,
    process: str = "",
    job_id: str | None = None,
    task_id: str = "",
    outcome: str = "",
    actor: Actor | None = None,
    request_id: str = "",
) -> str:
    """Record an incident and return its id, the number a person may quote."""
    now = site.now()
    cause = source(cause)  # the same cause is one incident, whatever those who meet it read
    place = "\x1f".join((case_id or "", process, element, cause, job_id or ""))
    values = {
        "id": new_id(now),
        "case_id": case_id,
        "process_key": process,
        "element": element,
        "cause": cause[:LONGEST_CAUSE],
        "digest": hashlib.sha256(place.encode()).hexdigest(),
        "job_id": job_id,
        "work_item_id": task_id or None,
        "outcome": outcome,
        "person_id": actor.person_id if actor else None,
        "request_id": request_id,
        "status": "open",
        "at": now,
        "last_at": now,
    }
    with site.database.write() as tx:
        incident = str(tx.execute(_counted(tx), values).scalar_one())
        audit.append_system(
            tx,
            audit.SystemStream.CONFIG,
            system_event(
                "incident.raised",
                now,
                actor.person_id if actor else None,
                actor.channel if actor else "job",
                subject=audit.Subject("incident", incident, case_id or ""),
                request_id=request_id,
                changes=(audit.Change("element", mark("要素"), None, element),),
            ),
        )
    return incident


def _counted(tx: Connection) -> Any:
    """Return the statement that adds a row, or counts on the one that is open for the same."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    statement = make(Incident)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["digest"],
        index_where=text("status = 'open'"),
        set_={
            "occurrences": Incident.occurrences + 1,
            "last_at": new.last_at,
            "person_id": new.person_id,
            "request_id": new.request_id,
            "job_id": new.job_id,
            "work_item_id": new.work_item_id,
            "outcome": new.outcome,
        },
    ).returning(Incident.id)


def of_failure(site: Site, actor: Actor, failure: StepFailed, case_id: str | None) -> str:
    """Record what stopped a step, and return the incident's id."""
    return record(
        site,
        case_id=case_id,
        element=failure.element,
        cause=failure.cause,
        process=failure.process,
        task_id=failure.task_id,
        outcome=failure.outcome,
        actor=actor,
        request_id=actor.request_id,
    )


def settling(tx: Connection, kind: str, key: str, now: datetime, work: Callable[[], None]) -> None:
    """Do a job's work; an incident that its earlier failure has left is resolved with it."""
    work()
    job = select(Job.id).where(Job.kind == kind, Job.key == key).scalar_subquery()
    settle(tx, now, Incident.job_id == job, None, "job", JOB_SUCCEEDED)


def met_by_success(
    tx: Connection, now: datetime, actor: Actor, failed: Mapping[str, str], outcome: str
) -> None:
    """Resolve what a task left when it failed before: the same was pressed, and went through.

    `failed` is what was pressed, by incident. What failed with another button stays open.
    """
    if met := [incident for incident, pressed in failed.items() if pressed == outcome]:
        _settle_met(tx, now, actor, Incident.id.in_(met))


def met_by_start(tx: Connection, now: datetime, actor: Actor, processes: Collection[str]) -> None:
    """Resolve what earlier starts of the same person left when they failed in these processes."""
    rows = _FAILED_STARTS.all(tx, {"person": actor.person_id})
    if met := [row.id for row in rows if row.process_key in processes]:
        _settle_met(tx, now, actor, Incident.id.in_(met))


def _settle_met(tx: Connection, now: datetime, actor: Actor, which: Any) -> None:
    settle(tx, now, which, None, actor.channel, ACT_SUCCEEDED, actor.request_id)


def settle(
    tx: Connection,
    now: datetime,
    which: Any,
    person_id: str | None,
    channel: str,
    note: str,
    request_id: str = "",
) -> int:
    """Resolve the open incidents that a condition names, each with its event; return how many."""
    gone = tx.execute(
        update(Incident)
        .where(which, Incident.status == "open")
        .values(status="resolved", resolved_at=now, resolved_by=person_id, note=note)
        .returning(Incident.id, Incident.case_id)
    ).all()
    for row in gone:
        audit.append_system(
            tx,
            audit.SystemStream.CONFIG,
            system_event(
                "incident.resolved",
                now,
                person_id,
                channel,
                subject=audit.Subject("incident", row.id, row.case_id or ""),
                request_id=request_id,
                changes=(audit.Change("note", mark("対応"), None, note),),
            ),
        )
    return len(gone)
