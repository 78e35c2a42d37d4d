"""What must be settled between the words of an expression and its grammar.

FEEL names may consist of several words (`string length`, `date and time`) and a square bracket
may open a list, a filter or a range, or close a range; both need more than one word of
look-ahead. See grammar.lark for the names of the brackets.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lark import Token

Phrases = dict[str, list[tuple[tuple[str, ...], str]]]

_OPERAND_ENDS: Final = frozenset(
    {"NAME", "NUMBER", "STRING", "AT_STRING", "RPAR", "RSQB", "RBRACE", "TRUE", "FALSE", "NULL",
     "RANGE_CLOSE"}
)  # fmt: skip
_OPERAND_STARTS: Final = frozenset(
    {"NAME", "NUMBER", "STRING", "AT_STRING", "LPAR", "LIST_OPEN", "LBRACE", "MINUS", "TRUE",
     "FALSE", "NULL", "IF", "FOR", "SOME", "EVERY", "FUNCTION"}
)  # fmt: skip


def phrases(names: Iterable[str], lex: Callable[[str], Sequence[Token]]) -> Phrases:
    """Return names of several words by their first word, the longest first."""
    table: Phrases = {}
    for name in names:
        words = tuple(str(token) for token in lex(name))
        if len(words) > 1:
            table.setdefault(words[0], []).append((words, name))
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


def keys_of_several_words(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the keys `{first name: …}` that are written as several words without quotes."""
    keys: set[str] = set()
    braces: list[bool] = []
    for place, token in enumerate(tokens):
        if token.type in ("LBRACE", "LPAR", "LIST_OPEN"):
            braces.append(token.type == "LBRACE")
        elif token.type in ("RBRACE", "RPAR", "RSQB") and braces:
            braces.pop()
        if token.type in ("LBRACE", "COMMA") and braces and braces[-1]:
            words = _words_before_colon(tokens, place + 1)
            if len(words) > 1:
                keys.add(" ".join(words))
    return frozenset(keys)


def _words_before_colon(tokens: Sequence[Token], start: int) -> list[str]:
    words: list[str] = []
    for token in tokens[start:]:
        if token.type == "COLON":
            return words
        if not (token[0].isalpha() or token[0] == "_"):
            return []
        words.append(str(token))
    return []


def join_names(tokens: Sequence[Token], *tables: Phrases) -> list[Token]:
    """Return the tokens with each known name of several words made one NAME."""
    joined: list[Token] = []
    place = 0
    while place < len(tokens):
        words, name = _longest(tokens, place, joined, tables)
        if words:
            joined.append(Token.new_borrow_pos("NAME", name, tokens[place]))
            place += len(words)
        else:
            joined.append(tokens[place])
            place += 1
    return joined


def _longest(
    tokens: Sequence[Token], place: int, before: list[Token], tables: Sequence[Phrases]
) -> tuple[tuple[str, ...], str]:
    best: tuple[tuple[str, ...], str] = ((), "")
    for table in tables:
        for words, name in table.get(tokens[place], ()):
            end = place + len(words)
            if len(words) > len(best[0]) and tuple(map(str, tokens[place:end])) == words:
                following = tokens[end].type if end < len(tokens) else ""
                if "and" not in words or _stands_for_type_or_call(before, following):
                    best = (words, name)
                break
    return best


def _stands_for_type_or_call(before: list[Token], following: str) -> bool:
    """`date and time` may also be two variables joined by `and`."""
    return following == "LPAR" or (bool(before) and before[-1].type in ("OF", "LESS", "COLON"))


def settle_brackets(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with every square bracket named for what it does."""
    settled: list[Token] = []
    spans: list[bool] = []  # for every open bracket: has `..` been seen in it?
    previous = ""
    for place, token in enumerate(tokens):
        kind = token.type
        after_operand = previous in _OPERAND_ENDS
        following = tokens[place + 1].type if place + 1 < len(tokens) else ""
        if kind == "LIST_OPEN" and after_operand:
            closes = bool(spans) and spans[-1] and following not in _OPERAND_STARTS
            kind = "RANGE_CLOSE" if closes else "FILTER"
        elif kind == "RSQB" and not after_operand and previous != "LIST_OPEN":
            kind = "RANGE_OPEN"
        if kind in ("LIST_OPEN", "FILTER", "RANGE_OPEN", "LPAR", "LBRACE"):
            spans.append(False)
        elif kind in ("RSQB", "RANGE_CLOSE", "RPAR", "RBRACE") and spans:
            spans.pop()
        elif token.type == "SPAN" and spans:
            spans[-1] = True
        settled.append(token if kind == token.type else Token.new_borrow_pos(kind, token, token))
        previous = kind
    return settled


def settle_negation(tokens: list[Token]) -> list[Token]:
    """Mark a leading `not` whose parentheses enclose all of a cell: `not("a", < 5)`."""
    if len(tokens) < 4 or tokens[0] != "not" or tokens[1].type != "LPAR":
        return tokens
    level = 0
    for token in tokens[1:-1]:
        level += (token.type == "LPAR") - (token.type == "RPAR")
        if level == 0:
            return tokens
    return [Token.new_borrow_pos("NOT_TESTS", "not", tokens[0]), *tokens[1:]]
