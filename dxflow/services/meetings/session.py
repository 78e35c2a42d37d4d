"""A meeting in session: who is there, opening, votes opened and closed, matters put off, closing."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from dxflow import audit
from dxflow.committee import blocs, closing
from dxflow.committee import sitting as rules
from dxflow.committee import written as in_writing
from dxflow.committee.sitting import Matter, State
from dxflow.db.case import Ballot
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter, WrittenConsent
from dxflow.db.process import WorkItem
from dxflow.errors import Conflict, NotFound
from dxflow.ids import new_id
from dxflow.services import plain
from dxflow.services.acts import sitting
from dxflow.services.acts.act import Act, require_running
from dxflow.services.acts.sitting import Frame
from dxflow.services.commands import committee
from dxflow.services.meetings import agenda, lateness, stored, written
from dxflow.services.meetings.planning import required_reason
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored


def attend(site: Site, by: Actor, meeting_id: str, seat: str, *, here: bool) -> None:
    """Record that a member has come, or has left. Raises NotAllowed, NotFound, Conflict.

    It counts from this moment on: without a quorum no further vote is taken.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        row = _attended(site, tx, by, meeting_id)
        body, who = stored.body_of(site, tx, row.body), stored.today(site, tx)
        one = next((s for s in stored.seats_of(who, body) if s.key == seat), None)
        if one is None or not one.persons:
            raise NotFound(_("この席に就いている人がいません。"))
        there = seat in sitting.present_seats(tx, meeting_id)
        if there == here:
            return
        person = min(one.persons)
        if here:
            _come(site, tx, by, meeting_id, seat, person)
            return
        tx.execute(
            update(Attendance)
            .where(
                Attendance.meeting_id == meeting_id, Attendance.seat == seat,
                Attendance.left_at.is_(None),
            )
            .values(left_at=site.now())
        )  # fmt: skip
        stored.record(
            site, tx, by, "meeting.left", meeting_id,
            audit.Change("post", mark("席"), None, seat),
            audit.Change("person", mark("委員"), None, person),
        )  # fmt: skip


def attend_rest(site: Site, by: Actor, meeting_id: str) -> int:
    """Record that all members have come of whom nothing is known yet; return how many.

    Left out are those who have left again and those who are away by their own word (不在).
    Raises NotAllowed, NotFound, Conflict.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        row = _attended(site, tx, by, meeting_id)
        body, who = stored.body_of(site, tx, row.body), stored.today(site, tx)
        known = set(
            tx.execute(select(Attendance.seat).where(Attendance.meeting_id == meeting_id)).scalars()
        )
        coming = [
            (one.key, min(one.persons))
            for one in stored.seats_of(who, body)
            if one.key not in known and one.persons and not one.persons <= set(who.standing.away)
        ]
        for seat, person in coming:
            _come(site, tx, by, meeting_id, seat, person)
    return len(coming)


def _attended(site: Site, tx: Connection, by: Actor, meeting_id: str) -> Row[Any]:
    """Return a meeting, locked, whose attendance is taken. Raises NotFound, Conflict."""
    row = stored.locked(site, tx, by, meeting_id)
    if row.written or row.status not in (State.PLANNED, State.OPEN):
        raise Conflict(_("出席を記録できるのは、これから開く会議と開会中の会議だけです。"))
    _require_day(site, row)
    return row


def _come(site: Site, tx: Connection, by: Actor, meeting: str, seat: str, person: str) -> None:
    tx.execute(
        insert(Attendance).values(
            id=new_id(site.now()), meeting_id=meeting, seat=seat, person_id=person,
            came_at=site.now(),
        )
    )  # fmt: skip
    stored.record(
        site, tx, by, "meeting.attended", meeting,
        audit.Change("post", mark("席"), None, seat),
        audit.Change("person", mark("委員"), None, person),
    )  # fmt: skip


def consent(site: Site, by: Actor, meeting_id: str, seat: str, *, agrees: bool) -> None:
    """Say for one's seat whether to decide in writing. Raises NotAllowed, NotFound, Conflict."""
    with site.database.write() as tx:
        row = stored.planned(stored.locked(site, tx, by, meeting_id))
        if not row.written:
            raise Conflict(_("同意を求めるのは、持ち回り審議のときだけです。"))
        body, who = stored.body_of(site, tx, row.body), stored.today(site, tx)
        stored.seat_held(by, body, who, seat)
        in_writing.in_time(row.held_on, site.today())
        mine = (WrittenConsent.meeting_id == meeting_id) & (WrittenConsent.seat == seat)
        before = tx.execute(select(WrittenConsent.agrees).where(mine)).scalar_one_or_none()
        values = {"agrees": agrees, "person_id": by.person_id, "at": site.now()}
        if before is None:
            tx.execute(insert(WrittenConsent).values(meeting_id=meeting_id, seat=seat, **values))
        else:
            tx.execute(update(WrittenConsent).where(mine).values(**values))
        stored.record(
            site, tx, by, "meeting.consented", meeting_id,
            audit.Change("post", mark("席"), None, seat),
            audit.Change("agrees", mark("同意"), before, agrees),
        )  # fmt: skip


