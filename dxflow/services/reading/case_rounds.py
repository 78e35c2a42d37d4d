"""The rounds of a committee on a case, and who may see which verdict.

While a round is open its members see one another's verdicts and scores by the body's rule (see
`committee.seeing`); everybody else sees them once the body has resolved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from dxflow.committee import entered
from dxflow.committee.resolution import Bound, bound, choice_label
from dxflow.committee.rules import BodyRules
from dxflow.committee.seeing import Disclosure, Standpoint, sees_scores, sees_verdicts
from dxflow.committee.sitting import UNDECIDED, Matter
from dxflow.committee.voting import Choice, Tally, VoteRule, even
from dxflow.committee.words import BodyWords
from dxflow.db.case import Ballot, Deliberation
from dxflow.db.identity import Person
from dxflow.db.meeting import Meeting, MeetingMatter
from dxflow.services import plain
from dxflow.services.packs.settings import Body
from dxflow.services.people import naming
from dxflow.services.people.naming import Names
from dxflow.services.reading import evaluations
from dxflow.services.reading.case_opening import Opened, OpenItem
from dxflow.texts import gettext as _
from dxflow.texts import translated

VOTE = "vote"
_WITH = aliased(MeetingMatter)
_TOGETHER = (
    select(func.count())
    .where(_WITH.meeting_id == MeetingMatter.meeting_id, _WITH.bloc == MeetingMatter.bloc)
    .correlate(MeetingMatter)
    .scalar_subquery()
    .label("together")
)


@dataclass(frozen=True)
class SeatView:
    """A seat that takes part. `verdict` is empty when there is none or it may not be seen yet."""

    key: str
    title: str
    chair: bool
    cast: bool
    verdict: str = ""
    verdict_name: str = ""
    reason: str = ""
    person: str = ""
    at: datetime | None = None
    #: For a ballot the secretariat entered: the word for it with what it came from.
    entered: str = ""
    #: The task by which the reader may enter the member's ballot, "" for none.
    enter: str = ""


@dataclass(frozen=True)
class Recused:
    """A seat that takes no part, and why."""

    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RoundView:
    """One round. `member`: the reader has a seat in it.

    `counts` (choice, word, number) are empty while verdicts may not be seen.
    """

    number: int
    body: str
    convened_at: datetime
    deadline: date
    quorum: int
    cast: int
    seats: tuple[SeatView, ...]
    recused: tuple[Recused, ...]
    member: bool
    seen: bool
    counts: tuple[tuple[str, str, int], ...]
    resolution: str
    resolution_name: str
    reason: str
    resolved_at: datetime | None
    resolved_by: str
    #: The meeting whose agenda the case is on (id, "" for none), its day, and where the matter
    #: stands in it.
    meeting: str = ""
    meeting_day: date | None = None
    written: bool = False
    #: Whether those in favour and those against are as many, where verdicts may be seen.
    even: bool = False
    matter: str = ""
    #: How many matters of the meeting's agenda are decided at once with this one, itself counted.
    together: int = 0
    disclosure: Disclosure = Disclosure.AFTER_OWN
    evaluation: evaluations.EvaluationView | None = None
    #: What the count lets the chair conclude, once the votes are counted.
    bound: Bound | None = None
    #: What the body and those in it are called, in the reader's language.
    words: BodyWords = field(default_factory=BodyWords)

    @property
    def open(self) -> bool:
        """Return whether the body has not resolved yet."""
        return self.resolved_at is None

    @property
    def quorum_met(self) -> bool:
        """Return whether as many are there as are needed: by the count, until then by votes cast."""
        return bool(self.bound.first) if self.bound else self.cast >= self.quorum


@dataclass(frozen=True)
class Rounds:
    """All rounds, the latest first. From `hidden_since` on others' verdicts are not shown.

    From `scores_hidden_since` on others' scores are not.
    """

    rounds: tuple[RoundView, ...] = ()
    hidden_since: datetime | None = None
    reader: str = ""
    scores_hidden_since: datetime | None = None

    @property
    def heading(self) -> str:
        """Return whose deliberations these are, in the order in which the bodies were convened."""
        bodies = dict.fromkeys(one.words.body for one in reversed(self.rounds))
        return _("・").join(_("{body}の審議", body=one) for one in bodies)

    def hides(self, meaning: str, person_id: str | None, at: datetime) -> bool:
        """Return whether an act of voting must be shown without what was voted."""
        return (
            meaning == VOTE
            and self.hidden_since is not None
            and at >= self.hidden_since
            and person_id != self.reader
        )

    def hides_scores(self, person_id: str | None, at: datetime) -> bool:
        """Return whether an act of evaluating must be shown without what was given."""
        since = self.scores_hidden_since
        return since is not None and at >= since and person_id != self.reader


@dataclass
class _Rows:
    round: Row[Any]
    ballots: list[Row[Any]] = field(default_factory=list)


def rounds_of(opened: Opened, items: Sequence[OpenItem]) -> Rounds:
    """Return the rounds as the reader may see them: one query, another when posts have ended.

    One more where the body judges by criteria.
    """
    found = _read(opened)
    if not found:
        return Rounds(reader=opened.actor.person_id)
    seats = [seat for rows in found for seat in _of_round(rows.round)]
    names = naming.load(opened.tx, opened.who, seats=seats)
    asked = _seats_asked(opened, items)
    bodies = opened.pack.settings.bodies
    judged = [one.round.id for one in found if _criteria(bodies, one.round.body)]
    given = evaluations.given_in(opened.tx, judged)
    views = tuple(_view(opened, rows, names, asked, given) for rows in found)
    newest, last = views[0], found[0].round
    scores_seen = sees_scores(
        newest.disclosure, _standpoint(opened, last, asked, given.get(last.id, {}))
    )
    return Rounds(
        views,
        newest.convened_at if not newest.seen else None,
        opened.actor.person_id,
        newest.convened_at if not scores_seen else None,
    )


def _of_round(round_: Row[Any]) -> list[str]:
    """Return the seats of a round, those that are recused too."""
    return [*plain.loads(round_.seats), *(one["seat"] for one in plain.loads(round_.recused))]


def _criteria(bodies: Mapping[str, Body], key: str) -> bool:
    return key in bodies and bool(bodies[key].evaluation.criteria)


def _standpoint(
    opened: Opened, round_: Row[Any], asked: Mapping[str, str], given: Mapping[str, Row[Any]]
) -> Standpoint:
    seats = frozenset(plain.loads(round_.seats))
    return Standpoint(
        mine=frozenset(seat for seat in seats if f"post:{seat}" in opened.actor.groups),
        owing=seats.intersection(asked),
        given=frozenset(given),
        resolved=round_.resolved_at is not None,
    )


def _read(opened: Opened) -> list[_Rows]:
    """Return the rounds with their counted ballots, newest first."""
    voter, chair = Person.__table__.alias("voter"), Person.__table__.alias("chair")
    rows = opened.tx.execute(
        select(
            Deliberation.__table__,
            chair.c.name.label("resolver"),
            Ballot.seat,
            Ballot.verdict,
            Ballot.reason.label("why"),
            Ballot.at,
            Ballot.person_id,
            Ballot.way,
            Ballot.source,
            voter.c.name.label("voter"),
            Meeting.id.label("meeting"),
            Meeting.held_on.label("meeting_day"),
            Meeting.written,
            MeetingMatter.status.label("matter"),
            _TOGETHER,
        )
        .outerjoin(
            Ballot,
            (Ballot.deliberation_id == Deliberation.id) & Ballot.superseded_at.is_(None),
        )
        .outerjoin(voter, voter.c.id == Ballot.person_id)
        .outerjoin(chair, chair.c.id == Deliberation.resolved_by)
        .outerjoin(
            MeetingMatter,  # a case is on one agenda at a time
            (MeetingMatter.case_id == Deliberation.case_id)
            & MeetingMatter.status.in_([one.value for one in UNDECIDED]),
        )
        .outerjoin(Meeting, Meeting.id == MeetingMatter.meeting_id)
        .where(Deliberation.case_id == opened.id)
        .order_by(Deliberation.round.desc(), Ballot.at, Ballot.seat)
    ).all()
    found: dict[str, _Rows] = {}
    for row in rows:
        one = found.setdefault(row.id, _Rows(row))
        if row.seat is not None:
            one.ballots.append(row)
    return list(found.values())


def _seats_asked(opened: Opened, items: Sequence[OpenItem]) -> dict[str, str]:
    """Return the seats whose verdict is still asked for, each with its task."""
    return {
        group.removeprefix("post:"): item.id
        for item in items
        if opened.pack.act_of(item.process, item.element) == VOTE
        for group in item.groups
    }


def _view(
    opened: Opened, rows: _Rows, names: Names, asked: Mapping[str, str], given: evaluations.Given
) -> RoundView:
    round_ = rows.round
    seats: list[str] = plain.loads(round_.seats)
    body = opened.pack.settings.bodies.get(round_.body)
    rules = body.rules if body else BodyRules()
    scores = given.get(round_.id, {})
    reader = _standpoint(opened, round_, asked, scores)
    mine, seen = set(reader.mine), sees_verdicts(rules.disclosure, reader)
    cast = {ballot.seat: ballot for ballot in rows.ballots}
    keeps = opened.actor.has_role("secretariat") and opened.going and round_.resolved_at is None
    enters = keeps and round_.matter in (None, Matter.VOTING)
    enter = asked if enters and entered.allowed(rules.entered) else {}
    return RoundView(
        number=round_.round,
        body=translated(body.name) if body else round_.body,
        convened_at=round_.convened_at,
        deadline=round_.deadline,
        quorum=round_.quorum,
        cast=len(cast),
        seats=tuple(
            _seat(seat, cast[seat], names, round_.chair, seen or seat in mine)
            if seat in cast
            else SeatView(
                seat,
                names.seat(seat),
                seat == round_.chair,
                cast=False,
                enter=enter.get(seat, "") if seat not in mine else "",
            )
            for seat in seats
        ),
        recused=tuple(
            Recused(one["title"], tuple(map(translated, one["reasons"])))
            for one in plain.loads(round_.recused)
        ),
        member=bool(mine),
        seen=seen,
        counts=_counts(cast) if seen else (),
        even=seen and even(Choice(row.verdict) for row in cast.values()),
        resolution=round_.resolution or "",
        resolution_name=choice_label(Choice(round_.resolution)) if round_.resolution else "",
        reason=round_.reason,
        resolved_at=round_.resolved_at,
        resolved_by=round_.resolver or (_("システム") if round_.resolved_at else ""),
        meeting=round_.meeting or "",
        meeting_day=round_.meeting_day,
        written=bool(round_.written),
        matter=round_.matter or "",
        together=round_.together or 0,
        disclosure=rules.disclosure,
        evaluation=evaluations.view_of(
            body.evaluation, rules.disclosure, seats, scores, reader, names, enters=keeps
        )
        if body
        else None,
        bound=bound_of(round_, rules.vote),
        words=(body.words if body else BodyWords()).said(),
    )


def bound_of(round_: Row[Any], rule: VoteRule) -> Bound | None:
    """Return what the count of an open round, as it is kept, lets the chair conclude."""
    kept = plain.loads(round_.result)
    if round_.resolved_at is not None or not kept:
        return None
    counts = {choice: kept[choice.value] for choice in Choice}
    leaning = Choice(kept["leaning"]) if kept["leaning"] else None
    voted = any(number for choice, number in counts.items() if choice is not Choice.ABSTAIN)
    tally = Tally(
        kept["seats"], kept["cast"], kept["present"], kept["quorum"], MappingProxyType(counts),
        leaning, tied=leaning is None and voted, set_aside=(),
    )  # fmt: skip
    return bound(tally, rule)


def _seat(key: str, ballot: Row[Any], names: Names, chair: str, seen: bool) -> SeatView:
    presides = key == chair
    if not seen:
        return SeatView(key, names.seat(key), presides, cast=True)
    return SeatView(
        key=key,
        title=names.post(key),  # who voted stands beside it
        chair=presides,
        cast=True,
        verdict=ballot.verdict,
        verdict_name=choice_label(Choice(ballot.verdict)),
        reason=ballot.why,
        person=ballot.voter or "",
        at=ballot.at,
        entered=_(
            "{way}（{source}）", way=entered.label(entered.Way(ballot.way)), source=ballot.source
        )
        if ballot.way
        else "",
    )


def _counts(cast: Mapping[str, Row[Any]]) -> tuple[tuple[str, str, int], ...]:
    verdicts = [ballot.verdict for ballot in cast.values()]
    return tuple(
        (choice.value, choice_label(choice), verdicts.count(choice.value))
        for choice in Choice
        if choice.value in verdicts
    )
