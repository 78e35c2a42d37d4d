"""Failed logins: counted by account and place, each makes the next try wait longer.

A subject is such a pair, or somebody who is logged in and asked for their password again. A day
without a failure and it is forgotten: the count begins anew, and the row goes with the next tidying.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from dxflow.db.identity import LoginThrottle
from dxflow.errors import Throttled
from dxflow.texts import gettext as _

#: Failures that are free, and the longest wait; between them the wait doubles.
FREE_FAILURES = 4
LONGEST_WAIT = timedelta(minutes=15)
#: Longer than any wait: what is forgotten keeps nobody out.
FORGOTTEN_AFTER = timedelta(days=1)


def require_patience(tx: Connection, subject: str, now: datetime) -> None:
    """Raise Throttled while a subject has to wait after its failures."""
    blocked = tx.execute(
        select(LoginThrottle.blocked_until).where(LoginThrottle.subject == subject)
    ).scalar_one_or_none()
    if blocked is not None and blocked > now:
        seconds = int((blocked - now).total_seconds()) + 1
        raise Throttled(
            _("ログインの失敗が続いたため、{n} 秒ほど待ってからお試しください。", n=seconds),
            seconds,
        )


def forgive(tx: Connection, subject: str) -> None:
    """Forget the failures of a subject that has shown the right password."""
    tx.execute(delete(LoginThrottle).where(LoginThrottle.subject == subject))


def count_failure(tx: Connection, subject: str, now: datetime) -> None:
    """Count one more failure; after FREE_FAILURES of them the subject waits."""
    row = tx.execute(
        select(LoginThrottle.failures, LoginThrottle.last_at).where(
            LoginThrottle.subject == subject
        )
    ).one_or_none()
    counts = row is not None and row.last_at >= now - FORGOTTEN_AFTER
    failures = (row.failures if row is not None and counts else 0) + 1
    values = {"failures": failures, "blocked_until": _until(failures, now), "last_at": now}
    if row is None:
        tx.execute(insert(LoginThrottle).values(subject=subject, **values))
    else:
        tx.execute(update(LoginThrottle).where(LoginThrottle.subject == subject).values(values))


def forget(tx: Connection, now: datetime) -> int:
    """Remove the rows that no longer count; return how many."""
    old = LoginThrottle.last_at < now - FORGOTTEN_AFTER
    return tx.execute(delete(LoginThrottle).where(old)).rowcount


def _until(failures: int, now: datetime) -> datetime | None:
    if failures <= FREE_FAILURES:
        return None
    wait = timedelta(seconds=2 ** min(failures - FREE_FAILURES, 12))
    return now + min(wait, LONGEST_WAIT)
