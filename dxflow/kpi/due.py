"""Which measurements are owed: periods that have ended, and by when their value is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.fiscal import fiscal_year_start
from dxflow.calendars.periods import period_end, period_label, period_of, periods_between
from dxflow.kpi.measures import Actual, Measure

GRACE_DAYS = 10


@dataclass(frozen=True)
class OwedPeriod:
    """A period without a value, and the last day on which the value is in time."""

    period: str
    due: date

    @property
    def label(self) -> str:
        """Return the period in words."""
        return period_label(self.period)


def due_date(period: str, calendar: BusinessCalendar, grace: int = GRACE_DAYS) -> date:
    """Return the last business day on which a period's value is in time."""
    return calendar.add_business_days(period_end(period), grace)


def first_period(measure: Measure, actuals: Sequence[Actual], since: date | None) -> str | None:
    """Return the first period to be measured.

    That of `since` if given; else the one after the baseline's year, else the first measured one,
    else the first of the first target's year. None when nothing tells.
    """
    if since is not None:
        return period_of(since, measure.frequency)
    starts = [period_end(actual.period) for actual in actuals]
    if measure.baseline is not None and measure.baseline_year is not None:
        starts = [fiscal_year_start(measure.baseline_year + 1)]
    elif not starts and measure.target_years:
        starts = [fiscal_year_start(measure.target_years[0])]
    return period_of(min(starts), measure.frequency) if starts else None


def periods_of_measure(
    measure: Measure, actuals: Sequence[Actual] = (), since: date | None = None
) -> list[str]:
    """Return every period from the first to that of the last target; empty without targets."""
    first, last = first_period(measure, actuals, since), measure.last_period
    return periods_between(first, last) if first and last else []


def owed(
    measure: Measure,
    actuals: Sequence[Actual],
    day: date,
    calendar: BusinessCalendar,
    since: date | None = None,
    grace: int = GRACE_DAYS,
) -> tuple[OwedPeriod, ...]:
    """Return the ended periods without a value on a day, oldest first, overdue or not yet."""
    measured = {period_end(actual.period) for actual in actuals}
    ended = [
        period
        for period in periods_of_measure(measure, actuals, since)
        if period_end(period) < day and period_end(period) not in measured
    ]
    return tuple(OwedPeriod(period, due_date(period, calendar, grace)) for period in ended)


def missing(owed_periods: Sequence[OwedPeriod], day: date) -> tuple[OwedPeriod, ...]:
    """Return those whose due date has passed."""
    return tuple(one for one in owed_periods if one.due < day)
