"""Planning a meeting: its day, time and place, changed and called off, its papers handed out."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from dxflow import audit
from dxflow.calendars.wareki import wareki_date
from dxflow.committee.sitting import State
from dxflow.committee.written import Consent
from dxflow.db.meeting import Meeting, MeetingMatter
from dxflow.errors import Conflict, Invalid
from dxflow.ids import new_id
from dxflow.services.acts import submissions
from dxflow.services.keyed import Keyed, made_before
from dxflow.services.meetings import agenda, stored
from dxflow.services.packs.settings import Body
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

LONGEST_PLACE, LONGEST_REASON = 200, 1000
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


@dataclass(frozen=True)
class Plan:
    """When and where. Times are `14:00`; in writing there is only a last day."""

    held_on: date | None
    begins: str = ""
    ends: str = ""
    place: str = ""
    written: bool = False

    def checked(self, today: date) -> "Plan":
        """Return the plan without blanks. Raises Invalid with everything that is wrong."""
        wrong: dict[str, list[str]] = {}
        if self.held_on is None:
            wrong["held_on"] = [_("日を入れてください。")]
        elif self.held_on < today:
            wrong["held_on"] = [_("今日以後の日にしてください。")]
        begins, ends, place = self.begins.strip(), self.ends.strip(), self.place.strip()
        if not self.written:
            for name, text in (("begins", begins), ("ends", ends)):
                if not _TIME.fullmatch(text) and (text or name == "begins"):
                    wrong[name] = [_("時刻は 14:00 の形で入れてください。")]
            if not wrong and ends and ends <= begins:
                wrong["ends"] = [_("終わりの時刻は、始まりより後にしてください。")]
        if len(place) > LONGEST_PLACE:
            wrong["place"] = [_("場所は {n} 文字以内にしてください。", n=LONGEST_PLACE)]
        if wrong:
            raise Invalid("".join(text for texts in wrong.values() for text in texts), wrong)
        if self.written:
            return Plan(self.held_on, written=True)
        return Plan(self.held_on, begins, ends, place)


def plan(site: Site, by: Actor, body_key: str, wanted: Plan, keyed: Keyed | None = None) -> str:
    """Plan a meeting of a body and return its id; the same key gives the first one again.

    Raises NotAllowed, NotFound, Invalid, Conflict.
    """
    by.require_role(stored.SECRETARIAT)
    return submissions.once(lambda: _plan(site, by, body_key, wanted, keyed))


def _plan(site: Site, by: Actor, body_key: str, wanted: Plan, keyed: Keyed | None) -> str:
    with site.database.write() as tx:
        row = keyed.id_by(by.person_id) if keyed else new_id(site.now())
        if keyed and made_before(tx, Meeting.id, by.person_id, keyed):
            return row
        given = wanted.checked(site.today())
        stored.require_present(site, tx, by)
        body = stored.body_of(site, tx, body_key)
        if given.written and body.rules.consent is Consent.NEVER:
            raise Conflict(_("この会議体は、持ち回り審議を行わない決まりです。"))
        last = tx.execute(
            select(func.max(Meeting.number)).where(Meeting.body == body_key)
        ).scalar_one()
        tx.execute(
            insert(Meeting).values(
                id=row, body=body_key, number=(last or 0) + 1, written=given.written,
                held_on=given.held_on, begins=given.begins, ends=given.ends, place=given.place,
                status=State.PLANNED.value, version=1, created_by=by.person_id,
                created_at=site.now(),
            )
        )  # fmt: skip
        stored.record(
            site, tx, by, "meeting.planned", row,
            audit.Change("body", mark("会議体"), None, body.name),
            audit.Change("number", mark("回"), None, (last or 0) + 1),
            audit.Change("written", mark("持ち回り審議"), None, given.written),
            *differences(None, given),
        )  # fmt: skip
    return row


def change(site: Site, by: Actor, meeting_id: str, version: int | None, wanted: Plan) -> bool:
    """Change day, time or place of a meeting that has not begun; return whether anything changed.

    The votes on its agenda are held open for the new day. Raises NotAllowed, NotFound, Invalid,
    Conflict.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        acts, row = agenda.locked_whole(site, tx, by, meeting_id, version)
        stored.planned(row)
        given = Plan(wanted.held_on, wanted.begins, wanted.ends, wanted.place, row.written).checked(
            site.today()
        )
        before = Plan(row.held_on, row.begins, row.ends, row.place, row.written)
        if given == before:
            return False
        tx.execute(
            update(Meeting)
            .where(Meeting.id == meeting_id)
            .values(
                held_on=given.held_on, begins=given.begins, ends=given.ends, place=given.place
            )
        )  # fmt: skip
        if given.held_on != before.held_on:
            for act in acts:
                agenda.move_vote(act, row, given.held_on or row.held_on)
        if row.distributed_at is not None:
            _announce(site, tx, row, given, mark("会議の予定が変わりました"))
        stored.record(site, tx, by, "meeting.changed", meeting_id, *differences(before, given))
    return True


