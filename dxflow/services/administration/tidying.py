"""What has served its time goes, once a day: finished jobs, the record of mail, failed logins."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from dxflow.db.mail import OutgoingMail
from dxflow.jobs import queue
from dxflow.services.people import mail_settings, throttling

KIND = "upkeep.tidy"
HOUR = 3
#: Finished jobs are kept for so long: a job of the same kind and key is not done again meanwhile.
JOB_AGE = timedelta(days=90)
_OPEN = ("waiting", "handed")


def tidy(tx: Connection, now: datetime) -> None:
    """Remove old finished jobs, old messages and failed logins that no longer count.

    What waits or failed for good stays as a job.
    """
    queue.purge(tx, now - JOB_AGE)
    throttling.forget(tx, now)
    keep = timedelta(days=mail_settings.read(tx).keep_days)
    tx.execute(
        delete(OutgoingMail).where(
            OutgoingMail.created_at < now - keep, OutgoingMail.status.not_in(_OPEN)
        )
    )
