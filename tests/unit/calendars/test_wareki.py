from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.calendars.wareki import (
    ERAS,
    era_on,
    short_datetime,
    short_month,
    wareki_date,
    wareki_datetime,
    wareki_month,
    wareki_short,
)


@pytest.mark.parametrize(
    ("day", "full", "short"),
    [
        (date(2026, 11, 21), "令和8年11月21日", "R8.11.21"),
        (date(2019, 5, 1), "令和元年5月1日", "R1.5.1"),
        (date(2019, 4, 30), "平成31年4月30日", "H31.4.30"),
        (date(1989, 1, 8), "平成元年1月8日", "H1.1.8"),
        (date(1989, 1, 7), "昭和64年1月7日", "S64.1.7"),
        (date(1926, 12, 25), "昭和元年12月25日", "S1.12.25"),
        (date(1926, 12, 24), "大正15年12月24日", "T15.12.24"),
        (date(1912, 7, 29), "明治45年7月29日", "M45.7.29"),
        (date(1873, 1, 1), "明治6年1月1日", "M6.1.1"),
    ],
)
def test_a_day_is_written_in_the_era_it_lies_in(day, full, short):
    assert wareki_date(day) == full
    assert wareki_short(day) == short


def test_months_are_written_in_full_and_in_short():
    assert wareki_month(date(2026, 4, 30)) == "令和8年4月"
    assert short_month(date(2026, 4, 30)) == "R8.4"


def test_a_moment_is_shown_as_the_time_in_japan():
    moment = datetime(2026, 3, 31, 15, 5, tzinfo=UTC)
    assert wareki_datetime(moment) == "令和8年4月1日 00:05"
    assert short_datetime(moment) == "R8.4.1 00:05"


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="時差"):
        wareki_datetime(datetime(2026, 4, 1, 9, 0))  # noqa: DTZ001


def test_days_before_the_gregorian_calendar_are_refused():
    with pytest.raises(ValueError, match="明治6年"):
        wareki_date(date(1872, 12, 31))


@given(st.dates(date(1873, 1, 1), date(2900, 1, 1)))
def test_the_short_form_names_exactly_one_day(day):
    written, month, number = wareki_short(day).split(".")
    era = next(era for era in ERAS if era.letter == written[0])
    assert date(era.first_year + int(written[1:]) - 1, int(month), int(number)) == day
    assert era_on(day) == era
