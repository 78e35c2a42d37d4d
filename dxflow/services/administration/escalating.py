"""Work that has been overdue for too long: somebody above is told, once for each due date.

Once a business day all that is overdue and of which nobody was told yet is looked at. That it was
told stands in the same transaction as the notice, so that a worker that is killed, or a second
one, tells nobody twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select

from dxflow import audit
from dxflow.authority import escalation as rules
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
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
#: At most so many are told of in one look; the rest comes with the next one.
MOST = 500


def run(site: Site, tx: Connection, now: datetime) -> None:
    """Tell those above of what has been late for too long."""
    late = _late(site, tx, now)[:MOST]
    if not late:
        return
    who = organisation.directory(site, tx, local_date(now))
    groups = _groups(tx, [row.id for row in late])
    names = naming.load(tx, who, persons=[row.assignee_id for row in late])
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


def _late(site: Site, tx: Connection, now: datetime) -> list[Any]:
    """Return the open tasks that have been late for as long as their pack says, untold so far."""
    told = exists().where(
        Escalation.work_item_id == WorkItem.id, Escalation.due_at == WorkItem.due_at
    )
    rows = tx.execute(
        select(
            WorkItem.id, WorkItem.case_id, WorkItem.name, WorkItem.assignee_id, WorkItem.due_at,
            Case.number, ProcessInstance.pack_digest,
        )
        .join(Case, Case.id == WorkItem.case_id)
        .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
        .where(
            WorkItem.status == "open", WorkItem.due_at < now,
            ProcessInstance.status != SUSPENDED, ~told,
        )
        .order_by(WorkItem.due_at, WorkItem.id)
    ).all()  # fmt: skip
    calendars, today = city_days.Calendars(site, tx), local_date(now)
    found: list[Any] = []
    for row in rows:
        pack = packs.load(site, tx, row.pack_digest)
        days = pack.settings.rules.escalate_days
        if rules.is_due(calendars.of(pack), local_date(row.due_at), today, days):
            found.append(row)
    return found


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
