"""Moving running cases to another version of their pack: look first, then in batches, and back.

A batch is a row with one result for each case. Each case is moved in a transaction of its own by
a job, so that nothing waits for it and a batch can be stopped in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dxflow import audit, engine
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Case
from dxflow.db.migration import MigrationBatch, MigrationResult
from dxflow.db.process import PackVersion, ProcessInstance, WorkItem
from dxflow.engine import NotMigratable
from dxflow.errors import Conflict, DxflowError, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.jobs import queue
from dxflow.services.acts import migrating
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.operations import case_choice
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.migration_plans import Plan
from dxflow.services.packs import store as packs
from dxflow.services.people import events
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: Cases of one batch, and of one preview.
MOST = 2000


@dataclass(frozen=True)
class Blocked:
    """Why a case cannot be moved, at which element; both "" for the case as a whole."""

    process: str
    element: str
    name: str
    sentence: str

    @property
    def place(self) -> str:
        """Return `process/element`, "" for the case as a whole."""
        return f"{self.process}/{self.element}" if self.element else ""


@dataclass(frozen=True)
class Preview:
    """What a plan would do to a case: `standing` what is open, `changes` what will differ."""

    case: str
    number: str
    title: str
    version: int
    standing: tuple[str, ...]
    changes: tuple[str, ...]
    blockers: tuple[Blocked, ...]


class _Nobody:
    """The host of a preview: nothing runs, so nobody may be called."""

    def call(self, command: str, payload: dict[str, Any], element: str) -> dict[str, Any]:
        """Refuse."""
        raise LookupError(command)


def candidates(tx: Connection, plan: Plan, cases: Sequence[str] = ()) -> list[str]:
    """Return the ids of the named cases, or of all running ones of other versions of the pack.

    Raises NotFound for an unknown case, Invalid when there are too many.
    """
    if cases:
        return list(dict.fromkeys(case_choice.find(tx, case) for case in cases))
    found = list(
        tx.execute(
            select(Case.id)
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .join(PackVersion, PackVersion.digest == ProcessInstance.pack_digest)
            .where(
                Case.status == "running",
                PackVersion.key == plan.pack,
                PackVersion.digest != plan.digest,
            )
            .order_by(Case.number)
            .limit(MOST + 1)
        ).scalars()
    )
    if len(found) > MOST:
        raise Invalid(_("一度に移せるのは {most} 件までです。案件を選んでください。", most=MOST))
    return found


def preview(site: Site, actor: Actor, plan: Plan, cases: Sequence[str] = ()) -> list[Preview]:
    """Return what a plan would do to each case; nothing is written, three queries."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        ids = candidates(tx, plan, cases)
        rows = tx.execute(
            select(
                Case.id, Case.number, Case.title, Case.status, ProcessInstance.state,
                ProcessInstance.pack_digest, ProcessInstance.status.label("standing"),
            )
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .where(Case.id.in_(ids))
            .order_by(Case.number)
        ).all()  # fmt: skip
        opened = select(WorkItem.case_id, WorkItem.id, WorkItem.created_at).where(
            WorkItem.case_id.in_(ids), WorkItem.status == "open"
        )
        reached: dict[str, dict[str, datetime]] = {}
        for item in tx.execute(opened):
            reached.setdefault(item.case_id, {})[item.id] = item.created_at
        return [_previewed(site, tx, plan, row, reached.get(row.id, {})) for row in rows]


def _previewed(
    site: Site, tx: Connection, plan: Plan, row: Any, reached: dict[str, datetime]
) -> Preview:
    old, new = packs.load(site, tx, row.pack_digest), packs.load(site, tx, plan.digest)
    standing: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    blockers: tuple[Blocked, ...] = ()
    try:
        _require_movable(row, old, new)
        moved = migrating.move(old, new, row.state, plan.mapping, reached, site.now(), _Nobody())
        standing, changes = _standing(moved.before, old), tuple(_changes(moved, new))
    except NotMigratable as refused:
        blockers = tuple(
            Blocked(one.process, one.element, name_of(old, one.process, one.element), one.message)
            for one in refused.blockers
        )
    except DxflowError as refused:
        blockers = (Blocked("", "", "", str(refused)),)
    return Preview(row.id, row.number, row.title, old.version, standing, changes, blockers)


def _require_movable(row: Any, old: packs.Pack, new: packs.Pack) -> None:
    if row.status != "running":
        raise Conflict(_("終わった案件は移せません。"))
    if row.standing == SUSPENDED:
        raise Conflict(_("一時停止中の案件は移せません。再開してから移してください。"))
    migrating.require_other_version(old, new)


def name_of(pack: packs.Pack, process: str, element: str) -> str:
    """Return an element's name for people; its id when it has none."""
    found = pack.element(process, element)
    return found.name or element if found else element


def _standing(step: engine.Step, pack: packs.Pack) -> tuple[str, ...]:
    tasks = dict.fromkeys(f"{task.process}/{task.element}" for task in step.tasks)
    timers = dict.fromkeys(timer.element for timer in step.timers)
    return (*tasks, *timers)


