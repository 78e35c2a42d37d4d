from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import TOKYO

MOMENT = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
FUNCTIONS = feel_functions(BusinessCalendar(), lambda: MOMENT)


def test_exactly_the_promised_functions_are_offered():
    assert set(FUNCTIONS) == {
        "today",
        "now",
        "at",
        "fiscal_year",
        "add_business_days",
        "is_business_day",
        "period_of",
        "next_period",
        "period_start",
        "period_end",
        "period_fiscal_year",
        "is_last_period_of_year",
        "period_label",
    }


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("today", [], date(2026, 4, 1)),
        ("now", [], datetime(2026, 4, 1, 1, 30, tzinfo=TOKYO)),
        ("at", [date(2026, 4, 1), Decimal(9)], datetime(2026, 4, 1, 9, tzinfo=TOKYO)),
        ("fiscal_year", [date(2026, 3, 31)], Decimal(2025)),
        ("fiscal_year", [MOMENT], Decimal(2026)),  # already April in Japan
        ("fiscal_year", [datetime(2026, 3, 31, 23, 0)], Decimal(2025)),  # noqa: DTZ001
        ("add_business_days", [date(2026, 4, 3), Decimal("1.0")], date(2026, 4, 6)),
        ("add_business_days", [date(2026, 4, 6), -1], date(2026, 4, 3)),
        ("add_business_days", ["2026-04-03", 1], date(2026, 4, 6)),
        ("is_business_day", [date(2026, 4, 4)], False),
        ("period_of", [date(2026, 4, 4), "quarter"], "FY2026-Q1"),
        ("period_of", [MOMENT, "month"], "FY2026-04"),
        ("next_period", ["FY2026-Q4"], "FY2027-Q1"),
        ("period_start", ["FY2026-Q4"], date(2027, 1, 1)),
        ("period_end", ["FY2026-Q4"], date(2027, 3, 31)),
        ("period_fiscal_year", ["FY2026-Q4"], Decimal(2026)),
        ("is_last_period_of_year", ["FY2026-Q4"], True),
        ("period_label", ["FY2026-Q1"], "令和8年度 第1四半期"),
    ],
)
def test_functions_take_and_give_feel_values(name, arguments, expected):
    result = FUNCTIONS[name](*arguments)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("at", [date(2026, 4, 1), Decimal(24)]),
        ("at", [None, Decimal(9)]),
        ("fiscal_year", ["April"]),
        ("fiscal_year", [Decimal(2026)]),
        ("add_business_days", [date(2026, 4, 1), Decimal("1.5")]),
        ("add_business_days", [date(2026, 4, 1), Decimal("NaN")]),
        ("add_business_days", [date(2026, 4, 1), Decimal("1E+400")]),
        ("add_business_days", [date(2026, 4, 1), True]),
        ("add_business_days", [date(2026, 4, 1), None]),
        ("add_business_days", [date(2149, 12, 31), Decimal(1000)]),
        ("period_of", [date(2026, 4, 1), "week"]),
        ("next_period", ["2026"]),
        ("period_end", [Decimal(2026)]),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(name, arguments):
    with pytest.raises(ValueError, match="。"):
        FUNCTIONS[name](*arguments)


def test_arguments_may_be_given_by_name():
    assert FUNCTIONS["add_business_days"](date=date(2026, 4, 3), n=1) == date(2026, 4, 6)
    assert FUNCTIONS["period_of"](date=date(2026, 4, 3), frequency="year") == "FY2026"
