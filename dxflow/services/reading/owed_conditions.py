"""Conditions that a person's groups owe, as the inbox and programs list them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, select, text

from dxflow.db.case import Case, Duty
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

#: The most lines in an inbox; the rest stands on a page of its own.
MOST = 30


@dataclass(frozen=True)
class OwedCondition:
    """An open condition of a case that goes on. `late_days` is 0 until its day is over."""

    id: str
    case_id: str
    number: str
    title: str
    text: str
    due_on: date | None
    late_days: int


@dataclass(frozen=True)
class Owed:
    """The first of what is owed, with how many there are in all and how many of these are late."""

    entries: list[OwedCondition]
    total: int
    late: int


def for_actor(site: Site, actor: Actor) -> Owed:
    """Return what the actor's groups owe, the first due first, no more than MOST.

    One query, and one more that counts where there are more.
    """
    with site.database.read() as tx:
        owed = _owed(site, tx, actor)
        found = _read(tx, actor, owed, 0, MOST + 1)
        if len(found) > MOST:
            over = func.count().filter(Duty.due_on < actor.on)
            counted = select(func.count(), over).join(Case, Case.id == Duty.case_id).where(*owed)
            total, late = tx.execute(counted.select_from(Duty)).one()
            return Owed(found[:MOST], total, late)
    return Owed(found, len(found), sum(one.late_days > 0 for one in found))


def page(site: Site, actor: Actor, page: int, per_page: int) -> Page[OwedCondition]:
    """Return a page of the same list, counted exactly. Raises Invalid outside the bounds."""
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        owed = _owed(site, tx, actor)
        ids = select(Duty.id).join(Case, Case.id == Duty.case_id).where(*owed)
        total, _more = count(tx, ids, exact=True)
        return Page(_read(tx, actor, owed, offset, limit), page, per_page, total)


def _owed(site: Site, tx: Connection, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on `duty` and `case_file` rows."""
    return (
        Duty.status == text("'open'"),
        Duty.owner_group.in_(sorted(actor.groups)),
        Case.status == "running",
        visibility.visible(site, tx, actor),
    )


def _read(
    tx: Connection, actor: Actor, owed: tuple[ColumnElement[bool], ...], offset: int, limit: int
) -> list[OwedCondition]:
    rows = tx.execute(
        select(Duty.id, Duty.case_id, Case.number, Case.title, Duty.text, Duty.due_on)
        .join(Case, Case.id == Duty.case_id)
        .where(*owed)
        .order_by(Duty.due_on.is_(None), Duty.due_on, Duty.id)
        .offset(offset)
        .limit(limit)
    ).all()
    return [
        OwedCondition(*row, max(0, (actor.on - row.due_on).days) if row.due_on else 0)
        for row in rows
    ]
