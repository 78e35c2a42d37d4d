"""What has served its time goes, once a day: finished jobs, and the record of mail."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete

from dxflow.clock import at_local, local_date
from dxflow.db.mail import OutgoingMail
from dxflow.jobs import queue
from dxflow.services.people import mail_settings
from dxflow.services.site import Site

KIND = "upkeep.tidy"
HOUR = 3
#: Finished jobs are kept for so long: a job of the same kind and key is not done again meanwhile.
JOB_AGE = timedelta(days=90)
_OPEN = ("waiting", "handed")


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put today's tidying into the queue once it is due; return when to be asked again."""
    today = local_date(now)
    due = at_local(today, HOUR)
    if now < due:
        return due
    if site.kept.get(KIND) != (0.0, today):
        with site.database.write() as tx:
            queue.defer(tx, now, kind=KIND, key=_key(today), payload={})
        site.kept[KIND] = (0.0, today)
    return at_local(today + timedelta(days=1), HOUR)


def tidy(tx: Connection, now: datetime) -> None:
    """Remove old finished jobs and old messages; what waits or failed for good stays as a job."""
    queue.purge(tx, now - JOB_AGE)
    keep = timedelta(days=mail_settings.read(tx).keep_days)
    tx.execute(
        delete(OutgoingMail).where(
            OutgoingMail.created_at < now - keep, OutgoingMail.status.not_in(_OPEN)
        )
    )


def _key(day: date) -> str:
    return day.isoformat()
