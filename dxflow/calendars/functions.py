"""The calendar functions that processes and forms may call in FEEL.

They take FEEL values (dates, numbers as Decimal, text) and give FEEL values. A day may be a date,
a date and time (its day in Japan), or ISO text. A wrong argument raises ValueError with a sentence
for the author of the expression.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from dxflow.calendars import periods
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.fiscal import fiscal_year_of
from dxflow.clock import TOKYO, Clock, local_date
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

FeelFunction = Callable[..., object]

LARGEST = 10**9
"""No argument that counts something may be larger."""


def feel_functions(calendar: BusinessCalendar, clock_now: Clock) -> dict[str, FeelFunction]:
    """Return the functions by FEEL name, bound to a calendar and a clock."""
    return {**_of_the_clock(clock_now), **_of_the_calendar(calendar), **_of_periods()}


def _of_the_clock(clock_now: Clock) -> dict[str, FeelFunction]:
    def today() -> dt.date:
        return local_date(clock_now())

    def now() -> dt.datetime:
        return clock_now().astimezone(TOKYO)

    def at(date: object, hour: object) -> dt.datetime:
        hours = _whole(hour)
        if not 0 <= hours <= 23:
            raise ValueError(_("時刻は0から23までで指定してください。"))
        return dt.datetime.combine(_day(date), dt.time(hours), tzinfo=TOKYO)

    return {"today": today, "now": now, "at": at}


def _of_the_calendar(calendar: BusinessCalendar) -> dict[str, FeelFunction]:
    def fiscal_year(date: object) -> Decimal:
        return Decimal(fiscal_year_of(_day(date)))

    def add_business_days(date: object, n: object) -> dt.date:
        return calendar.add_business_days(_day(date), _whole(n))

    def is_business_day(date: object) -> bool:
        return calendar.is_business_day(_day(date))

    return {
        "fiscal_year": fiscal_year,
        "add_business_days": add_business_days,
        "is_business_day": is_business_day,
    }


def _of_periods() -> dict[str, FeelFunction]:
    def period_of(date: object, frequency: object) -> str:
        return periods.period_of(_day(date), _text(frequency))

    def next_period(period: object) -> str:
        return periods.next_period(_text(period))

    def period_start(period: object) -> dt.date:
        return periods.period_start(_text(period))

    def period_end(period: object) -> dt.date:
        return periods.period_end(_text(period))

    def period_fiscal_year(period: object) -> Decimal:
        return Decimal(periods.period_fiscal_year(_text(period)))

    def period_label(period: object) -> str:
        with to_be_stored():  # what a process computes stays in its variables and notices
            return periods.period_label(_text(period))

    def is_last_period_of_year(period: object) -> bool:
        return periods.is_last_period_of_year(_text(period))

    return {
        "period_of": period_of,
        "next_period": next_period,
        "period_start": period_start,
        "period_end": period_end,
        "period_label": period_label,
        "period_fiscal_year": period_fiscal_year,
        "is_last_period_of_year": is_last_period_of_year,
    }


def _day(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return local_date(value) if value.tzinfo else value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError as wrong:
            raise ValueError(_("「{value}」は日付ではありません。", value=value)) from wrong
    raise ValueError(_("日付を指定してください。"))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(_("整数を指定してください。"))
    number = Decimal(value)
    if not number.is_finite() or number != number.to_integral_value():
        raise ValueError(_("整数を指定してください。"))
    if abs(number) > LARGEST:
        raise ValueError(_("数が大きすぎます。"))
    return int(number)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(_("文字列を指定してください。"))
