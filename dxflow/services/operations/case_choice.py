"""Which cases an operation is for: found by number or id, listed by filters.

Administrators operate on cases without reading them: number, title and where a case stands are
enough here, what was handed in stays with those who may see the case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from dxflow.db.case import Case, CaseUnit
from dxflow.db.process import Incident, PackVersion, ProcessInstance, Timer, WorkItem
from dxflow.errors import Invalid, NotFound
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading.case_list import folded
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: Who may operate on cases and incidents.
OPERATORS = ("admin",)
STANDINGS = ("going", SUSPENDED)


@dataclass(frozen=True)
class CaseFilters:
    """What a list of running cases is narrowed to; empty means everything.

    `standing` is going or suspended, `pack` a pack's key, `version` one of its versions, `unit` a
    section that applies, leads or joins.
    """

    q: str = ""
    standing: str = ""
    pack: str = ""
    version: int | None = None
    element: str = ""
    unit: str = ""


@dataclass(frozen=True)
class RunningCase:
    """A running case as listed for operations. `open_tasks` are the names of what waits."""

    id: str
    number: str
    title: str
    stage_name: str
    pack_version: int
    suspended: bool
    suspend_reason: str
    open_tasks: tuple[str, ...]
    incidents: int
    updated_at: datetime


def find(tx: Connection, text: str) -> str:
    """Return the id of the case with this id or number. Raises NotFound."""
    (found,) = find_all(tx, [text])
    return found


def find_all(tx: Connection, texts: Iterable[str]) -> list[str]:
    """Return the ids of the cases with these ids or numbers, each once: one query. Raises NotFound."""
    given = list(dict.fromkeys(text.strip() for text in texts))
    rows = tx.execute(
        select(Case.id, Case.number).where(
            Case.id.in_(given) | Case.number.in_(given), Case.status != "recalled"
        )
    ).all()
    known = {row.number: row.id for row in rows} | {row.id: row.id for row in rows}
    for one in given:
        if one not in known:
            raise NotFound(_("番号かIDが「{given}」の案件はありません。", given=one))
    return list(dict.fromkeys(known[one] for one in given))


def running(
    site: Site, actor: Actor, filters: CaseFilters, page: int = 1, per_page: int = 50
) -> Page[RunningCase]:
    """Return running cases, the ones that rest longest first: three queries. Raises Invalid."""
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        which = _condition(filters)
        joined = (
            select(Case.id)
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .join(PackVersion, PackVersion.digest == ProcessInstance.pack_digest)
            .where(which)
        )
        total = tx.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
        rows = tx.execute(
            joined.with_only_columns(
                Case.id,
                Case.number,
                visibility.told_title(),
                Case.stage,
                ProcessInstance.pack_digest,
                ProcessInstance.status,
                ProcessInstance.suspend_reason,
                ProcessInstance.updated_at,
            )
            .order_by(ProcessInstance.updated_at, Case.id)
            .offset(offset)
            .limit(limit)
        ).all()
        return Page(_entries(site, tx, rows), page, per_page, total)


def _entries(site: Site, tx: Connection, rows: Sequence[Any]) -> list[RunningCase]:
    ids = [row.id for row in rows]
    names: dict[str, list[str]] = {}
    for item in tx.execute(
        select(WorkItem.case_id, WorkItem.name)
        .where(WorkItem.case_id.in_(ids), WorkItem.status == "open")
        .order_by(WorkItem.created_at)
    ):
        names.setdefault(item.case_id, []).append(item.name)
    failed = {
        row.case_id: row.n
        for row in tx.execute(
            select(Incident.case_id, func.count().label("n"))
            .where(Incident.case_id.in_(ids), Incident.status == "open")
            .group_by(Incident.case_id)
        )
    }
    entries = []
    for row in rows:
        pack = packs.load(site, tx, row.pack_digest)
        entries.append(
            RunningCase(
                id=row.id,
                number=row.number,
                title=row.title,
                stage_name=pack.stage_name(row.stage),
                pack_version=pack.version,
                suspended=row.status == SUSPENDED,
                suspend_reason=row.suspend_reason,
                open_tasks=tuple(dict.fromkeys(map(pack.said, names.get(row.id, ())))),
                incidents=failed.get(row.id, 0),
                updated_at=row.updated_at,
            )
        )
    return entries


def _condition(filters: CaseFilters) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [Case.status == "running"]
    if filters.standing:
        if filters.standing not in STANDINGS:
            message = _("動きの絞り込みは going か suspended です。")
            raise Invalid(message, {"standing": [message]})
        stopped = ProcessInstance.status == SUSPENDED
        parts.append(stopped if filters.standing == SUSPENDED else ~stopped)
    if filters.pack:
        parts.append(PackVersion.key == filters.pack)
    if filters.version is not None:
        parts.append(PackVersion.version == filters.version)
    if filters.unit:
        parts.append(exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit == filters.unit))
    if filters.element:
        parts.append(
            or_(
                exists().where(
                    WorkItem.case_id == Case.id,
                    WorkItem.status == "open",
                    WorkItem.element == filters.element,
                ),
                exists().where(Timer.case_id == Case.id, Timer.element == filters.element),
            )
        )
    parts += [
        Case.search_text.contains(word, autoescape=True) for word in folded(filters.q).split()
    ]
    return and_(*parts)
