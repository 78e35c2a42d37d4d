"""Working hours: when people of the sample city get to something."""

from datetime import date, datetime

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import TOKYO, at_local

OPENS = 9
MINUTES = 8 * 60


def after(calendar: BusinessCalendar, moment: datetime, days: float, minutes: int = 0) -> datetime:
    """Return the moment that many working days and minutes later, within working hours.

    A working day has eight hours from nine; what is over goes on on the next business day.
    """
    local = moment.astimezone(TOKYO)
    day = local.date()
    spent = (local.hour - OPENS) * 60 + local.minute
    if not calendar.is_business_day(day) or spent >= MINUTES:
        day, spent = calendar.next_business_day(day), 0
    total = max(spent, 0) + round(days * MINUTES) + minutes
    whole, rest = divmod(total, MINUTES)
    return at(calendar.add_business_days(day, whole), rest)


def at(day: date, minutes: int = 0) -> datetime:
    """Return the moment on a day that many minutes after opening."""
    hours, rest = divmod(minutes, 60)
    return at_local(day, OPENS + hours, rest)
