"""Where a measure should stand: the straight path from the baseline through the targets.

Baseline and targets stand at the end of their fiscal years; between them the path is linear, month
by month. For measures whose periods add up, the path gives a year's amount, of which each month
brings a twelfth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from dxflow.calendars.fiscal import fiscal_year_end, fiscal_year_of
from dxflow.calendars.periods import parse_period, period_end, period_start
from dxflow.kpi.measures import Actual, Aggregation, Direction, Measure

Anchor = tuple[int, Decimal]


def months_until(day: date) -> int:
    """Return a count of whole months ended by a day; a month ends on its last day."""
    following = day + timedelta(1)
    return following.year * 12 + following.month


def share_of_year(day: date) -> Decimal:
    """Return the ended months of the day's fiscal year as a share from 0 to 1."""
    before = months_until(fiscal_year_end(fiscal_year_of(day) - 1))
    return Decimal(months_until(day) - before) / 12


@dataclass(frozen=True)
class Path:
    """A broken line through (month, value) anchors, ascending by month.

    Where two stand at one month the line jumps: the first ends what comes before.
    """

    anchors: tuple[Anchor, ...]

    def at(self, month: int) -> Decimal | None:
        """Return the value at a month: None before the first anchor, the last value after."""
        if not self.anchors or month < self.anchors[0][0]:
            return None
        if month == self.anchors[0][0]:
            return self.anchors[0][1]
        for (m0, v0), (m1, v1) in zip(self.anchors, self.anchors[1:], strict=False):
            if m0 < month <= m1:
                return v0 + (v1 - v0) * (month - m0) / (m1 - m0)
        return self.anchors[-1][1]


def start_of(measure: Measure, actuals: Sequence[Actual] = ()) -> Anchor | None:
    """Return where the path starts: the baseline, or without one the first measured number.

    None when there is neither, and for measures that do not start from a value (keep, increment,
    and sums without baseline).
    """
    if measure.direction is Direction.KEEP or measure.aggregation is Aggregation.INCREMENT:
        return None
    if measure.baseline_number is not None and measure.baseline_year is not None:
        return months_until(fiscal_year_end(measure.baseline_year)), measure.baseline_number
    if measure.aggregation.adds_up:
        return None
    measured = [(a.period, a.value) for a in actuals if isinstance(a.value, Decimal)]
    if len(measured) < 2:
        return None
    period, value = min(measured, key=lambda one: period_end(one[0]))
    return months_until(period_end(period)), value


def path_of(measure: Measure, actuals: Sequence[Actual] = ()) -> Path:
    """Return the path of a measure by numbers; that of a kept value is level from the outset.

    To a target that was computed from a base the way begins at that base.
    """
    anchors = [
        (months_until(fiscal_year_end(year)), value) for year, value in measure.numbers.items()
    ]
    if not measure.aggregation.adds_up:
        bases = dict(measure.bases.values())
        starts = [(months_until(fiscal_year_end(year)), value) for year, value in bases.items()]
        anchors = sorted([*anchors, *starts], key=lambda anchor: anchor[0])
    start = start_of(measure, actuals)
    if start is not None:
        anchors = [start, *(anchor for anchor in anchors if anchor[0] > start[0])]
    elif anchors and measure.direction is Direction.KEEP:
        anchors = [(0, anchors[0][1]), *anchors]
    return Path(tuple(anchors))


def expected_value(measure: Measure, day: date, actuals: Sequence[Actual] = ()) -> Decimal | None:
    """Return the value that lies on the path on a day; None where there is no path yet.

    For a measure whose periods add up: what the fiscal year should have brought by that day.
    """
    path = path_of(measure, actuals)
    if not measure.aggregation.adds_up:
        return path.at(months_until(day))
    year = path.at(months_until(fiscal_year_end(fiscal_year_of(day))))
    return None if year is None else year * share_of_year(day)


def in_order(actuals: Sequence[Actual]) -> list[Actual]:
    """Return the actuals by the end of their period; of one period only the last given."""
    latest = {actual.period: actual for actual in actuals}
    return sorted(latest.values(), key=lambda a: (period_end(a.period), -_months(a.period)))


def value_as_of(measure: Measure, actuals: Sequence[Actual], period: str) -> Decimal | None:
    """Return the number to judge at the end of a period: the level then, or the year's sum so far.

    None when the period itself was not measured. A longer period stands for the shorter ones
    within it, so that no amount is added twice.
    """
    ordered = [a for a in in_order(actuals) if period_end(a.period) <= period_end(period)]
    at_end = [a for a in ordered if period_end(a.period) == period_end(period)]
    if not at_end or not isinstance(at_end[-1].value, Decimal):
        return None
    if not measure.aggregation.adds_up:
        return at_end[-1].value
    year = parse_period(period).fiscal_year
    total = Decimal(0)
    covered: list[tuple[date, date]] = []
    this_year = [a for a in ordered if parse_period(a.period).fiscal_year == year]
    for actual in sorted(this_year, key=lambda a: -_months(a.period)):
        span = (period_start(actual.period), period_end(actual.period))
        inside = any(start <= span[0] and span[1] <= end for start, end in covered)
        if not inside and isinstance(actual.value, Decimal):
            covered.append(span)
            total += actual.value
    return total


def value_of_year(measure: Measure, actuals: Sequence[Actual], year: int) -> Decimal | None:
    """Return the number measured for a whole fiscal year: the level at its end, or its full sum.

    None as long as something of it is missing.
    """
    last = [a.period for a in in_order(actuals) if period_end(a.period) == fiscal_year_end(year)]
    if not last:
        return None
    if measure.aggregation.adds_up:
        of_year = {a.period for a in actuals if parse_period(a.period).fiscal_year == year}
        months = {period_start(p).month + n for p in of_year for n in range(_months(p))}
        if len({(month - 1) % 12 for month in months}) < 12:
            return None
    return value_as_of(measure, actuals, last[-1])


def _months(period: str) -> int:
    return parse_period(period).months
