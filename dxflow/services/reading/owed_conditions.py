"""Conditions that a person's groups owe, as the inbox and programs list them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import Integer, Row, Select, String, and_, bindparam, select, text, union_all

from dxflow.db.case import Case, Duty
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

#: The most lines in an inbox; the rest stands on a page of its own.
MOST = 30
#: So many are counted for it.
MOST_TOLD = 100


_Line = Row[str, str, str, str, str, date | None]
_Lines = Select[str, str, str, str, str, date | None]


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
    """The first of what is owed, how many there are in all and how many of these are late.

    `more`: there are more than `total`, which then is MOST_TOLD.
    """

    entries: list[OwedCondition]
    total: int
    late: int
    more: bool


def for_actor(site: Site, actor: Actor) -> Owed:
    """Return what the actor's groups owe, the first due first, no more than MOST. One query."""
    groups = sorted(actor.groups)
    given = {"most": MOST_TOLD + 1, **{f"group{place}": one for place, one in enumerate(groups)}}
    with site.database.read() as tx:
        found = _conditions(actor, tx.execute(_first(len(groups)), given))
    told, more = found[:MOST_TOLD], len(found) > MOST_TOLD
    return Owed(found[:MOST], len(told), sum(one.late_days > 0 for one in told), more)


def page(site: Site, actor: Actor, page: int, per_page: int) -> Page[OwedCondition]:
    """Return a page of the same list, counted exactly. Raises Invalid outside the bounds."""
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        owed = and_(Duty.owner_group.in_(sorted(actor.groups)), *_OPEN)
        ids = select(Duty.id).join(Case, Case.id == Duty.case_id).where(owed)
        total, _more = count(tx, ids, exact=True)
        rows = tx.execute(_LINES.where(owed).order_by(*_FIRST_DUE).offset(offset).limit(limit))
        return Page(_conditions(actor, rows), page, per_page, total)


#: Open conditions of cases that go on. Who owes something of a case may see it.
_OPEN = (Duty.status == text("'open'"), Case.status == "running")
_FIRST_DUE = (Duty.due_on.nulls_last(), Duty.id)
_LINES = select(Duty.id, Duty.case_id, Case.number, Case.title, Duty.text, Duty.due_on).join(
    Case, Case.id == Duty.case_id
)


@lru_cache(maxsize=64)
def _first(groups: int) -> _Lines:
    """Return the query for what so many groups owe first: of each no more is read than is wanted.

    To put it together costs more than to run it.
    """
    most = bindparam("most", type_=Integer)
    ids = select(Duty.id, Duty.due_on).join(Case, Case.id == Duty.case_id).where(*_OPEN)
    each = [
        ids.where(Duty.owner_group == bindparam(f"group{place}", type_=String))
        .order_by(*_FIRST_DUE)
        .limit(most)
        .subquery()
        for place in range(groups)
    ]
    every = union_all(*(select(one) for one in each)).subquery().c
    first = select(every.id).order_by(every.due_on.nulls_last(), every.id).limit(most)
    return _LINES.where(Duty.id.in_(first)).order_by(*_FIRST_DUE)


def _conditions(actor: Actor, rows: Iterable[_Line]) -> list[OwedCondition]:
    return [
        OwedCondition(*row, max(0, (actor.on - row.due_on).days) if row.due_on else 0)
        for row in rows
    ]
