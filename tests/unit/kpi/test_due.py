from datetime import date
from decimal import Decimal

import pytest

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import Frequency
from dxflow.kpi.due import due_date, first_period, missing, owed, periods_of_measure
from dxflow.kpi.measures import Actual, Measure

D = Decimal
CALENDAR = BusinessCalendar()
QUARTERLY = Measure(
    "件数",
    "件",
    baseline=D(0),
    baseline_year=2025,
    targets={2026: D(10), 2027: D(20)},
    frequency=Frequency.QUARTER,
)
NEW = Measure("件数", "件", targets={2027: D(20)})
VALUE = Actual("FY2026-Q1", D(3))


@pytest.mark.parametrize(
    ("measure", "actuals", "since", "period"),
    [
        (QUARTERLY, [], None, "FY2026-Q1"),
        (QUARTERLY, [], date(2026, 11, 2), "FY2026-Q3"),
        (NEW, [], None, "FY2027"),
        (NEW, [Actual("FY2025", D(1)), VALUE], None, "FY2025"),
        (Measure("件数", "件"), [], None, None),
    ],
)
def test_measuring_starts_where_the_case_or_the_baseline_says(measure, actuals, since, period):
    assert first_period(measure, actuals, since) == period


def test_periods_run_to_the_last_target_and_not_beyond():
    periods = periods_of_measure(QUARTERLY)
    assert (periods[0], periods[-1], len(periods)) == ("FY2026-Q1", "FY2027-Q4", 8)
    assert periods_of_measure(Measure("件数", "件")) == []


def test_a_value_is_due_some_business_days_after_the_period():
    assert due_date("FY2026-Q1", CALENDAR) == date(2026, 7, 14)
    assert due_date("FY2026-Q1", CALENDAR, grace=1) == date(2026, 7, 1)
    assert due_date("FY2026-Q3", CALENDAR, grace=1) == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("day", "owed_periods", "late"),
    [
        (date(2026, 6, 30), [], []),
        (date(2026, 7, 1), ["FY2026-Q1"], []),
        (date(2026, 7, 14), ["FY2026-Q1"], []),
        (date(2026, 7, 15), ["FY2026-Q1"], ["FY2026-Q1"]),
        (date(2026, 10, 1), ["FY2026-Q1", "FY2026-Q2"], ["FY2026-Q1"]),
    ],
)
def test_a_value_is_owed_when_the_period_ends_and_late_after_the_grace(day, owed_periods, late):
    owing = owed(QUARTERLY, [], day, CALENDAR)
    assert [one.period for one in owing] == owed_periods
    assert [one.period for one in missing(owing, day)] == late


def test_what_was_measured_is_not_owed():
    owing = owed(QUARTERLY, [VALUE], date(2026, 10, 1), CALENDAR)
    assert [one.label for one in owing] == ["令和8年度 第2四半期"]
    whole_year = [Actual("FY2026-Q4", D(9))]
    yearly = Measure("件数", "件", baseline=D(0), baseline_year=2025, targets={2026: D(10)})
    assert owed(yearly, whole_year, date(2027, 6, 1), CALENDAR) == ()