def cancel(site: Site, by: Actor, meeting_id: str, reason: str) -> None:
    """Call a meeting off; its cases wait for another one. Raises Invalid, NotFound, Conflict."""
    by.require_role(stored.SECRETARIAT)
    why = required_reason(reason)
    with site.database.write() as tx:
        acts, row = agenda.locked_whole(site, tx, by, meeting_id)
        stored.planned(row)
        for act in acts:
            agenda.let_go(act, meeting_id, why)
        tx.execute(
            update(Meeting)
            .where(Meeting.id == meeting_id)
            .values(status=State.CANCELLED.value, reason=why)
        )
        stored.record(
            site, tx, by, "meeting.cancelled", meeting_id,
            audit.Change("reason", mark("理由"), None, why),
        )  # fmt: skip
        if row.distributed_at is not None:
            plan_of = Plan(row.held_on, row.begins, row.ends, row.place, row.written)
            _announce(site, tx, row, plan_of, mark("会議は取りやめになりました"))


def distribute(site: Site, by: Actor, meeting_id: str) -> None:
    """Hand the papers out: every member is told. Raises NotAllowed, NotFound, Conflict."""
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        row = stored.planned(stored.locked(site, tx, by, meeting_id))
        matters = select(func.count()).where(MeetingMatter.meeting_id == meeting_id)
        if not tx.execute(matters).scalar_one():
            raise Conflict(_("議題がないため、配付する資料がありません。"))
        tx.execute(
            update(Meeting).where(Meeting.id == meeting_id).values(distributed_at=site.now())
        )
        plan_of = Plan(row.held_on, row.begins, row.ends, row.place, row.written)
        what = mark("会議の資料が配付されました")
        if row.written:
            what = mark("持ち回り審議に同意するかどうかを答えてください（資料も配付されました）")
        _announce(site, tx, row, plan_of, what)
        stored.record(site, tx, by, "meeting.distributed", meeting_id)


def required_reason(text: str) -> str:
    """Return a reason. Raises Invalid for none, or one too long."""
    reason = text.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        message = _("理由を {n} 文字までで書いてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    return reason


def _announce(site: Site, tx: Connection, row: Row[Any], given: Plan, what: str) -> None:
    """Tell every member of the body."""
    body: Body = stored.body_of(site, tx, row.body)
    with to_be_stored():
        day = wareki_date(given.held_on or row.held_on)
        if row.written:
            message = _(
                "{what}: {body} 第{n}回（{day}まで・持ち回り）。メニューの「会議」から見られます。",
                what=_(what), body=body.name, n=row.number, day=day,
            )  # fmt: skip
        else:
            message = _(
                "{what}: {body} 第{n}回（{day} {where}）。メニューの「会議」から見られます。",
                what=_(what), body=body.name, n=row.number, day=day,
                where=f"{given.begins} {given.place}".strip(),
            )  # fmt: skip
    seats = [one.key for one in stored.seats_of(stored.today(site, tx), body) if one.persons]
    stored.tell(site, tx, f"meeting:{row.id}:{row.version}", seats, message, meeting=row.id)


def differences(before: Plan | None, after: Plan) -> list[audit.Change]:
    """Return what differs between two plans, as the log keeps it; None before the first."""
    labels = (
        ("held_on", mark("日")), ("begins", mark("始まりの時刻")), ("ends", mark("終わりの時刻")),
        ("place", mark("場所")),
    )  # fmt: skip
    return [
        audit.Change(name, label, getattr(before, name, None) or None, getattr(after, name) or None)
        for name, label in labels
    ]
