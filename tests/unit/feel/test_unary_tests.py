"""Cells of decision tables: which values pass which tests."""

from datetime import date
from typing import Any

import pytest

from dxflow.feel import FeelSyntaxError, parse_unary_tests

SCOPE = {"limit": 7, "allowed": ["a", "b"], "flag": True}


@pytest.mark.parametrize(
    ("cell", "value", "outcome"),
    [
        ("-", 1, True),
        ("", None, True),
        (" - ", "x", True),
        ("< 5", 3, True),
        ("< 5", 5, False),
        ("< 5", None, None),
        ("< 5", "3", None),
        ("<=5", 5, True),
        ("> limit", 8, True),
        ("= 5", 5, True),
        ("!= 5", 6, True),
        ("!= 5", "a", True),
        ("5", 5, True),
        ("-5", -5, True),
        ("5, 7", 7, True),
        ('"a","b"', "b", True),
        ('"a","b"', "c", False),
        ('"a"', 1, False),
        ('not("a","b")', "c", True),
        ('not("a","b")', "a", False),
        ('not("a")', None, True),
        ("not(< 5)", None, None),
        ("not([1..5])", 6, True),
        ("[1..5]", 1, True),
        ("]1..5]", 1, False),
        ("(1..5)", 5, False),
        ("[1..limit]", 7, True),
        ("< 1, [3..4], > 9", 3, True),
        ("allowed", "b", True),
        ('["a", "b"]', "b", True),
        ("true", True, True),
        ("true", False, False),
        ("true", None, False),
        ("false", False, True),
        ("flag", None, False),
        ("flag", True, True),
        ("null", None, True),
        ("not(null)", 1, True),
        ("not(null)", None, False),
        ("? > 3 and ? < 9", 5, True),
        ("? > 3 and ? < 9", 10, False),
        ("limit > 3", "anything", True),
        ("limit > 30", "anything", False),
        ('contains(?, "市")', "伊勢崎市", True),
        ('not(contains(?, "市"))', "町", True),
        ('@"2026-04-01"', date(2026, 4, 1), True),
        ('[@"2026-04-01"..@"2027-03-31"]', date(2026, 9, 1), True),
        ("not(true) = flag", True, False),
    ],
)
def test_a_value_passes_a_cell(cell: str, value: Any, outcome: bool | None) -> None:
    assert parse_unary_tests(cell).matches(value, SCOPE) is outcome


@pytest.mark.parametrize("cell", ["a,", "not(", "< ", ",", "- , 5", "< 5 or > 9"])
def test_a_cell_that_is_no_test_is_refused(cell: str) -> None:
    with pytest.raises(FeelSyntaxError):
        parse_unary_tests(cell)


def test_cells_know_the_names_they_need() -> None:
    tests = parse_unary_tests("? > limit, f(other)")
    assert tests.free_names == {"limit", "other"}
    assert tests.called == {"f"}
