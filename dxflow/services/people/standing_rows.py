"""Absences, deputies, lists of substitutes and successors of what has ended, as rows."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from dxflow.authority import standing_in as values
from dxflow.authority.succession import Kind
from dxflow.authority.succession import Succession as SuccessionValue
from dxflow.db.standing import Absence, Delegation, SubstituteRank
from dxflow.db.transfer import Succession


def absences(tx: Connection, day: date) -> list[values.Absence]:
    """Return the absences of a day."""
    return [
        values.Absence(person=row.person_id, valid_from=row.valid_from, valid_to=row.valid_to)
        for row in tx.execute(select(Absence.__table__).where(_in_force(Absence, day)))
    ]


def delegations(tx: Connection, day: date) -> list[values.Delegation]:
    """Return the delegations in force on a day, the earliest given first."""
    return [
        values.Delegation(
            giver=row.giver_id, deputy=row.deputy_id, post=row.post,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in tx.execute(
            select(Delegation.__table__)
            .where(_in_force(Delegation, day), Delegation.ended_at.is_(None))
            .order_by(Delegation.id)
        )
    ]  # fmt: skip


def ranks(tx: Connection, day: date) -> list[values.Rank]:
    """Return the lists of substitutes in force on a day."""
    return [
        values.Rank(
            post=row.post, place=row.place, substitute=row.substitute,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in tx.execute(
            select(SubstituteRank.__table__).where(_in_force(SubstituteRank, day))
        )
    ]  # fmt: skip


def successions(tx: Connection) -> list[SuccessionValue]:
    """Return who does the work of which ended units and posts, of all times."""
    return [
        SuccessionValue(kind=Kind(row.kind), old=row.old, new=row.new, valid_from=row.valid_from)
        for row in tx.execute(select(Succession.__table__))
    ]


def _in_force(entity: Any, day: date) -> Any:
    return and_(entity.valid_from <= day, or_(entity.valid_to.is_(None), entity.valid_to > day))
