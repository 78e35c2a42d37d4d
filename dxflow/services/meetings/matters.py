"""The agenda as read: each matter with its round, who takes part, and what the reader may do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Action
from dxflow.committee.blocs import FEWEST
from dxflow.committee.resolution import choice_label
from dxflow.committee.seats import Seat, suggested
from dxflow.committee.seeing import Standpoint
from dxflow.committee.sitting import UNDECIDED, Matter, Sitting, State
from dxflow.committee.voting import Choice
from dxflow.db.case import Ballot, Case, CaseUnit, Deliberation
from dxflow.db.meeting import MeetingMatter, PaperReading
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.services import plain
from dxflow.services.acts import history
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings import Body
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import evaluations
from dxflow.services.reading.evaluations import EvaluationView, Given
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

Pair = tuple[str, str]


@dataclass(frozen=True)
class MatterView:
    """A matter. `recused` and `suggested` are (title of the seat, why).

    `task` is the reader's own task on it, or "". `suggested` are seats that take part although
    something speaks against it. `read` counts those who take part and have read the papers,
    `mine` says whether the reader has, `may_read` whether they take part and may still say so.
    `may_recuse` are seats (key, title) the reader may recuse, `may_rejoin` those recused by word
    for whom the reader may take it back.
    """

    id: str
    case_id: str
    number: str
    title: str
    unit: str
    status: str
    status_name: str
    going: bool
    quorum: int
    taking_part: int
    attending: int
    cast: int
    recused: tuple[Pair, ...]
    suggested: tuple[Pair, ...]
    result: str
    result_name: str
    reason: str
    task: str
    task_name: str
    read: int
    mine: bool
    may_read: bool
    may_recuse: tuple[Pair, ...]
    may_rejoin: tuple[Pair, ...]
    evaluation: EvaluationView | None = None
    #: Its number on the agenda, 0 for one that was taken off.
    item: int = 0
    #: The bloc it is decided in together with others, 0 for one that stands alone.
    bloc: int = 0
    #: What the reader's own task on it means: vote, conclude, or "".
    task_act: str = ""

    @property
    def undecided(self) -> bool:
        """Return whether nothing has been concluded."""
        return self.status in set(UNDECIDED)

    @property
    def unsettled(self) -> bool:
        """Return whether its vote is not closed, so that it may join a bloc or leave it."""
        return self.status in (Matter.WAITING, Matter.VOTING)

    @property
    def quorate(self) -> bool:
        """Return whether as many are there as are needed."""
        return self.attending >= self.quorum


@dataclass(frozen=True)
class _Around:
    """What stands around the matters of one meeting, read at once for all of them."""

    by: Actor
    who: Directory
    seats: list[Seat]
    meeting: Row[Any]
    present: frozenset[str]
    names: Names
    recuses: bool
    cast: dict[str, int]
    tasks: dict[str, tuple[str, str, str]]
    related: dict[str, set[str]]
    drafted: dict[str, set[str]]
    readers: dict[str, set[str]]
    bodies: dict[str, Body | None]
    given: Given
    asked: dict[str, set[str]]


def matters_of(
    site: Site,
    tx: Connection,
    by: Actor,
    who: Directory,
    seats: list[Seat],
    meeting: Row[Any],
    names: Names,
    present: frozenset[str],
    *,
    recuses: bool,
) -> tuple[MatterView, ...]:
    """Return the agenda in its order, in a fixed number of queries.

    `recuses`: the reader may recuse members for them.
    """
    rows = _rows(site, tx, by, meeting.id)
    if not rows:
        return ()
    cases = sorted({row.case_id for row in rows})
    bodies = _bodies(site, tx, rows)
    judged = [row for row in rows if row.round_id and _judges(bodies, row)]
    around = _Around(
        by, who, seats, meeting, present, names, recuses,
        cast=_cast(tx, [row.round_id for row in rows if row.round_id]),
        tasks=_tasks(site, tx, by, cases),
        related=_pairs(tx, select(CaseUnit.case_id, CaseUnit.unit).where(
            CaseUnit.case_id.in_(cases), CaseUnit.part == "related")),
        drafted=_pairs(tx, select(Submission.case_id, Submission.person_id).where(
            Submission.case_id.in_(cases), Submission.act == history.DRAFT).distinct()),
        readers=_pairs(tx, select(PaperReading.matter_id, PaperReading.person_id).where(
            PaperReading.matter_id.in_([row.id for row in rows]))),
        bodies=bodies,
        given=evaluations.given_in(tx, [row.round_id for row in judged]),
        asked=evaluations.owing_in(tx, [row.case_id for row in judged]),
    )  # fmt: skip
    kept = [row.id for row in rows if row.status != Matter.DROPPED]
    blocs = Counter(row.bloc for row in rows if row.bloc)
    rows.sort(key=lambda row: row.status == Matter.DROPPED)  # stable: the others keep their order
    return tuple(
        replace(
            _view(around, row),
            item=kept.index(row.id) + 1 if row.id in kept else 0,
            bloc=row.bloc if blocs[row.bloc] >= FEWEST else 0,
        )
        for row in rows
    )


def status_name(status: str) -> str:
    """Return the word for where a matter stands."""
    return {
        Matter.WAITING: _("審議前"),
        Matter.VOTING: _("表決中"),
        Matter.CLOSED: _("結論待ち"),
        Matter.RESOLVED: _("議決"),
        Matter.DEFERRED: _("継続審議"),
        Matter.DROPPED: _("取下げ・除外"),
    }[Matter(status)]


def _view(around: _Around, row: Row[Any]) -> MatterView:
    seats = frozenset(plain.loads(row.seats)) if row.seats else frozenset()
    task = around.tasks.get(row.case_id, ("", "", ""))
    if task[2] == Action.VOTE and not _sits(around, seats):
        task = ("", "", "")  # recused after they were asked
    reading = around.readers.get(row.id, set())
    open_ = row.status in set(UNDECIDED)
    return MatterView(
        id=row.id,
        case_id=row.case_id,
        number=row.number,
        title=visibility.withheld_title() if row.withheld else row.title,
        unit=around.names.unit(row.lead_unit),
        status=row.status,
        status_name=status_name(row.status),
        going=not open_ or (row.case_status == "running" and not row.resolution),
        quorum=row.quorum or 0,
        taking_part=len(seats),
        attending=len(_attending(around, row, seats)),
        cast=around.cast.get(row.round_id, 0),
        recused=tuple(
            (one["title"], _("、").join(map(translated, one["reasons"])))
            for one in plain.loads(row.recused or "[]")
        ),
        suggested=_suggested(around, row, seats) if open_ else (),
        result=row.resolution or "",
        result_name=choice_label(Choice(row.resolution)) if row.resolution else _("議決に至らず"),
        reason="" if row.withheld else row.round_reason or row.reason,
        task=task[0],
        task_name=task[1],
        task_act=task[2],
        read=sum(one.key in seats and not reading.isdisjoint(one.persons) for one in around.seats),
        mine=around.by.person_id in reading,
        may_read=open_ and around.by.person_id not in reading and _sits(around, seats),
        may_recuse=_may_speak_for(around, row, seats),
        may_rejoin=_may_speak_for(around, row, _declared(row)),
        evaluation=_evaluation(around, row),
    )


def _sits(around: _Around, seats: frozenset[str]) -> bool:
    """Return whether the reader holds one of these seats."""
    return any(one.key in seats and around.by.person_id in one.persons for one in around.seats)


def _evaluation(around: _Around, row: Row[Any]) -> EvaluationView | None:
    body = around.bodies.get(row.case_id)
    if body is None or not row.round_id:
        return None
    seats: list[str] = plain.loads(row.seats)
    given = around.given.get(row.round_id, {})
    reader = Standpoint(
        mine=frozenset(seat for seat in seats if f"post:{seat}" in around.by.groups),
        owing=around.asked.get(row.case_id, set()).intersection(seats),
        given=frozenset(given),
        resolved=row.resolved_at is not None,
    )
    return evaluations.view_of(
        body.evaluation, body.rules.disclosure, seats, given, reader, around.names
    )


def _bodies(site: Site, tx: Connection, rows: list[Row[Any]]) -> dict[str, Body | None]:
    """Return the body of each case's round, as the case's own version of its pack has it."""
    return {
        row.case_id: packs.load(site, tx, row.pack_digest).settings.bodies.get(row.round_body)
        for row in rows
        if row.pack_digest and row.round_body
    }


def _judges(bodies: dict[str, Body | None], row: Row[Any]) -> bool:
    body = bodies.get(row.case_id)
    return body is not None and bool(body.evaluation.criteria)


def _attending(around: _Around, row: Row[Any], seats: frozenset[str]) -> frozenset[str]:
    decided = row.status in (Matter.CLOSED, Matter.RESOLVED)
    return Sitting(
        State(around.meeting.status),
        Matter(row.status),
        seats,
        frozenset(plain.loads(row.present)) if decided else around.present,
        written=around.meeting.written,
    ).attending


def _suggested(around: _Around, row: Row[Any], seats: frozenset[str]) -> tuple[Pair, ...]:
    found = suggested(
        around.seats, seats, row.applicant_id, row.lead_unit,
        drafters=around.drafted.get(row.case_id, ()),
        related_units=around.related.get(row.case_id, ()),
    )  # fmt: skip
    return tuple((around.names.seat(one.seat.key), _("、").join(one.reasons)) for one in found)


def _declared(row: Row[Any]) -> frozenset[str]:
    """Return the seats recused by their members' word, not by the rules."""
    recused = plain.loads(row.recused or "[]")
    return frozenset(one["seat"] for one in recused if one.get("declared"))


