"""Meetings as read: the list, one in full, and what is ready and what is missing before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from dxflow.authority.directory import Directory
from dxflow.committee import readiness, written
from dxflow.committee.readiness import Finding, MatterFacts, MeetingFacts
from dxflow.committee.sitting import State
from dxflow.committee.words import BodyWords
from dxflow.committee.written import Consent
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter, Minutes, WrittenConsent
from dxflow.errors import NotFound
from dxflow.services.acts import sitting
from dxflow.services.commands.committee import seats_of
from dxflow.services.meetings import agenda, stored
from dxflow.services.meetings.agenda import Candidate
from dxflow.services.meetings.matters import MatterView, matters_of
from dxflow.services.meetings.stored import SeatOfBody
from dxflow.services.packs.settings import Body
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.people.naming import Names
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated


@dataclass(frozen=True)
class MeetingRow:
    """A meeting as listed. `minutes` is the stage of its minutes, "" without any.

    `missing` counts what is not ready, for the secretariat in the week before; None otherwise.
    `passed`: its day is over and it was not opened.
    """

    id: str
    body: str
    number: int
    written: bool
    held_on: date
    begins: str
    place: str
    status: str
    status_name: str
    matters: int
    minutes: str
    missing: int | None = None
    passed: bool = False


@dataclass(frozen=True)
class MeetingList:
    """The list: `bodies` (key, name) are those the reader may see; `plans`: may plan for them."""

    page: Page[MeetingRow]
    bodies: tuple[tuple[str, str], ...]
    plans: bool


@dataclass(frozen=True)
class SeatView:
    """A seat: who holds it, whether they are there, and what they said to deciding in writing.

    `spans` are (came, left) of the day; `agrees` is None until they have said.
    """

    key: str
    title: str
    #: The title with what tells it from seats that are called alike.
    told: str
    names: tuple[str, ...]
    away: bool
    here: bool
    mine: bool
    chairs: bool
    spans: tuple[tuple[datetime, datetime | None], ...] = ()
    agrees: bool | None = None
    until: date | None = None


@dataclass(frozen=True)
class BodyView:
    """A body with its seats today; `needed` of them make a quorum of all."""

    key: str
    name: str
    parent: str
    seats: tuple[SeatView, ...]
    needed: int
    rules: tuple[tuple[str, str], ...]
    words: BodyWords


@dataclass(frozen=True)
class MeetingPage:
    """A meeting in full. `secretariat` and `keeper` say what the reader may do."""

    row: MeetingRow
    ends: str
    version: int
    opened_at: datetime | None
    closed_at: datetime | None
    distributed_at: datetime | None
    chair: str
    reason: str
    seats: tuple[SeatView, ...]
    needed: int
    matters: tuple[MatterView, ...]
    candidates: tuple[Candidate, ...]
    ready: tuple[Finding, ...]
    consents_needed: int
    secretariat: bool
    keeper: bool
    today: date
    words: BodyWords

    @property
    def present(self) -> int:
        """Return how many members are there; when it is over, how many came."""
        over = self.row.status == State.CLOSED
        return sum(bool(one.spans) if over else one.here for one in self.seats)

    @property
    def agreeing(self) -> int:
        """Return how many members agree to decide in writing."""
        return sum(one.agrees is True for one in self.seats)

    @property
    def day_come(self) -> bool:
        """Return whether it may be opened today."""
        return self.today >= self.row.held_on


def listed(site: Site, by: Actor, page: int = 1, per_page: int = 30) -> MeetingList:
    """Return the meetings of the bodies the reader may see, the latest day first.

    Raises NotAllowed when there are none, Invalid for the page.
    """
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        seen = _seen(site, tx, by)
        mine = Meeting.body.in_(sorted(seen))
        total = tx.execute(select(func.count()).select_from(Meeting).where(mine)).scalar_one()
        rows = tx.execute(
            _with_counts()
            .where(mine)
            .order_by(Meeting.held_on.desc(), Meeting.id.desc())
            .offset(offset)
            .limit(limit)
        ).all()
        plans = by.has_role(stored.SECRETARIAT)
        entries = [
            # the list of what is ready is made for the meetings of one week: a handful
            _page(site, tx, by, row).row
            if plans and _is_near(row, site.today())
            else _row(row, seen[row.body], site.today())
            for row in rows
        ]
    names = tuple((key, translated(body.name)) for key, body in seen.items())
    return MeetingList(Page(entries, page, per_page, total), names, plans)


def one(site: Site, by: Actor, meeting_id: str) -> MeetingPage:
    """Return a meeting in full. Raises NotFound, NotAllowed."""
    with site.database.read() as tx:
        return read(site, tx, by, meeting_id)


def read(site: Site, tx: Connection, by: Actor, meeting_id: str) -> MeetingPage:
    """Return a meeting in full within the caller's transaction. Raises NotFound, NotAllowed."""
    row = tx.execute(_with_counts().where(Meeting.id == meeting_id)).one_or_none()
    if row is None:
        raise NotFound(_("会議が見つかりません。"))
    return _page(site, tx, by, row)


