"""Which ended cases are due for disposal, what is proposed of them, and what was disposed of (廃棄簿).

Lists are read from the index of the last days: what is kept longer and what is gone costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select
from sqlalchemy.orm import aliased

from dxflow.authority.retention import Proposed
from dxflow.calendars.fiscal import fiscal_year_end, fiscal_year_of, fiscal_year_start
from dxflow.clock import at_local, local_date
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.retention import Disposal, RetentionProposal
from dxflow.errors import Invalid
from dxflow.services.operations.retention import APPROVERS, PROPOSERS, READERS, WORDS
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: Which part of what is due: nothing is proposed, or something is.
STANDINGS = ("", "proposed")
MOST_IN_FILE = 10_000


@dataclass(frozen=True)
class OpenProposal:
    """What somebody has proposed and nobody has decided. `mine`: the reader did."""

    id: str
    words: str
    years: int
    reason: str
    person: str
    at: datetime
    mine: bool


@dataclass(frozen=True)
class DueCase:
    """An ended case whose period is over or ends this fiscal year; `over` tells which."""

    id: str
    number: str
    title: str
    section: str
    status_name: str
    ended_at: datetime
    kept_until: date
    over: bool
    proposal: OpenProposal | None


@dataclass(frozen=True)
class DuePage:
    """A page of what is due, with what the reader may do. `waiting` counts what is proposed."""

    page: Page[DueCase]
    waiting: int
    proposes: bool
    decides: bool


@dataclass(frozen=True)
class Disposed:
    """A line of the register of disposals. `bytes` are those of the files that went.

    `documents` counts the decision documents that lost personal values, names of files and hashes.
    """

    case_id: str
    number: str
    title: str
    section: str
    ended_at: datetime
    kept_until: date
    at: datetime
    proposer: str
    approver: str
    reason: str
    files: int
    bytes: int
    openings: int
    documents: int


def due(site: Site, actor: Actor, standing: str = "", page: int = 1, per_page: int = 50) -> DuePage:
    """Return a page of what is due, what is over longest first: three queries. Raises Invalid."""
    actor.require_role(*READERS)
    if standing not in STANDINGS:
        message = _("絞り込みは proposed だけです。")
        raise Invalid(message, {"standing": [message]})
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        rows = _due(site, tx, actor, standing)
        total = tx.execute(
            select(func.count()).select_from(rows.with_only_columns(Case.id).subquery())
        ).scalar_one()
        found = tx.execute(
            rows.order_by(Case.kept_until, Case.number).offset(offset).limit(limit)
        ).all()
        entries = [_entry(row, actor) for row in _named(site, tx, actor, found)]
        return DuePage(
            Page(entries, page, per_page, total),
            _waiting(tx),
            actor.has_role(*PROPOSERS),
            actor.has_role(*APPROVERS),
        )


def waiting(site: Site, actor: Actor) -> int:
    """Return how many proposals wait for an approver; 0 for others."""
    if not actor.has_role(*APPROVERS):
        return 0
    with site.database.read() as tx:
        return _waiting(tx)


def register(
    site: Site, actor: Actor, year: int | None = None, page: int = 1, per_page: int = 50
) -> Page[Disposed]:
    """Return a page of what was disposed of, perhaps in one fiscal year, the latest first."""
    actor.require_role(*READERS)
    offset, limit = bounds(page, per_page)
    within = _within(year)
    with site.database.read() as tx:
        total = tx.execute(select(func.count()).select_from(Disposal).where(*within)).scalar_one()
        found = _disposals(site, tx, actor, within, offset, limit)
    return Page(found, page, per_page, total)


def whole_register(site: Site, actor: Actor, year: int | None = None) -> list[Disposed]:
    """Return what was disposed of, perhaps in one fiscal year, for paper and spreadsheets.

    The latest lines, no more than MOST_IN_FILE.
    """
    actor.require_role(*READERS)
    with site.database.read() as tx:
        return _disposals(site, tx, actor, _within(year), 0, MOST_IN_FILE)


def years(site: Site, actor: Actor) -> list[int]:
    """Return the fiscal years in which something was disposed of, the latest first."""
    actor.require_role(*READERS)
    with site.database.read() as tx:
        first, last = tx.execute(select(func.min(Disposal.at), func.max(Disposal.at))).one()
    if first is None:
        return []
    begin, end = (fiscal_year_of(local_date(one)) for one in (first, last))
    return list(range(end, begin - 1, -1))


def _due(site: Site, tx: Connection, actor: Actor, standing: str) -> Any:
    proposer = aliased(Person)
    is_open = and_(RetentionProposal.case_id == Case.id, RetentionProposal.decided_at.is_(None))
    last = fiscal_year_end(fiscal_year_of(site.today()))
    proposed = RetentionProposal.id
    return (
        select(
            Case.id, Case.number, _title(site, tx, actor), Case.lead_unit, Case.status,
            Case.ended_at, Case.kept_until,
            (Case.kept_until < site.today()).label("over"),
            RetentionProposal.id.label("proposal"), RetentionProposal.proposed,
            RetentionProposal.years, RetentionProposal.reason, RetentionProposal.at,
            RetentionProposal.proposer_id, proposer.name.label("proposer"),
        )
        .outerjoin(RetentionProposal, is_open)
        .outerjoin(proposer, proposer.id == RetentionProposal.proposer_id)
        .where(
            Case.kept_until.is_not(None), Case.kept_until <= last,
            proposed.is_not(None) if standing else proposed.is_(None),
        )
    )  # fmt: skip


def _title(site: Site, tx: Connection, actor: Actor) -> ColumnElement[str]:
    """Return the title; where reading is restricted, whoever may not read learns that there is one."""
    hidden = visibility.withheld(site, tx, actor)
    return case((hidden, literal(visibility.withheld_title())), else_=Case.title).label("title")


def _named(site: Site, tx: Connection, actor: Actor, rows: Sequence[Any]) -> list[tuple[Any, str]]:
    """Return rows with the name of their lead section: one query for those that have ended."""
    who = organisation.directory(site, tx, actor.on)
    names = naming.load(tx, who, units={row.lead_unit for row in rows})
    return [(row, names.unit(row.lead_unit)) for row in rows]


def _entry(named: tuple[Any, str], actor: Actor) -> DueCase:
    row, section = named
    proposal = None
    if row.proposal is not None:
        proposal = OpenProposal(
            id=row.proposal,
            words=translated(WORDS[Proposed(row.proposed)]),
            years=row.years,
            reason=row.reason,
            person=row.proposer or "",
            at=row.at,
            mine=row.proposer_id == actor.person_id,
        )
    return DueCase(
        id=row.id,
        number=row.number,
        title=row.title,
        section=section,
        status_name=packs.status_name(row.status),
        ended_at=row.ended_at,
        kept_until=row.kept_until,
        over=bool(row.over),
        proposal=proposal,
    )


def _waiting(tx: Connection) -> int:
    undecided = select(func.count()).where(RetentionProposal.decided_at.is_(None))
    return int(tx.execute(undecided).scalar_one())


def _within(year: int | None) -> tuple[ColumnElement[bool], ...]:
    if year is None:
        return ()
    begin, end = fiscal_year_start(year), fiscal_year_start(year + 1)
    return (Disposal.at >= at_local(begin), Disposal.at < at_local(end))


def _disposals(
    site: Site,
    tx: Connection,
    actor: Actor,
    within: Sequence[ColumnElement[bool]],
    offset: int,
    limit: int,
) -> list[Disposed]:
    proposer, approver = aliased(Person), aliased(Person)
    rows = tx.execute(
        select(
            Disposal.__table__, Case.number, _title(site, tx, actor), Case.lead_unit,
            Case.ended_at, proposer.name.label("proposer"), approver.name.label("approver"),
        )
        .join(Case, Case.id == Disposal.case_id)
        .outerjoin(proposer, proposer.id == Disposal.proposer_id)
        .outerjoin(approver, approver.id == Disposal.approver_id)
        .where(*within)
        .order_by(Disposal.at.desc(), Disposal.case_id.desc())
        .offset(offset)
        .limit(limit)
    ).all()  # fmt: skip
    return [
        Disposed(
            case_id=row.case_id,
            number=row.number,
            title=row.title,
            section=section,
            ended_at=row.ended_at,
            kept_until=row.kept_until,
            at=row.at,
            proposer=row.proposer or row.proposer_id,
            approver=row.approver or row.approver_id,
            reason=row.reason,
            files=row.files,
            bytes=row.bytes,
            openings=row.openings,
            documents=row.documents,
        )
        for row, section in _named(site, tx, actor, rows)
    ]