def begin(site: Site, by: Actor, meeting_id: str, reason: str = "") -> bool:
    """Open a meeting; in writing, once enough members agree, every vote begins.

    A meeting in a room may be opened after its day, with the `reason`: today is then its day.
    Returns whether it is in writing.

    Raises NotAllowed, NotFound, Conflict without a quorum or before its day, Invalid after its day
    without a reason.
    """
    with site.database.write() as tx:
        acts, row = agenda.locked_whole(site, tx, by, meeting_id)
        body, who = stored.body_of(site, tx, row.body), stored.today(site, tx)
        stored.require_keeper(by, body, who)
        seats, late = stored.seats_of(who, body), ""
        if row.written:
            stored.planned(row)
            written.begin_votes(site, tx, row, body.rules.consent, seats, acts)
            chair = next((one.key for one in seats if one.order is not None and one.persons), "")
        else:
            _require_day(site, row)
            if row.held_on < site.today():
                late = lateness.require(site, tx, row, reason)
            there = sitting.present_seats(tx, meeting_id)
            rules.begin(there, stored.needed(body, seats), State(row.status))
            chair = next((s.key for s in seats if s.order is not None and s.key in there), "")
            if not chair:
                raise Conflict(_("議長を務められる人が出席していないため、開会できません。"))
        tx.execute(
            update(Meeting)
            .where(Meeting.id == meeting_id)
            .values(status=State.OPEN.value, opened_at=site.now(), chair=chair)
        )
        stored.record(
            site, tx, by, "meeting.opened", meeting_id,
            audit.Change("post", mark("議長"), None, chair or None),
            *(lateness.move(site, tx, acts, row, late) if late else ()),
        )  # fmt: skip
        return bool(row.written)


def open_vote(site: Site, by: Actor, matter_id: str) -> str:
    """Open the vote on a matter; return the meeting's id. Raises NotAllowed, NotFound, Conflict."""
    with site.database.write() as tx:
        act, frame = _matter(site, tx, by, matter_id)
        round_ = committee.open_round(act)
        rules.open_vote(frame.snapshot(round_))
        frame.set_matter(
            status=Matter.VOTING.value, deliberation_id=round_.id, opened_at=act.now, closed_at=None
        )
        _record(act, frame, "committee.vote_opened", frame.snapshot(round_).attending)
        act.finish()
        with to_be_stored():
            said = _("案件 {number} の表決が始まりました。", number=act.case["number"])
        stored.tell(
            site,
            tx,
            f"vote:{matter_id}:{round_.id}",
            frame.snapshot(round_).attending,
            said,
            meeting=frame.meeting.id,
        )
        return str(frame.meeting.id)


class SeatsUnheard(Conflict):
    """Seats have given no verdict, and nobody has said that the vote is closed without them."""

    def __init__(self, found: closing.Unheard, titles: dict[str, str]) -> None:
        self.found = found
        self.there = tuple(titles[seat] for seat in found.there)
        self.away = tuple(titles[seat] for seat in found.away)
        seats = _("、").join(self.there + self.away)
        super().__init__(_("まだ判断を出していない席があります: {seats}。", seats=seats))


def close_vote(
    site: Site, by: Actor, matter_id: str, *, without: Collection[str] | None = None, bloc: int = 0
) -> str:
    """Close the vote on a matter: the process counts it. Raises NotAllowed, NotFound, Conflict.

    `without`: the seats of whom it is known that they have given no verdict; SeatsUnheard is
    raised where there are others. None, from programs, asks nothing. `bloc`: with which it is
    closed; Conflict too where it does not belong to that any more.
    """
    with site.database.write() as tx:
        act, frame = _matter(site, tx, by, matter_id)
        blocs.belongs(frame.matter.bloc, bloc)
        round_ = committee.open_round(act)
        now = frame.snapshot(round_)
        rules.close_vote(now)
        if without is not None:
            _require_heard(act, now, round_, without)
        _record(act, frame, "committee.vote_closed", now.attending, bloc)
        agenda.close_vote(act)
        return str(frame.meeting.id)