def _changes(moved: engine.Migrated, new: packs.Pack) -> Iterable[str]:
    was = {task.id: task for task in moved.before.tasks}
    for task in moved.after.tasks:
        before = was[task.id]
        for what, old, now in (
            (_("要素"), before.element, task.element),
            (_("名前"), before.name, task.name),
            (_("様式"), before.form_key, task.form_key),
            (_("期日"), _moment(before.due), _moment(task.due)),
            (_("担当"), ", ".join(before.groups), ", ".join(task.groups)),
        ):
            if old != now:
                yield _(
                    "{task}: {what} {old} → {now}",
                    task=before.name, what=what, old=old or "-", now=now or "-",
                )  # fmt: skip
    words = {"armed": _("新しい期限"), "rearmed": _("期限の計算し直し"), "dropped": _("期限の廃止")}
    for timer in moved.timers:
        yield _(
            "{what}: {timer} {old} → {now}",
            what=words[timer.what], timer=timer.element,
            old=_moment(timer.before) or "-", now=_moment(timer.after) or "-",
        )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return wareki_datetime(at) if at is not None else ""


def begin(
    site: Site, actor: Actor, plan: Plan, cases: Sequence[str] = (), *, at_once: bool = False
) -> str:
    """Begin a batch and return its id: one job for each case, or at once when asked.

    Raises NotAllowed, NotFound, Invalid when there is no case to move.
    """
    actor.require_role(*OPERATORS)
    now = site.now()
    with site.database.write() as tx:
        ids = candidates(tx, plan, cases)
        if not ids:
            raise Invalid(_("移す案件がありません。"))
        batch = new_id(now)
        tx.execute(
            insert(MigrationBatch).values(
                id=batch, pack_key=plan.pack, to_digest=plan.digest, mapping=plan.mapping_text,
                mapping_digest=plan.mapping_digest, person_id=actor.person_id, at=now,
                status="running",
            )
        )  # fmt: skip
        tx.execute(
            insert(MigrationResult),
            [{"batch_id": batch, "case_id": one, "outcome": "waiting", "at": now} for one in ids],
        )
        _record(site, tx, actor, "migration.started", batch, plan.pack, str(plan.version))
        if not at_once:
            _defer(tx, now, actor, batch, ids, "")
    if at_once:
        _work_off(site, actor, batch, ids)
    return batch


def stop(site: Site, actor: Actor, batch: str) -> None:
    """Leave the cases of a batch that wait as they are. Raises NotAllowed, NotFound."""
    actor.require_role(*OPERATORS)
    with site.database.write() as tx:
        stopped = tx.execute(
            update(MigrationBatch)
            .where(MigrationBatch.id == batch, MigrationBatch.status == "running")
            .values(status="stopped")
        ).rowcount
        if not stopped:
            raise NotFound(_("進行中の移行「{batch}」はありません。", batch=batch))
        tx.execute(
            update(MigrationResult)
            .where(MigrationResult.batch_id == batch, MigrationResult.outcome == "waiting")
            .values(outcome="stopped", at=site.now())
        )
        _record(site, tx, actor, "migration.stopped", batch)


def revert(
    site: Site, actor: Actor, batch: str, cases: Sequence[str] = (), *, at_once: bool = False
) -> int:
    """Put the moved cases of a batch back; return how many are tried.

    Cases that have gone on since stay, and their results say so. Raises NotAllowed, NotFound.
    """
    actor.require_role(*OPERATORS)
    now = site.now()
    with site.database.write() as tx:
        _require_batch(tx, batch)
        which = [MigrationResult.batch_id == batch, MigrationResult.outcome == "migrated"]
        if cases:
            which.append(
                MigrationResult.case_id.in_([case_choice.find(tx, case) for case in cases])
            )
        ids = list(
            tx.execute(
                update(MigrationResult)
                .where(*which)
                .values(outcome="reverting")
                .returning(MigrationResult.case_id)
            ).scalars()
        )
        if ids:
            _record(site, tx, actor, "migration.reverted", batch)
        if not at_once:
            _defer(tx, now, actor, batch, ids, ":revert")
    if at_once:
        _work_off(site, actor, batch, ids)
    return len(ids)


def _require_batch(tx: Connection, batch: str) -> Any:
    row = tx.execute(
        select(MigrationBatch.__table__).where(MigrationBatch.id == batch)
    ).one_or_none()
    if row is None:
        raise NotFound(_("移行「{batch}」はありません。", batch=batch))
    return row


def _defer(
    tx: Connection, now: datetime, actor: Actor, batch: str, cases: Sequence[str], suffix: str
) -> None:
    """Queue a job for each case; they are the batch's, so that no act on a case takes them away."""
    for case in cases:
        queue.defer(
            tx, now, kind=migrating.JOB, key=f"{batch}:{case}{suffix}",
            payload={"batch": batch, "case": case, "person": actor.person_id},
        )  # fmt: skip


def _work_off(site: Site, actor: Actor, batch: str, cases: Sequence[str]) -> None:
    for case in cases:
        payload = {"batch": batch, "case": case, "person": actor.person_id}
        with site.database.write() as tx:
            migrating.work_on(site, tx, payload, site.now())


def _record(site: Site, tx: Connection, actor: Actor, event: str, batch: str, *words: str) -> None:
    changes = (audit.Change("pack", _("パック"), None, " ".join(words)),) if words else ()
    audit.append_system(
        tx,
        audit.SystemStream.CONFIG,
        audit.Event(
            type=event,
            at=site.now(),
            actor=events.who(actor),
            subject=audit.Subject("migration", batch),
            request=audit.Request(id=actor.request_id),
            changes=changes,
        ),
    )
