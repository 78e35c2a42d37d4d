"""Entering, changing and taking back days: one transaction with its event, in force at once.

Days that were computed before, such as the due date of a task that waits, stay what they are.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, delete, insert, select, union_all

from dxflow import audit
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import at_local, local_date
from dxflow.db.case import Notice
from dxflow.db.city_day import CityDay
from dxflow.db.process import Timer, WorkItem
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.services.acts import timed_starts
from dxflow.services.administration.closing_days import days
from dxflow.services.administration.closing_days.days import Change, Meaning
from dxflow.services.packs import city_days
from dxflow.services.people import events
from dxflow.services.people.actor import Actor
from dxflow.services.people.powers import WATCHERS
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: How many days one entry may span.
LONGEST_SPAN = 62
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Done:
    """What was changed. `due`: open tasks and timers that fall on closed ones of these days."""

    changes: Sequence[Change]
    due: int = 0


def add(
    site: Site, by: Actor, first: date, last: date, meaning: Meaning, reason: str = ""
) -> Done:  # fmt: skip
    """Enter a day, or all days from first to last.

    Raises NotAllowed, Invalid for what cannot be entered, Conflict when one of them is entered as
    something else already.
    """
    days.require_administrator(by)
    meaning = _checked(meaning)
    span = _span(site, first, last)
    with site.database.write() as tx:
        city_days.raise_version(tx)
        known = days.entered(tx, first, last)
        other = next((day for day in known if known[day] != meaning), None)
        if other is not None:
            raise Conflict(
                _(
                    "{day} は{kind}（{name}）として入力済みです。その日の「変える」で直すか、"
                    "取り消してから入力してください。",
                    day=wareki_date(other),
                    kind=days.kind_words()[known[other].kind],
                    name=known[other].name,
                )
            )
        changes = [Change(day, None, meaning) for day in span if day not in known]
        if not changes:
            raise Conflict(_("すべて入力済みです。変わるものはありません。"))
        return write(site, tx, by, changes, "calendar.changed", reason)


def change(site: Site, by: Actor, day: date, meaning: Meaning, reason: str = "") -> Done:
    """Change what an entered day is. Raises NotAllowed, NotFound, Invalid."""
    days.require_administrator(by)
    meaning = _checked(meaning)
    with site.database.write() as tx:
        city_days.raise_version(tx)
        known = days.entered(tx, day, day).get(day)
        if known is None:
            raise NotFound(_("{day} は入力されていません。", day=wareki_date(day)))
        if known == meaning:
            return Done(())
        changes = [Change(day, known, meaning)]
        return write(site, tx, by, changes, "calendar.changed", reason)


def remove(site: Site, by: Actor, first: date, last: date, reason: str = "") -> Done:
    """Take back the days entered from first to last. Raises NotAllowed, NotFound, Invalid."""
    days.require_administrator(by)
    with site.database.write() as tx:
        city_days.raise_version(tx)
        known = days.entered(tx, first, last)
        if not known:
            raise NotFound(_("その日は入力されていません。"))
        changes = [Change(day, meaning, None) for day, meaning in known.items()]
        return write(site, tx, by, changes, "calendar.changed", reason)


def write(
    site: Site, tx: Connection, by: Actor, changes: Sequence[Change], event: str, reason: str
) -> Done:  # fmt: skip
    """Write changes with their event and a notice, in a transaction that has a fresh version.

    Raises Invalid when the past changes without a reason.
    """
    reason = " ".join(reason.split())
    days.require_reason(changes, site.today(), reason)
    now = site.now()
    tx.execute(delete(CityDay).where(CityDay.day.in_([one.day for one in changes])))
    rows = [
        {"day": one.day, "kind": one.after.kind, "name": one.after.name,
         "entered_at": now, "entered_by": by.person_id}
        for one in changes
        if one.after is not None
    ]  # fmt: skip
    if rows:
        tx.execute(insert(CityDay), rows)
    timed_starts.plan_anew(site, tx)
    _record(site, tx, by, changes, event, reason)
    _tell(site, tx, changes)
    return Done(changes, _due_on(tx, _closing(changes)))


def _checked(meaning: Meaning) -> Meaning:
    """Return the meaning with its blanks in order. Raises Invalid."""
    name = " ".join(meaning.name.split())
    wrong: dict[str, list[str]] = {}
    if meaning.kind not in days.KINDS:
        wrong["kind"] = [_("閉庁か開庁かを選んでください。")]
    if why := days.why_no_name(name):
        wrong["name"] = [why]
    if wrong:
        raise Invalid(_("入力を確かめてください。"), wrong)
    return Meaning(meaning.kind, name)


def _span(site: Site, first: date, last: date) -> list[date]:
    """Return the days from first to last. Raises Invalid for a span that cannot be meant."""
    today = site.today()
    wrong: dict[str, list[str]] = {}
    for field, day in (("first", first), ("last", last)):
        if why := days.why_out_of_range(day, today):
            wrong[field] = [why]
    if last < first:
        wrong["last"] = [_("終わりの日が始まりの日より前です。")]
    elif (last - first).days >= LONGEST_SPAN:
        wrong["last"] = [_("一度に入力できるのは {most} 日までです。", most=LONGEST_SPAN)]
    if wrong:
        raise Invalid(_("日付を確かめてください。"), wrong)
    return [first + n * _DAY for n in range((last - first).days + 1)]


def _record(
    site: Site, tx: Connection, by: Actor, changes: Iterable[Change], event: str, reason: str
) -> None:  # fmt: skip
    with to_be_stored():
        lines = tuple(
            audit.Change(
                one.day.isoformat(),
                wareki_date(one.day),
                days.stored_words(one.before),
                days.stored_words(one.after),
            )
            for one in changes
        )
    audit.append_system(
        tx,
        audit.SystemStream.CONFIG,
        audit.Event(
            type=event,
            at=site.now(),
            actor=events.who(by),
            subject=audit.Subject("calendar", "city"),
            request=audit.Request(id=by.request_id),
            changes=lines,
            reason=reason,
        ),
    )


def _tell(site: Site, tx: Connection, changes: Sequence[Change]) -> None:
    """Leave a notice for those who watch over the administrators: deadlines follow these days."""
    first, now = changes[0], site.now()
    with to_be_stored():
        what = days.stored_words(first.after) or mark("取消し")
        message = _(
            "閉庁日カレンダーが変わりました。{day}: {what}（変わった日 {n} 日）",
            day=wareki_date(first.day),
            what=what,
            n=len(changes),
        )
    tx.execute(
        insert(Notice),
        [
            {"id": new_id(now), "group_key": group, "case_id": None, "message": message, "at": now}
            for group in WATCHERS
        ],
    )


def _closing(changes: Iterable[Change]) -> frozenset[date]:
    return frozenset(
        one.day for one in changes if one.after is not None and one.after.kind == city_days.CLOSED
    )


def _due_on(tx: Connection, closed: AbstractSet[date]) -> int:
    """Return how many open tasks and timers fall due on these days, in one query."""
    if not closed:
        return 0
    begin, end = at_local(min(closed)), at_local(max(closed) + _DAY)
    work = select(WorkItem.due_at).where(
        WorkItem.status == "open", WorkItem.due_at >= begin, WorkItem.due_at < end
    )
    timers = select(Timer.due_at).where(Timer.due_at >= begin, Timer.due_at < end)
    moments = tx.execute(union_all(work, timers)).scalars()
    return sum(local_date(moment) in closed for moment in moments)
