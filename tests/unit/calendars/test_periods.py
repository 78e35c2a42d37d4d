from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.calendars.periods import (
    Frequency,
    is_last_period_of_year,
    is_period,
    next_period,
    parse_frequency,
    parse_period,
    period_end,
    period_fiscal_year,
    period_frequency,
    period_label,
    period_of,
    period_short,
    period_start,
    periods_between,
    periods_of_year,
    previous_period,
)

FREQUENCIES = st.sampled_from([frequency.value for frequency in Frequency])
DAYS = st.dates(date(1950, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("period", "start", "end", "label", "short", "last"),
    [
        ("FY2026", date(2026, 4, 1), date(2027, 3, 31), "令和8年度", "R8", True),
        ("FY2026-H1", date(2026, 4, 1), date(2026, 9, 30), "令和8年度 上期", "R8 上期", False),
        ("FY2026-H2", date(2026, 10, 1), date(2027, 3, 31), "令和8年度 下期", "R8 下期", True),
        ("FY2026-Q1", date(2026, 4, 1), date(2026, 6, 30), "令和8年度 第1四半期", "R8 Q1", False),
        ("FY2026-Q4", date(2027, 1, 1), date(2027, 3, 31), "令和8年度 第4四半期", "R8 Q4", True),
        ("FY2026-04", date(2026, 4, 1), date(2026, 4, 30), "令和8年4月", "R8.4", False),
        ("FY2026-12", date(2026, 12, 1), date(2026, 12, 31), "令和8年12月", "R8.12", False),
        ("FY2026-01", date(2027, 1, 1), date(2027, 1, 31), "令和9年1月", "R9.1", False),
        ("FY2027-02", date(2028, 2, 1), date(2028, 2, 29), "令和10年2月", "R10.2", False),
        ("FY2026-03", date(2027, 3, 1), date(2027, 3, 31), "令和9年3月", "R9.3", True),
    ],
)
def test_a_period_has_ends_labels_and_a_place_in_its_year(period, start, end, label, short, last):
    assert period_start(period) == start
    assert period_end(period) == end
    assert period_label(period) == label
    assert period_short(period) == short
    assert is_last_period_of_year(period) is last
    assert period_fiscal_year(period) == int(period[2:6])


@pytest.mark.parametrize(
    ("period", "following"),
    [
        ("FY2026", "FY2027"),
        ("FY2026-H1", "FY2026-H2"),
        ("FY2026-H2", "FY2027-H1"),
        ("FY2026-Q4", "FY2027-Q1"),
        ("FY2026-12", "FY2026-01"),
        ("FY2026-03", "FY2027-04"),
    ],
)
def test_the_next_period_crosses_halves_quarters_and_years(period, following):
    assert next_period(period) == following
    assert previous_period(following) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "FY26",
        "FY2026-",
        "FY2026-Q0",
        "FY2026-Q5",
        "FY2026-H3",
        "FY2026-00",
        "FY2026-13",
        "FY2026-4",
        "FY2026-Q１",
        "fy2026",
        "FY2026-Q1 ",
        "FY2026-Q1-1",
        "FY0001",
        "FY9999",
        "FY２０２６",
    ],
)
def test_what_is_no_period_is_refused(text):
    assert not is_period(text)
    with pytest.raises(ValueError, match="期間ではありません"):
        parse_period(text)


def test_periods_run_in_order_between_two():
    assert periods_between("FY2026-11", "FY2026-02") == [
        "FY2026-11",
        "FY2026-12",
        "FY2026-01",
        "FY2026-02",
    ]
    assert periods_between("FY2026", "FY2029") == ["FY2026", "FY2027", "FY2028", "FY2029"]
    assert periods_between("FY2027", "FY2026") == []
    with pytest.raises(ValueError, match="長さが違う"):
        periods_between("FY2026-Q1", "FY2027")


def test_a_frequency_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="頻度"):
        parse_frequency("weekly")
    assert [parse_frequency(f.value).label for f in Frequency] == [
        "年1回",
        "半期ごと",
        "四半期ごと",
        "毎月",
    ]


def test_no_period_lies_beyond_the_last_year():
    with pytest.raises(ValueError, match="範囲"):
        next_period("FY2999")


@given(DAYS, FREQUENCIES)
def test_every_day_lies_in_its_period_and_in_no_other(day, frequency):
    period = period_of(day, frequency)
    assert period_start(period) <= day <= period_end(period)
    assert period_of(period_start(period), frequency) == period
    assert period_of(period_end(period), frequency) == period
    assert str(parse_period(period)) == period
    assert period_frequency(period) == frequency


@given(DAYS, FREQUENCIES)
def test_periods_follow_each_other_without_gap(day, frequency):
    period = period_of(day, frequency)
    assert period_start(next_period(period)) == period_end(period) + timedelta(1)
    assert previous_period(next_period(period)) == period
    assert is_last_period_of_year(period) == (period_end(period).month == 3)


@given(st.integers(1950, 2200), FREQUENCIES)
def test_the_periods_of_a_year_fill_it(year, frequency):
    periods = periods_of_year(year, frequency)
    assert len(periods) == Frequency(frequency).per_year
    assert periods == periods_between(periods[0], periods[-1])
    assert period_start(periods[0]) == date(year, 4, 1)
    assert period_end(periods[-1]) == date(year + 1, 3, 31)
    assert [is_last_period_of_year(p) for p in periods].count(True) == 1
