"""The agenda: cases that wait for a body, put on it and taken off.

A case on an agenda is voted on in the meeting: its open vote is held for that day, by moving the
timers of the vote's deadline, and given its own deadline again when it is taken off.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from dxflow import audit, engine
from dxflow.clock import at_local
from dxflow.committee import sitting as rules
from dxflow.committee.sitting import Matter
from dxflow.db.case import Ballot, Case, Deliberation
from dxflow.db.meeting import MeetingMatter
from dxflow.db.process import Timer, WorkItem
from dxflow.errors import Conflict, NotFound
from dxflow.ids import new_id
from dxflow.services.acts import sending_back, sitting
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.submissions import once
from dxflow.services.acts.writing import redate, write_step
from dxflow.services.commands import committee
from dxflow.services.meetings import stored
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

VOTE = "vote"
#: When on its last day a vote closes by itself, in writing and otherwise.
HOUR = 18
_OPEN_MATTERS = [one.value for one in rules.UNDECIDED]


@dataclass(frozen=True)
class Candidate:
    """A case that waits for the body's vote and is on no agenda."""

    id: str
    number: str
    title: str
    unit: str
    since: datetime
    deadline: date


def candidates(tx: Connection, body: str, limit: int = 100) -> list[Candidate]:
    """Return the cases that may be put on an agenda, the longest waiting first: one query."""
    rows = tx.execute(_waiting(body).limit(limit))
    return [
        Candidate(row.id, row.number, row.title, row.lead_unit, row.convened_at, row.deadline)
        for row in rows
    ]


def waits(tx: Connection, body: str, case_id: str) -> bool:
    """Return whether a case may be put on an agenda of a body."""
    return tx.execute(_waiting(body).where(Case.id == case_id)).first() is not None


def _waiting(body: str) -> Any:
    latest = (
        select(Deliberation.case_id, func.max(Deliberation.round).label("round"))
        .join(Case, Case.id == Deliberation.case_id)
        .where(Case.status == "running", Deliberation.body == body)
        .group_by(Deliberation.case_id)
        .subquery()
    )
    voted = exists().where(
        Ballot.deliberation_id == Deliberation.id, Ballot.superseded_at.is_(None)
    )
    asked = exists().where(
        WorkItem.case_id == Case.id, WorkItem.status == "open", WorkItem.act == VOTE
    )
    taken = exists().where(
        MeetingMatter.case_id == Case.id, MeetingMatter.status.in_(_OPEN_MATTERS)
    )
    return (
        select(
            Case.id, Case.number, Case.title, Case.lead_unit,
            Deliberation.convened_at, Deliberation.deadline,
        )
        .join(latest, latest.c.case_id == Case.id)
        .join(
            Deliberation,
            (Deliberation.case_id == latest.c.case_id) & (Deliberation.round == latest.c.round),
        )
        .where(Deliberation.resolution.is_(None), asked, ~voted, ~taken)
        .order_by(Deliberation.convened_at, Case.id)
    )  # fmt: skip


def add(site: Site, by: Actor, meeting_id: str, case_id: str) -> str:
    """Put a case on the agenda and return the matter's id. Raises NotAllowed, NotFound, Conflict."""
    by.require_role(stored.SECRETARIAT)
    return once(lambda: _add(site, by, meeting_id, case_id))


def _add(site: Site, by: Actor, meeting_id: str, case_id: str) -> str:
    with site.database.write() as tx:
        return put_on(site, tx, by, meeting_id, case_id)


