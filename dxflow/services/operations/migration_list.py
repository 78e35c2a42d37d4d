"""Batches of moved cases, and what came of each case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from dxflow.db.case import Case
from dxflow.db.migration import MigrationBatch, MigrationResult
from dxflow.db.process import PackVersion
from dxflow.errors import NotFound
from dxflow.services import plain
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.packs import own_words
from dxflow.services.paging import Page, bounds
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: What a result says while nothing has been done about it yet.
PENDING = frozenset({"waiting", "reverting"})


@dataclass(frozen=True)
class Batch:
    """A batch as listed. `counts` is outcome to number of cases; `status` also done.

    `mapping` is `process/element` of the old drawing to that of the new one.
    """

    id: str
    pack: str
    title: str
    version: int
    person_id: str
    at: datetime
    status: str
    counts: Mapping[str, int]
    mapping: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """What came of one case."""

    case: str
    number: str
    title: str
    outcome: str
    outcome_name: str
    reason: str


def outcome_name(outcome: str) -> str:
    """Return the words for what came of a case."""
    return {
        "waiting": _("順番待ち"),
        "migrated": _("移した"),
        "blocked": _("移せない"),
        "stopped": _("中止した"),
        "reverting": _("戻す順番待ち"),
        "reverted": _("戻した"),
        "kept": _("戻せない"),
    }[outcome]


def listed(site: Site, actor: Actor, page: int = 1, per_page: int = 50) -> Page[Batch]:
    """Return batches, the newest first: three queries."""
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        total = tx.execute(select(func.count()).select_from(MigrationBatch)).scalar_one()
        return Page(_batches(site, tx, offset=offset, limit=limit), page, per_page, total)


def one(
    site: Site, actor: Actor, batch: str, page: int = 1, per_page: int = 50
) -> tuple[Batch, Page[Result]]:
    """Return a batch and a page of its results, by number. Raises NotAllowed, NotFound."""
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        found = _batches(site, tx, batch)
        if not found:
            raise NotFound(_("移行「{batch}」はありません。", batch=batch))
        rows = tx.execute(
            select(
                Case.id,
                Case.number,
                visibility.told_title(),
                MigrationResult.outcome,
                MigrationResult.reason,
            )
            .join(Case, Case.id == MigrationResult.case_id)
            .where(MigrationResult.batch_id == batch)
            .order_by(Case.number)
            .offset(offset)
            .limit(limit)
        ).all()
    results = [
        Result(row.id, row.number, row.title, row.outcome, outcome_name(row.outcome), row.reason)
        for row in rows
    ]
    return found[0], Page(results, page, per_page, sum(found[0].counts.values()))


def _batches(
    site: Site, tx: Connection, batch: str = "", offset: int = 0, limit: int = 1
) -> list[Batch]:
    query = (
        select(MigrationBatch.__table__, PackVersion.title, PackVersion.version)
        .join(PackVersion, PackVersion.digest == MigrationBatch.to_digest)
        .order_by(MigrationBatch.at.desc(), MigrationBatch.id.desc())
    )
    rows = tx.execute(
        query.where(MigrationBatch.id == batch) if batch else query.offset(offset).limit(limit)
    ).all()
    counts: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    for row in tx.execute(
        select(MigrationResult.batch_id, MigrationResult.outcome, func.count().label("n"))
        .where(MigrationResult.batch_id.in_(counts))
        .group_by(MigrationResult.batch_id, MigrationResult.outcome)
    ):
        counts[row.batch_id][row.outcome] = row.n
    return [
        Batch(
            row.id, row.pack_key, own_words.text(site, tx, row.to_digest, row.title), row.version,
            row.person_id, row.at,
            row.status if row.status == "stopped" or PENDING & counts[row.id].keys() else "done",
            counts[row.id], plain.loads(row.mapping),
        )
        for row in rows
    ]  # fmt: skip
