"""Laws that hold for all values: what is written is read back, order is an order."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.feel import FeelSyntaxError, YearMonthDuration, parse, text_of, to_feel, to_plain
from dxflow.feel.temporal import format_temporal, parse_temporal
from dxflow.feel.values import equal, less, not_after

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9),
                      max_value=10**9)  # fmt: skip
scalars = st.none() | st.booleans() | numbers | st.text(max_size=20) | st.dates()
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
moments = st.datetimes() | st.dates() | st.times()
lengths = st.timedeltas() | st.integers(-(10**5), 10**5).map(YearMonthDuration)


@given(moments | lengths)
def test_a_temporal_value_is_read_back_as_it_was_written(value: Any) -> None:
    assert parse_temporal(format_temporal(value)) == value


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except FeelSyntaxError as refused:
        place = (refused.line, refused.column)
    else:
        place = (1, 1)
        assert read.text == text
    assert min(place) >= 1


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters='"\\'), max_size=40))
def test_any_string_can_be_written_down(text: str) -> None:
    assert parse(f'"{text}"').evaluate() == text


@given(values)
def test_a_value_equals_itself_and_survives_being_made_plain(value: Any) -> None:
    assert equal(value, value) is True
    assert equal(to_feel(to_plain(value)), value) is True


@given(values, values)
def test_equality_is_symmetric_and_order_excludes_it(one: Any, other: Any) -> None:
    assert equal(one, other) == equal(other, one)
    if less(one, other):
        assert not less(other, one)
        assert equal(one, other) is False
        assert not_after(one, other) is True


@given(numbers, numbers)
def test_sums_and_differences_of_decimals_are_exact(a: Decimal, b: Decimal) -> None:
    scope = {"a": a, "b": b}
    assert parse("a + b - b = a").evaluate(scope) is True
    assert parse("a * 2 = a + a").evaluate(scope) is True


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-1000, 1000))
def test_days_added_and_taken_away_again_change_nothing(day: date, days: int) -> None:
    scope = {"d": day, "n": timedelta(days=days)}
    assert parse("d + n - n = d").evaluate(scope) is True
    assert parse("(d + n) - d = n").evaluate(scope) is True


@given(st.lists(st.integers(-50, 50)))
def test_sorting_and_filtering_agree_with_their_definitions(xs: list[int]) -> None:
    scope = {"xs": xs}
    assert parse("sort(xs)").evaluate(scope) == sorted(xs)
    assert parse("xs[item > 0]").evaluate(scope) == [x for x in xs if x > 0]
    assert parse("count(xs[item > 0]) + count(xs[item <= 0]) = count(xs)").evaluate(scope) is True


@pytest.mark.parametrize("value", [datetime(2026, 4, 1, 12), time(12), date(2026, 4, 1)])  # noqa: DTZ001
def test_temporal_values_are_written_as_literals_are(value: Any) -> None:
    assert parse(f'@"{text_of(value)}"').evaluate() == value
