"""A body in session: the rules over whole histories, asked as the services ask them."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dxflow.committee import sitting as rules
from dxflow.committee.quorum import QuorumBase, QuorumKind, QuorumRule, required
from dxflow.committee.seats import Seat, recusals, suggested
from dxflow.committee.sitting import Matter, Sitting, State
from dxflow.committee.voting import Ballot, Choice, VoteRule, check_ballot, tally
from dxflow.errors import Conflict, DxflowError, NotAllowed

SEATS = [f"s{n}" for n in range(7)]


def sitting(**values: object) -> Sitting:
    given = Sitting(
        State.OPEN, Matter.VOTING, frozenset({"a", "b", "c"}), frozenset({"a", "b"}), quorum=2
    )
    return replace(given, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": State.PLANNED}, "会議が開かれてから"),
        ({"state": State.PLANNED, "written": True}, "同意がそろう"),
        ({"state": State.CLOSED}, "終わっています"),
        ({"matter": Matter.WAITING}, "まだ始まっていません"),
        ({"matter": Matter.CLOSED}, "締め切られています"),
        ({"quorum": 3}, "必要3人、除斥を除く出席2人"),
    ],
)
def test_no_vote_is_taken_out_of_order_or_without_a_quorum(values, said):
    with pytest.raises(Conflict, match=said):
        rules.admit(sitting(**values), "a")


def test_who_is_not_there_or_takes_no_part_does_not_vote():
    with pytest.raises(Conflict, match="出席"):
        rules.admit(sitting(), "c")
    with pytest.raises(NotAllowed):
        rules.admit(sitting(), "x")
    rules.admit(sitting(), "a")
    rules.admit(sitting(written=True, quorum=3), "c")


def test_the_present_who_are_recused_make_no_quorum():
    assert not sitting(taking_part=frozenset({"a", "c"})).quorate
    with pytest.raises(Conflict):
        rules.open_vote(sitting(matter=Matter.WAITING, taking_part=frozenset({"a", "c"})))
    rules.open_vote(sitting(matter=Matter.WAITING))


@pytest.mark.parametrize("matter", [one for one in Matter if one is not Matter.WAITING])
def test_a_vote_is_opened_once(matter):
    with pytest.raises(Conflict, match="もう始まったか終わって"):
        rules.open_vote(sitting(matter=matter))


def test_beginning_and_ending():
    rules.begin({"a", "b"}, 2, State.PLANNED)
    for present, state in (({"a"}, State.PLANNED), ({"a", "b"}, State.OPEN)):
        with pytest.raises(Conflict):
            rules.begin(present, 2, state)
    rules.end(State.OPEN, [])
    with pytest.raises(Conflict, match="R8-1、R8-2"):
        rules.end(State.OPEN, ["R8-1", "R8-2"])
    with pytest.raises(Conflict):
        rules.end(State.PLANNED, [])


def test_putting_off_and_declaring_an_interest_have_their_time():
    rules.defer(sitting(matter=Matter.WAITING), 0)
    rules.defer(sitting(), 0)
    with pytest.raises(Conflict, match="すでに表決"):
        rules.defer(sitting(), 1)
    with pytest.raises(Conflict):
        rules.defer(sitting(matter=Matter.CLOSED), 0)
    rules.recuse(sitting(state=State.PLANNED, matter=Matter.WAITING))
    rules.recuse(sitting())
    for late in ({"matter": Matter.CLOSED}, {"state": State.CLOSED}):
        with pytest.raises(Conflict):
            rules.recuse(sitting(**late))
    rules.conclude(sitting(matter=Matter.CLOSED))
    with pytest.raises(Conflict):
        rules.conclude(sitting())
    rules.close_vote(sitting(quorum=9))
    with pytest.raises(Conflict):
        rules.close_vote(sitting(matter=Matter.CLOSED))


def test_a_recusal_is_suggested_where_the_bodys_rule_leaves_it_to_the_members():
    seats = [
        Seat("a", "課長", frozenset({"p1"}), frozenset({"tax"})),
        Seat("b", "部長", frozenset({"p2"}), frozenset({"civic"})),
        Seat("c", "室長", frozenset({"p3"}), frozenset({"it"})),
    ]
    found = suggested(seats, {"a", "b"}, "p9", "tax", related_units=["civic", "it"])
    assert [(one.seat.key, one.reasons) for one in found] == [
        ("a", ("申請した課に所属しているため",)), ("b", ("関係課に所属しているため",)),
    ]  # fmt: skip


class Session(RuleBasedStateMachine):
    """Members come, go, declare interests and vote; whatever the order, the promises hold.

    The machine keeps rows as the services do and asks the rules before each change.
    """

    @initialize(
        applicant=st.sampled_from(SEATS),
        drafter=st.sampled_from(SEATS),
        kind=st.sampled_from([QuorumKind.HALF, QuorumKind.TWO_THIRDS]),
        base=st.sampled_from(QuorumBase),
        more=st.booleans(),
    )
    def convene(
        self, applicant: str, drafter: str, kind: QuorumKind, base: QuorumBase, more: bool
    ) -> None:
        self.rule = QuorumRule(kind=kind, base=base, strictly_more=more)
        self.seats = [Seat(key, key, frozenset({f"p{key}"})) for key in SEATS]
        self.barred = {applicant, drafter}
        self.declared: list[tuple[str, str]] = []
        self.applicant, self.drafter = applicant, drafter
        self.present: set[str] = set()
        self.matter, self.state = Matter.WAITING, State.PLANNED
        self.ballots: list[Ballot] = []
        self.counted: set[str] | None = None

    def seating(self):
        return recusals(
            self.seats, f"user:p{self.applicant}", "none", drafters=[f"p{self.drafter}"],
            declared=self.declared,
        )  # fmt: skip

    def now(self) -> Sitting:
        seating = self.seating()
        quorum = required(self.rule, seating.members, len(seating.recused))
        return Sitting(
            self.state, self.matter, frozenset(seating.keys), frozenset(self.present), quorum
        )

    @rule(seat=st.sampled_from(SEATS))
    def come(self, seat: str) -> None:
        self.present.add(seat)

    @rule(seat=st.sampled_from(SEATS))
    def leave(self, seat: str) -> None:
        self.present.discard(seat)

    @rule()
    def begin(self) -> None:
        try:
            rules.begin(self.present, required(self.rule, len(SEATS), 0), self.state)
        except Conflict:
            return
        self.state = State.OPEN

    @rule()
    def open_vote(self) -> None:
        try:
            rules.open_vote(self.now())
        except Conflict:
            return
        assert len(self.present & set(self.seating().keys)) >= self.now().quorum
        self.matter = Matter.VOTING

    @rule(seat=st.sampled_from(SEATS), choice=st.sampled_from(Choice))
    def vote(self, seat: str, choice: Choice) -> None:
        before, ballot = self.now(), Ballot(seat, choice)
        try:
            check_ballot(ballot, self.ballots, before.taking_part)
            rules.admit(before, seat)
        except DxflowError:
            return
        assert self.matter is Matter.VOTING
        assert seat in self.present
        assert seat not in self.barred
        assert len(self.present & before.taking_part) >= before.quorum
        self.ballots.append(ballot)

    @rule(seat=st.sampled_from(SEATS))
    def declare(self, seat: str) -> None:
        try:
            rules.recuse(self.now())
        except Conflict:
            return
        self.declared.append((seat, "利害がある"))
        self.barred.add(seat)

    @rule()
    def close_vote(self) -> None:
        before = self.now()
        try:
            rules.close_vote(before)
        except Conflict:
            return
        found = tally(
            self.ballots, VoteRule(), before.taking_part, before.quorum, present=self.present
        )
        self.counted = {one.seat for one in self.ballots} - set(found.set_aside)
        assert found.quorum_met == (len(self.present & before.taking_part) >= before.quorum)
        assert sum(found.counts.values()) == len(self.counted)
        self.matter = Matter.CLOSED

    @invariant()
    def the_recused_are_never_counted(self) -> None:
        if getattr(self, "counted", None) is not None:
            assert not self.counted & self.barred

    @invariant()
    def nobody_votes_twice(self) -> None:
        cast = [one.seat for one in getattr(self, "ballots", [])]
        assert len(cast) == len(set(cast))


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