def defer(site: Site, by: Actor, matter_id: str, reason: str) -> str:
    """Put a matter off to another meeting. Raises NotAllowed, NotFound, Invalid, Conflict."""
    why = required_reason(reason)
    with site.database.write() as tx:
        act, frame = _matter(site, tx, by, matter_id)
        round_ = committee.open_round(act)
        cast = tx.execute(
            select(func.count()).where(
                Ballot.deliberation_id == round_.id, Ballot.superseded_at.is_(None)
            )
        ).scalar_one()
        rules.defer(frame.snapshot(round_), cast)
        agenda.let_go(act, frame.meeting.id, why, Matter.DEFERRED)
        sitting.touch(tx, frame.meeting.id)
        return str(frame.meeting.id)


def close(site: Site, by: Actor, meeting_id: str) -> None:
    """Close a meeting; whoever is there leaves. Raises NotAllowed, NotFound, Conflict."""
    with site.database.write() as tx:
        acts, row = agenda.locked_whole(site, tx, by, meeting_id)
        body, who = stored.body_of(site, tx, row.body), stored.today(site, tx)
        stored.require_keeper(by, body, who)
        rules.end(State(row.status), [one.case["number"] for one in acts if _waits(one)])
        for act in acts:  # withdrawn, ended, or handed back for want of a quorum
            agenda.let_go(act, meeting_id, "", _left(tx, act, meeting_id))
        tx.execute(
            update(Attendance)
            .where(Attendance.meeting_id == meeting_id, Attendance.left_at.is_(None))
            .values(left_at=site.now())
        )
        tx.execute(
            update(Meeting)
            .where(Meeting.id == meeting_id)
            .values(status=State.CLOSED.value, closed_at=site.now())
        )
        stored.record(site, tx, by, "meeting.closed", meeting_id)


def _require_heard(
    act: Act, now: rules.Sitting, round_: Row[Any], without: Collection[str]
) -> None:
    """Raise SeatsUnheard where seats have given no verdict that are not among `without`."""
    body = act.pack.settings.bodies[round_.body]
    cast = act.tx.execute(
        select(Ballot.seat).where(
            Ballot.deliberation_id == round_.id, Ballot.superseded_at.is_(None)
        )
    ).scalars()
    silent = "" if body.rules.vote.chair_votes else round_.chair
    found = closing.unheard(now, set(cast), silent)
    if not set(found.seats) <= set(without):
        names = naming.load(act.tx, act.directory(), seats=plain.loads(round_.seats))
        raise SeatsUnheard(found, {seat: names.seat(seat) for seat in found.seats})


def _waits(act: Act) -> bool:
    """Return whether a case is still before the body: a vote or a conclusion is asked for."""
    asked = select(WorkItem.id).where(
        WorkItem.case_id == act.case_id,
        WorkItem.status == "open",
        WorkItem.act.in_((agenda.VOTE, "conclude")),
    )
    return act.tx.execute(asked.limit(1)).first() is not None


def _left(tx: Connection, act: Act, meeting_id: str) -> Matter:
    """Return how a matter that is left without a resolution ends: taken up here, or dropped."""
    voted = select(MeetingMatter.id).where(
        MeetingMatter.meeting_id == meeting_id,
        MeetingMatter.case_id == act.case_id,
        MeetingMatter.closed_at.is_not(None),
    )
    return Matter.RESOLVED if tx.execute(voted).first() is not None else Matter.DROPPED


def _matter(site: Site, tx: Connection, by: Actor, matter_id: str) -> tuple[Act, Frame]:
    """Lock case and meeting of an undecided matter; the person must keep the meeting."""
    act, _meeting = agenda.locked_matter(site, tx, by, matter_id)
    frame = sitting.of_matter(tx, matter_id)
    if frame is None:
        raise Conflict(_("この議題はもう結論が出ているか、外されています。"))
    body, who = stored.body_of(site, tx, frame.meeting.body), stored.today(site, tx)
    stored.require_keeper(by, body, who)
    require_running(act)
    return act, frame


def _record(
    act: Act, frame: Frame, event_type: str, attending: frozenset[str], bloc: int = 0
) -> None:
    act.record(
        event_type,
        audit.Change("seats", mark("出席"), None, sorted(attending)),
        *committee.together(bloc),
        subject=audit.Subject("meeting", frame.meeting.id, act.case_id),
    )


def _require_day(site: Site, row: Row[Any]) -> None:
    """Raise Conflict before the day of the meeting."""
    if site.today() < row.held_on:
        raise Conflict(_("会議の日（{day}）になってから行ってください。", day=row.held_on))
