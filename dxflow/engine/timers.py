"""When a timer is due (BPMN 2.0.2 §10.5.1, timer event definition; ISO 8601).

A timer's FEEL value may be a date, a date and time, a duration or ISO text, also `R3/P7D`. The
moment is computed once, when the timer is armed, and kept in UTC. A date alone means 00:00 in
Asia/Tokyo; years and months are added by that calendar, and a value without offset is its time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dxflow.clock import TOKYO, at_local, local_date
from dxflow.feel.temporal import parse_temporal
from dxflow.feel.values import YearMonthDuration
from dxflow.texts import gettext as _

Period = timedelta | YearMonthDuration


@dataclass(frozen=True)
class Schedule:
    """When a timer fires: `due` (UTC), then every `period` counted from `anchor`.

    `number` is which occurrence `due` is (from 1), `last` the number of the last one; 0 = endless.
    A timer without period fires once.
    """

    due: datetime
    anchor: datetime | None = None
    period: Period | None = None
    number: int = 1
    last: int = 1

    def after(self, now: datetime) -> "Schedule | None":
        """Return the schedule once this occurrence and all missed ones are done, or None.

        What was missed while nobody looked counts as one occurrence that has just been served.
        """
        if self.period is None or self.anchor is None:
            return None
        number = self._first_after(now, self.anchor, self.period)
        if self.last and number > self.last:
            return None
        due = added(self.anchor, self.period, number)
        return Schedule(due, self.anchor, self.period, number, self.last)

    def _first_after(self, now: datetime, anchor: datetime, period: Period) -> int:
        """Return the number of the first occurrence later than `now` and than this one."""
        low, high = self.number, self.number + 1
        while added(anchor, period, high) <= now:
            low, high = high, high + 2 * (high - self.number)
        while high - low > 1:
            middle = (low + high) // 2
            if added(anchor, period, middle) <= now:
                low = middle
            else:
                high = middle
        return high


def schedule(value: Any, now: datetime) -> Schedule:
    """Return when a timer armed at `now` is due. Raises ValueError with the reason."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("R", "r"):
            return _cycle(text, now)
        value = _read(text)
    if isinstance(value, datetime):
        return Schedule(_utc(value))
    if isinstance(value, date):
        return Schedule(at_local(value))
    if isinstance(value, timedelta | YearMonthDuration):
        return Schedule(added(now, value))
    raise ValueError(_("日付・日時・期間のいずれでもありません。"))


def next_start(
    value_as_of: Callable[[datetime], Any], since: datetime, now: datetime, *before: datetime
) -> datetime | None:
    """Return when a timer by which cases begin is due next, after `now`; None when never again.

    `value_as_of` gives its value as of a moment. An ISO cycle without a beginning counts from
    `since`; what was missed is passed over. A date is asked for as of now and, if that one is
    over, as of tomorrow: so an expression may name "the last day of this fiscal year". `before`
    are moments at which it was asked for: "the fifth day of next month" that was asked for then is
    still to come on the second. Raises ValueError with the reason when the value is no date, moment
    or cycle.
    """
    tomorrow = at_local(local_date(now) + timedelta(days=1))
    for moment_asked in (*before, now, tomorrow):
        value = value_as_of(moment_asked)
        if value is None:
            continue
        if isinstance(value, timedelta | YearMonthDuration):
            raise ValueError(_("期間は使えません。日付か、R/P1Y のような周期にしてください。"))
        planned: Schedule | None = schedule(value, since)
        if planned is not None and planned.due <= now:
            planned = planned.after(now)
        if planned is not None:
            return planned.due
    return None


def moment(value: Any) -> datetime:
    """Return the UTC moment at which a task is due; a date alone means the end of that day.

    Raises ValueError when the value is neither a date nor a date and time.
    """
    if isinstance(value, str):
        value = _read(value.strip())
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, date):
        return at_local(value, 23, 59)
    raise ValueError(_("日付でも日時でもありません。"))


def added(start: datetime, period: Period, times: int = 1) -> datetime:
    """Return `start` plus `times` periods in UTC; months end on the last day where days lack."""
    try:
        if isinstance(period, timedelta):
            return start + period * times
        return _plus_months(start.astimezone(TOKYO), period.total * times).astimezone(UTC)
    except (OverflowError, ValueError) as wrong:
        raise ValueError(_("日付の範囲を超えています。")) from wrong


def _plus_months(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last_day = (first_of_next - timedelta(days=1)).day
    return local.replace(year=year, month=month + 1, day=min(local.day, last_day))


def _cycle(text: str, now: datetime) -> Schedule:
    """Read `R3/P7D`, `R/P1D` or `R3/2026-04-01T09:00:00/P7D`."""
    parts = text[1:].split("/")
    if len(parts) not in (2, 3) or not (parts[0] == "" or parts[0].isdecimal()):
        raise ValueError(_("繰り返しは R3/P7D のように書いてください。"))
    last = int(parts[0] or 0)
    period = _read(parts[-1])
    if parts[0] and last == 0:
        raise ValueError(_("繰り返しの回数が 0 です。"))
    if not isinstance(period, timedelta | YearMonthDuration) or added(now, period) <= now:
        raise ValueError(_("繰り返しの間隔は正の期間にしてください。"))
    if len(parts) == 2:
        return Schedule(added(now, period), now, period, 1, last)
    begin = schedule(_read(parts[1]), now).due
    anchor = added(begin, period, -1)
    return Schedule(begin, anchor, period, 1, last)


def _utc(value: datetime) -> datetime:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=TOKYO)
    return aware.astimezone(UTC)


def _read(text: str) -> Any:
    """Return the date, date and time or duration that an ISO text stands for."""
    if text[:1] == "P" and text[-1:] == "W" and text[1:-1].isdecimal():
        return timedelta(weeks=int(text[1:-1]))
    value = parse_temporal(text)
    if value is None:
        raise ValueError(_("「{text}」を日付や期間として読めません。", text=text))
    return value
