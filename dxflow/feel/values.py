"""The values of FEEL in Python, and how values from outside become them (DMN 1.3 §10.3.2.3).

null None, boolean bool, number Decimal, string str, list list, context dict, date, time,
date and time `datetime`, days and time duration `timedelta`, years and months duration
`YearMonthDuration`, range `Range`, function `FunctionValue`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from typing import Any

from dxflow.feel.errors import FeelError
from dxflow.texts import gettext as _

#: IEEE 754 decimal128, as DMN asks for: 34 digits; nothing traps, what is not finite is null.
CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])


@dataclass(frozen=True, order=True, slots=True)
class YearMonthDuration:
    """A years and months duration; `total` counts months and may be negative."""

    total: int

    def __post_init__(self) -> None:
        if abs(self.total) > 12_000_000_000:
            raise OverflowError(self.total)

    @property
    def years(self) -> int:
        """Return the whole years, with the sign of the duration."""
        return abs(self.total) // 12 * (1 if self.total >= 0 else -1)

    @property
    def months(self) -> int:
        """Return the months left beside the whole years, with the sign of the duration."""
        return abs(self.total) % 12 * (1 if self.total >= 0 else -1)

    def __str__(self) -> str:
        years, months = divmod(abs(self.total), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.total < 0 else "") + "P" + (text or "0M")


@dataclass(frozen=True, slots=True)
class Range:
    """A range; an end that is None is open towards infinity."""

    start: Any
    end: Any
    start_included: bool
    end_included: bool

    def includes(self, value: Any) -> bool | None:
        """Tell whether the value lies within; None when it cannot be compared with the ends."""
        lower = upper = True
        if self.start is not None:
            below = not_after(self.start, value) if self.start_included else less(self.start, value)
            if below is None:
                return None
            lower = below
        if self.end is not None:
            above = not_after(value, self.end) if self.end_included else less(value, self.end)
            if above is None:
                return None
            upper = above
        return lower and upper


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function made by an expression or a business knowledge model."""

    parameters: tuple[str, ...]
    body: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Return the result, or null when the number of arguments is wrong."""
        return self.body(*arguments) if len(arguments) == len(self.parameters) else None


_KINDS: dict[type, str] = {
    type(None): "null", bool: "boolean", Decimal: "number", str: "string", list: "list",
    dict: "context", date: "date", time: "time", datetime: "date and time",
    timedelta: "days and time duration", YearMonthDuration: "years and months duration",
    Range: "range", FunctionValue: "function",
}  # fmt: skip
_ORDERED = frozenset(_KINDS.values()) - {"null", "boolean", "list", "context", "range", "function"}


def kind(value: Any) -> str:
    """Return the name of a FEEL value's type."""
    return _KINDS[type(value)]


def finite(number: Decimal) -> Decimal | None:
    """Return the number, or null where the arithmetic had no finite result."""
    return number if number.is_finite() else None


def to_feel(value: Any) -> Any:
    """Return the FEEL value of a plain Python value.

    Lists and contexts that need no change are returned as they are, not copied.
    Raises FeelError for a value no expression can hold (bytes, objects, sets).
    """
    of = type(value)
    if of is list:
        items = [to_feel(one) for one in value]
        return value if all(map(_same, items, value)) else items
    if of is dict:
        entries = {str(key): to_feel(one) for key, one in value.items()}
        same = all(map(_same, entries.values(), value.values())) and entries.keys() == value.keys()
        return value if same else entries
    if of is Decimal:
        return finite(value)
    return value if of in _KINDS else _foreign(value)


def _same(one: Any, other: Any) -> bool:
    return one is other


def _foreign(value: Any) -> Any:
    """Convert what is not yet of a FEEL type; enumerations count as their values."""
    if isinstance(value, Enum):
        return to_feel(value.value)
    if isinstance(value, int):
        return Decimal(int(value))
    if isinstance(value, float):
        return finite(Decimal(repr(float(value))))
    if isinstance(value, Mapping):
        return {str(key): to_feel(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [to_feel(one) for one in value]
    if isinstance(value, str):
        return str(value)
    raise FeelError(_("式で扱えない種類の値です: {type}", type=type(value).__name__))


def to_plain(value: Any) -> Any:
    """Return a fresh plain value: whole numbers as int, lists and contexts copied.

    Fractions and numbers of more than 34 digits stay Decimal, temporal values stay as they are.
    Raises FeelError for ranges and functions, which no variable can hold, and for lists nested
    beyond all reason.
    """
    try:
        return _plain(value)
    except RecursionError as exc:
        raise FeelError(_("値の入れ子が深すぎます。")) from exc


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        whole = value.adjusted() < CONTEXT.prec and value == value.to_integral_value()
        return int(value) if whole else value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, Range | FunctionValue):
        raise FeelError(_("範囲や関数は値として保存できません。"))
    return value


def equal(one: Any, other: Any) -> bool | None:
    """Compare by FEEL's `=`: null equals null only, other types that differ give null."""
    of = type(one)
    if of is not type(other):
        return False if one is None or other is None else None
    if of is list:
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if of is dict:
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(one == other)


def less(one: Any, other: Any) -> bool | None:
    """Compare by FEEL's `<`; null where the two have no order."""
    of = type(one)
    if of is not type(other) or _KINDS[of] not in _ORDERED:
        return None
    try:
        return bool(one < other)
    except TypeError:  # one moment has a zone, the other has none
        return None


def not_after(one: Any, other: Any) -> bool | None:
    """Compare by FEEL's `<=`; null where the two have no order."""
    after = less(other, one)
    return None if after is None else not after