def put_on(site: Site, tx: Connection, by: Actor, meeting_id: str, case_id: str) -> str:
    """Put a case on an agenda within the caller's transaction. Raises NotFound, Conflict."""
    act = lock(site, tx, by, case_id)
    require_running(act)
    row = stored.planned(stored.locked(site, tx, by, meeting_id))
    if not waits(tx, row.body, case_id):
        raise Conflict(
            _(
                "案件 {number} は議題にできません。審議を待っていないか、"
                "すでに判断を出した人がいるか、別の会議の議題になっています。",
                number=act.case["number"],
            )
        )
    last = tx.execute(
        select(func.max(MeetingMatter.place)).where(MeetingMatter.meeting_id == meeting_id)
    ).scalar_one()
    matter = new_id(site.now())
    tx.execute(
        insert(MeetingMatter).values(
            id=matter, meeting_id=meeting_id, case_id=case_id, place=(last or 0) + 1,
            status=Matter.WAITING.value,
        )
    )  # fmt: skip
    act.record(
        "committee.scheduled",
        audit.Change("meeting", mark("会議"), None, _name(site, tx, row)),
        audit.Change("held_on", mark("日"), None, row.held_on),
        subject=audit.Subject("meeting", meeting_id, case_id),
    )
    hold_vote(act, row.held_on, written=row.written)
    sitting.touch(tx, meeting_id)
    return matter


def remove(site: Site, by: Actor, matter_id: str, reason: str = "") -> str:
    """Take a matter off the agenda of a meeting that has not begun; return the meeting's id.

    Raises NotAllowed, NotFound, Conflict.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        act, meeting_id = locked_matter(site, tx, by, matter_id)
        stored.planned(stored.locked(site, tx, by, meeting_id))
        let_go(act, meeting_id, reason.strip())
        sitting.touch(tx, meeting_id)
    return meeting_id


def locked_matter(site: Site, tx: Connection, by: Actor, matter_id: str) -> tuple[Act, str]:
    """Lock the case of an undecided matter; return the act and the meeting's id.

    The meeting is locked by the caller, after the case. Raises NotFound.
    """
    row = tx.execute(
        select(MeetingMatter.case_id, MeetingMatter.meeting_id, MeetingMatter.status).where(
            MeetingMatter.id == matter_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(_("議題が見つかりません。"))
    return lock(site, tx, by, row.case_id), row.meeting_id


def locked_whole(
    site: Site, tx: Connection, by: Actor, meeting_id: str, version: int | None = None
) -> tuple[list[Act], Row[Any]]:
    """Lock every undecided case of a meeting, in the order of their ids, and then the meeting.

    Raises NotFound; Conflict for a page that is out of date, or an agenda that changed meanwhile.
    """
    acts = [lock(site, tx, by, one) for one in _undecided(tx, meeting_id)]
    row = stored.locked(site, tx, by, meeting_id, version)
    if _undecided(tx, meeting_id) != [act.case_id for act in acts]:
        raise Conflict(
            _("この会議の議題が、いまほかの人によって変わりました。もう一度行ってください。")
        )
    return acts, row


def _undecided(tx: Connection, meeting_id: str) -> list[str]:
    return list(
        tx.execute(
            select(MeetingMatter.case_id)
            .where(MeetingMatter.meeting_id == meeting_id, MeetingMatter.status.in_(_OPEN_MATTERS))
            .order_by(MeetingMatter.case_id)
        ).scalars()
    )


def let_go(act: Act, meeting_id: str, reason: str, status: Matter = Matter.DROPPED) -> None:
    """End a matter without a result: its case waits with a deadline of its own again."""
    act.tx.execute(
        update(MeetingMatter)
        .where(
            MeetingMatter.meeting_id == meeting_id, MeetingMatter.case_id == act.case_id,
            MeetingMatter.status.in_(_OPEN_MATTERS),
        )
        .values(status=status.value, reason=reason, decided_at=act.now, bloc=None)
    )  # fmt: skip
    act.record(
        "committee.deferred" if status is Matter.DEFERRED else "committee.unscheduled",
        audit.Change("reason", mark("理由"), None, reason or None),
        subject=audit.Subject("meeting", meeting_id, act.case_id),
    )
    round_ = latest_round(act)
    body = act.pack.settings.bodies.get(round_.body) if round_ is not None else None
    if body is None:
        act.finish()
        return
    calendar, day = act.calendar(), act.actor.on
    deadline = calendar.add_business_days(day, body.deadline_days)
    reminder = max(calendar.add_business_days(deadline, -body.reminder_days), day)
    _move(act, deadline, at_local(deadline, HOUR), at_local(reminder, 9))


def move_vote(act: Act, meeting: Row[Any], day: date) -> None:
    """Hold the case's vote open for another day of its meeting; the case's log says so."""
    act.record(
        "committee.rescheduled",
        audit.Change("held_on", mark("日"), meeting.held_on, day),
        subject=audit.Subject("meeting", meeting.id, act.case_id),
    )
    hold_vote(act, day, written=meeting.written)


def hold_vote(act: Act, day: date, *, written: bool) -> None:
    """Hold the case's vote open for a meeting, or in writing until a last day."""
    round_ = latest_round(act)
    body = act.pack.settings.bodies.get(round_.body) if round_ is not None else None
    last = day
    if not written and body is not None:
        # a chair closes the vote; the deadline is for a meeting nobody holds
        last = act.calendar().add_business_days(day, body.deadline_days)
    closes = at_local(last, HOUR)
    _move(act, last, closes, closes, due=at_local(day, HOUR))


