"""Measures as rows and as the KPI room's values; written by the process and by the API alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dxflow import audit
from dxflow.audit.rows.cases import sealed_measures
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import is_period, parse_frequency, period_label, period_start
from dxflow.db import case as tables
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.errors import Invalid
from dxflow.kpi.achievement import Achievement, assess
from dxflow.kpi.cells import Column, as_written, stored_target
from dxflow.kpi.measures import Actual, Aggregation, Measure, Target, Value
from dxflow.kpi.scale import step_of
from dxflow.services.acts.act import Act
from dxflow.services.acts.measure_rows import DIRECTIONS, read_rows
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: Between the steps of a scale in its column; no step bears it.
_STEP = "\n"


@dataclass(frozen=True)
class RevisionRow:
    """A target as set or revised."""

    revision: int
    fiscal_year: int
    value: str
    reason: str
    person_id: str
    at: Any


@dataclass(frozen=True)
class Tracked:
    """A measure of a case with its values and every target it ever had."""

    id: str
    case_id: str
    measure: Measure
    since: date | None
    actuals: tuple[Actual, ...]
    revisions: tuple[RevisionRow, ...]

    def achievement(self, day: date, calendar: BusinessCalendar, grace: int) -> Achievement:
        """Judge the measure on a day; nothing is owed before tracking has begun."""
        return assess(self.measure, self.actuals, day, calendar, self.since or day, grace)


def tracked(
    tx: Connection,
    *,
    case_ids: Iterable[str] = (),
    measure_id: str | None = None,
    period: str | None = None,
) -> list[Tracked]:
    """Return measures with targets and values, in three queries whatever their number.

    With `period` only the values of that period are read: what a step needs must not grow with
    the years.
    """
    if measure_id is None and len(ids := list(case_ids)) == 1:
        return _of_case(tx, ids[0], period)
    which = (
        tables.Measure.id == measure_id
        if measure_id is not None
        else tables.Measure.case_id.in_(ids)
    )
    rows = tx.execute(
        select(tables.Measure.__table__)
        .where(which)
        .order_by(tables.Measure.case_id, tables.Measure.position)
    ).all()
    known = [row.id for row in rows]
    targets = tx.execute(
        select(tables.Target.__table__)
        .where(tables.Target.measure_id.in_(known))
        .order_by(tables.Target.revision)
    )
    actuals = select(tables.Actual.__table__).where(
        tables.Actual.measure_id.in_(known), tables.Actual.superseded_at.is_(None)
    )
    if period is not None:
        actuals = actuals.where(tables.Actual.period == period)
    values = tx.execute(actuals.order_by(tables.Actual.at))
    return _put_together(rows, targets, values)


def _of_case(tx: Connection, case_id: str, period: str | None) -> list[Tracked]:
    """Return the measures of one case: the way of every step that measures."""
    which = {"case": case_id}
    rows = _MEASURES.all(tx, which)
    if not rows:
        return []
    targets = _TARGETS.all(tx, which)
    if period is None:
        return _put_together(rows, targets, _ACTUALS.all(tx, which))
    return _put_together(rows, targets, _ACTUALS_THEN.all(tx, which | {"period": period}))


_MEASURE, _TARGET, _ACTUAL = table(tables.Measure), table(tables.Target), table(tables.Actual)
_OF_CASE = select(_MEASURE.c.id).where(_MEASURE.c.case_id == bindparam("case")).scalar_subquery()
_MEASURES = Prepared(
    select(_MEASURE).where(_MEASURE.c.case_id == bindparam("case")).order_by(_MEASURE.c.position)
)
_TARGETS = Prepared(
    select(_TARGET).where(_TARGET.c.measure_id.in_(_OF_CASE)).order_by(_TARGET.c.revision)
)
_VALID = select(_ACTUAL).where(
    _ACTUAL.c.measure_id.in_(_OF_CASE), _ACTUAL.c.superseded_at.is_(None)
)
_ACTUALS = Prepared(_VALID.order_by(_ACTUAL.c.at))
_ACTUALS_THEN = Prepared(
    _VALID.where(_ACTUAL.c.period == bindparam("period")).order_by(_ACTUAL.c.at)
)
_ADD_MEASURE, _ADD_TARGET = Prepared(insert(_MEASURE)), Prepared(insert(_TARGET))
_ADD_ACTUAL = Prepared(insert(_ACTUAL))


def _put_together(
    measures: Sequence[Any], targets: Iterable[Any], values: Iterable[Any]
) -> list[Tracked]:
    set_for: dict[str, list[Any]] = defaultdict(list)
    for row in targets:
        set_for[row.measure_id].append(row)
    measured: dict[str, list[Any]] = defaultdict(list)
    for row in values:
        measured[row.measure_id].append(row)
    return [_tracked(row, set_for[row.id], measured[row.id]) for row in measures]


def register(act: Act, rows: Sequence[Mapping[str, Any]]) -> list[Measure]:
    """Make the grid's rows the measures of the case; before tracking a new grid replaces them.

    Raises Invalid that names every cell that cannot be.
    """
    existing = tracked(act.tx, case_ids=[act.case_id])
    if any(one.actuals for one in existing):
        raise Invalid(_("実績のある指標は登録し直せません。目標の改定を使ってください。"))
    _remove(act.tx, [one.id for one in existing])
    measures = read_rows(rows, act.pack.settings.options)
    rows_of = [
        _measure_row(act, position, row, measure)
        for position, (row, measure) in enumerate(zip(rows, measures, strict=True))
    ]
    _ADD_MEASURE.many(act.tx, rows_of)
    _ADD_TARGET.many(
        act.tx,
        [
            _target_row(act, row["id"], number, year, value, "", "")
            for row, measure in zip(rows_of, measures, strict=True)
            for number, (year, value) in enumerate(measure.targets.items(), 1)
        ],
    )
    act.record(
        "kpi.registered",
        audit.Change("measures", mark("指標"), None, [measure.name for measure in measures]),
        content=_sealed(rows_of, measures),
    )
    return measures


def _sealed(rows: Sequence[Mapping[str, Any]], measures: Sequence[Measure]) -> str:
    """Return the hash of fresh measures with their targets, by which the log knows them."""
    columns = (
        "id", "position", "name", "unit", "direction", "aggregation", "frequency", "baseline",
        "baseline_year",
    )  # fmt: skip
    return sealed_measures(
        [
            [
                *(row[name] for name in columns),
                sorted(((y, as_written(value)) for y, value in measure.targets.items()), key=str),
                *(row[name] for name in ("scale", "baseline_note") if row[name]),
            ]
            for row, measure in zip(rows, measures, strict=True)
        ]
    )


def _measure_row(
    act: Act, position: int, row: Mapping[str, Any], measure: Measure
) -> dict[str, Any]:
    return {
        "id": act.new_id(),
        "case_id": act.case_id,
        "position": position,
        "name": measure.name,
        "unit": measure.unit,
        "direction": next(key for key, one in DIRECTIONS.items() if one is measure.direction),
        "aggregation": measure.aggregation.value,
        "frequency": measure.frequency.value,
        "baseline": None if measure.baseline is None else str(measure.baseline),
        "baseline_year": measure.baseline_year,
        "baseline_note": measure.baseline_note,
        "scale": _STEP.join(measure.scale),
        "since": None,
    }


def insert_target(
    act: Act, measure_id: str, revision: int, year: int, value: Target, reason: str, body: str
) -> None:
    """Add a target; the one with the highest revision is in force."""
    _ADD_TARGET.run(act.tx, _target_row(act, measure_id, revision, year, value, reason, body))


def _target_row(
    act: Act, measure_id: str, revision: int, year: int, value: Target, reason: str, body: str
) -> dict[str, Any]:
    return {
        "id": act.new_id(),
        "measure_id": measure_id,
        "revision": revision,
        "fiscal_year": year,
        "value": as_written(value),
        "reason": reason,
        "body": body,
        "person_id": act.actor.person_id,
        "at": act.now,
    }


def record(act: Act, one: Tracked, period: str, value: Value, note: str, key: str = "") -> None:
    """Record a period's value; a value recorded before stays, marked as superseded.

    `key` is the id of the new one, where that is given. Raises Invalid for a number where the
    measure has a scale, and for a word that is none of its steps.
    """
    require_period(period)
    value = fitting(one.measure, value)
    before = next((a for a in one.actuals if a.period == period), None)
    if before is not None:
        act.tx.execute(
            update(tables.Actual)
            .where(
                tables.Actual.measure_id == one.id,
                tables.Actual.period == period,
                tables.Actual.superseded_at.is_(None),
            )
            .values(superseded_at=act.now)
        )
    _ADD_ACTUAL.run(
        act.tx,
        {
            "id": key or act.new_id(),
            "measure_id": one.id,
            "case_id": one.case_id,
            "period": period,
            "value": as_written(value),
            "note": note,
            "person_id": act.actor.person_id,
            "at": act.now,
        },
    )
    if one.since is None:
        act.tx.execute(
            update(tables.Measure)
            .where(tables.Measure.id == one.id)
            .values(since=period_start(period))
        )
    act.record(
        "kpi.recorded",
        audit.Change(
            period,
            mark("{name}（{period}）", name=one.measure.name, period=period_label(period)),
            before.value if before else None,
            value,
        ),
        subject=audit.Subject("measure", one.id, act.case_id),
    )


def fitting(measure: Measure, value: Value) -> Value:
    """Return a value as its measure has it. Raises Invalid for one that it cannot have."""
    if not measure.scale:
        if isinstance(value, Decimal):
            return value
        message = _("「{text}」は数値ではありません。", text=value)
        raise Invalid(message, {"value": [message]})
    try:
        return step_of(measure.scale, value if isinstance(value, str) else format(value, "f"))
    except ValueError as exc:
        raise Invalid(str(exc), {"value": [str(exc)]}) from exc


def require_period(period: str) -> None:
    """Raise Invalid unless the text is a period."""
    if not is_period(period):
        message = _("期間「{period}」が読めません（例: FY2026、FY2026-Q1）。", period=period)
        raise Invalid(message, {"period": [message]})


def _remove(tx: Connection, ids: list[str]) -> None:
    if ids:
        tx.execute(delete(tables.Target).where(tables.Target.measure_id.in_(ids)))
        tx.execute(delete(tables.Measure).where(tables.Measure.id.in_(ids)))


def column_of(measure: Measure) -> Column:
    """Return what cells of a measure are read for."""
    return Column(
        measure.unit, measure.direction, measure.aggregation, measure.scale,
        measure.baseline, measure.baseline_year,
    )  # fmt: skip


def _tracked(row: Any, targets: Sequence[Any], values: Sequence[Any]) -> Tracked:
    measure = Measure(
        name=row.name,
        unit=row.unit,
        direction=DIRECTIONS[row.direction],
        aggregation=Aggregation(row.aggregation),
        baseline=None if row.baseline is None else _value(row, row.baseline),
        baseline_year=row.baseline_year,
        baseline_note=row.baseline_note,
        frequency=parse_frequency(row.frequency),
        scale=_scale(row),
    )
    column = column_of(measure)
    latest: dict[int, Target] = {t.fiscal_year: stored_target(t.value, column) for t in targets}
    return Tracked(
        id=row.id,
        case_id=row.case_id,
        measure=replace(measure, targets=latest),
        since=row.since,
        actuals=tuple(Actual(v.period, _value(row, v.value), v.note) for v in values),
        revisions=tuple(
            RevisionRow(t.revision, t.fiscal_year, t.value, t.reason, t.person_id, t.at)
            for t in targets
        ),
    )


def _scale(row: Any) -> tuple[str, ...]:
    return tuple(row.scale.split(_STEP)) if row.scale else ()


def _value(row: Any, stored: str) -> Value:
    return stored if row.scale else Decimal(stored)
