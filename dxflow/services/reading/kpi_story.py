"""What was set for a measure and what was entered, oldest targets first, latest values first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow.db import case as tables
from dxflow.db.identity import Person
from dxflow.kpi.measures import Value
from dxflow.services.acts.measures import Tracked
from dxflow.services.people.naming import Names
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class TargetChange:
    """A target as set or revised, as it was written: `old` is empty for the first one."""

    fiscal_year: int
    old: str
    new: str
    reason: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Entered:
    """A value as entered; `superseded_at` says when a correction took its place."""

    period: str
    value: Value
    note: str
    person: str
    at: datetime
    superseded_at: datetime | None


def targets(tracked: Tracked, names: Names) -> tuple[TargetChange, ...]:
    """Return every target a measure ever had."""
    before: dict[int, str] = {}
    found = []
    for revision in tracked.revisions:
        found.append(
            TargetChange(
                fiscal_year=revision.fiscal_year,
                old=before.get(revision.fiscal_year, ""),
                new=revision.value,
                reason=revision.reason,
                person=names.person(revision.person_id),
                at=revision.at,
            )
        )
        before[revision.fiscal_year] = revision.value
    return tuple(found)


def entered(tx: Connection, tracked: Tracked) -> tuple[Entered, ...]:
    """Return every value that was entered for a measure, corrected ones too."""
    rows: Iterable[Row[Any]] = tx.execute(
        select(tables.Actual.__table__, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == tables.Actual.person_id)
        .where(tables.Actual.measure_id == tracked.id)
        .order_by(tables.Actual.at.desc(), tables.Actual.id.desc())
    )
    return tuple(
        Entered(
            period=row.period,
            value=row.value if tracked.measure.scale else Decimal(row.value),
            note=row.note,
            person=row.person_name or _("システム"),
            at=row.at,
            superseded_at=row.superseded_at,
        )
        for row in rows
    )
