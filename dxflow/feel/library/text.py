"""String functions (DMN 1.3 §10.3.4.3). Positions count characters from 1."""

from decimal import Decimal
from typing import Any

from dxflow.feel.environment import MAX_STRING
from dxflow.feel.errors import FeelError
from dxflow.feel.library.registry import builtin
from dxflow.texts import gettext as _


@builtin("substring", "string:string", "start position:number", "length:number?")
def _substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    place = int(start)
    if place == 0 or abs(place) > len(text) or (length is not None and length < 1):
        return None
    first = place - 1 if place > 0 else len(text) + place
    return text[first:] if length is None else text[first : first + int(length)]


@builtin("string length", "string:string")
def _length(text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case", "string:string")
def _upper(text: str) -> str:
    return text.upper()


@builtin("lower case", "string:string")
def _lower(text: str) -> str:
    return text.lower()


@builtin("substring before", "string:string", "match:string")
def _before(text: str, match: str) -> str:
    before, found, _after = text.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after", "string:string", "match:string")
def _after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains", "string:string", "match:string")
def _contains(text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string:string", "match:string")
def _starts(text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string:string", "match:string")
def _ends(text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("trim", "string:string")
def _trim(text: str) -> str:
    return text.strip()


@builtin("is blank", "string:string")
def _blank(text: str) -> bool:
    return not text.strip()


@builtin("string join", "list:list", "delimiter:string?")
def _join(parts: list[Any], delimiter: str | None = None) -> str | None:
    """Join the strings of a list, leaving out nulls; null when there is something else in it."""
    texts = [part for part in parts if part is not None]
    if not all(isinstance(part, str) for part in texts):
        return None
    if sum(map(len, texts)) + len(texts) * len(delimiter or "") > MAX_STRING:
        raise FeelError(_("文字列が長すぎます（上限 {n} 文字）。", n=MAX_STRING))
    return (delimiter or "").join(texts)
