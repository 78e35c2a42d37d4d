"""A fiscal year of the city: which days are closed or open, and why; read by everybody."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from dxflow.calendars.business_days import (
    FIRST_YEAR,
    LAST_YEAR,
    BusinessCalendar,
    national_holidays,
)
from dxflow.calendars.fiscal import fiscal_year_end, fiscal_year_of, fiscal_year_start
from dxflow.db.city_day import CityDay
from dxflow.db.identity import Person
from dxflow.errors import NotFound
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.packs.city_days import CLOSED
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, translated

#: Marks of a day, the strongest first.
MARKS = ("closed", "open", "holiday", "pack", "weekend", "")
_SUNDAY = 6
#: National holidays for the catalogue: their names come from a library, in Japanese.
_NAMES = (
    mark("元日"), mark("成人の日"), mark("建国記念の日"), mark("天皇誕生日"), mark("春分の日"),
    mark("昭和の日"), mark("憲法記念日"), mark("みどりの日"), mark("こどもの日"), mark("海の日"),
    mark("山の日"), mark("敬老の日"), mark("秋分の日"), mark("スポーツの日"), mark("文化の日"),
    mark("勤労感謝の日"), mark("国民の休日"), mark("体育の日"),
)  # fmt: skip
_SUBSTITUTE = "振替休日"


@dataclass(frozen=True)
class Day:
    """A day: its mark (see MARKS), and the names of what it is."""

    day: date
    is_open: bool
    mark: str
    names: tuple[str, ...]
    today: bool = False


@dataclass(frozen=True)
class Month:
    """A month as weeks from Sunday to Saturday; days of other months are None.

    `near`: it is this month or the next one.
    """

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    near: bool = False

    @property
    def business_days(self) -> int:
        """Return on how many of its days the city works."""
        return sum(day.is_open for week in self.weeks for day in week if day)

    @property
    def named(self) -> list[tuple[Day, Day]]:
        """Return the days that have a name, as first and last of days in a row that are alike."""
        runs: list[tuple[Day, Day]] = []
        for day in (day for week in self.weeks for day in week if day and day.names):
            first, last = runs[-1] if runs else (day, None)
            alike = last is not None and (last.names, last.mark) == (day.names, day.mark)
            if alike and last is not None and (day.day - last.day).days == 1:
                runs[-1] = (first, day)
            else:
                runs.append((day, day))
        return runs


@dataclass(frozen=True)
class Entered:
    """A day as the administrators entered it. `past`: changing it takes a reason."""

    day: date
    kind: str
    name: str
    person: str
    at: datetime
    past: bool


@dataclass(frozen=True)
class Year:
    """A fiscal year as it holds now, in the calendar of one pack; `chosen` when it was asked for."""

    fiscal_year: int
    pack: str
    chosen: str
    packs: Sequence[tuple[str, str]]
    months: Sequence[Month]
    entered: Sequence[Entered]
    business_days: int
    next_year: int
    next_is_empty: bool

    @property
    def has_previous(self) -> bool:
        """Return whether the year before can be shown."""
        return self.fiscal_year > FIRST_YEAR

    @property
    def has_next(self) -> bool:
        """Return whether the year after can be shown."""
        return self.fiscal_year + 1 < LAST_YEAR


def year_of(site: Site, actor: Actor, fiscal_year: int | None = None, pack: str = "") -> Year:
    """Return a fiscal year, this one unless said. Raises NotFound for one that cannot be shown."""
    this = fiscal_year_of(actor.on)
    shown = this if fiscal_year is None else fiscal_year
    if not FIRST_YEAR <= shown < LAST_YEAR:
        raise NotFound(_("この年度のカレンダーは表示できません。"))
    first, last = fiscal_year_start(shown), fiscal_year_end(shown)
    with site.database.read() as tx:
        current = packs.current(site, tx)
        found = next((one for one in current if one.key == pack), current[0] if current else None)
        if pack and (found is None or found.key != pack):
            raise NotFound(_("手続き「{key}」はありません。", key=pack))
        own = found.settings.calendar if found else BusinessCalendar()
        merged = city_days.Calendars(site, tx).of(found) if found else own
        entered = _entered(tx, first, last, actor.on)
        following = tx.execute(
            select(func.count()).where(
                CityDay.day >= fiscal_year_start(this + 1), CityDay.day <= fiscal_year_end(this + 1)
            )
        ).scalar_one()
    facts = _Facts(own, merged, {one.day: one for one in entered}, actor.on)
    return Year(
        fiscal_year=shown,
        pack=found.key if found else "",
        chosen=pack,
        packs=[(one.key, translated(one.settings.title)) for one in current],
        months=[_month(facts, date(shown + (n < 4), n, 1)) for n in (*range(4, 13), 1, 2, 3)],
        entered=entered,
        business_days=merged.business_days_between(first, last) + merged.is_business_day(first),
        next_year=this + 1,
        next_is_empty=not following,
    )


@dataclass(frozen=True)
class _Facts:
    own: BusinessCalendar
    merged: BusinessCalendar
    entered: Mapping[date, Entered]
    today: date


def _entered(tx: Connection, first: date, last: date, today: date) -> list[Entered]:
    rows = tx.execute(
        select(CityDay.__table__, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == CityDay.entered_by)
        .where(CityDay.day >= first, CityDay.day <= last)
        .order_by(CityDay.day)
    )
    return [
        Entered(row.day, row.kind, row.name, row.person_name or _("コマンド"), row.entered_at,
                row.day < today)
        for row in rows
    ]  # fmt: skip


def _month(facts: _Facts, first: date) -> Month:
    weeks = calendar.Calendar(_SUNDAY).monthdatescalendar(first.year, first.month)
    return Month(
        first,
        tuple(
            tuple(_day(facts, day) if day.month == first.month else None for day in week)
            for week in weeks
        ),
        near=(first.year - facts.today.year) * 12 + first.month - facts.today.month in (0, 1),
    )


def _day(facts: _Facts, day: date) -> Day:
    one, holiday = facts.entered.get(day), national_holidays(day.year).get(day)
    pack_says = _of_the_pack(facts.own, day)
    names = [*([one.name] if one else []), *([_holiday(holiday)] if holiday else [])]
    if one is not None:
        strongest = "closed" if one.kind == CLOSED else "open"
    elif day in facts.own.open_days:
        strongest, names = "open", [*names, _("手続きが定める開庁日")]
    elif holiday:
        strongest = "holiday"
    elif pack_says:
        strongest, names = "pack", [*names, pack_says]
    else:
        strongest = "weekend" if day.weekday() in facts.own.closed_weekdays else ""
    is_open = facts.merged.is_business_day(day)
    return Day(day, is_open, strongest, tuple(names), day == facts.today)


def _of_the_pack(own: BusinessCalendar, day: date) -> str:
    """Return the words for a day that the pack itself closes, "" for any other."""
    if any(span.covers(day) for span in own.closed):
        return _("毎年の休業期間")
    return _("手続きが定める閉庁日") if day in own.holidays else ""


def _holiday(name: str) -> str:
    """Return a national holiday's name in the reader's language."""
    base, blank, rest = name.partition(" ")
    if rest == _SUBSTITUTE:
        return _("振替休日（{name}）", name=translated(base))
    return f"{translated(base)}{blank}{rest}"
