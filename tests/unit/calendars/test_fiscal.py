from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.calendars.fiscal import (
    fiscal_label,
    fiscal_short,
    fiscal_year_end,
    fiscal_year_of,
    fiscal_year_start,
    parse_fiscal_year,
)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 4, 1), 2026),
        (date(2027, 3, 31), 2026),
        (date(2026, 3, 31), 2025),
        (date(2026, 12, 31), 2026),
    ],
)
def test_a_day_lies_in_the_fiscal_year_that_began_in_april(day, year):
    assert fiscal_year_of(day) == year


@pytest.mark.parametrize(
    ("year", "label", "short"),
    [
        (2026, "令和8年度", "R8"),
        (2019, "令和元年度", "R1"),
        (2018, "平成30年度", "H30"),
        (1989, "平成元年度", "H1"),
        (1988, "昭和63年度", "S63"),
        (1926, "昭和元年度", "S1"),
        (1912, "大正元年度", "T1"),
        (1911, "明治44年度", "M44"),
    ],
)
def test_a_fiscal_year_is_written_with_its_era(year, label, short):
    assert fiscal_label(year) == label
    assert fiscal_short(year) == short


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("R8", 2026),
        ("r8", 2026),
        ("Ｒ８", 2026),
        ("R08", 2026),
        ("R元", 2019),
        ("令和8年度", 2026),
        ("令和 ８ 年度", 2026),
        ("令和元年度", 2019),
        ("㋿8年度", 2026),
        ("2026", 2026),
        ("2026年度", 2026),
        ("FY2026", 2026),
        ("H31", 2019),
        ("平成35年度", 2023),
        ("S63", 1988),
    ],
)
def test_a_fiscal_year_is_read_however_it_is_typed(text, year):
    assert parse_fiscal_year(text) == year


@pytest.mark.parametrize(
    "text",
    ["", "年度", "R", "R0", "R100", "R-8", "令和", "26", "20266", "来年", "X8", "R8.4", "元"],
)
def test_what_is_no_fiscal_year_is_refused_in_words(text):
    with pytest.raises(ValueError, match="年度"):
        parse_fiscal_year(text)


@pytest.mark.parametrize("year", [1872, 3000, 0, -5])
def test_years_that_cannot_be_named_are_refused(year):
    with pytest.raises(ValueError, match="1873から2999"):
        fiscal_label(year)


@given(st.integers(1873, 2999))
def test_a_written_fiscal_year_reads_back(year):
    assert parse_fiscal_year(str(year)) == year
    if year <= 2117:  # two digits of Reiwa
        assert parse_fiscal_year(fiscal_label(year)) == year
        assert parse_fiscal_year(fiscal_short(year)) == year


@given(st.dates(date(1874, 1, 1), date(2900, 1, 1)))
def test_every_day_lies_between_the_ends_of_its_fiscal_year(day):
    year = fiscal_year_of(day)
    assert fiscal_year_start(year) <= day <= fiscal_year_end(year)
