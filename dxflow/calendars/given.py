"""Which days and moments are taken from outside: arguments, calls, pages, files and sheets.

Before 1873 no era can be written and no fiscal year named, and at the ends of what Python counts
neither the day after nor the same moment in another time zone exists; whatever comes in is therefore
kept inside, so that the day before and the fiscal year of every day can be written too.
"""

from datetime import date, datetime

from dxflow.clock import TOKYO
from dxflow.texts import gettext as _

FIRST_DAY = date(1874, 1, 1)
LAST_DAY = date(2199, 12, 31)


class OutOfRange(ValueError):
    """A day that exists and is not taken; the message is the sentence for whoever gave it."""

    def __init__(self, written: str) -> None:
        super().__init__(
            _(
                "「{day}」は使えません。日付は1874年から2199年までで指定してください。",
                day=written,
            )
        )


def is_taken(day: date) -> bool:
    """Return whether a day is taken from outside."""
    return FIRST_DAY <= day <= LAST_DAY


def given_day(text: str) -> date:
    """Return the day of an ISO date. Raises ValueError for none, OutOfRange for one not taken."""
    day = date.fromisoformat(text)
    if not is_taken(day):
        raise OutOfRange(text)
    return day


def given_moment(text: str) -> datetime:
    """Return an aware moment of an ISO time, which is Japan's unless it says another.

    Raises ValueError for none, OutOfRange for one whose day in Japan is not taken.
    """
    moment = datetime.fromisoformat(text)
    try:
        day = moment.replace(tzinfo=moment.tzinfo or TOKYO).astimezone(TOKYO).date()
    except OverflowError:
        raise OutOfRange(text) from None
    if not is_taken(day):
        raise OutOfRange(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)