def bodies(site: Site, by: Actor) -> list[BodyView]:
    """Return the bodies with their seats today; administrators see them too. Raises NotAllowed."""
    with site.database.read() as tx:
        who = stored.today(site, tx)
        seen = stored.bodies(site, tx) if by.has_role(ADMIN_ROLE) else _seen(site, tx, by)
        found = []
        for body in seen.values():
            seats = stored.seats_of(who, body)
            names = _names(tx, who, seats)
            above = stored.bodies(site, tx).get(body.parent)
            found.append(
                BodyView(
                    key=body.key,
                    name=translated(body.name),
                    parent=translated(above.name) if above else "",
                    seats=tuple(_seat(seat, by, who, names, [], None) for seat in seats),
                    needed=stored.needed(body, seats),
                    rules=stored.rules_in_words(body),
                    words=body.words.said(),
                )
            )
    return found


def _names(tx: Connection, who: Directory, seats: Sequence[SeatOfBody]) -> Names:
    """Return the names of a body's seats and of those who hold them."""
    persons = {person for seat in seats for person in seat.persons}
    return naming.load(tx, who, persons, seats=[seat.key for seat in seats])


def _seen(site: Site, tx: Connection, by: Actor) -> dict[str, Body]:
    """Return the bodies the reader may see. Raises NotAllowed when there are none."""
    known = stored.bodies(site, tx)
    seen = {key: body for key, body in known.items() if by.has_role(*READS_ALL, body.seat_role)}
    if not seen:
        raise stored.not_for(by)
    return seen


def _is_near(row: Row[Any], today: date) -> bool:
    return row.status == State.PLANNED and readiness.is_near(row.held_on, today)


def _with_counts() -> Any:
    matters = (
        select(func.count())
        .where(MeetingMatter.meeting_id == Meeting.id, MeetingMatter.status != "dropped")
        .correlate(Meeting)
        .scalar_subquery()
        .label("matters")
    )
    return select(Meeting.__table__, matters, Minutes.status.label("minutes")).outerjoin(
        Minutes, Minutes.meeting_id == Meeting.id
    )


def _row(row: Row[Any], body: Body, today: date) -> MeetingRow:
    return MeetingRow(
        id=row.id, body=translated(body.name), number=row.number, written=row.written,
        held_on=row.held_on, begins=row.begins, place=row.place, status=row.status,
        status_name=state_name(row.status, written=row.written), matters=row.matters,
        minutes=row.minutes or "",
        passed=readiness.is_over(State(row.status), row.held_on, today),
    )  # fmt: skip


def state_name(status: str, *, written: bool) -> str:
    """Return the word for where a meeting stands."""
    if written:
        words = {State.PLANNED: _("同意を確認中"), State.OPEN: _("審議中"), State.CLOSED: _("終了")}
    else:
        words = {State.PLANNED: _("予定"), State.OPEN: _("開会中"), State.CLOSED: _("閉会")}
    return words.get(State(status)) or _("取りやめ")


