"""Conditions come due: whoever owes one is told before its day and after it, somebody above later.

Once a day the open conditions near their day are looked at. Those who owe one are told when its day
is as near as the pack says of tasks (`reminder_days`), and when it has passed; after
`escalate_days` business days those above are told, once, with a mark beside that of late tasks.
The text of a condition is told to who owes it, and not where the reading of its case is restricted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, text

from dxflow import audit
from dxflow.authority import escalation as rules
from dxflow.authority.directory import Directory
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import at_local, local_date
from dxflow.db.case import Case, Duty
from dxflow.db.process import Escalation, ProcessInstance
from dxflow.jobs import queue
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.administration import tidying
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import events, naming, organisation
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

KIND = "condition.remind"
HOUR = 8
#: So far ahead conditions are looked at: more than the business days of any warning.
AHEAD = timedelta(days=60)
#: So long after its day whoever owes a condition may still be told, for the first time, that it
#: has passed. A notice is left once for its key, which is known for longer than this.
BEHIND = tidying.JOB_AGE - timedelta(days=30)


@dataclass(frozen=True)
class Told:
    """A condition, what is said of it today and to whom; `above`: it is about those above."""

    row: Row[Any]
    key: str
    groups: tuple[str, ...]
    message: str
    above: bool = False


def remind(site: Site, tx: Connection, now: datetime) -> None:
    """Leave what is to be told of conditions today, and mark those that went to somebody above."""
    rows = _near(tx, now)
    if not rows:
        return
    who = organisation.directory(site, tx, local_date(now))
    names = naming.load(tx, who)
    with to_be_stored():
        found = list(_told(site, tx, who, names, rows, local_date(now)))
        _mark(tx, now, names, [one for one in found if one.above])
    for one in found:
        queue.defer(
            tx, now, kind="notice.deliver", key=one.key, case_id=one.row.case_id,
            payload={
                "case_id": one.row.case_id, "groups": list(one.groups), "message": one.message,
            },
        )  # fmt: skip


def _near(tx: Connection, now: datetime) -> list[Row[Any]]:
    """Return open conditions of cases that go on, from those long past to those soon due."""
    told = exists().where(Escalation.work_item_id == Duty.id)
    return list(
        tx.execute(
            select(
                Duty.id, Duty.case_id, Duty.text, Duty.owner_group, Duty.due_on, Case.number,
                Case.restricted, ProcessInstance.pack_digest, told.label("told"),
            )
            .join(Case, Case.id == Duty.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == Duty.case_id)
            .where(
                Duty.status == text("'open'"), Duty.due_on <= local_date(now) + AHEAD,
                Case.status == "running", ProcessInstance.status != SUSPENDED,
            )
            .order_by(Duty.due_on, Duty.id)
        )
    )  # fmt: skip


def _told(
    site: Site,
    tx: Connection,
    who: Directory,
    names: naming.Names,
    rows: list[Row[Any]],
    today: date,
) -> Iterator[Told]:
    calendars = city_days.Calendars(site, tx)
    for row in rows:
        pack = packs.load(site, tx, row.pack_digest)
        rule, calendar = pack.settings.rules, calendars.of(pack)
        day, key = wareki_date(row.due_on), f"condition:{row.id}:{row.due_on.isoformat()}"
        what = "" if row.restricted else _("「{text}」", text=row.text)
        values = {"number": row.number, "day": day, "what": what}
        if row.due_on >= today:
            if row.due_on <= calendar.add_business_days(today, rule.reminder_days):
                said = _(
                    "案件 {number} に付いた条件{what}の期日（{day}）が近づいています。", **values
                )
                yield Told(row, f"{key}:soon", (row.owner_group,), said)
            continue
        if row.due_on >= today - BEHIND:
            said = _(
                "案件 {number} に付いた条件{what}の期日（{day}）を過ぎました。"
                "満たしたら、案件のページで履行を報告してください。",
                **values,
            )
            yield Told(row, f"{key}:late", (row.owner_group,), said)
        last = rules.last_due(calendar, today, rule.escalate_days)
        if last is not None and row.due_on <= last and not row.told:
            said = _(
                "案件 {number} に付いた条件{what}が、期日（{day}）を過ぎても履行されていません。"
                "負う課: {owner}。",
                owner=names.group(row.owner_group), **values,
            )  # fmt: skip
            groups = rules.told(who, [row.owner_group], None, rule.escalate_to)
            yield Told(row, f"{key}:above", groups, said, above=True)


def _mark(tx: Connection, now: datetime, names: naming.Names, told: list[Told]) -> None:
    if not told:
        return
    tx.execute(
        insert(Escalation),
        [
            {"work_item_id": one.row.id, "due_at": at_local(one.row.due_on), "at": now}
            for one in told
        ],
    )
    changes = tuple(
        audit.Change(
            f"duty.{one.row.id}", f"{one.row.number} {_('条件')}", None,
            _("、").join(names.group(group) for group in one.groups),
        )
        for one in told
    )  # fmt: skip
    audit.append_system(
        tx,
        audit.SystemStream.ADMIN,
        audit.Event(
            type="task.escalated", at=now, actor=events.who(system_actor(local_date(now))),
            subject=audit.Subject("system", KIND), changes=changes,
        ),
    )  # fmt: skip
