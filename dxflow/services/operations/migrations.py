"""Moving running cases to another version of their pack in batches, and back.

A batch is a row with one result for each case. Each case is moved in a transaction of its own by
a job, so that nothing waits for it and a batch can be stopped in between.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dxflow import audit
from dxflow.db.migration import MigrationBatch, MigrationResult
from dxflow.errors import Invalid, NotFound
from dxflow.ids import new_id
from dxflow.jobs import queue
from dxflow.services.acts import migrating
from dxflow.services.keyed import Keyed, made_before
from dxflow.services.operations import case_choice
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.migration_plans import Plan
from dxflow.services.operations.migration_preview import candidates
from dxflow.services.people import events
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def begin(
    site: Site,
    actor: Actor,
    plan: Plan,
    cases: Sequence[str] = (),
    *,
    at_once: bool = False,
    keyed: Keyed | None = None,
) -> str:
    """Begin a batch and return its id: one job for each case, or at once when asked.

    The same idempotency key gives the first batch again. Raises NotAllowed, NotFound, Invalid when
    there is no case to move, Conflict for a key that was used for something else.
    """
    actor.require_role(*OPERATORS)
    now = site.now()
    with site.database.write() as tx:
        batch = new_id(now)
        if keyed:
            batch = keyed.id_by(actor.person_id)
            if made_before(tx, MigrationBatch.id, actor.person_id, keyed):
                return batch
        ids = candidates(tx, plan, cases)
        if not ids:
            raise Invalid(_("移す案件がありません。"))
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


def stop(site: Site, actor: Actor, batch: str) -> int:
    """Leave the cases of a batch that wait as they are; return how many.

    Nothing changes when none waits any more. Raises NotAllowed, NotFound.
    """
    actor.require_role(*OPERATORS)
    with site.database.write() as tx:
        _require_batch(tx, batch)
        stopped = tx.execute(
            update(MigrationResult)
            .where(MigrationResult.batch_id == batch, MigrationResult.outcome == "waiting")
            .values(outcome="stopped", at=site.now())
        ).rowcount
        if stopped:
            tx.execute(
                update(MigrationBatch).where(MigrationBatch.id == batch).values(status="stopped")
            )
            _record(site, tx, actor, "migration.stopped", batch)
    return stopped


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
            which.append(MigrationResult.case_id.in_(case_choice.find_all(tx, cases)))
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


def _require_batch(tx: Connection, batch: str) -> None:
    if tx.execute(select(MigrationBatch.id).where(MigrationBatch.id == batch)).first() is None:
        raise NotFound(_("移行「{batch}」はありません。", batch=batch))


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
    changes = (audit.Change("pack", mark("パック"), None, " ".join(words)),) if words else ()
    events.record_configuration(site, tx, actor, event, audit.Subject("migration", batch), *changes)
