"""The secretariat is told in the week before a meeting what is ready and what is missing.

And in the week after its day, once, of one that was not opened.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
from dxflow.committee import readiness
from dxflow.committee.sitting import State
from dxflow.db.meeting import Meeting
from dxflow.services.meetings import book, stored
from dxflow.services.meetings.book import MeetingPage
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

KIND = "meeting.remind"
HOUR = 8


def remind(site: Site, tx: Connection, now: datetime) -> None:
    """Leave a notice a week before each meeting, and another the day before if something lacks.

    One more after its day, when it was not opened.
    """
    today = local_date(now)
    reader = replace(system_actor(today), groups=frozenset({f"role:{stored.SECRETARIAT}"}))
    coming = select(Meeting.id).where(
        Meeting.status == State.PLANNED.value,
        Meeting.held_on >= today,
        Meeting.held_on <= today + readiness.WEEK,
    )
    for meeting in tx.execute(coming.order_by(Meeting.held_on)).scalars().all():
        found = book.read(site, tx, reader, meeting)
        missing = found.row.missing or 0
        eve = found.row.held_on - today <= timedelta(days=1)
        if eve and not missing:
            continue
        with to_be_stored():
            said = _message(found, missing)
        key = f"meeting:{meeting}:{'eve' if eve else 'week'}"
        stored.tell_groups(site, tx, key, [f"role:{stored.SECRETARIAT}"], said, meeting=meeting)
    _of_days_over(site, tx, today)


def _of_days_over(site: Site, tx: Connection, today: date) -> None:
    """Leave a notice of each meeting that was not opened on its day, once for the day."""
    over = select(Meeting.__table__).where(
        Meeting.status == State.PLANNED.value,
        Meeting.held_on < today,
        Meeting.held_on >= today - readiness.WEEK,
    )
    for row in tx.execute(over.order_by(Meeting.held_on, Meeting.id)).all():
        values: dict[str, object] = {
            "body": stored.body_of(site, tx, row.body).name, "n": row.number,
        }  # fmt: skip
        with to_be_stored():
            day = wareki_date(row.held_on)
            said = (
                _(
                    "{body} 第{n}回（持ち回り・{day}まで）は、始まらないまま期限を過ぎました。"
                    "期限を改めるか、取りやめてください。",
                    day=day, **values,
                )
                if row.written
                else _(
                    "{body} 第{n}回（{day}）は、開会しないまま日を過ぎました。"
                    "別の日に開くか、遅れて開会するか、取りやめてください。",
                    day=day, **values,
                )
            )  # fmt: skip
        key = f"meeting:{row.id}:over:{row.held_on}"
        stored.tell_groups(site, tx, key, [f"role:{stored.SECRETARIAT}"], said, meeting=row.id)


def _message(found: MeetingPage, missing: int) -> str:
    values: dict[str, object] = {
        "body": found.row.body,
        "n": found.row.number,
        "days": (found.row.held_on - found.today).days,
    }
    if not missing:
        return _("{body} 第{n}回まであと{days}日です。準備はそろっています。", **values)
    return _(
        "{body} 第{n}回まであと{days}日です。そろっていないものが{missing}つあります。"
        "「会議」の準備の一覧を見てください。",
        missing=missing, **values,
    )  # fmt: skip
