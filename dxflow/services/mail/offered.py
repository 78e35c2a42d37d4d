"""Tasks that have come: who may do them is told, if they want mail at once.

Completing a task pays nothing for it: what is new is looked for afterwards. Tasks are looked at
again for some minutes, since one that was begun earlier may be committed later; a row for the task
and the person makes that one message.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.jobs import queue
from dxflow.services.people import facts, mail_settings, outbox
from dxflow.services.site import Site

KIND = "mail.tasks"
LOOK = timedelta(seconds=20)
#: How long a transaction may take to become visible.
OVERLAP = timedelta(minutes=10)
#: What nobody was told of for so long is not news any more.
OLDEST = timedelta(days=3)
MOST = 1000


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put telling of new tasks into the queue when there are any; return when to look again."""
    settings = mail_settings.current(site)
    if not (settings.on and settings.tasks):
        return None
    last, seen = site.kept.get(KIND, (0.0, (None, frozenset())))[1]
    if last is not None and timedelta(0) <= now - last < LOOK:
        return last + LOOK  # type: ignore[no-any-return]
    with site.database.read() as tx:
        found = frozenset(row.id for row in _new(tx, now))
        begun = KIND in facts.read(tx, KIND)
    if found - seen or not begun:
        key = str(int(now.timestamp()) // int(LOOK.total_seconds()))
        with site.database.write() as tx:
            queue.defer(tx, now, kind=KIND, key=key, payload={})
    site.kept[KIND] = (0.0, (now, found))
    return now + LOOK


def tell(site: Site, tx: Connection, _payload: dict[str, Any], now: datetime) -> None:
    """Write a message for everybody who may do one of the new tasks and wants mail at once."""
    settings = mail_settings.read(tx)
    if not (settings.on and settings.tasks):
        return
    items = _new(tx, now)
    offered: dict[str, dict[str, str]] = {
        row.id: {f"user:{row.assignee_id}": row.id} if row.assignee_id else {} for row in items
    }
    free = [row.id for row in items if not row.assignee_id]
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key).where(
            WorkItemGroup.work_item_id.in_(free)
        )
    ):
        offered[row.work_item_id][row.group_key] = row.work_item_id
    news = [outbox.News(f"task:{key}", groups) for key, groups in offered.items()]
    outbox.tell_groups(site, tx, now, "task", news)
    until = items[-1].created_at if len(items) == MOST else now
    facts.write(tx, KIND, {"at": until.isoformat()})


def _new(tx: Connection, now: datetime) -> list[Any]:
    """Return the open tasks that came since the last telling, or a little before it."""
    kept = facts.read(tx, KIND).get(KIND)
    last = datetime.fromisoformat(kept["at"]) if kept else now
    begin = max(last, now - OLDEST) - OVERLAP
    return list(
        tx.execute(
            select(WorkItem.id, WorkItem.assignee_id, WorkItem.created_at)
            .where(WorkItem.created_at >= begin, WorkItem.status == "open")
            .order_by(WorkItem.created_at)
            .limit(MOST)
        )
    )
