"""週報: what happened in a week, made once on its first business day after, kept as it was made.

Whoever reads every case reads it. Making one is a job of the week's key, so that several workers
make it once, also after days without any worker: then the last week's is made, no older one.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from dxflow.clock import TOKYO, at_local, local_date
from dxflow.db.digest import Digest
from dxflow.db.identity import Person
from dxflow.errors import NotAllowed, NotFound
from dxflow.jobs import queue
from dxflow.services import plain
from dxflow.services.packs import city_days, own_words
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import (
    mail_choices,
    mail_settings,
    naming,
    organisation,
    outbox,
)
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.reading import portfolio_figures as figures
from dxflow.services.reading.case_head import stages_with_reports
from dxflow.services.reading.case_rulings import outcome_name, outcome_tone
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

KIND = "digest.weekly"
#: Hour in Japan at which a week's digest is made at the earliest.
HOUR = 8
#: For how many seconds a process trusts the calendar by which it waits.
TRUSTED_SECONDS = 60.0
MOST_LATE, MOST_DECISIONS = 30, 100
READERS = ("role:cio", "role:secretariat")


@dataclass(frozen=True)
class WeekRow:
    """A digest as listed: its week, first and last day, when it was made."""

    week: str
    first: date
    last: date
    made_at: datetime


@dataclass(frozen=True)
class Weekly:
    """A digest. `body` has `handed_in`, `running`, `late_total`, `late`, `waiting`, `decided`."""

    row: WeekRow
    body: dict[str, Any]


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put last week's digest into the queue once it is due; return when to be asked again."""
    due = _due_at(site, now)
    if now < due:
        return due
    week = _week(local_date(now) - timedelta(days=7))
    if site.kept.get(KIND) != (0.0, week):  # asked of the database once a week and process
        with site.database.read() as tx:
            due = _first_morning(site, tx, now)  # the city may have closed this day meanwhile
            if now < due:
                return due
            made = tx.execute(select(Digest.week).where(Digest.week == week)).one_or_none()
        if made is None:
            with site.database.write() as tx:
                queue.defer(tx, now, kind=KIND, key=week, payload={"week": week})
        site.kept[KIND] = (0.0, week)
    return due + timedelta(days=7)


