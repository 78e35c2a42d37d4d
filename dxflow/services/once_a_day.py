"""A look that is due once a day at an hour: a job under the day's key, so that many workers do one."""

from datetime import datetime, timedelta

from dxflow.clock import at_local, local_date
from dxflow.jobs import queue
from dxflow.services.site import Site


def queue_due(site: Site, now: datetime, kind: str, hour: int) -> datetime:
    """Put today's job into the queue once its hour (Japan) has come; return when to ask again."""
    today = local_date(now)
    due = at_local(today, hour)
    if now < due:
        return due
    if site.kept.get(kind) != (0.0, today):
        with site.database.write() as tx:
            queue.defer(tx, now, kind=kind, key=today.isoformat(), payload={})
        site.kept[kind] = (0.0, today)
    return at_local(today + timedelta(days=1), hour)
