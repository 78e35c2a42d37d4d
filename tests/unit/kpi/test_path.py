from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.calendars.periods import Frequency
from dxflow.kpi.measures import Actual, Aggregation, Direction, Measure
from dxflow.kpi.path import expected_value, in_order, months_until, share_of_year, value_as_of

D = Decimal
RISING = Measure("申請書", "件", baseline=D(8), baseline_year=2025, targets={2029: D(56)})
FALLING = Measure(
    "日数", "日", Direction.DOWN, baseline=D(48), baseline_year=2023, targets={2029: D(36)}
)
STEPS = Measure(
    "サービス", "件", baseline=D(4), baseline_year=2025, targets={2026: D(5), 2028: D(9)}
)
KEPT = Measure(
    "業務", "業務", Direction.KEEP, baseline=D(20), baseline_year=2025, targets={2029: D(20)}
)
YEARLY = Measure(
    "利用", "回", aggregation=Aggregation.PER_YEAR, targets={2027: D(120), 2028: D(240)}
)
GROWING = Measure(
    "利用",
    "回",
    aggregation=Aggregation.PER_YEAR,
    baseline=D(80),
    baseline_year=2025,
    targets={2029: D(160)},
)
NEW = Measure("新規", "件", targets={2029: D(100)})


@pytest.mark.parametrize(
    ("measure", "day", "expected"),
    [
        (RISING, date(2026, 3, 31), "8"),
        (RISING, date(2026, 4, 29), "8"),
        (RISING, date(2026, 4, 30), "9"),
        (RISING, date(2027, 3, 31), "20"),
        (RISING, date(2030, 3, 31), "56"),
        (RISING, date(2035, 1, 1), "56"),
        (FALLING, date(2027, 3, 31), "42"),
        (STEPS, date(2026, 9, 30), "4.5"),
        (STEPS, date(2027, 3, 31), "5"),
        (STEPS, date(2028, 3, 31), "7"),
        (KEPT, date(2024, 1, 1), "20"),
        (KEPT, date(2028, 1, 1), "20"),
        (YEARLY, date(2027, 9, 30), "60"),
        (YEARLY, date(2028, 3, 31), "120"),
        (YEARLY, date(2028, 12, 31), "180"),
        (GROWING, date(2027, 3, 31), "100"),
        (GROWING, date(2026, 6, 30), "25"),
        (NEW, date(2030, 3, 31), "100"),
    ],
)
def test_the_path_runs_straight_from_baseline_through_the_targets(measure, day, expected):
    assert expected_value(measure, day) == D(expected)


@pytest.mark.parametrize(
    ("measure", "day"),
    [
        (RISING, date(2026, 3, 30)),  # before the baseline
        (YEARLY, date(2027, 3, 31)),  # before the first year with a target
        (NEW, date(2029, 3, 31)),
        (Measure("なし", "件"), date(2029, 3, 31)),
    ],
)
def test_where_nothing_is_known_there_is_no_path(measure, day):
    assert expected_value(measure, day) is None


def test_without_baseline_the_first_of_several_values_starts_the_path():
    first, second = Actual("FY2026", D(10)), Actual("FY2027", D(30))
    assert expected_value(NEW, date(2028, 3, 31), [first]) is None
    assert expected_value(NEW, date(2028, 3, 31), [second, first]) == D(40)


@pytest.mark.parametrize(
    ("day", "share"),
    [
        (date(2026, 4, 1), 0),
        (date(2026, 4, 30), 1),
        (date(2026, 12, 31), 9),
        (date(2027, 3, 30), 11),
        (date(2027, 3, 31), 12),
    ],
)
def test_a_month_counts_once_it_has_ended(day, share):
    assert share_of_year(day) * 12 == share


QUARTERS = [
    Actual("FY2026-Q2", D(20)),
    Actual("FY2026-Q1", D(10)),
    Actual("FY2027-Q1", D(7)),
    Actual("FY2026-Q1", D(11)),
]


def test_of_one_period_the_last_value_given_counts():
    ordered = in_order(QUARTERS)
    assert [a.period for a in ordered] == ["FY2026-Q1", "FY2026-Q2", "FY2027-Q1"]
    assert ordered[0].value == D(11)


@pytest.mark.parametrize(
    ("aggregation", "period", "value"),
    [
        (Aggregation.LEVEL, "FY2026-Q2", D(20)),
        (Aggregation.CUMULATIVE, "FY2026-Q2", D(20)),
        (Aggregation.PER_YEAR, "FY2026-Q1", D(11)),
        (Aggregation.PER_YEAR, "FY2026-Q2", D(31)),
        (Aggregation.INCREMENT, "FY2027-Q1", D(7)),
        (Aggregation.PER_YEAR, "FY2026-Q3", None),
        (Aggregation.LEVEL, "FY2026-Q3", None),
    ],
)
def test_levels_stand_alone_and_amounts_add_up_within_the_year(aggregation, period, value):
    measure = Measure("値", "件", aggregation=aggregation, frequency=Frequency.QUARTER)
    assert value_as_of(measure, QUARTERS, period) == value


def test_a_year_reported_whole_is_not_added_to_its_quarters():
    measure = Measure("値", "件", aggregation=Aggregation.PER_YEAR)
    parts = [Actual("FY2026-Q1", D(10)), Actual("FY2026-H2", D(5)), Actual("FY2026-Q4", D(4))]
    assert value_as_of(measure, parts, "FY2026") == D(15)
    assert value_as_of(measure, [*parts, Actual("FY2026", D(40))], "FY2026") == D(40)


@given(
    st.integers(-1000, 1000),
    st.integers(-1000, 1000),
    st.integers(2020, 2026),
    st.integers(1, 8),
    st.dates(date(2019, 1, 1), date(2040, 1, 1)),
)
def test_the_path_never_leaves_the_range_between_its_ends(base, target, year, years, day):
    measure = Measure(
        "値", "件", baseline=D(base), baseline_year=year, targets={year + years: D(target)}
    )
    expected = expected_value(measure, day)
    if day < date(year + 1, 3, 31):
        assert expected is None
    else:
        assert min(base, target) <= expected <= max(base, target)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_months_never_run_backwards(day):
    following = date.fromordinal(day.toordinal() + 1)
    assert months_until(following) - months_until(day) in (0, 1)
