"""The only place that reads the time.

A clock is a function without arguments that returns an aware datetime in UTC; it is handed
down so that tests and the sample city can live in another year.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

TOKYO = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """Return the calendar date in Japan at an aware moment."""
    return moment.astimezone(TOKYO).date()


def at_local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Return the UTC moment of a wall-clock time in Japan on a day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TOKYO).astimezone(UTC)
