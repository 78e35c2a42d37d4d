"""A measure by fiscal years: what was aimed at, what was measured, whether it was reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dxflow.calendars.fiscal import fiscal_year_end
from dxflow.calendars.periods import parse_period, period_end
from dxflow.kpi.achievement import meets
from dxflow.kpi.measures import Actual, Measure, Target, Value
from dxflow.kpi.path import in_order, value_as_of, value_of_year
from dxflow.kpi.settling import settled


@dataclass(frozen=True)
class YearLine:
    """One fiscal year. `asked` is the target as written, `figure` what it comes to if that is known.

    `actual` is the value at the end of `period`, the last one measured in the year; `met` is None
    until the whole year is measured and the target known.
    """

    year: int
    asked: Target | None
    figure: Target | None
    actual: Value | None
    period: str
    met: bool | None


def by_year(measure: Measure, actuals: Sequence[Actual]) -> list[YearLine]:
    """Return a line for every fiscal year with a target or a value, in their order."""
    figures = settled(measure, actuals).targets
    ordered = in_order(actuals)
    measured = {parse_period(one.period).fiscal_year for one in ordered}
    return [
        _line(measure, ordered, year, figures.get(year))
        for year in sorted({*measure.targets, *measured})
    ]


def _line(
    measure: Measure, ordered: Sequence[Actual], year: int, figure: Target | None
) -> YearLine:
    of_year = [one for one in ordered if parse_period(one.period).fiscal_year == year]
    last = of_year[-1] if of_year else None
    actual = last.value if last else None
    if last and measure.is_number:
        actual = value_as_of(measure, ordered, last.period)
    whole = last is not None and period_end(last.period) == fiscal_year_end(year)
    if whole and measure.aggregation.adds_up:
        whole = value_of_year(measure, ordered, year) is not None
    return YearLine(
        year=year,
        asked=measure.targets.get(year),
        figure=figure,
        actual=actual,
        period=last.period if last else "",
        met=_met(measure, actual, figure) if whole else None,
    )


def _met(measure: Measure, actual: Value | None, figure: Target | None) -> bool | None:
    if isinstance(actual, Decimal) and isinstance(figure, Decimal):
        return meets(measure, actual, figure)
    if isinstance(actual, str) and isinstance(figure, str):
        return measure.rank(actual) >= measure.rank(figure)
    return None
