"""Functions about dates (DMN 1.3 table 79); names of days and months are English, as there."""

from calendar import monthrange
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dxflow.feel.library.registry import builtin
from dxflow.feel.values import equal, kind

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@builtin("day of year", "date:days")
def _day_of_year(day: date) -> Decimal:
    return Decimal(day.timetuple().tm_yday)


@builtin("day of week", "date:days")
def _day_of_week(day: date) -> str:
    return _DAYS[day.weekday()]


@builtin("month of year", "date:days")
def _month_of_year(day: date) -> str:
    return _MONTHS[day.month - 1]


@builtin("week of year", "date:days")
def _week_of_year(day: date) -> Decimal:
    return Decimal(day.isocalendar().week)


@builtin("last day of month", "date:days")
def _last_day_of_month(day: date) -> date:
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


@builtin("is", "value1:any", "value2:any")
def _is(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in type and every part, zones included."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, datetime | time):
        return bool(one == other and one.utcoffset() == other.utcoffset())
    return equal(one, other) is True
