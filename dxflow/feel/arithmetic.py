"""Addition, subtraction, multiplication, division, power over all types (DMN 1.3 tables 53-57).

Each table maps the types of the two operands to what is done; a pair that is not in the table
gives null, as does a result that has no value (division by zero, a date past year 9999).
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from dxflow.feel.errors import FeelError
from dxflow.feel.values import CONTEXT, YearMonthDuration, finite, kind
from dxflow.texts import gettext as _

MAX_EXPONENT: Final = 10_000

Operation = Callable[[Any, Any], Any]
_N, _S, _D, _T, _DT = "number", "string", "date", "time", "date and time"
_DAYS, _MONTHS = "days and time duration", "years and months duration"
_MICRO = timedelta(microseconds=1)


def apply(table: Mapping[tuple[str, str], Operation], one: Any, other: Any) -> Any:
    """Return the result of an operator, null where it has none for these operands."""
    if type(one) is Decimal and type(other) is Decimal:
        return finite(table[_N, _N](one, other))
    operation = table.get((kind(one), kind(other)))
    if operation is None:
        return None
    try:
        return operation(one, other)
    except (OverflowError, ValueError, TypeError):  # out of the calendar; one side has no zone
        return None


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    return day.replace(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """Return the power; raises FeelError for an exponent beyond ±10,000."""
    if abs(exponent) > MAX_EXPONENT:
        raise FeelError(_("べき乗の指数が大きすぎます（上限 {n}）。", n=MAX_EXPONENT))
    if base == 0 and exponent == 0:
        return Decimal(1)
    return CONTEXT.power(base, exponent)


def _shift_time(clock: time, by: timedelta) -> time:
    moment = datetime.combine(date(2000, 1, 1), clock)
    days = timedelta(days=by.days)  # whole days bring a clock back to where it was
    return (moment + (by - days)).timetz()


def _time_between(one: time, other: time) -> timedelta:
    day = date(2000, 1, 1)
    return datetime.combine(day, one) - datetime.combine(day, other)


def _since_date(moment: datetime, day: date) -> timedelta:
    return moment - datetime.combine(day, time(0, 0), moment.tzinfo)


def _scaled(length: timedelta, factor: Decimal) -> timedelta:
    return timedelta(microseconds=int(CONTEXT.multiply(Decimal(length // _MICRO), factor)))


def _split(length: timedelta, divisor: Decimal) -> timedelta | None:
    if not divisor:
        return None
    return timedelta(microseconds=int(CONTEXT.divide(Decimal(length // _MICRO), divisor)))


def _split_months(length: YearMonthDuration, divisor: Decimal) -> YearMonthDuration | None:
    if not divisor:
        return None
    return YearMonthDuration(int(CONTEXT.divide(Decimal(length.total), divisor)))


def _ratio(one: timedelta, other: timedelta) -> Decimal | None:
    return finite(CONTEXT.divide(Decimal(one // _MICRO), Decimal(other // _MICRO)))


def _plus_duration(sign: int) -> dict[tuple[str, str], Operation]:
    """Return the rows of `+` (1) or `-` (-1) that move something by a duration."""
    return {
        (_D, _DAYS): lambda a, b: a + timedelta(days=(sign * b).days),
        (_DT, _DAYS): lambda a, b: a + sign * b,
        (_T, _DAYS): lambda a, b: _shift_time(a, sign * b),
        (_D, _MONTHS): lambda a, b: add_months(a, sign * b.total),
        (_DT, _MONTHS): lambda a, b: add_months(a, sign * b.total),
        (_DAYS, _DAYS): lambda a, b: a + sign * b,
        (_MONTHS, _MONTHS): lambda a, b: YearMonthDuration(a.total + sign * b.total),
    }


def _swapped(operation: Operation) -> Operation:
    return lambda a, b: operation(b, a)


_MOVE = _plus_duration(1)
ADD: Final[dict[tuple[str, str], Operation]] = {
    (_N, _N): CONTEXT.add,
    (_S, _S): lambda a, b: a + b,
    **_MOVE,
    **{(by, what): _swapped(move) for (what, by), move in _MOVE.items() if what != by},
}
SUBTRACT: Final[dict[tuple[str, str], Operation]] = {
    (_N, _N): CONTEXT.subtract,
    (_D, _D): lambda a, b: a - b,
    (_DT, _DT): lambda a, b: a - b,
    (_DT, _D): _since_date,
    (_D, _DT): lambda a, b: -_since_date(b, a),
    (_T, _T): _time_between,
    **_plus_duration(-1),
}
MULTIPLY: Final[dict[tuple[str, str], Operation]] = {
    (_N, _N): CONTEXT.multiply,
    (_DAYS, _N): _scaled,
    (_N, _DAYS): lambda a, b: _scaled(b, a),
    (_MONTHS, _N): lambda a, b: YearMonthDuration(int(CONTEXT.multiply(Decimal(a.total), b))),
    (_N, _MONTHS): lambda a, b: YearMonthDuration(int(CONTEXT.multiply(Decimal(b.total), a))),
}
DIVIDE: Final[dict[tuple[str, str], Operation]] = {
    (_N, _N): CONTEXT.divide,
    (_DAYS, _N): _split,
    (_MONTHS, _N): _split_months,
    (_DAYS, _DAYS): _ratio,
    (_MONTHS, _MONTHS): lambda a, b: finite(CONTEXT.divide(Decimal(a.total), Decimal(b.total))),
}
POWER: Final[dict[tuple[str, str], Operation]] = {(_N, _N): power}

OPERATORS: Final = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "**": POWER}


def negate(value: Any) -> Any:
    """Return the value with its sign turned; null for what has none."""
    if type(value) is Decimal:
        return CONTEXT.minus(value)
    if isinstance(value, timedelta):
        return -value
    return YearMonthDuration(-value.total) if isinstance(value, YearMonthDuration) else None
