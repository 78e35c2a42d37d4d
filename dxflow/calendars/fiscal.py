"""Fiscal years (年度): 1 April to 31 March, named by the calendar year in which they begin.

Local Autonomy Act (地方自治法) article 208. A fiscal year bears the era that its first calendar
year ended in, so the one of April 2019 is 令和元年度 and the one of April 1988 is 昭和63年度.
"""

import unicodedata
from datetime import date

from dxflow.calendars.wareki import ERAS, Era, era_name, era_year
from dxflow.texts import gettext as _
from dxflow.texts import in_japanese

FIRST_MONTH = 4
EARLIEST = 1873
LATEST = 2999


def fiscal_year_of(day: date) -> int:
    """Return the fiscal year a day lies in: 31 March 2027 is in 2026."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def fiscal_year_start(year: int) -> date:
    """Return 1 April of the fiscal year."""
    return date(_within(year), FIRST_MONTH, 1)


def fiscal_year_end(year: int) -> date:
    """Return 31 March at the end of the fiscal year."""
    return date(_within(year) + 1, FIRST_MONTH - 1, 31)


def fiscal_label(year: int) -> str:
    """Return `令和8年度` for 2026, `令和元年度` for 2019; in other languages `FY2026 (R8)`."""
    if not in_japanese():
        return f"FY{year} ({fiscal_short(year)})"
    era, number = _era_of(year)
    return _("{era}{year}年度", era=era_name(era), year=era_year(number))


def fiscal_short(year: int) -> str:
    """Return `R8` for 2026, `R1` for 2019."""
    era, number = _era_of(year)
    return f"{era.letter}{number}"


def parse_fiscal_year(text: str) -> int:
    """Return the fiscal year of `R8`, `令和8年度`, `令和元年度`, `2026`, `2026年度` or `FY2026`.

    Full-width letters and digits are read too. Years beyond an era's end count on in that era, as
    older plans print them (平成35年度 is 2023). Raises ValueError for anything else.
    """
    written = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    body = written.removesuffix("年度").removesuffix("年")
    for era in ERAS:
        for prefix in (era.name, era.letter):
            if body.startswith(prefix):
                number = _number("1" if body == f"{prefix}元" else body.removeprefix(prefix), text)
                if not 1 <= number <= 99:
                    raise _unreadable(text)
                return _within(era.first_year + number - 1)
    return _within(_number(body.removeprefix("FY"), text, digits=4))


def _number(body: str, text: str, digits: int | None = None) -> int:
    if not body.isascii() or not body.isdigit() or (digits and len(body) != digits):
        raise _unreadable(text)
    return int(body[:5])


def _unreadable(text: str) -> ValueError:
    return ValueError(_("「{text}」は年度として読めません（例: 令和8年度、R8、2026）。", text=text))


def _era_of(year: int) -> tuple[Era, int]:
    era = next(era for era in ERAS if era.first_year <= _within(year))
    return era, year - era.first_year + 1


def _within(year: int) -> int:
    if not EARLIEST <= year <= LATEST:
        raise ValueError(
            _("年度は{first}から{last}までで指定してください。", first=EARLIEST, last=LATEST)
        )
    return year
