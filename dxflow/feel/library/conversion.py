"""Conversion functions (DMN 1.3 §10.3.4.1)."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from dxflow.feel.library.registry import builtin
from dxflow.feel.temporal import (
    format_temporal,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
)
from dxflow.feel.values import CONTEXT, FunctionValue, Range, YearMonthDuration, finite


def text_of(value: Any) -> str:
    """Return the text that `string(value)` gives; null is written `null`."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return _number_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_quoted(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Range):
        start, end = ("" if one is None else _quoted(one) for one in (value.start, value.end))
        opening, closing = "(["[value.start_included], ")]"[value.end_included]
        return f"{opening}{start}..{end}{closing}"
    if isinstance(value, FunctionValue):
        return f"function({', '.join(value.parameters)})"
    return format_temporal(value)


def _quoted(value: Any) -> str:
    if not isinstance(value, str):
        return text_of(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number_text(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


@builtin("string", "from:any")
def _string(value: Any) -> str | None:
    return None if value is None else text_of(value)


@builtin("number", "from:string", "grouping separator:string?", "decimal separator:string?")
def _number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    """Read a number; null for wrong separators and for what is no number."""
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ","):
        return None
    if point is not None and grouping == point:
        return None
    if grouping:
        text = text.replace(grouping, "")
    if point:
        text = text.replace(point, ".")
    plain = text.removeprefix("-")
    if not plain.isascii() or not plain[-1:].isdigit() or not set(plain) <= set("0123456789.eE+-"):
        return None
    try:
        return finite(CONTEXT.create_decimal(text))
    except InvalidOperation:
        return None


@builtin("number", "from:number")
@builtin("date", "from:date")
@builtin("time", "from:time")
@builtin("date and time", "from:date and time")
@builtin("duration", "from:duration")
def _same(value: Any) -> Any:
    return value


@builtin("date", "from:string")
def _date(text: str) -> date | None:
    return parse_date(text)


@builtin("date", "from:date and time")
def _date_of_moment(moment: datetime) -> date:
    return moment.date()


@builtin("date", "year:number", "month:number", "day:number")
def _date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> date:
    return date(int(year), int(month), int(day))


@builtin("time", "from:string")
def _time(text: str) -> time | None:
    return parse_time(text)


@builtin("time", "from:date and time")
def _time_of_moment(moment: datetime) -> time:
    return moment.timetz()


@builtin("time", "hour:number", "minute:number", "second:number", "offset:days and time duration?")
def _time_from_parts(
    hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None
) -> time:
    micros = int(second % 1 * 1_000_000)
    zone = None if offset is None else timezone(offset)
    return time(int(hour), int(minute), int(second), micros, zone)


@builtin("date and time", "from:string")
def _moment(text: str) -> datetime | None:
    return parse_datetime(text)


@builtin("date and time", "date:date", "time:time")
def _moment_from_parts(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock)


@builtin("date and time", "date:date and time", "time:time")
def _moment_at(moment: datetime, clock: time) -> datetime:
    return datetime.combine(moment.date(), clock)


@builtin("date and time", "from:date")
def _first_moment(day: date) -> datetime:
    return datetime.combine(day, time(0, 0))


@builtin("duration", "from:string")
def _duration(text: str) -> timedelta | YearMonthDuration | None:
    return parse_duration(text)


@builtin("years and months duration", "from:days", "to:days")
def _months_between(start: date, end: date) -> YearMonthDuration:
    """Return the whole months from one date to another, negative when the second is earlier."""
    first, last = (one.date() if isinstance(one, datetime) else one for one in (start, end))
    sign, (low, high) = (1, (first, last)) if first <= last else (-1, (last, first))
    months = (high.year - low.year) * 12 + high.month - low.month - (high.day < low.day)
    return YearMonthDuration(sign * months)
