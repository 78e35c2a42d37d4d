"""Work that is overdue for too long: when somebody above is told, and who (督促の引上げ)."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

from dxflow.authority.directory import Directory
from dxflow.authority.roles_within import unit_and_role
from dxflow.calendars.business_days import BusinessCalendar

SECRETARIAT = "role:secretariat"


class EscalateTo(StrEnum):
    """Who is told: the head above whoever has the work, the secretariat, or both."""

    SUPERIOR = "superior"
    SECRETARIAT = "secretariat"
    BOTH = "both"


def is_due(calendar: BusinessCalendar, due: date, today: date, days: int) -> bool:
    """Return whether work due on a day has been late for so many business days; 0 days: never."""
    return days > 0 and calendar.business_days_between(due, today) >= days


def last_due(calendar: BusinessCalendar, today: date, days: int) -> date | None:
    """Return the latest day on which work was due that is told today; None for never."""
    if days <= 0:
        return None
    day = today - timedelta(days=days)
    while not is_due(calendar, day, today, days):
        day -= timedelta(days=1)
    return day


def told(
    who: Directory, groups: Collection[str], assignee: str | None, to: EscalateTo
) -> tuple[str, ...]:
    """Return the groups to be told of late work that is offered to groups, or taken by a person.

    Nobody is told who has the work already; where nobody is above, the secretariat is.
    """
    having = [f"user:{assignee}"] if assignee else sorted(groups)
    above = {group for one in having if (group := _above(who, one))}
    if to is EscalateTo.SECRETARIAT or not above:
        return (SECRETARIAT,)
    return tuple(sorted(above | ({SECRETARIAT} if to is EscalateTo.BOTH else set())))


def _above(who: Directory, group: str) -> str:
    """Return the head group above a group, "" for none: the nearest that somebody else holds."""
    kind, _colon, key = group.partition(":")
    if kind == "section":
        return _climb(who, key, frozenset())
    if kind == "head":
        return _climb(who, key, who.holders(group))
    if found := unit_and_role(group):
        return _climb(who, found[0], who.holders(group))
    if kind == "post":
        post = who.posts.get(key)
        return _climb(who, post.unit, who.holders(group)) if post and post.unit else ""
    if kind == "user":
        unit = who.unit_of(key)
        return _climb(who, unit.key, frozenset({key})) if unit else ""
    return ""


def _climb(who: Directory, unit: str, having: frozenset[str]) -> str:
    unit = who.heir(unit)
    for place in (unit, *(one.key for one in who.ancestors(unit))):
        if who.holders(f"head:{place}") - having:
            return f"head:{place}"
    return ""
