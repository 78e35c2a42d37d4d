"""Cases as a list: filtered, paged, and as a CSV file."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select, text
from sqlalchemy.orm import aliased

from dxflow.audit.export import guarded
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.errors import Invalid
from dxflow.services.acts import starts
from dxflow.services.acts.starts import RECALLED
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.paging import (
    Page,
    beyond_few,
    bounds,
    count_of,
    few,
    together,
    values_of,
)
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: The last one: pulled back by the applicant, who alone sees it until it is handed in again.
STATUSES = ("running", *packs.END_STATUSES, RECALLED)
CHUNK = 200
#: A page is looked for among so many cases before all are sorted that may be on it.
MOST_WALKED = 2_000
#: So many of the newest cases of a year are asked whether the reader may see one of them.
MOST_TRIED = 100


@dataclass(frozen=True)
class Filters:
    """What a list of cases is narrowed to; empty means everything.

    `process` is the key of a start or the id of a process, `unit` the lead section, `task` the name
    of work that is open in the case.
    """

    q: str = ""
    status: str = ""
    stage: str = ""
    process: str = ""
    unit: str = ""
    fiscal_year: int | None = None
    applicant: str = ""
    task: str = ""


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
    restricted: bool = False


@dataclass(frozen=True)
class Choices:
    """What the filters offer, as (value, label)."""

    stages: tuple[tuple[str, str], ...]
    processes: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    years: tuple[tuple[str, str], ...]
    #: The name of the task that was asked for, in the reader's language.
    task: str = ""


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
        wanted = _wanted(site, tx, actor, filters)
        ids = few(tx, wanted)
        if ids is not None:
            found, total, more = _latest_of(tx, ids, offset, limit + 1), len(ids), False
        else:
            which = condition(site, tx, actor, filters)
            walked = _walked(tx, which, offset, limit + 1)
            found = walked or _latest_of(tx, together(wanted), offset, limit + 1)
            total, more = beyond_few(offset, limit, len(found))
        if more and exact:
            total, more = count_of(tx, wanted), False
        shown = found[:limit]
        rows = tx.execute(_listed(Case.id.in_(shown))).all()
        entries = _entries(site, tx, actor, rows)
    return Page(entries, page, per_page, total, more)


def choices(site: Site, actor: Actor, task: str = "") -> Choices:
    """Return what the list may be filtered by: stages and processes of the current packs."""
    with site.database.read() as tx:
        current = packs.current(site, tx)
        who = organisation.directory(site, tx, actor.on)
        years = _years(site, tx, actor)
        return Choices(
            stages=tuple(
                dict.fromkeys(
                    (stage.key, translated(stage.label))
                    for pack in current
                    for stage in pack.settings.stages
                )
            ),
            processes=tuple(_kinds(site, tx, current).items()),
            units=tuple(organisation.sections(who)),
            years=tuple((str(year), fiscal_label(year)) for year in years),
            task=own_words.of_some(task, current),
        )


def _kinds(site: Site, tx: Connection, current: Sequence[packs.Pack]) -> dict[str, str]:
    """Return what cases there are, by what people begin and then by what begins by itself."""
    offered = starts.offers(site, tx)
    kinds = {one.start.key: one.title for one in offered}
    known = {name for one in offered for name in one.names}
    for pack in current:
        for process in pack.settings.starts:
            if process not in known:
                kinds[process] = translated(pack.processes[process].name) or process
    return kinds


def sections(site: Site, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Return the sections that a list may be narrowed to, as (key, name)."""
    with site.database.read() as tx:
        return tuple(organisation.sections(organisation.directory(site, tx, actor.on)))


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
    which = condition(site, tx, actor, filters)
    rows = tx.execute(_listed(which), execution_options={"yield_per": CHUNK})
    for part in rows.partitions(CHUNK):
        yield _entries(site, tx, actor, part)


def total(site: Site, tx: Connection, actor: Actor, filters: Filters) -> int:
    """Return how many cases the list has. Raises Invalid."""
    return count_of(tx, _wanted(site, tx, actor, filters))


