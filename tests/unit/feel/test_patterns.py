"""Regular expressions: they find what `re` finds, and no pattern makes them slow."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dxflow.feel import FeelError, parse, text_of
from dxflow.feel.library.patterns import compiled


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('matches("foobar", "^fo*b")', "true"),
        ('matches("foobar", "^FO*B", "i")', "true"),
        ('matches("foobar", "o{3}")', "false"),
        (r'matches("372-8501", "^\d{3}-?\d{4}$")', "true"),
        ('matches("伊勢崎市", "[市町村]$")', "true"),
        (r'matches("あ1", "^\p{L}\p{Nd}$")', "true"),
        (r'matches("あ1", "^\P{L}")', "false"),
        (r'matches("a" + "\n" + "b", "a.b")', "false"),
        (r'matches("a" + "\n" + "b", "a.b", "s")', "true"),
        (r'matches("a" + "\n" + "b", "^b$", "m")', "true"),
        ('matches("ab", "a b", "x")', "true"),
        ('matches("x", "[^a-c]")', "true"),
        ('matches("-", "[a-]")', "true"),
        ('matches("x", "(")', "null"),
        ('matches("x", "x", "q")', "null"),
        ('matches("x", "[]")', "null"),
        ('matches("x", "*")', "null"),
        ('matches("x", "x{2,1}")', "null"),
        ('replace("banana", "a", "o")', "bonono"),
        ('replace("abracadabra", "a.*?a", "*")', "*c*bra"),
        ('replace("2026-04-01", "(\\d+)-(\\d+)-(\\d+)", "$3/$2/$1")', "01/04/2026"),
        ('replace("abc", "b", "\\$")', "a$c"),
        ('replace("abc", "b", "$")', "null"),
        ('replace("abc", "x*", "-")', "null"),
        ('replace("abc", "(x)|b", "[$1]")', "a[]c"),
        ('split("John Doe", "\\s")', '["John", "Doe"]'),
        ('split("a;b;;c;;", ";")', '["a", "b", "", "c", "", ""]'),
        ('split("総務課、財政課", "、")', '["総務課", "財政課"]'),
        ('split("", ",")', '[""]'),
        ('split("abc", "")', "null"),
    ],
)
def test_a_pattern_function_gives(text: str, result: str) -> None:
    assert text_of(parse(text).evaluate()) == result


ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", r"\w", "^", "$"])
TIMES = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}"])


def may_be_empty(pattern: str) -> bool:
    return re.fullmatch(pattern.replace("$", r"\Z"), "") is not None


def patterns(*, nothing_repeated: bool) -> st.SearchStrategy[str]:
    """Patterns, with repetitions of what may match nothing or without."""

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        repeated = inner if nothing_repeated else inner.filter(lambda one: not may_be_empty(one))
        return st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map("|".join),
            inner.map("({})".format),
            st.tuples(repeated, TIMES).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        )

    return st.recursive(ATOMS, larger, max_leaves=6)


@given(patterns(nothing_repeated=False), st.text("abc", max_size=8))
def test_the_first_match_is_where_the_re_module_finds_it(pattern: str, text: str) -> None:
    expected = re.search(pattern.replace("$", r"\Z"), text)
    found = compiled(pattern, "").search(text)
    assert (found and found[:2]) == (expected and expected.span())


@given(patterns(nothing_repeated=True), st.text("abc", max_size=8))
@example("(?:(?:b)*?)*", "b")
def test_a_match_begins_where_the_re_module_finds_it(pattern: str, text: str) -> None:
    """Where it ends differs among engines if something that matches nothing is repeated."""
    expected = re.search(pattern.replace("$", r"\Z"), text)
    found = compiled(pattern, "").search(text)
    assert (found and found[0]) == (expected and expected.start())


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)(.*)(.*)(.*)x$", "(a?){30}a{30}$"])
def test_no_pattern_takes_longer_than_its_text_is_long(pattern: str) -> None:
    started = time.perf_counter()
    assert compiled(pattern, "").search("a" * 2000 + "b") is None
    assert time.perf_counter() - started < 3


def test_patterns_that_are_too_much_are_refused() -> None:
    for pattern in ("(a{1000}){1000}", r"(a)\1", "[a-z-[b]]", r"\i"):
        with pytest.raises(FeelError):
            compiled(pattern, "")


@pytest.mark.parametrize(
    "text",
    [
        'matches(x, "(a|b|c)+$")',
        'for i in 1..9000 return matches(substring(x, 1, 900), "(a+)+$")',
        'replace(substring(x, 1, 50000), "x(.*y)?", "-")',
        'split(x, "y|xx")',
        "for i in 1..9000 return number(x)",
    ],
)
def test_long_searches_are_stopped_however_they_are_spread(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(FeelError):
        parse(text).evaluate({"x": "x" * 1_000_000})
    assert time.perf_counter() - started < 10