def make(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Make the digest of a week and tell its readers; one that is there stays as it is."""
    week = str(payload["week"])
    if tx.execute(select(Digest.week).where(Digest.week == week)).one_or_none() is not None:
        return
    first, last = _days(week)
    tx.execute(
        insert(Digest).values(
            week=week, made_at=now, body=plain.dumps(_body(site, tx, now, first, last))
        )
    )
    _mail(site, tx, now, week)
    queue.defer(
        tx,
        now,
        kind="notice.deliver",
        key=f"digest:{week}",
        payload={
            "case_id": None,
            "groups": list(READERS),
            "message": mark(
                "{first}から{last}までの週報ができました。「全体状況」の「週報」で読めます。",
                first=f"{first.month}/{first.day}",  # read in every language
                last=f"{last.month}/{last.day}",
            ),
        },
    )


def _mail(site: Site, tx: Connection, now: datetime, week: str) -> None:
    """Write the week's message for those who read every case and want it by mail."""
    settings = mail_settings.read(tx)
    if not settings.on:
        return
    who = organisation.directory(site, tx, local_date(now))
    readers = {person for role in READS_ALL for person in who.holders(f"role:{role}")}
    wants = mail_choices.wanting_weekly() & Person.id.in_(sorted(readers))
    outbox.write(
        tx, now, "weekly",
        [outbox.Letter(f"weekly:{week}", one, week) for one in mail_choices.persons(tx, wants)],
    )  # fmt: skip


def listed(site: Site, actor: Actor, page: int = 1, per_page: int = 50) -> Page[WeekRow]:
    """Return the digests, the latest first. Raises NotAllowed."""
    _require(actor)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        rows = tx.execute(
            select(Digest.week, Digest.made_at)
            .order_by(Digest.week.desc())
            .offset(offset)
            .limit(limit + 1)
        ).all()
    total = offset + len(rows)
    return Page([_row(row.week, row.made_at) for row in rows[:limit]], page, per_page, total)


def one(site: Site, actor: Actor, week: str) -> Weekly:
    """Return a digest with names for its ids. Raises NotAllowed, NotFound."""
    _require(actor)
    with site.database.read() as tx:
        found = tx.execute(select(Digest.__table__).where(Digest.week == week)).one_or_none()
        if found is None:
            raise NotFound(_("この週の週報はありません。"))
        body = plain.loads(found.body)
        who = organisation.directory(site, tx, actor.on)
        rows = [*body["late"], *body["decided"]]
        names = naming.load(
            tx,
            who,
            units=[row["unit"] for row in rows],
            posts=[row["post"] for row in body["decided"]],
        )
        current = packs.current(site, tx)
        for row in (*body["late"], *body["waiting"]):
            if row.get("kind", "task") == "task":
                row["name"] = (
                    own_words.said(site, tx, row["pack"], row["name"])
                    if row.get("pack")  # not in those made earlier
                    else own_words.of_some(row["name"], current)
                )
    for row in rows:
        row["unit"] = names.unit(row["unit"])
    for row in body["late"]:
        row["since"] = date.fromisoformat(row["since"])
        row["days"] = (local_date(found.made_at) - row["since"]).days
        row.setdefault("tasks", 1)  # in those made before tasks shared a line
    for row in body["decided"]:
        row["post"], row["on"] = names.post(row["post"]), date.fromisoformat(row["on"])
        row["tone"], row["outcome"] = outcome_tone(row["outcome"]), outcome_name(row["outcome"])
    return Weekly(_row(found.week, found.made_at), body)


def _body(site: Site, tx: Connection, now: datetime, first: date, last: date) -> dict[str, Any]:
    current = packs.current(site, tx)
    reported_in = {stage for pack in current for stage in stages_with_reports(pack)}
    late, late_total = figures.late(tx, now, reported_in, MOST_LATE)
    counts = figures.counts(tx, last)
    return {
        "handed_in": figures.handed_in(tx, first, last),
        "running": sum(one.cases for one in counts if one.status == "running"),
        "late_total": late_total,
        "late": [{**vars(one), "since": one.since.isoformat()} for one in late],
        "waiting": [
            {"name": one.name, "tasks": one.tasks, "late": one.late}
            for one in figures.waiting(tx, now)
        ],
        "decided": [
            {**vars(one), "on": one.on.isoformat()}
            for one in figures.decided(tx, first, last, MOST_DECISIONS)
        ],
    }


def _due_at(site: Site, now: datetime) -> datetime:
    """Return when the digest of last week is due: the first business day of this week, at HOUR."""
    known = site.kept.get(f"{KIND} due")
    fresh = known is not None and time.monotonic() - known[0] < TRUSTED_SECONDS
    if known is not None and fresh and known[1][0] == _monday(now):
        found: datetime = known[1][1]
        return found
    with site.database.read() as tx:
        return _first_morning(site, tx, now)


def _first_morning(site: Site, tx: Connection, now: datetime) -> datetime:
    """Return HOUR of this week's first business day, of Monday when there is none."""
    monday = _monday(now)
    current = packs.current(site, tx)
    day = monday
    if current:
        calendar = city_days.Calendars(site, tx).of(current[0])
        days = (monday + timedelta(days=n) for n in range(7))
        day = next((one for one in days if calendar.is_business_day(one)), monday)
    found = at_local(day, HOUR)
    site.kept[f"{KIND} due"] = (time.monotonic(), (monday, found))
    return found


def _monday(now: datetime) -> date:
    today = local_date(now)
    return today - timedelta(days=today.weekday())


def _week(day: date) -> str:
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02}"


def _days(week: str) -> tuple[date, date]:
    first = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
    return first, first + timedelta(days=6)


def _row(week: str, made_at: datetime) -> WeekRow:
    first, last = _days(week)
    return WeekRow(week, first, last, made_at.astimezone(TOKYO))


def _require(actor: Actor) -> None:
    if not actor.has_role(*READS_ALL):
        raise NotAllowed(_("週報は、すべての案件を見られる職が読みます。"), READS_ALL)
