"""JSON text with line numbers (RFC 8259, stricter: no repeated names, no NaN, exact numbers).

The standard library decodes the scalars; this reader walks objects and lists itself so that every
object knows the line it begins on.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

DEEPEST = 40
LONGEST_NUMBER = 40
_BLANK = " \t\n\r"


class BrokenJson(ValueError):
    """The text is not acceptable JSON; lines and columns count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.line = line
        self.column = column
        super().__init__(reason)


class Located(dict[str, Any]):
    """A JSON object that knows the line it begins on, and the element it belongs to."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.owner = ""
        super().__init__()


def read_json(text: str) -> Any:
    """Return the document: numbers as int or Decimal, objects as `Located`.

    Raises BrokenJson with the place.
    """
    reader = _Reader(text)
    value = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        reader.fail("trailing text")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.scalars = json.JSONDecoder(
            parse_float=_exact, parse_int=_whole, parse_constant=_constant
        )

    def fail(self, reason: str, at: int | None = None) -> NoReturn:
        place = self.at if at is None else at
        column = place - self.text.rfind("\n", 0, place)
        raise BrokenJson(reason, self.line(place), column)

    def line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def skip(self) -> str:
        """Move past white space and return the next character ("" at the end)."""
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self.at += 1
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            self.fail("nested too deeply")
        sign = self.skip()
        if sign == "{":
            return self.read_object(depth)
        if sign == "[":
            return self.read_list(depth)
        return self.scalar()

    def scalar(self) -> Any:
        try:
            value, self.at = self.scalars.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.fail(error.msg, error.pos)
        except ValueError as error:
            self.fail(str(error))
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            self.fail("half of a surrogate pair")
        return value

    def read_object(self, depth: int) -> Located:
        found = Located(self.line(self.at))
        self.at += 1
        if self.skip() == "}":
            self.at += 1
            return found
        while True:
            name = self.name(found)
            found[name] = self.value(depth + 1)
            if self.ends("}"):
                return found

    def name(self, found: Located) -> str:
        if self.skip() != '"':
            self.fail("expected a name in double quotes")
        place = self.at
        name = str(self.scalar())
        if name in found:
            self.fail(f"repeated name {name}", place)
        if self.skip() != ":":
            self.fail("expected ':'")
        self.at += 1
        return name

    def read_list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        if self.skip() == "]":
            self.at += 1
            return found
        while True:
            found.append(self.value(depth + 1))
            if self.ends("]"):
                return found

    def ends(self, closing: str) -> bool:
        sign = self.skip()
        if sign not in (",", closing) or not sign:
            self.fail(f"expected ',' or '{closing}'")
        self.at += 1
        return sign == closing


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError("number too long") from None
    if len(text) > LONGEST_NUMBER or abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError("number too long")
    return number


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("number too long")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
