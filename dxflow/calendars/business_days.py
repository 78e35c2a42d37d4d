"""Business days (開庁日): neither weekend, nor national holiday, nor closed by the city.

Local Autonomy Act article 4-2: weekends, national holidays and a year-end range set by ordinance
(usually 29 December to 3 January) are days off. National holidays come from `jpholiday`. A city
adds days of its own, and days on which it opens all the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from jpholiday import JPHoliday

from dxflow.texts import gettext as _

FIRST_YEAR = 1948
LAST_YEAR = 2150
MOST_DAYS = 10_000
"""The largest step `add_business_days` takes: about forty years."""

_national = JPHoliday()


@lru_cache(maxsize=256)
def national_holidays(year: int) -> Mapping[date, str]:
    """Return the national holidays of a calendar year with their Japanese names.

    Substitute holidays (振替休日) are among them.
    """
    return MappingProxyType({one.date: one.name for one in _national.year_holidays(year)})


@dataclass(frozen=True)
class ClosedRange:
    """Days closed every year, both ends included; may run over the new year."""

    first: tuple[int, int]
    last: tuple[int, int]

    @classmethod
    def parse(cls, text: str) -> "ClosedRange":
        """Read `12-29..01-03`, or `06-01` for one day. Raises ValueError."""
        first, dots, last = text.partition("..")
        return cls(_month_day(first, text), _month_day(last if dots else first, text))

    def covers(self, day: date) -> bool:
        """Return whether the day lies in the range."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


def _month_day(text: str, whole: str) -> tuple[int, int]:
    month, _dash, day = text.strip().partition("-")
    try:
        leap = date(2000, int(month), int(day))
    except ValueError as wrong:
        raise ValueError(
            _("「{text}」は休業期間として読めません（例: 12-29..01-03）。", text=whole)
        ) from wrong
    return (leap.month, leap.day)


YEAR_END = ClosedRange((12, 29), (1, 3))


@dataclass(frozen=True)
class BusinessCalendar:
    """When the city works. `holidays` are closed besides, `open_days` open whatever they are."""

    closed: tuple[ClosedRange, ...] = (YEAR_END,)
    holidays: frozenset[date] = frozenset()
    open_days: frozenset[date] = frozenset()
    closed_weekdays: frozenset[int] = frozenset({5, 6})
    _years: dict[int, tuple[int, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not self.closed_weekdays < frozenset(range(7)):
            raise ValueError(_("曜日は0（月）から6（日）で、開く曜日を残して指定してください。"))

    @classmethod
    def of(
        cls,
        closed: tuple[str, ...] | list[str] = ("12-29..01-03",),
        holidays: tuple[date, ...] | list[date] = (),
        open_days: tuple[date, ...] | list[date] = (),
    ) -> "BusinessCalendar":
        """Build a calendar from a pack's settings. Raises ValueError for an unreadable range."""
        ranges = tuple(ClosedRange.parse(text) for text in closed)
        return cls(ranges, frozenset(holidays), frozenset(open_days))

    def with_days(self, closed: AbstractSet[date], opened: AbstractSet[date]) -> "BusinessCalendar":
        """Return the calendar with days of the city in it: they prevail over all it says."""
        if not closed and not opened:
            return self
        return replace(
            self, holidays=self.holidays | closed, open_days=(self.open_days - closed) | opened
        )

    def is_business_day(self, day: date) -> bool:
        """Return whether the city works on a day."""
        ordinals = self._business_days(day.year)
        place = bisect_left(ordinals, day.toordinal())
        return place < len(ordinals) and ordinals[place] == day.toordinal()

    def add_business_days(self, day: date, n: int) -> date:
        """Return the n-th business day after a day, before it if n is negative.

        The day itself does not count (初日不算入, Civil Code article 140); n = 0 gives the day
        itself, open or not. Raises ValueError beyond 10,000 days or the years 1948–2150.
        """
        if abs(n) > MOST_DAYS:
            raise ValueError(_("営業日数は{most}日以内で指定してください。", most=MOST_DAYS))
        if n == 0:
            return day
        year, here = day.year, day.toordinal()
        ordinals = self._business_days(year)
        place = bisect_right(ordinals, here) + n - 1 if n > 0 else bisect_left(ordinals, here) + n
        while place >= len(ordinals):
            place -= len(ordinals)
            year += 1
            ordinals = self._business_days(year)
        while place < 0:
            year -= 1
            ordinals = self._business_days(year)
            place += len(ordinals)
        return date.fromordinal(ordinals[place])

    def next_business_day(self, day: date) -> date:
        """Return the first business day after a day."""
        return self.add_business_days(day, 1)

    def previous_business_day(self, day: date) -> date:
        """Return the last business day before a day."""
        return self.add_business_days(day, -1)

    def on_or_after(self, day: date) -> date:
        """Return the day itself when open, else the next business day."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def on_or_before(self, day: date) -> date:
        """Return the day itself when open, else the previous business day."""
        return day if self.is_business_day(day) else self.previous_business_day(day)

    def business_days_between(self, start: date, end: date) -> int:
        """Return how many business days lead from start to end; negative when end is earlier.

        The inverse of `add_business_days`: start does not count, end does.
        """
        if end >= start:
            return self._count_until(end + timedelta(1), start + timedelta(1))
        return -self._count_until(start, end)

    def _count_until(self, end: date, start: date) -> int:
        """Count business days in the half-open range start ≤ day < end."""
        years = (self._business_days(year) for year in range(start.year, end.year + 1))
        first, last = start.toordinal(), end.toordinal()
        return sum(bisect_left(days, last) - bisect_left(days, first) for days in years)

    def _business_days(self, year: int) -> tuple[int, ...]:
        """Return the ordinals of the year's business days, ascending."""
        known = self._years.get(year)
        if known is None:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise ValueError(
                    _(
                        "営業日を数えられるのは{first}年から{last}年までです。",
                        first=FIRST_YEAR,
                        last=LAST_YEAR,
                    )
                )
            start, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            known = tuple(n for n in range(start, end + 1) if self._is_open(date.fromordinal(n)))
            self._years[year] = known
        return known

    def _is_open(self, day: date) -> bool:
        if day in self.open_days:
            return True
        return not (
            day.weekday() in self.closed_weekdays
            or day in self.holidays
            or any(span.covers(day) for span in self.closed)
            or day in national_holidays(day.year)
        )
