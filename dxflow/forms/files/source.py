"""JSON text with line numbers (RFC 8259, stricter: no repeated names, no NaN, exact numbers).

The standard library decodes the scalars; this reader walks objects and lists itself so that every
object knows the line it begins on.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

from dxflow.texts import gettext as _

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
        reader.fail(_("終わりのあとに余分な文字があります"))
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
            self.fail(_("入れ子が深すぎます"))
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
            self.fail(_of_scalar(error.msg), error.pos)
        except ValueError as error:
            self.fail(str(error))
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            self.fail(_("文字の符号が半分しかありません"))
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
            self.fail(_('項目の名前を引用符 " で囲んで書いてください'))
        place = self.at
        name = str(self.scalar())
        if name in found:
            self.fail(_("同じ名前「{name}」が二つあります", name=name), place)
        if self.skip() != ":":
            self.fail(_("名前のあとに「:」がありません"))
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
            self.fail(_("「,」か「{closing}」がありません", closing=closing))
        self.at += 1
        return sign == closing


def _of_scalar(said: str) -> str:
    """Return in the reader's language what the standard library says of a value."""
    if said.startswith("Unterminated string"):
        return _('文字列の引用符 " が閉じていません')
    if said.startswith("Invalid control character"):
        return _("文字列の中に改行か制御文字があります。改行は \\n と書きます")
    if said.startswith("Invalid \\"):
        return _("「\\」の使い方が正しくありません。「\\」そのものは「\\\\」と書きます")
    return _('値がありません（文字列は引用符 " で囲み、最後の項目のあとに「,」は書けません）')


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError(_("数の桁が多すぎます")) from None
    if len(text) > LONGEST_NUMBER or abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError(_("数の桁が多すぎます"))
    return number


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(_("数の桁が多すぎます"))
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(_("「{text}」は数ではありません", text=text))
