"""Work that has been overdue for too long: somebody above is told, once for each due date.

Once a day, without a transaction, it is worked out up to which due date the packs want it told.
What is late by that is found by the index of due dates and told in batches, each in a transaction
of its own together with the mark that it was told: a worker that is killed goes on with the rest,
and a second one tells nobody twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select

from dxflow import audit
from dxflow.authority import escalation as rules
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import at_local, local_date
from dxflow.db.case import Case
from dxflow.db.process import Escalation, ProcessInstance, WorkItem, WorkItemGroup
from dxflow.jobs import queue
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import events, naming, organisation
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

KIND = "work.escalate"
HOUR = 8
#: So many tasks are told of in one transaction.
BATCH = 100


@dataclass(frozen=True)
class Limit:
    """Open work of cases with a version of a pack (by its digest) is told that was due before."""

    digest: str
    before: datetime


def run(site: Site, now: datetime) -> int:
    """Tell those above of all that has been late for too long; return of how much."""
    with site.database.read() as tx:
        limits = _limits(site, tx, now)
        if not limits or not _late(tx, limits, 1):
            return 0
    told = 0
    while True:
        with site.database.write() as tx:
            done = tell(site, tx, now, limits)
        told += done
        if done < BATCH:
            return told


def tell(site: Site, tx: Connection, now: datetime, limits: Sequence[Limit]) -> int:
    """Tell of a batch of what is late and untold, and mark it; return of how many tasks."""
    late = _late(tx, limits, BATCH) if limits else []
    if not late:
        return 0
    who = organisation.directory(site, tx, local_date(now))
    groups = _groups(tx, [row.id for row in late])
    offered = [one for having in groups.values() for one in having if one.startswith("user:")]
    persons = [*(row.assignee_id for row in late), *(one.removeprefix("user:") for one in offered)]
    names = naming.load(tx, who, persons=persons)
    changes = []
    for row in late:
        rule = packs.load(site, tx, row.pack_digest).settings.rules
        having = groups.get(row.id, [])
        told = rules.told(who, having, row.assignee_id, rule.escalate_to)
        _tell(tx, now, row, told, _message(row, having, names))
        changes.append(
            audit.Change(
                f"task.{row.id}", f"{row.number} {row.name}", None,
                _("、").join(names.group(one) for one in told),
            )
        )  # fmt: skip
    tx.execute(
        insert(Escalation),
        [{"work_item_id": row.id, "due_at": row.due_at, "at": now} for row in late],
    )
    audit.append_system(
        tx,
        audit.SystemStream.ADMIN,
        audit.Event(
            type="task.escalated", at=now, actor=events.who(system_actor(local_date(now))),
            subject=audit.Subject("system", KIND), changes=tuple(changes),
        ),
    )  # fmt: skip
    return len(late)


def _limits(site: Site, tx: Connection, now: datetime) -> list[Limit]:
    """Return the limits of the versions that overdue work is under."""
    used = (
        select(ProcessInstance.pack_digest)
        .join(WorkItem, WorkItem.case_id == ProcessInstance.case_id)
        .where(WorkItem.status == "open", WorkItem.due_at < now)
        .distinct()
    )
    calendars, today = city_days.Calendars(site, tx), local_date(now)
    found = []
    for digest in tx.execute(used).scalars().all():
        pack = packs.load(site, tx, digest)
        last = rules.last_due(calendars.of(pack), today, pack.settings.rules.escalate_days)
        if last is not None:
            found.append(Limit(digest, at_local(last + timedelta(days=1))))
    return found


def _late(tx: Connection, limits: Sequence[Limit], most: int) -> list[Any]:
    """Return open tasks that were due before their limit and that nobody was told of, by date."""
    told = exists().where(
        Escalation.work_item_id == WorkItem.id, Escalation.due_at == WorkItem.due_at
    )
    within = or_(
        *(
            and_(ProcessInstance.pack_digest == one.digest, WorkItem.due_at < one.before)
            for one in limits
        )
    )
    return list(
        tx.execute(
            select(
                WorkItem.id, WorkItem.case_id, WorkItem.name, WorkItem.assignee_id,
                WorkItem.due_at, Case.number, ProcessInstance.pack_digest,
            )
            .join(Case, Case.id == WorkItem.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
            .where(
                WorkItem.status == "open", WorkItem.due_at < max(one.before for one in limits),
                within, ProcessInstance.status != SUSPENDED, ~told,
            )
            .order_by(WorkItem.due_at, WorkItem.id)
            .limit(most)
        )
    )  # fmt: skip


def _groups(tx: Connection, items: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
    for row in tx.execute(query.where(WorkItemGroup.work_item_id.in_(items))):
        found.setdefault(row.work_item_id, []).append(row.group_key)
    return found


def _message(row: Row[Any], groups: Sequence[str], names: naming.Names) -> str:
    having = [f"user:{row.assignee_id}"] if row.assignee_id else sorted(groups)
    with to_be_stored():
        return _(
            "案件 {number} の「{task}」が、期限（{day}）を過ぎても済んでいません。担当: {who}。",
            number=row.number, task=row.name, day=wareki_date(local_date(row.due_at)),
            who="、".join(map(names.group, having)) or mark("担当なし"),
        )  # fmt: skip


def _tell(tx: Connection, now: datetime, row: Row[Any], told: Sequence[str], said: str) -> None:
    queue.defer(
        tx, now, kind="notice.deliver", key=f"late:{row.id}:{row.due_at.timestamp():.0f}",
        case_id=row.case_id,
        payload={"case_id": row.case_id, "groups": list(told), "message": said},
    )  # fmt: skip
