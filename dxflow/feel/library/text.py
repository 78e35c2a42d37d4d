"""String functions (DMN 1.3 §10.3.4.3). Positions count characters from 1."""

from decimal import Decimal
from typing import Any

from dxflow.feel.environment import MAX_STRING
from dxflow.feel.errors import FeelError
from dxflow.feel.library.patterns import Groups, Pattern, compiled
from dxflow.feel.library.registry import Spend, builtin
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


@builtin("matches", "input:string", "pattern:string", "flags:string?", spends=True)
def _matches(spend: Spend, text: str, pattern: str, flags: str | None = None) -> bool:
    return compiled(pattern, flags or "").search(text, 0, spend) is not None


@builtin("split", "string:string", "delimiter:string", spends=True)
def _split(spend: Spend, text: str, delimiter: str) -> list[str] | None:
    """Split at every match of a pattern; null when the pattern matches the empty string."""
    spans = _spans(spend, text, compiled(delimiter, ""))
    if spans is None:
        return None
    starts = [0, *(groups[1] for groups in spans)]
    ends = [*(groups[0] for groups in spans), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


@builtin(
    "replace", "input:string", "pattern:string", "replacement:string", "flags:string?", spends=True
)
def _replace(
    spend: Spend, text: str, pattern: str, replacement: str, flags: str | None = None
) -> str | None:
    """Replace every match; `$1` stands for a group. Null as for `split`."""
    spans = _spans(spend, text, compiled(pattern, flags or ""))
    if spans is None:
        return None
    parts, place, length = [], 0, 0
    for groups in spans:
        parts += [text[place : groups[0]], _filled(replacement, text, groups)]
        length += len(parts[-1])
        if length > MAX_STRING:
            raise FeelError(_("文字列が長すぎます（上限 {n} 文字）。", n=MAX_STRING))
        place = groups[1]
    return "".join([*parts, text[place:]])


def _spans(spend: Spend, text: str, sought: Pattern) -> list[Groups] | None:
    """Return all matches from left to right; None when the pattern matches the empty string."""
    if sought.search("") is not None:
        return None
    spans: list[Groups] = []
    place = 0
    while (groups := sought.search(text, place, spend)) is not None:
        if groups[1] == groups[0]:
            return None
        spans.append(groups)
        place = groups[1]
        spend(1 if len(spans) % 10 == 0 else 0)
    return spans


def _filled(replacement: str, text: str, groups: Groups) -> str:
    """Return the replacement with `$1` filled in; ValueError for a lone `$` or backslash."""
    parts, place = [], 0
    while place < len(replacement):
        mark, following = replacement[place], replacement[place + 1 : place + 2]
        if mark == "\\" and following in ("\\", "$"):
            parts.append(following)
        elif mark == "$" and following.isdecimal() and following.isascii():
            number = int(following)
            start, end = groups[2 * number : 2 * number + 2] or (0, 0)
            parts.append(text[start:end] if start >= 0 else "")
        elif mark in "\\$":
            raise ValueError(replacement)
        else:
            parts.append(mark)
            place -= 1
        place += 2
    return "".join(parts)
