"""Ballots the secretariat enters for a member."""

import pytest

from dxflow.committee import entered, sitting
from dxflow.committee.entered import EnteredBallots, Way
from dxflow.committee.rules import body_rules
from dxflow.committee.sitting import Matter, Sitting, State
from dxflow.errors import Conflict, Invalid, NotAllowed


def test_a_body_allows_nothing_unless_it_says_so():
    assert body_rules({}).entered is EnteredBallots.NEVER
    with pytest.raises(Conflict, match="代わって"):
        entered.entry(EnteredBallots.NEVER, "paper", "5月1日 郵送")


def test_a_body_may_allow_papers_but_no_proxies():
    rule = body_rules({"entered_ballots": "paper"}).entered
    assert entered.entry(rule, "paper", " 5月1日 郵送 ") == entered.Entry(Way.PAPER, "5月1日 郵送")
    with pytest.raises(Conflict, match="代理投票は認められていません"):
        entered.entry(rule, "proxy", "山田太郎")
    both = body_rules({"entered_ballots": "paper_and_proxy"}).entered
    assert entered.entry(both, "proxy", "山田太郎").way is Way.PROXY


@pytest.mark.parametrize(
    ("way", "source", "field", "said"),
    [
        ("paper", " ", "source", "紙票をいつ、どのように受け取ったか"),
        ("proxy", "あ" * 201, "source", "委任を受けた代理人の氏名"),
        ("mail", "x", "way", "紙票か代理投票か"),
    ],
)
def test_what_it_came_from_is_said_beside_the_field_it_belongs_to(way, source, field, said):
    with pytest.raises(Invalid, match=said) as refused:
        entered.entry(EnteredBallots.PAPER_AND_PROXY, way, source)
    assert refused.value.fields == {field: [refused.value.message]}


@pytest.mark.parametrize("source", ["書", "あ" * 200])
def test_a_source_has_one_letter_or_two_hundred(source):
    assert entered.entry(EnteredBallots.PAPER, "paper", source).source == source


def test_nobody_enters_a_ballot_for_their_own_seat_or_for_a_vacant_one():
    entered.require_other(frozenset({"a"}), "b")
    with pytest.raises(NotAllowed, match="ご自分の席"):
        entered.require_other(frozenset({"a"}), "a")
    with pytest.raises(Conflict, match="欠員"):
        entered.require_other(frozenset(), "a")


def test_an_absent_member_s_paper_is_taken_but_makes_no_quorum():
    now = Sitting(State.OPEN, Matter.VOTING, frozenset("abc"), frozenset("ab"), quorum=2)
    sitting.admit(now, "c", entered=True)
    with pytest.raises(Conflict, match="出席"):
        sitting.admit(now, "c")
    with pytest.raises(NotAllowed):
        sitting.admit(now, "x", entered=True)
    alone = Sitting(State.OPEN, Matter.VOTING, frozenset("abc"), frozenset("a"), quorum=2)
    with pytest.raises(Conflict, match="定足数"):
        sitting.admit(alone, "c", entered=True)
    closed = Sitting(State.OPEN, Matter.CLOSED, frozenset("abc"), frozenset("ab"), quorum=2)
    with pytest.raises(Conflict, match="締め切られて"):
        sitting.admit(closed, "c", entered=True)
