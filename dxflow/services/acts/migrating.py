"""Moving one locked case to another version of its pack, and back: an act like any other.

The work items keep their ids, what people took and what they typed; only what the other version
says otherwise about them changes. The state before is kept with the batch's result, and a case
on which nothing has been done since can be put back to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from dxflow import audit, engine
from dxflow.authority.directory import Directory
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import local_date
from dxflow.db.identity import Person
from dxflow.db.migration import MigrationBatch, MigrationResult
from dxflow.db.process import Timer, WorkItem, WorkItemGroup
from dxflow.engine import Place
from dxflow.errors import Conflict, DxflowError
from dxflow.jobs import queue
from dxflow.services import plain
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.writing import offer_again, redate, work_row, write_step
from dxflow.services.packs import organised
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import SYSTEM_ID, Actor, system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, source

JOB = "case.migrate"
#: Columns of a work item that follow from the version; a changed holder stays.
_DRAWN = ("element", "process_key", "path", "name", "lane", "form_key", "variables", "act")


def mapping_of(text: str) -> dict[Place, Place]:
    """Return a mapping as it is stored with a batch."""
    return {_place(old): _place(new) for old, new in plain.loads(text).items()}


def _place(text: str) -> Place:
    process, _slash, element = text.partition("/")
    return process, element


def move(
    old: packs.Pack, new: packs.Pack, state: bytes, mapping: Mapping[Place, Place],
    reached: Mapping[str, datetime], now: datetime, host: engine.Host,
    calendar: BusinessCalendar, directory: Callable[[], Directory],
) -> engine.Migrated:  # fmt: skip
    """Return a state moved from one version to another; `reached` are the open tasks' moments.

    Raises NotMigratable and StateUnreadable.
    """

    def as_of(moment: datetime) -> engine.Environment:
        functions = {**new.functions(moment, calendar), **organised.functions(directory)}
        return engine.Environment(functions, moment, host, new.settings.lanes)

    return engine.migrated(
        old.definitions, new.definitions, state, mapping, as_of(now),
        old_lanes=old.settings.lanes,
        reached={task: as_of(moment) for task, moment in reached.items()},
    )  # fmt: skip


def work_on(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Do the job of one case: move it, or put it back; a job done twice does nothing."""
    row = tx.execute(
        select(MigrationResult.outcome, MigrationBatch.__table__)
        .join(MigrationBatch, MigrationBatch.id == MigrationResult.batch_id)
        .where(
            MigrationResult.batch_id == payload["batch"],
            MigrationResult.case_id == payload["case"],
        )
        .with_for_update(of=MigrationResult)
    ).one_or_none()
    if row is None:
        return
    if row.outcome == "waiting":
        come = _moving(site, tx, row, payload, now)
    elif row.outcome == "reverting":
        come = _reverting(site, tx, row, payload, now)
    else:
        return
    tx.execute(
        update(MigrationResult)
        .where(MigrationResult.batch_id == row.id, MigrationResult.case_id == payload["case"])
        .values(at=now, **come)
    )


