"""A measure over time as plain values, for a chart and its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dxflow.calendars.periods import parse_period, period_end, period_label, period_short
from dxflow.kpi.due import periods_of_measure
from dxflow.kpi.measures import Actual, Measure, Target, Value, rounded
from dxflow.kpi.path import expected_value, in_order, value_as_of
from dxflow.kpi.settling import settled


@dataclass(frozen=True)
class Point:
    """One period: `actual` as entered, `value` the level or the year's sum so far to draw.

    `expected` lies on the path at the period's end; `target` stands only at the end of a fiscal
    year that has one, as it was written while what it starts from is not measured.
    """

    period: str
    label: str
    short: str
    actual: Value | None
    value: Decimal | None
    expected: Decimal | None
    target: Target | None
    note: str


@dataclass(frozen=True)
class Series:
    """All points in order of time, with the baseline and the range of every number in them.

    `low` and `high` are equal when all numbers are; both 0 when there is none.
    """

    name: str
    unit: str
    points: tuple[Point, ...]
    baseline: Decimal | None
    baseline_year: int | None
    baseline_note: str
    low: Decimal
    high: Decimal


def series_of(
    measure: Measure, actuals: Sequence[Actual] = (), since: date | None = None
) -> Series:
    """Return the series from the first period to be measured to the last target or value."""
    measure = settled(measure, actuals)
    ordered = in_order(actuals)
    entered = {actual.period: actual for actual in ordered}
    periods = sorted(
        {*periods_of_measure(measure, actuals, since), *entered},
        key=lambda period: (period_end(period), -parse_period(period).months),
    )
    points = tuple(_point(measure, ordered, entered.get(period), period) for period in periods)
    numbers = [
        number
        for point in points
        for number in (point.value, point.expected, point.target)
        if isinstance(number, Decimal)
    ]
    if measure.baseline_number is not None:
        numbers.append(measure.baseline_number)
    return Series(
        name=measure.name,
        unit=measure.unit,
        points=points,
        baseline=measure.baseline_number,
        baseline_year=measure.baseline_year,
        baseline_note=measure.baseline_note,
        low=min(numbers, default=Decimal(0)),
        high=max(numbers, default=Decimal(0)),
    )


def _point(measure: Measure, ordered: list[Actual], entered: Actual | None, period: str) -> Point:
    parsed = parse_period(period)
    expected = expected_value(measure, period_end(period), ordered) if measure.is_number else None
    ends_year = parsed.number == parsed.frequency.per_year
    return Point(
        period=period,
        label=period_label(period),
        short=period_short(period),
        actual=entered.value if entered else None,
        value=value_as_of(measure, ordered, period) if entered else None,
        expected=None if expected is None else rounded(expected, measure.places),
        target=measure.targets.get(parsed.fiscal_year) if ends_year else None,
        note=entered.note if entered else "",
    )


def axis_ticks(low: Decimal, high: Decimal, most: int = 6) -> tuple[Decimal, ...]:
    """Return round numbers around a range, at most so many: steps of 1, 2 or 5 times a power of 10.

    The first lies at or below `low`, the last at or above `high`; at least two.
    """
    if high < low or most < 3:
        raise ValueError("low must not exceed high, and there must be room for three ticks")
    width = high - low or abs(high) or Decimal(1)
    step = Decimal(1).scaleb((width / most).adjusted())
    while True:
        for factor in (1, 2, 5):
            size = step * factor
            first = (low / size).to_integral_value("ROUND_FLOOR")
            last = max((high / size).to_integral_value("ROUND_CEILING"), first + 1)
            if last - first + 1 <= most:
                count = int(last - first) + 1
                return tuple((first + n) * size for n in range(count))
        step *= 10
