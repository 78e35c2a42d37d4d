"""The values a process variable may hold, and how they are written.

JSON's own values stand for themselves; everything else is an object with the one key `$x`, and an
object of the process that could be mistaken for one is written as a list of pairs.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dxflow.feel.values import YearMonthDuration

_SMALL = 2**53
"""Whole numbers up to here are JSON numbers to every reader."""

_DIGITS = 34
"""FEEL's numbers are exact to this many digits (IEEE 754 decimal128)."""

_ATOMS = (bool, int, date, time, timedelta, YearMonthDuration, type(None))


class NotStorable(ValueError):
    """A value that no process variable may hold; `kind` names its type."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def plain(value: Any) -> Any:
    """Return a copy that shares no list or object with `value`.

    Whole numbers become int, others Decimal, tuples lists. Raises NotStorable.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float | Decimal):
        return _number(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, Mapping):
        return {_key(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    raise NotStorable(type(value).__name__)


def _text(text: str) -> str:
    """Return the text when it can be written as UTF-8, which a lone surrogate cannot."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as wrong:
            raise NotStorable("str") from wrong
    return str(text)


def _number(number: Decimal) -> Decimal | int:
    if not number.is_finite():
        raise NotStorable(str(number))
    if number.adjusted() < _DIGITS and number == number.to_integral_value():
        return int(number)
    return number


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise NotStorable(type(key).__name__)
    return _text(key)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal and of one type all the way down."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def encode(value: Any) -> Any:
    """Return the JSON form of a value made by `plain`."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        if any(key[:1] == "$" for key in value):
            return {"$o": [[key, encode(entry)] for key, entry in value.items()]}
        return {key: encode(entry) for key, entry in value.items()}
    if kind is list:
        return [encode(entry) for entry in value]
    if kind is int:
        return value if -_SMALL < value < _SMALL else {"$i": str(value)}
    for known, write in _WRITERS:
        if isinstance(value, known):
            return write(value)
    raise NotStorable(kind.__name__)


def decode(value: Any) -> Any:
    """Return the value that `encode` wrote. Raises KeyError, TypeError or ValueError."""
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag, written), *_ = value.items()
        if tag[:1] == "$":
            return _READERS[tag](written)
    return {key: decode(entry) for key, entry in value.items()}


def _write_clock(tag: str, value: datetime | time) -> dict[str, Any]:
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else ""
    if not (zone or value.fold):
        return {tag: value.isoformat()}
    local = value.replace(tzinfo=None) if zone else value
    return {tag: [local.isoformat(), zone, value.fold]}


def _read_clock(kind: Any, written: Any) -> Any:
    if isinstance(written, str):
        return kind.fromisoformat(written)
    local, zone, fold = written
    value = kind.fromisoformat(local).replace(fold=fold)
    return value.replace(tzinfo=ZoneInfo(zone)) if zone else value


_WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Decimal, lambda value: {"$n": str(value)}),
    (datetime, lambda value: _write_clock("$t", value)),
    (date, lambda value: {"$d": value.isoformat()}),
    (time, lambda value: _write_clock("$c", value)),
    (timedelta, lambda value: {"$p": [value.days, value.seconds, value.microseconds]}),
    (YearMonthDuration, lambda value: {"$m": value.total}),
    (str, str),
    (int, int),
)

_READERS: dict[str, Callable[[Any], Any]] = {
    "$o": lambda pairs: {key: decode(entry) for key, entry in pairs},
    "$i": int,
    "$n": Decimal,
    "$t": lambda written: _read_clock(datetime, written),
    "$d": date.fromisoformat,
    "$c": lambda written: _read_clock(time, written),
    "$p": lambda parts: timedelta(*parts),
    "$m": YearMonthDuration,
}