def _page(site: Site, tx: Connection, by: Actor, row: Row[Any]) -> MeetingPage:
    body = stored.body_of(site, tx, row.body)
    stored.require_reader(by, body)
    # the people of its day: of the day to come, or of the day it was held
    who = organisation.directory(
        site, tx, site.today() if row.status == State.OPEN else row.held_on
    )
    seats = stored.seats_of(who, body)
    names = _names(tx, who, seats)
    views = _seats(tx, row.id, by, who, seats, names)
    secretariat, planned = by.has_role(stored.SECRETARIAT), row.status == State.PLANNED
    chairs = {f"post:{seat.key}" for seat in seats if seat.order is not None}
    consent = body.rules.consent
    found = MeetingPage(
        row=_row(row, body, site.today()),
        ends=row.ends,
        version=row.version,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        distributed_at=row.distributed_at,
        chair=names.post(row.chair),
        reason=row.reason,
        seats=views,
        needed=stored.needed(body, seats),
        matters=matters_of(
            site, tx, by, who, seats_of(who, body.seat_role), row, names,
            sitting.present_seats(tx, row.id), recuses=secretariat,
        ),
        candidates=_candidates(tx, row.body, names) if secretariat and planned else (),
        ready=(),
        consents_needed=written.needed(consent, sum(bool(s.persons) for s in seats))
        if row.written and consent is not Consent.NEVER else 0,
        secretariat=secretariat,
        keeper=secretariat or not chairs.isdisjoint(by.groups),
        today=site.today(),
        words=body.words.said(),
    )  # fmt: skip
    if not (planned and secretariat):
        return found
    ready = tuple(readiness.findings(_facts(found)))
    missing = readiness.missing(ready) if _is_near(row, site.today()) else None
    return replace(found, ready=ready, row=replace(found.row, missing=missing))


def _candidates(tx: Connection, body: str, names: Names) -> tuple[Candidate, ...]:
    return tuple(replace(one, unit=names.unit(one.unit)) for one in agenda.candidates(tx, body))


def _facts(page: MeetingPage) -> MeetingFacts:
    held = [seat for seat in page.seats if seat.names]
    return MeetingFacts(
        place=page.row.place,
        distributed=page.distributed_at is not None,
        members=len(held),
        needed=page.needed,
        away=tuple(seat.told for seat in held if seat.away),
        vacant=tuple(seat.told for seat in page.seats if not seat.names),
        chairs=sum(seat.chairs and not seat.away for seat in held),
        matters=tuple(
            MatterFacts(
                f"{one.number} {one.title}", one.taking_part, one.quorum, one.read, one.going
            )
            for one in page.matters
            if one.undecided
        ),
        written=page.row.written,
        agreed=sum(bool(seat.agrees) for seat in held),
        consents_needed=page.consents_needed,
    )


def _seats(
    tx: Connection, meeting: str, by: Actor, who: Directory, seats: Sequence[SeatOfBody],
    names: Names,
) -> tuple[SeatView, ...]:  # fmt: skip
    attended: dict[str, list[Row[Any]]] = {}
    for row in tx.execute(
        select(Attendance.__table__)
        .where(Attendance.meeting_id == meeting)
        .order_by(Attendance.came_at)
    ):
        attended.setdefault(row.seat, []).append(row)
    mine = WrittenConsent.meeting_id == meeting
    consents = {row.seat: row.agrees for row in tx.execute(
        select(WrittenConsent.seat, WrittenConsent.agrees).where(mine)
    )}  # fmt: skip
    return tuple(
        _seat(seat, by, who, names, attended.get(seat.key, []), consents.get(seat.key))
        for seat in seats
    )


def _seat(
    seat: SeatOfBody, by: Actor, who: Directory, names: Names, attended: list[Row[Any]],
    agrees: bool | None,
) -> SeatView:  # fmt: skip
    return SeatView(
        key=seat.key,
        title=seat.title,
        told=names.seat(seat.key),
        names=tuple(sorted(names.person(person) for person in seat.persons)),
        away=bool(seat.persons) and seat.persons <= set(who.standing.away),
        here=any(row.left_at is None for row in attended),
        mine=by.person_id in seat.persons,
        chairs=seat.order is not None,
        spans=tuple((row.came_at, row.left_at) for row in attended),
        agrees=agrees,
        until=seat.until,
    )