def folded(text: str) -> str:
    """Return a text as searches compare it: NFKC, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def condition(site: Site, tx: Connection, actor: Actor, filters: Filters) -> ColumnElement[bool]:
    """Return the condition on `case_file` rows that are on the list. Raises Invalid."""
    return and_(visibility.visible(site, tx, actor), *_narrowed(site, tx, filters))


def _wanted(site: Site, tx: Connection, actor: Actor, filters: Filters) -> list[Select[Any]]:
    """Return the same as `_condition`, as queries that each begin at an index."""
    parts = _narrowed(site, tx, filters)
    return [one.where(*parts) for one in visibility.branches(site, tx, actor)]


_LATEST = (ProcessInstance.updated_at.desc(), ProcessInstance.case_id.desc())


def _latest_of(
    tx: Connection, ids: Sequence[str] | Select[Any], offset: int, limit: int
) -> list[str]:
    """Return a page of these cases, the latest changed first: all of them are sorted."""
    page = select(ProcessInstance.case_id).where(ProcessInstance.case_id.in_(ids))
    return list(tx.execute(page.order_by(*_LATEST).offset(offset).limit(limit)).scalars())


def _walked(
    tx: Connection, which: ColumnElement[bool], offset: int, limit: int
) -> list[str] | None:
    """Return a page of the cases under a condition, walking from the latest changed on.

    Returns None when the page is not full after MOST_WALKED cases: what is wanted lies far back,
    or begins there.
    """
    touched = ProcessInstance.updated_at
    end = tx.execute(
        select(touched).order_by(*_LATEST).offset(MOST_WALKED + offset).limit(1)
    ).scalar_one_or_none()
    page = select(ProcessInstance.case_id).where(
        exists().where(Case.id == ProcessInstance.case_id, which)
    )
    if end is not None:
        page = page.where(touched >= end)
    shown = list(tx.execute(page.order_by(*_LATEST).offset(offset).limit(limit)).scalars())
    return shown if len(shown) == limit or end is None else None


def _years(site: Site, tx: Connection, actor: Actor) -> list[int]:
    """Return the fiscal years of the cases the actor may see, the latest first.

    Whoever sees many sees some of the newest of each year; only the years of which these do not
    tell are looked for among all that may be seen.
    """
    ids = few(tx, visibility.branches(site, tx, actor))
    if ids is not None:
        years = select(Case.fiscal_year).where(Case.id.in_(ids)).distinct()
        return sorted(tx.execute(years).scalars(), reverse=True)
    every, newest = values_of(Case.fiscal_year), aliased(Case)
    some = (
        select(newest.id)
        .where(newest.fiscal_year == every.c.value)
        .order_by(newest.id.desc())
        .limit(MOST_TRIED)
    )
    seen = exists().where(Case.id.in_(some), visibility.visible(site, tx, actor))
    rows = tx.execute(select(every.c.value, seen).where(every.c.value.is_not(None))).all()
    found = {year for year, told in rows if told}
    if untold := {year for year, told in rows if not told}:
        wanted = [
            one.with_only_columns(Case.fiscal_year).where(Case.fiscal_year.in_(untold))
            for one in visibility.branches(site, tx, actor)
        ]
        found.update(tx.execute(together(wanted)).scalars())
    return sorted(found, reverse=True)


def _narrowed(site: Site, tx: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.status:
        if filters.status not in STATUSES:
            message = _("status は {words} のいずれかです。", words="、".join(STATUSES))
            raise Invalid(message, {"status": [message]})
        parts.append(Case.status == filters.status)
    if filters.stage:
        parts.append(and_(Case.stage == filters.stage, Case.status == "running"))
    if filters.process:
        parts.append(_begun_by(site, tx, filters.process))
    if filters.unit:
        parts.append(Case.lead_unit == filters.unit)
    if filters.fiscal_year is not None:
        parts.append(Case.fiscal_year == filters.fiscal_year)
    if filters.applicant:
        parts.append(Case.applicant_id == filters.applicant)
    if filters.task:
        waits = WorkItem.status == text("'open'"), WorkItem.name == filters.task
        parts.append(Case.id.in_(select(WorkItem.case_id).where(*waits)))
    parts += [
        Case.search_text.contains(word, autoescape=True) for word in folded(filters.q).split()
    ]
    return parts


def _begun_by(site: Site, tx: Connection, name: str) -> ColumnElement[bool]:
    """Return which cases began by the start of a key, or else with a process."""
    one = next((one for one in starts.offers(site, tx) if one.start.key == name), None)
    if one is None:
        return Case.process_key == name
    keys = [*one.names, *([""] if one.start.process in one.names else [])]
    return and_(Case.process_key == one.start.process, Case.start_key.in_(keys))


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
                restricted=row.restricted,
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
