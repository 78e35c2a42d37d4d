"""The meeting a case is on the agenda of, as the commands of its round ask it.

A case that is on no agenda is voted on by its tasks alone, as the process draws it. Whoever holds
the case's lock takes the meeting's after it, and never the other way round, so that attendance,
recusals and votes of one moment see each other.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dxflow.committee import sitting, written
from dxflow.committee.sitting import Matter, Sitting, State
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter
from dxflow.services import plain
from dxflow.services.acts.act import Act


@dataclass(frozen=True)
class Frame:
    """A matter on the agenda of a meeting, both rows locked."""

    tx: Connection
    meeting: Row[Any]
    matter: Row[Any]

    @property
    def last_day(self) -> date:
        """Return the day of the meeting, or the last day of a deliberation in writing."""
        found: date = self.meeting.held_on
        return found

    def snapshot(self, round_: Row[Any]) -> Sitting:
        """Return the sitting for a round of the case. A vote on an earlier round is none on this."""
        present = present_seats(self.tx, self.meeting.id)
        return standing(self.meeting, self.matter, round_, present)

    def admit(self, round_: Row[Any], seat: str, today: date, *, entered: bool = False) -> None:
        """Let a seat's ballot in. Raises Conflict, NotAllowed."""
        sitting.admit(self.snapshot(round_), seat, entered=entered)
        if self.meeting.written:
            written.in_time(self.last_day, today)

    def closed_with(self, act: Act, round_: Row[Any]) -> frozenset[str] | None:
        """Close the vote of a round that is being counted, and return who was in the room.

        None where that says nothing: in writing, or when no vote was opened.
        """
        now = self.snapshot(round_)
        if now.matter is not Matter.VOTING:
            return None
        self.set_matter(
            status=Matter.CLOSED.value, closed_at=act.now, present=plain.dumps(sorted(now.present))
        )
        return None if self.meeting.written else now.present

    def conclude(self, round_: Row[Any]) -> frozenset[str] | None:
        """Let the round be concluded, and return who was in the room when its vote was closed."""
        sitting.conclude(self.snapshot(round_))
        return None if self.meeting.written else frozenset(plain.loads(self.matter.present))

    def counted_with(self, round_: Row[Any]) -> frozenset[str] | None:
        """Return who was in the room when the vote on a round was closed.

        None where that says nothing: in writing, or when the vote was not closed here.
        """
        if self.meeting.written or self.snapshot(round_).matter is not Matter.CLOSED:
            return None
        return frozenset(plain.loads(self.matter.present))

    def another_round(self) -> None:
        """Let the matter be voted on anew: the body is convened again on the case."""
        self.set_matter(
            status=Matter.WAITING.value, deliberation_id=None, closed_at=None, present="[]"
        )

    def resolved(self, act: Act) -> None:
        """Note that the round was concluded."""
        self.set_matter(status=Matter.RESOLVED.value, decided_at=act.now)

    def set_matter(self, **values: object) -> None:
        """Write values of the matter, and let pages of the meeting know."""
        self.tx.execute(
            update(MeetingMatter).where(MeetingMatter.id == self.matter.id).values(**values)
        )
        touch(self.tx, self.meeting.id)


def standing(
    meeting: Row[Any], matter: Row[Any], round_: Row[Any], present: frozenset[str]
) -> Sitting:
    """Return how a matter of a meeting stands for a round of its case."""
    stands = Matter(matter.status)
    if stands in (Matter.VOTING, Matter.CLOSED) and matter.deliberation_id != round_.id:
        stands = Matter.WAITING
    return Sitting(
        state=State(meeting.status),
        matter=stands,
        taking_part=frozenset(plain.loads(round_.seats)),
        present=present,
        quorum=round_.quorum,
        written=meeting.written,
    )


def of_case(tx: Connection, case_id: str) -> Frame | None:
    """Return the meeting that an undecided matter of a case is on the agenda of, locked."""
    return _frame(tx, MeetingMatter.case_id == case_id)


def of_matter(tx: Connection, matter_id: str) -> Frame | None:
    """Return the meeting of an undecided matter, locked; the case must have been locked before."""
    return _frame(tx, MeetingMatter.id == matter_id)


def _frame(tx: Connection, which: Any) -> Frame | None:
    undecided = MeetingMatter.status.in_([one.value for one in sitting.UNDECIDED])
    found = tx.execute(
        select(MeetingMatter.meeting_id).where(which, undecided)
    ).scalar_one_or_none()
    if found is None:
        return None
    meeting = tx.execute(
        select(Meeting.__table__).where(Meeting.id == found).with_for_update()
    ).one()
    matter = tx.execute(select(MeetingMatter.__table__).where(which, undecided)).one_or_none()
    return Frame(tx, meeting, matter) if matter is not None else None


def present_seats(tx: Connection, meeting_id: str) -> frozenset[str]:
    """Return the seats whose members are in the room now."""
    return frozenset(
        tx.execute(
            select(Attendance.seat).where(
                Attendance.meeting_id == meeting_id, Attendance.left_at.is_(None)
            )
        ).scalars()
    )


def touch(tx: Connection, meeting_id: str) -> None:
    """Let pages of a meeting know that it has changed."""
    tx.execute(update(Meeting).where(Meeting.id == meeting_id).values(version=Meeting.version + 1))
