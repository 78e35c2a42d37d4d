"""朝のまとめ: one message a business day to everybody who chose it, and what gets due by day.

Each day's is a job of the day's key, and a row for the day and the person: several workers, and
workers killed at it, make one. After days without any worker only the present day's is made; it
tells of everything since the last one.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from dxflow.clock import at_local, local_date
from dxflow.db.mail import OutgoingMail
from dxflow.jobs import queue
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import mail_choices, mail_settings, outbox
from dxflow.services.people.mail_settings import DAILY
from dxflow.services.site import Site

KIND = "mail.daily"
#: How far back a message tells, when the last one is older.
LONGEST = timedelta(days=14)


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put today's messages into the queue once they are due; return when to be asked again."""
    settings = mail_settings.current(site)
    if not settings.on:
        return None
    today = local_date(now)
    due = at_local(today, settings.hour)
    if now < due:
        return due
    if site.kept.get(KIND) != (0.0, today):
        if _is_business_day(site, today):
            with site.database.write() as tx:
                queue.defer(
                    tx, now, kind=KIND, key=today.isoformat(), payload={"day": today.isoformat()}
                )
        site.kept[KIND] = (0.0, today)
    return at_local(today + timedelta(days=1), settings.hour)


def make(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Write the day's message for everybody who chose it; whether it says anything is seen later."""
    settings = mail_settings.read(tx)
    if not settings.on:
        return
    before = at_local(local_date(now) - timedelta(days=1), settings.hour)
    last = {
        row.person_id: row.at
        for row in tx.execute(
            select(OutgoingMail.person_id, func.max(OutgoingMail.created_at).label("at"))
            .where(OutgoingMail.kind == "daily", OutgoingMail.created_at > now - LONGEST)
            .group_by(OutgoingMail.person_id)
        )
    }
    persons = mail_choices.persons(tx, mail_choices.wanting(settings, DAILY))
    outbox.write(
        tx, now, "daily",
        [
            outbox.Letter(f"daily:{payload['day']}", person, since=last.get(person, before))
            for person in persons
        ],
    )  # fmt: skip


def _is_business_day(site: Site, day: date) -> bool:
    """Return whether the city works on a day, by its first current pack; without one, Mon-Fri."""
    with site.database.read() as tx:
        current = packs.current(site, tx)
        if not current:
            return day.weekday() < 5
        return city_days.Calendars(site, tx).of(current[0]).is_business_day(day)
