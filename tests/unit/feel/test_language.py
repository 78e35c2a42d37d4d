"""What expressions mean; the cases follow the DMN specification's tables and the public TCK."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from dxflow.feel import FeelError, YearMonthDuration, parse, text_of, to_plain

SCOPE: dict[str, Any] = {
    "x": [1, 2, 3],
    "rows": [{"status": "open", "n": 1}, {"status": "done", "n": 2.5}],
    "投資額": 120,
    "limit": 2,
    "person": {"name": "山田", "unit": {"key": "keiei"}},
    "day": date(2026, 4, 1),
}


def shown(text: str) -> str:
    return text_of(parse(text).evaluate(SCOPE))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("10 + 20 / -5 - 3", "3"),
        ("-10--5", "-5"),
        ("2 ** 3 ** 2", "64"),
        ("-2 ** 2", "4"),
        ("10 ** -5", "0.00001"),
        (".872 + 1", "1.872"),
        ("1.2*10**3", "1200"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("10 / 0", "null"),
        ("10 + null", "null"),
        ("1 + true", "null"),
        ('"a" + "b"', "ab"),
        ('"a" - "b"', "null"),
        ("1.50", "1.5"),
        ("-(1 + 2)", "-3"),
        ('-"a"', "null"),
    ],
)
def test_arithmetic_is_decimal_and_mismatches_give_null(text: str, result: str) -> None:
    assert shown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 = 1.0", "true"),
        ('1 = "1"', "null"),
        ("null = null", "true"),
        ("1 = null", "false"),
        ("1 != null", "true"),
        ("true = 1", "null"),
        ("[1, 2] = [1, 2]", "true"),
        ("[1, 2] = [2, 1]", "false"),
        ('{a: 1, b: "x"} = {b: "x", a: 1}', "true"),
        ("{a: 1} = {a: 2}", "false"),
        ('"あ" < "い"', "true"),
        ("1 < null", "null"),
        ("true < false", "null"),
        ("[1] < [2]", "null"),
        ('@"2026-04-01" < @"2026-04-02"', "true"),
        ('@"2026-04-01" < @"2026-04-02T00:00:00"', "null"),
        ('@"2026-04-01T00:00:00" < @"2026-04-02T00:00:00Z"', "null"),
        ("5 between 1 and 5", "true"),
        ("0 between 1 and 5 and true", "false"),
        ("null between 1 and 5", "null"),
    ],
)
def test_comparison_is_three_valued(text: str, result: str) -> None:
    assert shown(text) == result


@pytest.mark.parametrize("left", ["true", "false", "null", "7"])
@pytest.mark.parametrize("right", ["true", "false", "null", '"x"'])
def test_and_or_follow_the_truth_tables_of_the_standard(left: str, right: str) -> None:
    one = {"true": True, "false": False}.get(left)
    other = {"true": True, "false": False}.get(right)
    both = False if False in (one, other) else None if None in (one, other) else True
    either = True if True in (one, other) else None if None in (one, other) else False
    assert parse(f"{left} and {right}").evaluate() is both
    assert parse(f"{left} or {right}").evaluate() is either


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("5 in [1..5]", "true"),
        ("5 in [1..5[", "false"),
        ("5 in [1..5)", "false"),
        ("1 in ]1..5]", "false"),
        ("1 in (1..5]", "false"),
        ("3 in ]1..5[ and true", "true"),
        ("5 in (< 3, > 4)", "true"),
        ("5 in < 3", "false"),
        ("5 in (5)", "true"),
        ("2 in x", "true"),
        ("5 in [[1..3], 5]", "true"),
        ('"c" in ["a".."d"]', "true"),
        ('day in [@"2026-04-01"..@"2027-03-31"]', "true"),
        ('"a" in [1..5]', "null"),
        ("[1..5].end", "5"),
        ("(1..5].start included", "false"),
        ("(< 5) = (< 5)", "true"),
        ("4 in (<= 4)", "true"),
    ],
)
def test_ranges_and_membership(text: str, result: str) -> None:
    assert shown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x[1]", "1"),
        ("x[-1]", "3"),
        ("x[4]", "null"),
        ("x[0]", "null"),
        ("x[1.5]", "null"),
        ("x[item > 1]", "[2, 3]"),
        ("x[x[2]]", "2"),
        ('rows[status = "open"].n', "[1]"),
        ("rows[n > limit]", '[{status: "done", n: 2.5}]'),
        ("rows[n > 99]", "[]"),
        ("rows.status", '["open", "done"]'),
        ("[][1]", "null"),
        ("null[1]", "null"),
        ("7[1]", "7"),
        ("[[1, 2], [3]][1][2]", "2"),
        ("[x[1]..x[3]].end", "3"),
        ("person.unit.key", "keiei"),
        ("person.none.key", "null"),
        ("unknown.key", "null"),
        ("{a: 1, b: a + 1}.b", "2"),
        ('{"full name": "x"}.full name', "null"),
        ("{full name: 1, twice: full name * 2}.twice", "2"),
        ("[]", "[]"),
        ("{}", "{}"),
    ],
)
def test_lists_contexts_and_filters(text: str, result: str) -> None:
    if '"full name"' in text:
        assert text_of(parse(text, frozenset({"full name"})).evaluate()) == "x"
    else:
        assert shown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("if 投資額 > 100 then 1 else 2", "1"),
        ("if null then 1 else 2", "2"),
        ('if "text" then 1 else 2', "2"),
        ("for i in x return i * i", "[1, 4, 9]"),
        ("for i in 1..3 return i", "[1, 2, 3]"),
        ("for i in 3..1 return i", "[3, 2, 1]"),
        ("for i in [1..3] return i", "[1, 2, 3]"),
        ("for i in [1, 2], j in 1..2 return i * 10 + j", "[11, 12, 21, 22]"),
        ("for i in 1..3, j in 1..i return j", "[1, 1, 2, 1, 2, 3]"),
        ("for i in 1..4 return if i = 1 then 1 else partial[-1] * i", "[1, 2, 6, 24]"),
        ('for d in @"2026-04-30"..@"2026-05-02" return d.day', "[30, 1, 2]"),
        ("for i in null return i", "null"),
        ("some r in rows satisfies r.n > 2", "true"),
        ("every r in rows satisfies r.n > 2", "false"),
        ("some i in [] satisfies true", "false"),
        ("every i in [] satisfies false", "true"),
        ("some i in [null, 1] satisfies i > 5", "null"),
        ("every i in [null, 1] satisfies i > 0", "null"),
        ("some i in x, j in x satisfies i + j = 6", "true"),
        ("(function(a, b) a - b)(5, 3)", "2"),
        ("(function(a, b) a - b)(b: 5, a: 3)", "-2"),
        ("{twice: function(n: number) n * 2, r: twice(4)}.r", "8"),
        ("{f: function(n) n}.f(3)", "3"),
        ("(function(a) a)()", "null"),
    ],
)
def test_control_and_functions(text: str, result: str) -> None:
    assert shown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 instance of number", "true"),
        ('"a" instance of number', "false"),
        ("null instance of number", "false"),
        ("1 instance of Any", "true"),
        ("null instance of Null", "true"),
        ("[1, 2] instance of list<number>", "true"),
        ('[1, "a"] instance of list<number>', "false"),
        ("{a: 1} instance of context", "true"),
        ('@"P1D" instance of days and time duration', "true"),
        ('@"P1Y" instance of years and months duration', "true"),
        ('@"2026-04-01" instance of date', "true"),
        ('@"2026-04-01T00:00:00" instance of date', "false"),
        ('@"2026-04-01T00:00:00" instance of date and time', "true"),
        ("[1..2] instance of range<number>", "true"),
    ],
)
def test_instance_of(text: str, result: str) -> None:
    assert shown(text) == result


def test_date_and_time_are_two_variables_unless_they_are_called_or_a_type() -> None:
    assert parse("date and time").evaluate({"date": True, "time": False}) is False


def test_names_of_several_words_are_read_when_they_are_known() -> None:
    names = frozenset({"Monthly Salary", "Approved/Declined"})
    assert parse("12 * Monthly Salary", names).evaluate({"Monthly Salary": 10}) == 120
    assert parse("Approved/Declined", names).evaluate({"Approved/Declined": "x"}) == "x"


def test_comments_and_wide_spaces_separate_words() -> None:
    assert parse("1 /* eins */ +\u3000// rest\n 2").evaluate() == 3


def test_strings_keep_their_escapes_and_their_newlines() -> None:
    assert parse(r'"a\"b\\c\n\u3042\uD83D\uDE00\U01F600\d"').evaluate() == 'a"b\\c\nあ😀😀\\d'
    assert parse('"一行目\n二行目"').evaluate() == "一行目\n二行目"


class Colour(StrEnum):
    RED = "red"


def test_values_from_outside_become_feel_values_when_they_are_read() -> None:
    scope = {"i": 3, "f": 0.1, "t": (1, 2), "e": Colour.RED, "nan": float("nan"), "b": True}
    assert parse("i").evaluate(scope) == Decimal(3)
    assert parse("f + 0.2 = 0.3").evaluate(scope) is True
    assert parse("t[2]").evaluate(scope) == Decimal(2)
    assert parse('e = "red"').evaluate(scope) is True
    assert parse("nan").evaluate(scope) is None
    assert parse("b instance of boolean").evaluate(scope) is True


def test_a_value_that_is_never_read_is_never_looked_at() -> None:
    scope = {"good": 1, "bad": object(), "mixed": {"fine": 2, "bad": b""}}
    assert parse("good").evaluate(scope) == 1
    assert parse("mixed.fine").evaluate(scope) == 2
    with pytest.raises(FeelError):
        parse("bad").evaluate(scope)


def test_objects_have_no_attributes_to_be_reached() -> None:
    scope = {"text": "abc", "f": len, "deep": {"o": Colour}}
    for path in ("text.upper", "text.__class__", "deep.o.RED", "f.__name__"):
        assert parse(path).evaluate(scope) is None
    with pytest.raises(FeelError):
        parse("f(text)").evaluate(scope)


def test_functions_of_the_program_get_feel_values_and_their_refusals_are_named() -> None:
    def fiscal_year(day: date) -> int:
        return day.year if day.month >= 4 else day.year - 1

    functions = {"fiscal_year": fiscal_year}
    assert parse("fiscal_year(day)").evaluate(SCOPE, functions) == Decimal(2026)
    assert parse("fiscal_year(day: day)").evaluate(SCOPE, functions) == Decimal(2026)
    for wrong in ("fiscal_year(1)", "fiscal_year(null)", "fiscal_year()", "fiscal_year(d: 1)"):
        with pytest.raises(FeelError, match="fiscal_year"):
            parse(wrong).evaluate(SCOPE, functions)


def test_an_unknown_function_is_an_error_not_null() -> None:
    with pytest.raises(FeelError, match="no_such"):
        parse("no_such(1)").evaluate()


def test_plain_values_are_fresh_and_whole_numbers_are_integers() -> None:
    rows = [{"n": 1}]
    plain = to_plain(parse('{a: rows, b: 1.5, c: 2.0, d: @"P1M"}').evaluate({"rows": rows}))
    assert plain == {
        "a": [{"n": 1}], "b": Decimal("1.5"), "c": 2, "d": YearMonthDuration(1),
    }  # fmt: skip
    assert type(plain["c"]) is int
    assert plain["a"] is not rows
    with pytest.raises(FeelError):
        to_plain(parse("[1..2]").evaluate())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('@"2026-01-31" + @"P1M"', "2026-02-28"),
        ('@"2024-02-29" + @"P1Y"', "2025-02-28"),
        ('@"P1M" + @"2026-04-01"', "2026-05-01"),
        ('@"2026-04-01" - @"P1D"', "2026-03-31"),
        ('@"2026-04-01" - @"2025-04-01"', "P365D"),
        ('@"2026-04-01T10:00:00" + @"PT90M"', "2026-04-01T11:30:00"),
        ('@"23:30:00" + @"PT1H"', "00:30:00"),
        ('@"00:30:00" - @"PT1H"', "23:30:00"),
        ('@"10:00:00" - @"09:15:00"', "PT45M"),
        ('@"P1D" * 1.5', "P1DT12H"),
        ('@"P1Y" / 2', "P6M"),
        ('@"P1D" / @"PT6H"', "4"),
        ('@"P1Y" / @"P0M"', "null"),
        ('@"P1D" / 0', "null"),
        ('@"P1Y" + @"P1D"', "null"),
        ('-@"P1Y2M"', "-P1Y2M"),
        ('@"9999-12-31" + @"P1D"', "null"),
        ('@"0001-01-01" - @"P1M"', "null"),
        ('@"2026-04-01".weekday', "3"),
        ('@"2026-04-01T10:20:30.5".second', "30.5"),
        ('@"2026-04-01T10:00:00@Asia/Tokyo".time offset', "PT9H"),
        ('@"2026-04-01T10:00:00@Asia/Tokyo".timezone', "Asia/Tokyo"),
        ('@"-P1Y2M".months', "-2"),
        ('@"PT36H".days', "1"),
        ('@"PT36H".hours', "12"),
        ('@"2026-04-01T00:00:00" - @"2026-03-31"', "P1D"),
    ],
)
def test_dates_times_and_durations(text: str, result: str) -> None:
    assert shown(text) == result


def test_temporal_values_are_those_of_python() -> None:
    assert parse('@"2026-04-01"').evaluate() == date(2026, 4, 1)
    assert parse('@"2026-04-01T09:00:00"').evaluate() == datetime(2026, 4, 1, 9)  # noqa: DTZ001
    assert parse('@"P1DT1S"').evaluate() == timedelta(days=1, seconds=1)
