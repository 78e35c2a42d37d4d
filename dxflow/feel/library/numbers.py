"""Numeric functions and `not` (DMN 1.3 §10.3.4.2 and §10.3.4.5)."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any, Final

from dxflow.feel.library.registry import builtin
from dxflow.feel.values import CONTEXT, YearMonthDuration, finite

_MAX_SCALE: Final = 6144
_ZERO = Decimal(0)


def _rounded(number: Decimal, scale: Decimal | None, rounding: str) -> Decimal | None:
    """Round to so many digits behind the point; null for a scale outside decimal128."""
    digits = int(scale or 0)
    if abs(digits) > _MAX_SCALE:
        return None
    if number.as_tuple().exponent >= -digits:  # type: ignore[operator]  # finite: an int
        return number
    context = CONTEXT.copy()
    context.prec = max(CONTEXT.prec, len(number.as_tuple().digits) + 1)
    return finite(number.quantize(Decimal(1).scaleb(-digits), rounding, context))


@builtin("decimal", "n:number", "scale:number")
def _decimal(number: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(number, scale, ROUND_HALF_EVEN)


def _declare_rounding(name: str, rounding: str) -> None:
    @builtin(name, "n:number", "scale:number?")
    def _round(number: Decimal, scale: Decimal | None = None) -> Decimal | None:
        return _rounded(number, scale, rounding)


for _name, _rounding in {
    "floor": ROUND_FLOOR, "ceiling": ROUND_CEILING, "round up": ROUND_UP,
    "round down": ROUND_DOWN, "round half up": ROUND_HALF_UP, "round half down": ROUND_HALF_DOWN,
}.items():  # fmt: skip
    _declare_rounding(_name, _rounding)


@builtin("abs", "n:number")
@builtin("abs", "n:days and time duration")
def _abs(number: Any) -> Any:
    return abs(number)


@builtin("abs", "n:years and months duration")
def _abs_months(length: YearMonthDuration) -> YearMonthDuration:
    return YearMonthDuration(abs(length.total))


@builtin("modulo", "dividend:number", "divisor:number")
def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return the rest with the sign of the divisor."""
    rest = CONTEXT.remainder(dividend, divisor)
    if not rest.is_finite():
        return None
    return CONTEXT.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@builtin("sqrt", "number:number")
def _sqrt(number: Decimal) -> Decimal | None:
    return finite(CONTEXT.sqrt(number))


@builtin("log", "number:number")
def _log(number: Decimal) -> Decimal | None:
    return finite(CONTEXT.ln(number)) if number > 0 else None


@builtin("exp", "number:number")
def _exp(number: Decimal) -> Decimal | None:
    return finite(CONTEXT.exp(number))


@builtin("odd", "number:number")
def _odd(number: Decimal) -> bool | None:
    return None if number % 1 else abs(CONTEXT.remainder(number, Decimal(2))) == 1


@builtin("even", "number:number")
def _even(number: Decimal) -> bool | None:
    return None if number % 1 else CONTEXT.remainder(number, Decimal(2)) == _ZERO


@builtin("not", "negand:boolean")
def _not(value: bool) -> bool:
    return not value
