"""What is no expression is refused before anything runs, with its place and a way out."""

import threading
import time

import pytest

from dxflow.feel import (
    FeelError,
    FeelSyntaxError,
    parse,
    to_plain,
    unknown_functions,
    unknown_names,
)


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("", 1, 1, "途中"),
        ("1 +", 1, 4, "途中"),
        ("a\n  + )", 2, 5, "「)」"),
        ("a b", 1, 3, "_"),
        ("a == b", 1, 4, "一つ"),
        ("a && b", 1, 3, "and"),
        ("a || b", 1, 3, "or"),
        ("!a", 1, 1, "not"),
        ("5 % 2", 1, 3, "modulo"),
        ("'a'", 1, 1, '"'),
        ('"abc', 1, 1, "閉じて"),
        ("（1）", 1, 1, "半角の「(」"),
        ("１ + 1", 1, 1, "半角の「1」"),
        ("a　＞ 1", 1, 3, "半角の「>」"),
        ('@"2026-13-01"', 1, 1, "日付"),
        ("x instance of tLoan", 1, 15, "tLoan"),
        ("x instance of number<string>", 1, 15, "number"),
        ("{a: 1, a: 2}", 1, 8, "二度"),
        ("f(a: 1, a: 2)", 1, 9, "二度"),
        ("1e99999", 1, 1, "大きすぎ"),
        (r'"\u12"', 1, 1, "\\u"),
        (r'"\uD800"', 1, 1, "\\u"),
        ("function(a) external {java: 1}", 1, 22, "{"),
        ("if a then b", 1, 12, "途中"),
        ("[1..", 1, 5, "途中"),
        ("a.b.", 1, 5, "途中"),
        ("lambda x: x", 1, 8, "空白"),
        ("__import__('os')", 1, 12, '"'),
        ("x[1", 1, 4, "途中"),
        ("(1, 2)", 1, 3, "「,」"),
    ],
)
def test_a_wrong_text_is_refused_with_line_column_and_reason(
    text: str, line: int, column: int, hint: str
) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert hint in str(caught.value)
    assert caught.value.kind == "invalid"


@pytest.mark.parametrize(
    "text",
    [
        "1" * 10_001,
        "(" * 4000,
        "+".join(["1"] * 3000),
        "not(" * 300 + "true" + ")" * 300,
        "-" * 500 + "a",
        "[" * 300 + "]" * 300,
        "a" + ".b" * 300,
        "if a then " * 300 + "b" + " else c" * 300,
    ],
)
def test_texts_of_inhuman_length_or_depth_are_refused_quickly(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(FeelSyntaxError):
        parse(text)
    assert time.perf_counter() - started < 2


DOUBLING = ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 60))
GROWING = ", ".join(f"a{n}: a{n - 1} + a{n - 1}" for n in range(1, 60))
BOMBS = [
    "for i in 1..1000000 return i",
    "for i in 1..200, j in 1..200 return i * j",
    "some i in 1..200, j in 1..200 satisfies false",
    "count((for i in 1..9000 return i)[item > 0])",
    "9 ** 99999",
    "{a0: [1], " + DOUBLING + "}",
    '{a0: "xxxxxxxxxx", ' + GROWING + "}",
    "{f: function(n) f(n + 1), r: f(1)}.r",
    "(function(f) f(f))(function(f) f(f))",
    'for i in 1..9000 return "' + "x" * 900 + '" + string(i)',
]


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_an_expression_that_would_run_or_grow_without_end_is_stopped(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(FeelError):
        parse(text).evaluate()
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("text", ["1e6000 * 1e6000", "9 ** 9999 ** 9999", "exp(1e6000)"])
def test_numbers_beyond_all_bounds_are_null(text: str) -> None:
    assert parse(text).evaluate() is None


def test_a_number_with_thousands_of_digits_stays_small_when_made_plain() -> None:
    assert str(to_plain(parse("1e6000").evaluate())) == "1E+6000"


def test_an_expression_says_which_names_it_needs() -> None:
    expression = parse("for r in rows[status = wanted] return f(r.n, limit, count(xs))")
    assert expression.free_names == {"rows", "status", "wanted", "limit", "xs"}
    assert expression.called == {"f", "count"}
    assert unknown_names(expression, {"rows", "limit"}) == {"xs"}
    assert unknown_functions(expression, set()) == {"f"}
    assert unknown_functions(expression, {"f"}) == frozenset()


def test_an_expression_says_which_built_in_functions_it_gives_a_wrong_number_of_values() -> None:
    assert parse("abs() + count([1], 2) + sum(1, 2, 3) + own(1, 2)").misused == {"abs", "count"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{a: 1, b: a + c}", {"c"}),
        ("for i in 1..n, j in i..m return i + j + k", {"n", "m", "k"}),
        ("some i in xs satisfies i > y", {"xs", "y"}),
        ("function(a, b) a + b + c", {"c"}),
        ("a.b.c", {"a"}),
        ("for i in xs return count(partial)", {"xs"}),
        ("{f: function(x) x, r: f(1)}", set()),
        ("x in (< y, z)", {"x", "y", "z"}),
    ],
)
def test_names_that_the_expression_binds_itself_are_not_free(text: str, names: set[str]) -> None:
    assert parse(text).free_names == names


def test_the_canonical_text_is_the_same_whatever_the_spaces() -> None:
    assert parse("a+ 1 // one").canonical == parse(" a + 1").canonical
    assert parse("string  length(a)").canonical != parse("string length(b)").canonical


def test_an_expression_is_read_once_and_may_run_in_many_threads() -> None:
    assert parse("a + 1") is parse("a + 1")
    texts = [f"for i in 1..50 return i * {n} + a" for n in range(20)]
    wrong: list[str] = []

    def work(a: int) -> None:
        for n, text in enumerate(texts):
            if parse(text).evaluate({"a": a}) != [i * n + a for i in range(1, 51)]:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(a,)) for a in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