def _may_speak_for(around: _Around, row: Row[Any], seats: frozenset[str]) -> tuple[Pair, ...]:
    """Return those of the seats for which the reader may say whether they take part."""
    going = around.meeting.status in (State.PLANNED, State.OPEN)
    if not going or row.status not in (Matter.WAITING, Matter.VOTING):
        return ()
    return tuple(
        (one.key, around.names.seat(one.key))
        for one in around.seats
        if one.key in seats and (around.recuses or around.by.person_id in one.persons)
    )


def _rows(site: Site, tx: Connection, by: Actor, meeting_id: str) -> list[Row[Any]]:
    """Return the matters with the last round of each case, or the one they were decided in."""
    latest = (
        select(func.max(Deliberation.round))
        .where(Deliberation.case_id == MeetingMatter.case_id)
        .correlate(MeetingMatter)
        .scalar_subquery()
    )
    last = (
        select(Deliberation.id)
        .where(Deliberation.case_id == MeetingMatter.case_id, Deliberation.round == latest)
        .correlate(MeetingMatter)
        .scalar_subquery()
    )
    return list(
        tx.execute(
            select(
                MeetingMatter.__table__, Case.number, Case.title, Case.lead_unit,
                visibility.withheld(site, tx, by).label("withheld"),
                Case.applicant_id, Case.status.label("case_status"),
                Deliberation.id.label("round_id"), Deliberation.seats, Deliberation.recused,
                Deliberation.quorum, Deliberation.resolution, Deliberation.resolved_at,
                Deliberation.body.label("round_body"), ProcessInstance.pack_digest,
                Deliberation.reason.label("round_reason"),
            )
            .join(Case, Case.id == MeetingMatter.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .outerjoin(
                Deliberation,
                Deliberation.id == func.coalesce(MeetingMatter.deliberation_id, last),
            )
            .where(MeetingMatter.meeting_id == meeting_id)
            .order_by(MeetingMatter.place)
        )
    )  # fmt: skip


def _cast(tx: Connection, rounds: Iterable[str]) -> dict[str, int]:
    rows = tx.execute(
        select(Ballot.deliberation_id, func.count())
        .where(Ballot.deliberation_id.in_(sorted(rounds)), Ballot.superseded_at.is_(None))
        .group_by(Ballot.deliberation_id)
    )
    return {row[0]: row[1] for row in rows}


def _tasks(
    site: Site, tx: Connection, by: Actor, cases: list[str]
) -> dict[str, tuple[str, str, str]]:
    """Return the reader's open votes and conclusions, by case: id, name and act."""
    rows = tx.execute(
        select(WorkItem.case_id, WorkItem.id, WorkItem.name, WorkItem.act, Case.pack_digest)
        .join(Case, Case.id == WorkItem.case_id)
        .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(
            WorkItem.case_id.in_(cases),
            WorkItem.status == "open",
            WorkItem.act.in_(("vote", "conclude")),
            WorkItemGroup.group_key.in_(sorted(by.groups)),
        )
        .order_by(WorkItem.created_at)
    )
    return {
        row.case_id: (row.id, own_words.text(site, tx, row.pack_digest, row.name), row.act)
        for row in rows
    }


def _pairs(tx: Connection, query: Any) -> dict[str, set[str]]:
    """Return the second values of a query by the first."""
    found: dict[str, set[str]] = {}
    for key, value in tx.execute(query):
        found.setdefault(key, set()).add(value)
    return found
