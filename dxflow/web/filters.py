"""How values are written on pages: era dates, periods, yen, numbers, spans of days."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask

from dxflow.attachments.limits import size_words
from dxflow.calendars.periods import is_period, period_label, period_short
from dxflow.calendars.wareki import (
    short_datetime,
    short_month,
    wareki_date,
    wareki_datetime,
    wareki_month,
    wareki_short,
)
from dxflow.clock import local_date
from dxflow.services.paging import MOST_IN_BADGE, Page
from dxflow.texts import gettext as _
from dxflow.texts import translated

NOTHING = "―"


def install(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters.update(
        wareki=wareki,
        wareki_short=short_day,
        wareki_time=moment,
        wareki_short_time=short_moment,
        wareki_month=wareki_month,
        month_short=short_month,
        iso=iso,
        how_many=how_many,
        badge=badge,
        period=period,
        period_short=short_period,
        cell=cell,
        number=number,
        yen=yen,
        size=size_words,
    )


def wareki(value: date | datetime | None) -> str:
    """Return `令和8年11月21日`, Japan's date of a moment; a dash for nothing."""
    return wareki_date(_day(value)) if value else NOTHING


def short_day(value: date | datetime | None) -> str:
    """Return `R8.11.21`."""
    return wareki_short(_day(value)) if value else NOTHING


def moment(value: datetime | None) -> str:
    """Return `令和8年11月21日 14:05`."""
    return wareki_datetime(value) if value else NOTHING


def short_moment(value: datetime | None) -> str:
    """Return `R8.11.21 14:05`."""
    return short_datetime(value) if value else NOTHING


def how_many(page: Page[Any]) -> str:
    """Return how long a list is: `22件`, or `1,000件以上` where counting ended."""
    number = f"{page.total:,}"
    return _("{n}件以上", n=number) if page.more else _("{n}件", n=number)


def badge(number: int) -> str:
    """Return a count for a badge: `99+` where counting ended."""
    return f"{MOST_IN_BADGE}+" if number > MOST_IN_BADGE else str(number)


def iso(value: date | datetime | None) -> str:
    """Return the machine's form for `<time datetime>`; a date is Japan's date."""
    return _day(value).isoformat() if value else ""


def period(value: str | None) -> str:
    """Return `令和8年度 第1四半期` for `FY2026-Q1`."""
    return period_label(value) if value and is_period(value) else value or NOTHING


def short_period(value: str | None) -> str:
    """Return `R8 Q1` for `FY2026-Q1`."""
    return period_short(value) if value and is_period(value) else value or NOTHING


def number(value: Decimal | int | str | None) -> str:
    """Return a number with thousands set apart, without zeros that say nothing."""
    return NOTHING if value is None or value == "" else f"{Decimal(value).normalize():,f}"


def cell(value: object) -> str:
    """Return a value of a measure without its unit: a number, or words as they are."""
    if value is None or isinstance(value, Decimal):
        return number(value)
    return translated(value if isinstance(value, str) else str(value))


def yen(value: Decimal | int | str | None) -> str:
    """Return `3,000,000円`."""
    return NOTHING if value is None or value == "" else _("{amount}円", amount=number(value))


def _day(value: date | datetime) -> date:
    return local_date(value) if isinstance(value, datetime) else value
