"""Reporting periods: parts of a fiscal year, written as short strings.

`FY2026` (April 2026 to March 2027), `FY2026-H1`, `FY2026-H2`, `FY2026-Q1` (April to June) to
`FY2026-Q4`, and months by their number: `FY2026-04` to `FY2026-12`, then `FY2026-01` to
`FY2026-03`, which lie in the following calendar year. Every function takes and gives these
strings; a string that is no period raises ValueError.
"""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from dxflow.calendars.fiscal import (
    EARLIEST,
    FIRST_MONTH,
    LATEST,
    fiscal_label,
    fiscal_short,
    fiscal_year_of,
)
from dxflow.calendars.wareki import short_month, wareki_month
from dxflow.texts import gettext as _

#: Judging a measure asks for the same few periods again and again.
_remembered = lru_cache(maxsize=4096)


class Frequency(StrEnum):
    """How often something is measured within a fiscal year."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"

    @property
    def per_year(self) -> int:
        """Return how many periods make a fiscal year."""
        return {"year": 1, "half": 2, "quarter": 4, "month": 12}[self.value]

    @property
    def label(self) -> str:
        """Return the Japanese word for it."""
        return {
            "year": _("年1回"),
            "half": _("半期ごと"),
            "quarter": _("四半期ごと"),
            "month": _("毎月"),
        }[self.value]


@dataclass(frozen=True)
class Period:
    """A period taken apart: `number` counts from 1 at April within the fiscal year."""

    fiscal_year: int
    frequency: Frequency
    number: int

    def __str__(self) -> str:
        tails = {
            Frequency.YEAR: "",
            Frequency.HALF: f"-H{self.number}",
            Frequency.QUARTER: f"-Q{self.number}",
            Frequency.MONTH: f"-{_calendar_month(self.number - 1):02d}",
        }
        return f"FY{self.fiscal_year}{tails[self.frequency]}"

    @property
    def months(self) -> int:
        """Return the length in months."""
        return 12 // self.frequency.per_year

    def moved(self, steps: int) -> "Period":
        """Return the period that many steps later, earlier when negative."""
        per_year = self.frequency.per_year
        years, rest = divmod(self.number - 1 + steps, per_year)
        year = self.fiscal_year + years
        if not EARLIEST <= year <= LATEST:
            raise ValueError(_("期間が扱える年の範囲を超えています。"))
        return Period(year, self.frequency, rest + 1)


def parse_frequency(text: str) -> Frequency:
    """Return the frequency named year, half, quarter or month. Raises ValueError."""
    try:
        return Frequency(text)
    except ValueError as wrong:
        raise ValueError(
            _(
                "「{text}」は頻度ではありません（year・half・quarter・month のいずれか）。",
                text=text,
            )
        ) from wrong


@_remembered
def parse_period(text: str) -> Period:
    """Take a period string apart. Raises ValueError when it is none."""
    head, _dash, tail = text.partition("-")
    year = head.removeprefix("FY")
    if len(head) == 6 and head.startswith("FY") and year.isascii() and year.isdigit():
        number = int(year)
        frequency, place = _part(tail)
        candidate = Period(number, frequency, place)
        if EARLIEST <= number <= LATEST and place and str(candidate) == text:
            return candidate
    raise ValueError(_("「{text}」は期間ではありません（例: FY2026、FY2026-Q1）。", text=text))


def _part(tail: str) -> tuple[Frequency, int]:
    """Return frequency and number of a period's tail; number 0 when unreadable."""
    names = {"H": Frequency.HALF, "Q": Frequency.QUARTER}
    if not tail:
        return Frequency.YEAR, 1
    if len(tail) != 2 or not tail[1].isascii() or not tail[1].isdigit():
        return Frequency.YEAR, 0
    if tail[0] in names:
        frequency, number = names[tail[0]], int(tail[1])
        return frequency, number if number <= frequency.per_year else 0
    if not tail[0].isascii() or not tail[0].isdigit() or not 1 <= int(tail) <= 12:
        return Frequency.YEAR, 0
    return Frequency.MONTH, (int(tail) - FIRST_MONTH) % 12 + 1


