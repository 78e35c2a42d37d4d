"""What a day of the city is, which ones may be entered, and the words for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from dxflow.calendars.fiscal import fiscal_year_end, fiscal_year_of, fiscal_year_start
from dxflow.db.city_day import CityDay
from dxflow.errors import Invalid
from dxflow.services.packs.city_days import CLOSED, OPEN
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.texts import gettext as _
from dxflow.texts import mark

KINDS = (CLOSED, OPEN)
LONGEST_NAME, LONGEST_REASON = 60, 300
#: How many fiscal years before and after this one may be entered: what lies beyond is a slip.
YEARS_BEFORE, YEARS_AFTER = 2, 5


@dataclass(frozen=True)
class Meaning:
    """What a day is: `kind` is closed or open, `name` says why."""

    kind: str
    name: str


@dataclass(frozen=True)
class Change:
    """A day before and after; None means that nothing is entered for it."""

    day: date
    before: Meaning | None
    after: Meaning | None


def entered(tx: Connection, first: date, last: date) -> dict[date, Meaning]:
    """Return what is entered for the days from first to last."""
    rows = tx.execute(
        select(CityDay.day, CityDay.kind, CityDay.name)
        .where(CityDay.day >= first, CityDay.day <= last)
        .order_by(CityDay.day)
    )
    return {row.day: Meaning(row.kind, row.name) for row in rows}


def first_day(today: date) -> date:
    """Return the earliest day that may be entered."""
    return fiscal_year_start(fiscal_year_of(today) - YEARS_BEFORE)


def last_day(today: date) -> date:
    """Return the latest day that may be entered."""
    return fiscal_year_end(fiscal_year_of(today) + YEARS_AFTER)


def why_out_of_range(day: date, today: date) -> str:
    """Return why a day may not be entered, "" when it may."""
    first, last = first_day(today), last_day(today)
    if first <= day <= last:
        return ""
    return _("入力できるのは {first} から {last} までです。", first=first, last=last)


def why_no_name(name: str) -> str:
    """Return why a text is no name for a day, "" when it is one."""
    if not name:
        return _("名称が空です。何の日かを書いてください。")
    if len(name) > LONGEST_NAME or not name.isprintable():
        return _("名称は {most} 字までの一行で書いてください。", most=LONGEST_NAME)
    return ""


def touches_past(changes: Iterable[Change], today: date) -> bool:
    """Return whether a day before today changes."""
    return any(change.day < today for change in changes)


def require_reason(changes: Iterable[Change], today: date, reason: str) -> None:
    """Raise Invalid when the past changes without a reason, or the reason is too long."""
    if len(reason) > LONGEST_REASON:
        message = _("理由は {most} 字以内で書いてください。", most=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    if not reason and touches_past(changes, today):
        message = _("過ぎた日を変えるには、理由を書いてください。監査ログに残ります。")
        raise Invalid(message, {"reason": [message]})


def require_administrator(by: Actor) -> None:
    """Raise NotAllowed unless the actor may change the city's days."""
    by.require_role(ADMIN_ROLE)


def kind_words() -> Mapping[str, str]:
    """Return the words for each kind."""
    return {CLOSED: _("閉庁"), OPEN: _("開庁")}


def stored_words(meaning: Meaning | None) -> str | None:
    """Return a meaning as the log keeps it: `閉庁（開港記念日）`."""
    if meaning is None:
        return None
    kind = {CLOSED: mark("閉庁"), OPEN: mark("開庁")}[meaning.kind]
    return f"{kind}（{meaning.name}）"
