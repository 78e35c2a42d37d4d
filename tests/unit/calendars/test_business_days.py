from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxflow.calendars.business_days import (
    MOST_DAYS,
    BusinessCalendar,
    ClosedRange,
    national_holidays,
)

CALENDAR = BusinessCalendar()
DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 4, 1), True),
        (date(2026, 4, 4), False),  # Saturday
        (date(2026, 4, 29), False),  # 昭和の日
        (date(2026, 5, 6), False),  # substitute holiday
        (date(2026, 9, 22), False),  # between two holidays
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2019, 5, 1), False),  # accession of the Emperor, one year only
    ],
)
def test_weekends_holidays_and_the_year_end_are_closed(day, is_open):
    assert CALENDAR.is_business_day(day) is is_open


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 4, 1), 1, date(2026, 4, 2)),
        (date(2026, 4, 3), 1, date(2026, 4, 6)),
        (date(2026, 4, 28), 3, date(2026, 5, 7)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
        (date(2027, 1, 4), -1, date(2026, 12, 28)),
        (date(2026, 4, 4), 0, date(2026, 4, 4)),
        (date(2026, 4, 4), -1, date(2026, 4, 3)),
        (date(2026, 4, 1), 250, date(2027, 4, 14)),
    ],
)
def test_adding_business_days_skips_closed_days(day, n, expected):
    assert CALENDAR.add_business_days(day, n) == expected


def test_the_nearest_open_day_is_found_both_ways():
    saturday, monday = date(2026, 4, 4), date(2026, 4, 6)
    assert CALENDAR.on_or_after(saturday) == monday
    assert CALENDAR.on_or_before(saturday) == date(2026, 4, 3)
    assert CALENDAR.on_or_after(monday) == CALENDAR.on_or_before(monday) == monday
    assert CALENDAR.next_business_day(saturday) == monday
    assert CALENDAR.previous_business_day(monday) == date(2026, 4, 3)


def test_a_city_closes_and_opens_on_days_of_its_own():
    city = BusinessCalendar.of(
        closed=["12-28..01-05", "10-28"],
        holidays=[date(2026, 6, 1)],
        open_days=[date(2026, 4, 5), date(2026, 4, 29)],
    )
    assert not city.is_business_day(date(2026, 12, 28))
    assert not city.is_business_day(date(2026, 10, 28))
    assert not city.is_business_day(date(2026, 6, 1))
    assert city.is_business_day(date(2026, 4, 5))
    assert city.is_business_day(date(2026, 4, 29))
    assert CALENDAR.is_business_day(date(2026, 6, 1))


@pytest.mark.parametrize("text", ["", "12-29..", "13-01", "02-30", "12/29..01/03", "年末"])
def test_an_unreadable_closed_range_is_refused(text):
    with pytest.raises(ValueError, match="休業期間"):
        ClosedRange.parse(text)


def test_a_city_that_never_opens_is_refused():
    with pytest.raises(ValueError, match="曜日"):
        BusinessCalendar(closed_weekdays=frozenset(range(7)))


@pytest.mark.parametrize("n", [MOST_DAYS + 1, -MOST_DAYS - 1])
def test_absurd_steps_are_refused(n):
    with pytest.raises(ValueError, match="営業日数"):
        CALENDAR.add_business_days(date(2026, 4, 1), n)


def test_years_without_known_holidays_are_refused():
    with pytest.raises(ValueError, match="2150年"):
        CALENDAR.is_business_day(date(2151, 1, 1))


def test_national_holidays_of_2026_are_known():
    assert len(national_holidays(2026)) == 18
    assert date(2026, 11, 3) in national_holidays(2026)


@settings(deadline=None)
@given(DAYS, st.integers(-300, 300))
def test_counting_undoes_adding(day, n):
    assert CALENDAR.business_days_between(day, CALENDAR.add_business_days(day, n)) == n


@settings(deadline=None)
@given(DAYS, st.integers(1, 300))
def test_going_forth_and_back_returns_to_a_business_day(day, n):
    start = CALENDAR.on_or_after(day)
    assert CALENDAR.add_business_days(CALENDAR.add_business_days(start, n), -n) == start


@settings(deadline=None)
@given(DAYS, st.integers(-300, 300).filter(bool))
def test_the_result_is_always_open(day, n):
    assert CALENDAR.is_business_day(CALENDAR.add_business_days(day, n))


@settings(max_examples=30, deadline=None)
@given(DAYS, st.integers(0, 400))
def test_counting_agrees_with_looking_at_each_day(day, length):
    end = day + timedelta(length)
    each = sum(CALENDAR.is_business_day(day + timedelta(n)) for n in range(1, length + 1))
    assert CALENDAR.business_days_between(day, end) == each


def test_days_of_the_city_prevail_over_all_the_calendar_says():
    pack = BusinessCalendar.of(
        holidays=[date(2026, 6, 1)], open_days=[date(2026, 6, 6)]
    )  # a Monday closed, a Saturday open
    city = pack.with_days(
        {date(2026, 6, 6), date(2026, 10, 1)}, {date(2026, 6, 1), date(2026, 12, 29)}
    )
    days = [date(2026, 6, 1), date(2026, 6, 6), date(2026, 10, 1), date(2026, 12, 29)]
    assert [city.is_business_day(day) for day in days] == [True, False, False, True]
    assert [pack.is_business_day(day) for day in days] == [False, True, True, False]
    assert pack.with_days(frozenset(), frozenset()) is pack
    assert city.add_business_days(date(2026, 9, 30), 1) == date(2026, 10, 2)
