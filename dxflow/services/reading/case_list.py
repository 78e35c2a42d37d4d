"""Cases as a list: filtered, paged, and as a CSV file."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from dxflow.audit.export import guarded
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.errors import Invalid
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

STATUSES = ("running", *packs.END_STATUSES)
CHUNK = 200


@dataclass(frozen=True)
class Filters:
    """What a list of cases is narrowed to; empty means everything. `unit` is the lead section."""

    q: str = ""
    status: str = ""
    stage: str = ""
    process: str = ""
    unit: str = ""
    fiscal_year: int | None = None
    applicant: str = ""


@dataclass(frozen=True)
class CaseRow:
    """A case as listed. `due_at` is the earliest date of its open work."""

    id: str
    number: str
    title: str
    status: str
    status_name: str
    stage: str
    stage_name: str
    lead: str
    applicant: str
    fiscal_year: int
    amount: int | None
    due_at: datetime | None
    late: bool
    started_at: datetime
    updated_at: datetime
    suspended: bool = False


@dataclass(frozen=True)
class Choices:
    """What the filters offer, as (value, label)."""

    stages: tuple[tuple[str, str], ...]
    processes: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    years: tuple[tuple[str, str], ...]


def search(
    site: Site,
    actor: Actor,
    filters: Filters,
    page: int = 1,
    per_page: int = 50,
    *,
    exact: bool = False,
) -> Page[CaseRow]:
    """Return the cases the actor may see, the latest changed first. Raises Invalid.

    All of them are counted only when that is asked for exactly.
    """
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        which = _condition(site, tx, actor, filters)
        found, more = count(tx, select(Case.id).where(which), exact=exact)
        rows = tx.execute(_listed(which).offset(offset).limit(limit)).all()
        entries = _entries(site, tx, actor, rows)
    return Page(entries, page, per_page, found, more)


def choices(site: Site, actor: Actor) -> Choices:
    """Return what the list may be filtered by: stages and processes of the current packs."""
    with site.database.read() as tx:
        current = packs.current(site, tx)
        who = organisation.directory(site, tx, actor.on)
        years = tx.execute(
            select(Case.fiscal_year)
            .where(visibility.visible(site, tx, actor))
            .distinct()
            .order_by(Case.fiscal_year.desc())
        ).scalars()
        return Choices(
            stages=tuple(
                dict.fromkeys(
                    (stage.key, translated(stage.label))
                    for pack in current
                    for stage in pack.settings.stages
                )
            ),
            processes=tuple(
                (pack.settings.start_process, translated(pack.settings.title)) for pack in current
            ),
            units=tuple(organisation.sections(who)),
            years=tuple((str(year), fiscal_label(year)) for year in years),
        )


def to_csv(site: Site, actor: Actor, filters: Filters) -> Iterator[bytes]:
    """Yield every case of the list as CSV in UTF-8 with byte order mark, first the headings.

    A cell that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    yield "\ufeff".encode() + _line(
        [
            _("番号"), _("件名"), _("状態"), _("段階"), _("担当課"), _("提案者"), _("年度"),
            _("金額（円）"), _("次の期限"), _("提出日"), _("更新日"),
        ]
    )  # fmt: skip
    with site.database.read() as tx:
        for part in every(site, tx, actor, filters):
            for entry in part:
                yield _line(_cells(entry))


def every(
    site: Site, tx: Connection, actor: Actor, filters: Filters
) -> Iterator[Sequence[CaseRow]]:
    """Yield every case of the list in parts of CHUNK. Raises Invalid."""
    which = _condition(site, tx, actor, filters)
    rows = tx.execute(_listed(which), execution_options={"yield_per": CHUNK})
    for part in rows.partitions(CHUNK):
        yield _entries(site, tx, actor, part)


def total(site: Site, tx: Connection, actor: Actor, filters: Filters) -> int:
    """Return how many cases the list has. Raises Invalid."""
    which = _condition(site, tx, actor, filters)
    return int(tx.execute(select(func.count()).select_from(Case).where(which)).scalar_one())


def folded(text: str) -> str:
    """Return a text as searches compare it: NFKC, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _condition(site: Site, tx: Connection, actor: Actor, filters: Filters) -> ColumnElement[bool]:
    parts = [visibility.visible(site, tx, actor)]
    if filters.status:
        if filters.status not in STATUSES:
            message = _("status は {words} のいずれかです。", words="、".join(STATUSES))
            raise Invalid(message, {"status": [message]})
        parts.append(Case.status == filters.status)
    if filters.stage:
        parts.append(and_(Case.stage == filters.stage, Case.status == "running"))
    if filters.process:
        parts.append(Case.process_key == filters.process)
    if filters.unit:
        parts.append(Case.lead_unit == filters.unit)
    if filters.fiscal_year is not None:
        parts.append(Case.fiscal_year == filters.fiscal_year)
    if filters.applicant:
        parts.append(Case.applicant_id == filters.applicant)
    parts += [
        Case.search_text.contains(word, autoescape=True) for word in folded(filters.q).split()
    ]
    return and_(*parts)


def _listed(which: ColumnElement[bool]) -> Select[Any]:
    due = (
        select(func.min(WorkItem.due_at))
        .where(WorkItem.case_id == Case.id, WorkItem.status == "open")
        .scalar_subquery()
    )
    return (
        select(
            Case.__table__,
            ProcessInstance.updated_at.label("touched_at"),
            ProcessInstance.status.label("instance_status"),
            Person.name.label("applicant_name"),
            due.label("due_at"),
        )
        .join(ProcessInstance, ProcessInstance.case_id == Case.id)
        .outerjoin(Person, Person.id == Case.applicant_id)
        .where(which)
        .order_by(ProcessInstance.updated_at.desc(), Case.id.desc())
    )


def _entries(site: Site, tx: Connection, actor: Actor, rows: Sequence[Row[Any]]) -> list[CaseRow]:
    who = organisation.directory(site, tx, actor.on)
    names = naming.load(tx, who, units=[row.lead_unit for row in rows])
    found = []
    for row in rows:
        pack = packs.load(site, tx, row.pack_digest)
        found.append(
            CaseRow(
                id=row.id,
                number=row.number,
                title=row.title,
                status=row.status,
                status_name=packs.status_name(row.status),
                stage=row.stage,
                stage_name=pack.stage_name(row.stage),
                lead=names.unit(row.lead_unit),
                applicant=row.applicant_name or "",
                fiscal_year=row.fiscal_year,
                amount=row.amount,
                due_at=row.due_at,
                late=row.due_at is not None and row.due_at < site.now(),
                started_at=row.created_at,
                updated_at=row.touched_at,
                suspended=row.instance_status == SUSPENDED,
            )
        )
    return found


def _cells(row: CaseRow) -> list[str]:
    return [
        row.number, row.title, row.status_name,
        row.stage_name if row.status == "running" else "",
        row.lead, row.applicant, fiscal_label(row.fiscal_year),
        "" if row.amount is None else str(row.amount),
        local_date(row.due_at).isoformat() if row.due_at else "",
        wareki_short(local_date(row.started_at)), wareki_short(local_date(row.updated_at)),
    ]  # fmt: skip


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([guarded(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", errors="replace")
