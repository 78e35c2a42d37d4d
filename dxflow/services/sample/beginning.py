"""When a sample case begins, so that it stands today where its plan says."""

from datetime import date, datetime, timedelta
from zlib import crc32

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import parse_period, period_of, period_start
from dxflow.clock import local_date
from dxflow.services.sample import office
from dxflow.services.sample.script import Plan, days_of

#: A period that ended less than this ago still counts as the present one.
SETTLED = timedelta(days=30)
#: Days from the idea to the end of the execution at the least, and into the first period tracked.
SHORTEST, INTO_PERIOD = 75, 20
#: Ideas are handed in within the first hours of the day.
_HOURS = 4 * 60


def first_moment(plan: Plan, end: datetime, calendar: BusinessCalendar) -> datetime:
    """Return when the idea is handed in for a sample that is made at `end`."""
    today = local_date(end)
    minutes = crc32(plan.key.encode()) % _HOURS
    if plan.begins.business_days_ago is not None:
        day = calendar.add_business_days(today, -plan.begins.business_days_ago)
        return office.at(day, minutes)
    if plan.begins.on:
        return office.at(calendar.on_or_after(date.fromisoformat(plan.begins.on)), minutes)
    present = parse_period(period_of(today - SETTLED, plan.sheet["kpis"][0]["frequency"]))
    first = period_start(str(present.moved(-(plan.begins.periods_ago or 0))))
    lasts = max(SHORTEST, *days_of(plan.sheet))
    return office.at(calendar.on_or_after(first + timedelta(days=INTO_PERIOD - lasts)), minutes)
