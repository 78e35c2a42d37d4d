"""Reading expressions and unary tests, once each."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from dxflow.feel.errors import FeelSyntaxError
from dxflow.feel.expression import Expression, UnaryTests
from dxflow.feel.library import names_of_several_words
from dxflow.feel.names import depth
from dxflow.feel.nodes import PROPERTY_NAMES
from dxflow.feel.refusal import misplaced, unreadable
from dxflow.feel.tokens import (
    Phrases,
    join_names,
    keys_of_several_words,
    phrases,
    settle_brackets,
    settle_negation,
)
from dxflow.feel.tree import TreeBuilder
from dxflow.texts import gettext as _

MAX_LENGTH: Final = 10_000
MAX_DEPTH: Final = 100

_NO_NAMES: Final[frozenset[str]] = frozenset()


@cache
def _grammar() -> Lark:
    """Return the parser, made of the grammar at the first expression: a start does not wait."""
    return Lark(
        (Path(__file__).parent / "grammar.lark").read_text("utf-8"),
        parser="lalr", lexer="basic", start=["expression", "unary_tests"],
        maybe_placeholders=True, propagate_positions=False, transformer=TreeBuilder(),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def parse(text: str, names: frozenset[str] = _NO_NAMES) -> Expression:
    """Read an expression; `names` are variables that consist of several words.

    Raises FeelSyntaxError with line and column (from 1) for anything that is not understood.
    """
    root, canonical = _read(text, names, "expression")
    return Expression(text, canonical, root)


@lru_cache(maxsize=4096)
def parse_unary_tests(text: str, names: frozenset[str] = _NO_NAMES) -> UnaryTests:
    """Read the tests of a cell; an empty cell and `-` let every value pass.

    Raises FeelSyntaxError.
    """
    if text.strip() in ("", "-"):
        return UnaryTests(text, "-", (), negated=False)
    (negated, tests), canonical = _read(text, names, "unary_tests")
    return UnaryTests(text, canonical, tests, negated=negated)


def _read(text: str, names: frozenset[str], start: str) -> tuple[Any, str]:
    """Return what the grammar makes of a text, and the text in its canonical form."""
    if len(text) > MAX_LENGTH:
        raise FeelSyntaxError(_("式が長すぎます（上限 {n} 文字）。", n=MAX_LENGTH))
    try:
        words = _lex(text)
        own = keys_of_several_words(words) | names
        tokens = join_names(words, _known(), _phrases(own)) if own else join_names(words, _known())
        tokens = settle_brackets(tokens)
        if start == "unary_tests":
            tokens = settle_negation(tokens)
        root = _reduce(tokens, start)
    except UnexpectedInput as exc:
        raise unreadable(text, exc) from exc
    parts = root[1] if start == "unary_tests" else (root,)
    if max(map(depth, parts)) > MAX_DEPTH:
        raise FeelSyntaxError(_("式の入れ子が深すぎます（上限 {n} 段）。", n=MAX_DEPTH))
    return root, " ".join(map(str, tokens))


def _reduce(tokens: list[Token], start: str) -> Any:
    parsing = _grammar().parse_interactive("", start=start)
    before = None
    for token in tokens:
        try:
            parsing.feed_token(token)
        except UnexpectedToken as exc:
            raise misplaced(token, before) from exc
        before = token
    return parsing.feed_eof(before)  # type: ignore[no-untyped-call]  # lark has no types here


def _lex(text: str) -> list[Token]:
    return list(_grammar().lex(text))


@lru_cache(maxsize=256)
def _phrases(names: frozenset[str]) -> Phrases:
    """Return those names that have several words; names no lexer can read are left out."""
    return phrases((name for name in names if _readable(name)), _lex)


def _readable(name: str) -> bool:
    try:
        return bool(_lex(name))
    except UnexpectedCharacters:
        return False


@cache
def _known() -> Phrases:
    """Return the names of several words that the language itself has."""
    return _phrases(
        names_of_several_words()
        | {name for name in PROPERTY_NAMES if " " in name}
        | {"date and time", "days and time duration", "years and months duration"}
    )
