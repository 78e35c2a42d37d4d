"""Days as people write them: ISO, with slashes, and in Japanese eras."""

import re
import unicodedata
from datetime import date

from dxflow.calendars.given import OutOfRange, is_taken
from dxflow.texts import gettext as _

_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_ERA = re.compile(
    r"(令和|平成|昭和|R|H|S)(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII
)
#: Era → the year before its first, its first day and the first day after it.
_ERAS = {
    "令和": (2018, date(2019, 5, 1), date.max),
    "平成": (1988, date(1989, 1, 8), date(2019, 5, 1)),
    "昭和": (1925, date(1926, 12, 25), date(1989, 1, 8)),
}
_SHORT = {"R": "令和", "H": "平成", "S": "昭和"}


def day_of(text: str) -> date | None:
    """Return the day a text names, None when it names none, one outside its era or one not taken."""
    day = _read(text)
    return day if day is not None and is_taken(day) else None


def why_no_day(text: str, shape: str = "") -> str:
    """Return the sentence for a text that `day_of` finds no day in.

    `shape` is said, when it is given, of what is no date at all.
    """
    if _read(text) is not None:
        return str(OutOfRange(text))
    return shape or _("「{v}」は日付ではありません。", v=text)


def _read(text: str) -> date | None:
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    found = _ISO.fullmatch(plain)
    if found:
        return _day(int(found[1]), found[2], found[3])
    found = _ERA.fullmatch(plain)
    if not found:
        return None
    before, first, after = _ERAS[_SHORT.get(found[1], found[1])]
    year = before + (1 if found[2] == "元" else int(found[2]))
    day = _day(year, found[3], found[4])
    return day if day is not None and first <= day < after else None


def _day(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None