def _moving(
    site: Site, tx: Connection, batch: Row[Any], payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    if batch.status == "stopped":
        return {"outcome": "stopped"}
    try:
        act = lock(site, tx, _actor(tx, payload["person"], now), payload["case"])
        pack, moved = moved_by(act, batch)
    except DxflowError as refusal:
        return {"outcome": "blocked", "reason": source(refusal.message)}
    before = {"before_state": act.state, "before_digest": act.pack.digest}
    _write(act, pack, moved.before, moved.after, batch, "instance.migrated")
    return {"outcome": "migrated", "version_after": act.version, **before}


def _reverting(
    site: Site, tx: Connection, batch: Row[Any], payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    try:
        act = lock(site, tx, _actor(tx, payload["person"], now), payload["case"])
        pack, before, after = put_back(act, batch)
    except DxflowError as refusal:
        return {"outcome": "kept", "reason": source(refusal.message)}
    _write(act, pack, before, after, batch, "instance.reverted")
    return {"outcome": "reverted", "reason": "", "before_state": None}


def _actor(tx: Connection, person: str, now: datetime) -> Actor:
    """Return the person as whom a job acts."""
    actor = system_actor(local_date(now))
    if person == SYSTEM_ID:
        return actor
    name = tx.execute(select(Person.name).where(Person.id == person)).scalar_one()
    return replace(actor, person_id=person, name=name)


def moved_by(act: Act, batch: Row[Any]) -> tuple[packs.Pack, engine.Migrated]:
    """Return the locked case moved by a plan, unwritten. Raises Conflict, NotMigratable."""
    require_running(act)
    old, new = act.pack, packs.load(act.site, act.tx, batch.to_digest)
    require_other_version(old, new)
    opened = select(WorkItem.id, WorkItem.created_at).where(
        WorkItem.case_id == act.case_id, WorkItem.status == "open"
    )
    reached = {row.id: row.created_at for row in act.tx.execute(opened)}
    mapping = mapping_of(batch.mapping)
    calendar = replace(act, pack=new).calendar()
    return new, move(old, new, act.state, mapping, reached, act.now, act, calendar, act.directory)


def require_other_version(old: packs.Pack, new: packs.Pack) -> None:
    """Raise Conflict unless the second is another version of the first."""
    if old.digest == new.digest:
        raise Conflict(_("すでに版 {version} です。", version=new.version))
    if old.key != new.key:
        raise Conflict(_("別のパック（{pack}）の案件です。", pack=old.key))


def put_back(act: Act, batch: Row[Any]) -> tuple[packs.Pack, engine.Step, engine.Step]:
    """Return the version, and where the locked case stands now and stood before the move.

    Raises Conflict when it has ended, is suspended, or has gone on since.
    """
    require_running(act)
    result = act.tx.execute(
        select(MigrationResult.__table__).where(
            MigrationResult.batch_id == batch.id, MigrationResult.case_id == act.case_id
        )
    ).one()
    if act.version != result.version_after:
        raise Conflict(_("移した後に操作か期限の到来があったため、戻せません。"))
    old = packs.load(act.site, act.tx, result.before_digest)
    now = engine.peek(act.pack.definitions, act.state, act.environment())
    before = engine.peek(old.definitions, result.before_state, replace(act, pack=old).environment())
    return old, now, before


def _write(
    act: Act, pack: packs.Pack, before: engine.Step, after: engine.Step, batch: Row[Any],
    event: str,
) -> None:  # fmt: skip
    old, act.pack = act.pack, pack
    was = {task.id: task for task in before.tasks}
    for task in after.tasks:
        _rewrite(act, was[task.id], task)
    _rename_timers(act, before, after)
    write_step(act, after, list(was))
    act.record(
        event,
        audit.Change("version", mark("版"), str(old.version), str(pack.version)),
        audit.Change("mapping", mark("対応付け"), None, batch.mapping_digest),
        subject=audit.Subject("migration", batch.id, act.case_id),
    )
    act.change_case(pack_digest=pack.digest)
    act.finish(pack_digest=pack.digest, undo_state=None, undo_person=None, undo_submission=None)


def _rewrite(act: Act, before: engine.OpenTask, after: engine.OpenTask) -> None:
    """Write what changes of an open work item; who has it keeps it."""
    row = work_row(act, after)
    changed = {name: row[name] for name in _DRAWN}
    act.tx.execute(update(WorkItem).where(WorkItem.id == after.id).values(changed))
    if before.due != after.due:
        redate(act, [after.id], after.due)
    if before.groups == after.groups:
        return
    act.tx.execute(delete(WorkItemGroup).where(WorkItemGroup.work_item_id == after.id))
    offer_again(act, [after])


def _rename_timers(act: Act, before: engine.Step, after: engine.Step) -> None:
    """Let the rows of timers follow their elements; queued jobs of the old ones are dropped."""
    elements = {timer.id: timer.element for timer in before.timers}
    for timer in after.timers:
        if elements.get(timer.id, timer.element) != timer.element:
            act.tx.execute(update(Timer).where(Timer.id == timer.id).values(element=timer.element))
    queue.rearm(act.tx, act.case_id, "timer.fire")
    act.tx.execute(update(Timer).where(Timer.case_id == act.case_id).values(attempts=0))