def is_period(text: str) -> bool:
    """Return whether a string is a period."""
    try:
        parse_period(text)
    except ValueError:
        return False
    return True


def period_of(day: date, frequency: str) -> str:
    """Return the period of that frequency which a day lies in."""
    how_often = parse_frequency(frequency)
    month = (day.month - FIRST_MONTH) % 12
    number = month * how_often.per_year // 12 + 1
    return str(Period(fiscal_year_of(day), how_often, number))


def next_period(period: str) -> str:
    """Return the period that follows."""
    return str(parse_period(period).moved(1))


def previous_period(period: str) -> str:
    """Return the period before."""
    return str(parse_period(period).moved(-1))


@_remembered
def period_start(period: str) -> date:
    """Return the first day of a period."""
    parsed = parse_period(period)
    return _first_of(parsed.fiscal_year, (parsed.number - 1) * parsed.months)


@_remembered
def period_end(period: str) -> date:
    """Return the last day of a period."""
    parsed = parse_period(period)
    last = _first_of(parsed.fiscal_year, parsed.number * parsed.months - 1)
    return last.replace(day=calendar.monthrange(last.year, last.month)[1])


def period_fiscal_year(period: str) -> int:
    """Return the fiscal year a period belongs to."""
    return parse_period(period).fiscal_year


def period_frequency(period: str) -> Frequency:
    """Return the frequency of a period."""
    return parse_period(period).frequency


def is_last_period_of_year(period: str) -> bool:
    """Return whether the fiscal year ends with this period."""
    parsed = parse_period(period)
    return parsed.number == parsed.frequency.per_year


def period_label(period: str) -> str:
    """Return `令和8年度`, `令和8年度 上期`, `令和8年度 第1四半期` or `令和8年4月`."""
    parsed = parse_period(period)
    year = fiscal_label(parsed.fiscal_year)
    if parsed.frequency is Frequency.MONTH:
        return wareki_month(period_start(period))
    if parsed.frequency is Frequency.QUARTER:
        return _("{year} 第{number}四半期", year=year, number=parsed.number)
    if parsed.frequency is Frequency.HALF:
        return _("{year} {half}", year=year, half=_half(parsed.number))
    return year


def period_short(period: str) -> str:
    """Return `R8`, `R8 上期`, `R8 Q1` or `R8.4`."""
    parsed = parse_period(period)
    year = fiscal_short(parsed.fiscal_year)
    if parsed.frequency is Frequency.MONTH:
        return short_month(period_start(period))
    if parsed.frequency is Frequency.QUARTER:
        return f"{year} Q{parsed.number}"
    return f"{year} {_half(parsed.number)}" if parsed.frequency is Frequency.HALF else year


def periods_between(first: str, last: str) -> list[str]:
    """Return the periods from first to last, both included; empty when last lies before first.

    Raises ValueError when the two are of different frequency.
    """
    start, end = parse_period(first), parse_period(last)
    if start.frequency is not end.frequency:
        raise ValueError(_("期間の長さが違うため並べられません（{a}、{b}）。", a=first, b=last))
    count = _steps(end) - _steps(start) + 1
    return [str(start.moved(step)) for step in range(count)]


def periods_of_year(fiscal_year: int, frequency: str) -> list[str]:
    """Return the periods of one fiscal year in order."""
    how_often = parse_frequency(frequency)
    return [str(Period(fiscal_year, how_often, n + 1)) for n in range(how_often.per_year)]


def _steps(period: Period) -> int:
    return period.fiscal_year * period.frequency.per_year + period.number


def _half(number: int) -> str:
    return _("上期") if number == 1 else _("下期")


def _calendar_month(months_after_april: int) -> int:
    return (months_after_april + FIRST_MONTH - 1) % 12 + 1


def _first_of(fiscal_year: int, months_after_april: int) -> date:
    month = _calendar_month(months_after_april)
    return date(fiscal_year + (month < FIRST_MONTH), month, 1)