def close_vote(act: Act) -> None:
    """Close the case's vote now: its deadline has come. Raises Conflict when it has none."""
    if not _move(act, act.actor.on, act.now, None):
        raise Conflict(
            _("この手続の図には表決の締切がないため、全員の判断が出るまで締め切れません。")
        )


def latest_round(act: Act) -> Row[Any] | None:
    """Return the case's last round, None when there is none."""
    return committee.last_round(act.tx, act.case_id)


def _move(
    act: Act, deadline: date, closes: datetime, reminds: datetime | None,
    due: datetime | None = None,
) -> bool:  # fmt: skip
    """Move the timers of the case's open vote and finish the act; return whether it has any."""
    if act.suspension is not None or act.case["status"] != "running":
        act.finish()
        return False
    items = act.tx.execute(
        select(
            WorkItem.id, WorkItem.process_key, WorkItem.element, WorkItem.act, WorkItem.name
        ).where(WorkItem.case_id == act.case_id, WorkItem.status == "open")
    ).all()
    votes = [one for one in items if one.act == VOTE]
    moves = _moves(act, votes, closes, reminds)
    closing = closes <= act.now
    if not moves:
        act.finish()
        return False
    if not closing:
        redate(act, [one.id for one in votes], due or at_local(deadline, HOUR - 1))
        round_ = committee.open_round(act)
        act.tx.execute(
            update(Deliberation).where(Deliberation.id == round_.id).values(deadline=deadline)
        )
    step = engine.move_timers(act.pack.definitions, act.state, moves, act.environment())
    write_step(act, step, [one.id for one in items])
    sending_back.tell_unjudged(act, step, items)
    act.finish(
        status="ended" if step.ended else None,
        undo_state=None, undo_person=None, undo_submission=None,
    )  # fmt: skip
    return True


def _moves(
    act: Act, votes: list[Any], closes: datetime, reminds: datetime | None
) -> dict[str, datetime]:
    """Return when the timers on the boundaries of the votes are to fire, by their ids."""
    elements = {(one.process_key, one.element) for one in votes}
    found = [act.pack.element(*one) for one in sorted(elements)]
    boundaries = {b.id: b.interrupting for one in found if one for b in one.boundaries}
    rows = act.tx.execute(
        select(Timer.id, Timer.element).where(
            Timer.case_id == act.case_id, Timer.element.in_(sorted(boundaries))
        )
    ).all()
    if not any(boundaries[row.element] for row in rows):
        return {}
    moments = {True: closes, False: reminds}
    return {
        row.id: moment for row in rows if (moment := moments[boundaries[row.element]]) is not None
    }


def _name(site: Site, tx: Connection, row: Row[Any]) -> str:
    return f"{stored.body_of(site, tx, row.body).name} 第{row.number}回"
