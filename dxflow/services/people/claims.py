"""When it is looked for claims that have lapsed: the organisation changed, or an account closed."""

from datetime import datetime

from sqlalchemy import Connection, exists, select, text

from dxflow.db.process import WorkItem
from dxflow.ids import new_id
from dxflow.jobs import queue

#: The job that gives tasks back to their groups; also done at the beginning of every day.
KIND = "claim.lapse"
HOUR = 0

_ANY = select(exists().where(WorkItem.status == text("'open'"), WorkItem.assignee_id.is_not(None)))


def look(tx: Connection, now: datetime) -> None:
    """Let claims be looked at behind the caller's change, if there are any."""
    if tx.execute(_ANY).scalar_one():
        queue.defer(tx, now, kind=KIND, key=new_id(now), payload={})
