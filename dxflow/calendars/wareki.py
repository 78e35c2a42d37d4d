"""Dates in the Japanese era calendar (和暦), as local government writes them.

Eras since the Gregorian calendar came into use in Japan (1 January 1873); the first day of an era
counts as the new era (Reiwa: 1 May 2019, Cabinet Order 143 of 2019). Year 1 is written 元 in full
dates and 1 in short ones. Moments are shown in Asia/Tokyo.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from dxflow.clock import TOKYO
from dxflow.texts import Bilingual, in_japanese, source, to_be_stored
from dxflow.texts import gettext as _

GREGORIAN_SINCE = date(1873, 1, 1)


@dataclass(frozen=True)
class Era:
    """One era: its Japanese name, its letter, and the first day on which it counted."""

    name: str
    letter: str
    first_day: date

    @property
    def first_year(self) -> int:
        """Return the calendar year that is year 1 of the era."""
        return self.first_day.year


ERAS: tuple[Era, ...] = (
    Era("令和", "R", date(2019, 5, 1)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("明治", "M", date(1868, 1, 25)),
)
"""Every era, newest first."""


#: A date or a moment as `wareki_date` and `wareki_datetime` write them for readers of Japanese.
WRITTEN = (
    f"(?:{'|'.join(era.name for era in ERAS)})(?:元|[1-9][0-9]?)年[0-9]{{1,2}}月[0-9]{{1,2}}日"
    r"(?: [0-9]{2}:[0-9]{2})?"
)
_PARTS = re.compile(r"(\D\D)(元|\d+)年(\d+)月(\d+)日((?: \d\d:\d\d)?)")


def era_on(day: date) -> Era:
    """Return the era of a day. Raises ValueError before 1873."""
    if day < GREGORIAN_SINCE:
        raise ValueError(_("和暦で表せるのは明治6年1月1日以後の日付です。"))
    return next(era for era in ERAS if era.first_day <= day)


def era_name(era: Era) -> str:
    """Return the era's name in the language of the reader."""
    names = {
        "R": _("令和"),
        "H": _("平成"),
        "S": _("昭和"),
        "T": _("大正"),
        "M": _("明治"),
    }
    return names[era.letter]


def era_year(year_of_era: int) -> str:
    """Return the year as written in full: 元 for the first, digits after that."""
    return _("元") if year_of_era == 1 else str(year_of_era)


def _written(day: date) -> tuple[str, str]:
    era = era_on(day)
    return era_name(era), era_year(day.year - era.first_year + 1)


def _letters(day: date) -> str:
    era = era_on(day)
    return f"{era.letter}{day.year - era.first_year + 1}"


def wareki_date(day: date) -> str:
    """Return `令和8年11月21日`; readers of other languages get `2026-11-21`."""
    if not in_japanese():
        with to_be_stored():
            return Bilingual(day.isoformat(), wareki_date(day))
    era, year = _written(day)
    return _("{era}{year}年{month}月{day}日", era=era, year=year, month=day.month, day=day.day)


def wareki_short(day: date) -> str:
    """Return `R8.11.21`; readers of other languages get `2026-11-21`."""
    if not in_japanese():
        return day.isoformat()
    return f"{_letters(day)}.{day.month}.{day.day}"


def wareki_month(day: date) -> str:
    """Return the month of a day: `令和8年11月`; in other languages `2026-11`."""
    if not in_japanese():
        return f"{day:%Y-%m}"
    era, year = _written(day)
    return _("{era}{year}年{month}月", era=era, year=year, month=day.month)


def short_month(day: date) -> str:
    """Return the month of a day in short: `R8.11`; in other languages `2026-11`."""
    if not in_japanese():
        return f"{day:%Y-%m}"
    return f"{_letters(day)}.{day.month}"


def wareki_datetime(moment: datetime) -> str:
    """Return an aware moment as `令和8年11月21日 14:05`, in Japan's time."""
    local = _in_japan(moment)
    day, time = wareki_date(local.date()), f"{local:%H:%M}"
    text = f"{day} {time}"
    return text if in_japanese() else Bilingual(text, f"{source(day)} {time}")


def short_datetime(moment: datetime) -> str:
    """Return an aware moment as `R8.11.21 14:05`, in Japan's time."""
    local = _in_japan(moment)
    return f"{wareki_short(local.date())} {local:%H:%M}"


def rewritten(text: str) -> str:
    """Return a date or moment that was written in full for the reader of now; other texts unchanged.

    Only a text that is a date and nothing else: words of people keep the dates that stand in them.
    """
    if in_japanese() or not re.fullmatch(WRITTEN, text):
        return text
    name, year, month, day, time = _PARTS.fullmatch(text).groups()  # type: ignore[union-attr]
    first = next(era.first_year for era in ERAS if era.name == name)
    try:
        found = date(first + (1 if year == "元" else int(year)) - 1, int(month), int(day))
    except ValueError:  # there is no such day
        return text
    return f"{wareki_date(found)}{time}"


def _in_japan(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(_("時刻に時差の情報がありません。"))
    return moment.astimezone(TOKYO)
