"""A plan applied at its hour: 00:00 city time of its day, by whichever worker is there first.

The day before, in the morning, it is rehearsed again, so that a hole that has arisen meanwhile is
known while people are at work. At the hour the rehearsal decides: with a new hole, or files that do
not fit any more, nothing is written, the plan is held up and administrators are told.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dxflow import audit
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import at_local, local_date
from dxflow.db.case import Notice
from dxflow.db.transfer import TransferPlan
from dxflow.errors import DxflowError, Invalid
from dxflow.ids import new_id
from dxflow.jobs import queue
from dxflow.services.administration.transfers import applying, plans
from dxflow.services.administration.transfers.rehearsing import rehearsed
from dxflow.services.people import outbox
from dxflow.services.people.actor import Actor, system_actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

APPLY, CHECK = "transfer.apply", "transfer.check"
#: When the rehearsal of the day before is made.
EVE_HOUR = 9
_SCHEDULED = frozenset({"scheduled"})


def schedule(site: Site, by: Actor, plan: str, version: int | None = None) -> datetime:
    """Have a plan applied at 00:00 of its day and return that moment.

    Raises Invalid when its day is here or gone (it is applied by hand then), Refused for problems
    of its files, HolesOpen, Conflict.
    """
    plans.require_administrator(by)
    with site.database.write() as tx:
        row = plans.changing(
            tx, plan, version, status="scheduled", scheduled_by=by.person_id,
            scheduled_at=site.now(), held_up="",
        )  # fmt: skip
        moment = at_local(row.effective)
        if moment <= site.now():
            raise Invalid(_("その日はもう来ています。「いま適用する」で適用してください。"))
        sheets, fills = plans.sheets_of(tx, plan), plans.fills_of(tx, plan)
        applying.require_sound(rehearsed(site, tx, sheets, fills, row.effective))
        payload = {"plan": plan, "version": row.version + 1}
        key = f"{plan}:{row.version + 1}"
        eve = at_local(row.effective - timedelta(days=1), EVE_HOUR)
        if eve > site.now():
            queue.defer(tx, site.now(), kind=CHECK, key=key, payload=payload, run_at=eve)
        queue.defer(tx, site.now(), kind=APPLY, key=key, payload=payload, run_at=moment)
        plans.record(
            site, tx, by, "transfer.scheduled", plan,
            audit.Change("valid_from", mark("始まり"), None, row.effective),
        )  # fmt: skip
    return moment


def unschedule(site: Site, by: Actor, plan: str, version: int | None = None) -> None:
    """Take a plan's hour back, so that it may be changed. Raises Conflict unless it is scheduled."""
    plans.require_administrator(by)
    with site.database.write() as tx:
        plans.changing(
            tx, plan, version, _SCHEDULED, status="draft", scheduled_by=None, scheduled_at=None
        )
        plans.record(site, tx, by, "transfer.unscheduled", plan)


def check(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Rehearse a scheduled plan on the eve of its day and tell administrators of what is wrong."""
    row = _scheduled(tx, payload)
    if row is None:
        return
    try:
        found = rehearsed(
            site, tx, plans.sheets_of(tx, row.id), plans.fills_of(tx, row.id), row.effective
        )
        applying.require_sound(found)
    except DxflowError as refused:
        with to_be_stored():
            message = _(
                "明日（{day}）の人事異動「{name}」は、このままでは適用されません: {why}",
                day=wareki_date(row.effective), name=row.name, why=applying.why_not(refused),
            )  # fmt: skip
        _tell(site, tx, now, message, f"transfer-eve:{row.id}:{row.version}")


def carry_out(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Apply a scheduled plan at its hour, or hold it up and say why; a plan changed since is left."""
    row = _scheduled(tx, payload)
    if row is None:
        return
    by = system_actor(local_date(now))
    # Whatever the refusal left half written must not stay, while that it was refused must.
    attempt = tx.begin_nested()
    try:
        done = applying.apply_within(site, tx, by, row.id, row.version, _SCHEDULED)
    except DxflowError as refused:
        attempt.rollback()
        _hold_up(site, tx, by, row, refused, now)
        return
    attempt.commit()
    with to_be_stored():
        message = _(
            "人事異動「{name}」を適用しました（異動する人 {persons} 人、解除した引受け {released} 件）。",
            name=row.name, persons=done.persons, released=done.released,
        )  # fmt: skip
    _tell(site, tx, now, message, f"transfer-done:{row.id}:{row.version}")


def _scheduled(tx: Connection, payload: dict[str, Any]) -> Any:
    """Return the row of the plan a job is about, None when it has changed since."""
    row = tx.execute(
        select(TransferPlan.__table__).where(TransferPlan.id == payload["plan"])
    ).one_or_none()
    same = row is not None and (row.status, row.version) == ("scheduled", payload["version"])
    return row if same else None


def _hold_up(
    site: Site, tx: Connection, by: Actor, row: Any, refused: DxflowError, now: datetime
) -> None:
    with to_be_stored():
        why = applying.why_not(refused)
        message = _(
            "人事異動「{name}」（{day}）を適用できませんでした: {why} 組織は変わっていません。",
            name=row.name, day=wareki_date(row.effective), why=why,
        )  # fmt: skip
    tx.execute(
        update(TransferPlan)
        .where(TransferPlan.id == row.id)
        .values(status="blocked", version=row.version + 1, held_up=why)
    )
    plans.record(
        site, tx, by, "transfer.held_up", row.id,
        audit.Change("reason", mark("理由"), None, why),
    )  # fmt: skip
    _tell(site, tx, now, message, f"transfer-held:{row.id}:{row.version}")


def _tell(site: Site, tx: Connection, now: datetime, message: str, key: str) -> None:
    """Leave a notice for the administrators, by mail too for whoever wants it so."""
    group = f"role:{ADMIN_ROLE}"
    told = {group: new_id(now)}
    tx.execute(
        insert(Notice).values(
            id=told[group], group_key=group, case_id=None, message=message, at=now
        )
    )
    outbox.tell_groups(site, tx, now, "notice", [outbox.News(f"notice:{key}", told)])
