"""A few numbers by which an operator sees whether an installation is well."""

from dataclasses import dataclass

from sqlalchemy import func, select

from dxflow.db.job import Job
from dxflow.db.process import Incident, ProcessInstance, Timer, WorkItem
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.site import Site


@dataclass(frozen=True)
class VitalSigns:
    """Counts of now. `timer_lag` is by how many seconds the oldest due timer is late."""

    tasks_open: int
    tasks_late: int
    jobs_waiting: int
    jobs_dead: int
    timer_lag: float
    incidents_open: int


def read(site: Site) -> VitalSigns:
    """Return the numbers, in four small queries."""
    now = site.now()
    with site.database.read() as tx:
        tasks = tx.execute(
            select(func.count(), func.count().filter(WorkItem.due_at < now)).where(
                WorkItem.status == "open"
            )
        ).one()
        jobs = {
            row[0]: row[1]
            for row in tx.execute(
                select(Job.status, func.count())
                .where(Job.status.in_(("waiting", "dead")))
                .group_by(Job.status)
            )
        }
        oldest = tx.execute(
            select(func.min(Timer.due_at))
            .join(ProcessInstance, ProcessInstance.case_id == Timer.case_id)
            .where(ProcessInstance.status != SUSPENDED)
        ).scalar_one_or_none()
        incidents = tx.execute(
            select(func.count()).select_from(Incident).where(Incident.status == "open")
        ).scalar_one()
    lag = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return VitalSigns(
        tasks_open=tasks[0],
        tasks_late=tasks[1],
        jobs_waiting=jobs.get("waiting", 0),
        jobs_dead=jobs.get("dead", 0),
        timer_lag=lag,
        incidents_open=incidents,
    )
