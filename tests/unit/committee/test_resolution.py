import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee.resolution import (
    bound,
    choice_label,
    choice_of,
    resolutions_open,
    resolve,
)
from dxflow.committee.voting import Choice, VoteRule, tally
from dxflow.errors import Conflict, Invalid
from tests.unit.committee.test_voting import LETTERS, SEATS, ballots

RULE = VoteRule()
APPROVE, CONDITIONS, RETURN, REJECT = (
    Choice.APPROVE,
    Choice.CONDITIONS,
    Choice.RETURN,
    Choice.REJECT,
)


def count(letters, quorum=1, rule=RULE):
    return tally(ballots(letters), rule, SEATS, quorum)


@pytest.mark.parametrize(
    ("letters", "open_to_chair"),
    [
        ("AAX", (APPROVE, RETURN)),
        ("AACX", (APPROVE, CONDITIONS, RETURN)),
        ("ACC", (CONDITIONS, RETURN)),
        ("AXX", (RETURN, REJECT)),
        ("ATT", (RETURN, REJECT)),
        ("AX", (APPROVE, CONDITIONS, RETURN, REJECT)),
        ("---", (RETURN,)),
    ],
)
def test_the_chair_concludes_within_the_vote(letters, open_to_chair):
    assert resolutions_open(count(letters), RULE) == open_to_chair


def test_a_vote_that_does_not_bind_leaves_the_conclusion_to_the_chair():
    rule = VoteRule(binding=False)
    assert len(resolutions_open(count("AAA"), rule)) == 4
    assert resolve(REJECT, count("AAA"), rule, "予算がない").choice is REJECT


def test_nothing_is_resolved_without_a_quorum():
    short = count("AA", quorum=3)
    assert resolutions_open(short, RULE) == ()
    with pytest.raises(Conflict, match="必要3人、出席2人"):
        resolve(APPROVE, short, RULE)


def test_a_resolution_against_the_vote_is_refused_and_says_what_is_open():
    with pytest.raises(Conflict, match="「承認」と議決できません。選べるのは差戻し、否決です"):
        resolve(APPROVE, count("AXX"), RULE)


def test_sending_back_and_rejecting_need_a_reason():
    for choice in (RETURN, REJECT):
        with pytest.raises(Invalid) as refused:
            resolve(choice, count("AXX"), RULE, "  ")
        assert "reason" in refused.value.fields
        assert resolve(choice, count("AXX"), RULE, " 効果が不明 ").reason == "効果が不明"


def test_conditions_stand_with_a_conditional_approval_and_nowhere_else():
    votes = count("AACC")
    resolution = resolve(CONDITIONS, votes, RULE, conditions=[" 予算の確認 ", ""])
    assert resolution.conditions == ("予算の確認",)
    with pytest.raises(Invalid, match="一つ以上"):
        resolve(CONDITIONS, votes, RULE, conditions=[" "])
    with pytest.raises(Invalid, match="条件付承認のとき"):
        resolve(RETURN, votes, RULE, "理由", conditions=["予算の確認"])


def test_every_choice_has_a_word():
    assert [choice_label(choice) for choice in Choice] == [
        "承認",
        "条件付承認",
        "差戻し",
        "否決",
        "棄権",
    ]


@given(
    st.lists(st.sampled_from(sorted(LETTERS)), max_size=10),
    st.integers(1, 10),
    st.sampled_from([APPROVE, CONDITIONS, RETURN, REJECT]),
    st.booleans(),
)
def test_a_resolution_stands_only_on_a_quorum(letters, quorum, choice, binding):
    rule = VoteRule(binding=binding)
    votes = count(letters, quorum, rule)
    texts = ["条件"] if choice is CONDITIONS else []
    try:
        resolution = resolve(choice, votes, rule, "理由", texts)
    except Conflict:
        assert not votes.quorum_met or choice not in resolutions_open(votes, rule)
    else:
        assert votes.quorum_met
        if binding and choice in (APPROVE, CONDITIONS):
            favour = votes.counts[APPROVE] + votes.counts[CONDITIONS]
            assert favour * 2 >= favour + votes.counts[RETURN] + votes.counts[REJECT]
        assert resolution.tally is votes


@pytest.mark.parametrize(("choice", "conditions"), [(CONDITIONS, ["", " "]), (APPROVE, ["測る"])])
def test_conditions_out_of_place_are_told_where_they_stand(choice, conditions):
    with pytest.raises(Invalid) as refused:
        resolve(choice, count("AAC"), RULE, "妥当", conditions)
    assert refused.value.fields == {"conditions": [refused.value.message]}


def test_a_resolution_keeps_what_was_said():
    assert resolve(APPROVE, count("AAX"), RULE).reason == ""
    found = resolve(CONDITIONS, count("ACC"), RULE, " 多数 ", [" 測る ", ""])
    assert (found.reason, found.conditions) == ("多数", ("測る",))


@pytest.mark.parametrize(
    ("letters", "first", "others"),
    [
        ("AAX", (APPROVE,), (RETURN,)),
        ("AACX", (APPROVE,), (CONDITIONS, RETURN)),
        ("ACC", (CONDITIONS,), (RETURN,)),
        ("ATT", (RETURN,), (REJECT,)),
        ("AX", (APPROVE, CONDITIONS, RETURN, REJECT), ()),
        ("---", (RETURN,), ()),
    ],
)
def test_a_page_leads_with_what_the_votes_say(letters, first, others):
    found = bound(count(letters), RULE)
    assert (found.first, found.others) == (first, others)
    assert set(first + others) == set(resolutions_open(count(letters), RULE))


def test_why_a_conclusion_is_bound_is_said():
    assert bound(count("AAX"), RULE).said == (
        "表決の結果は「承認」です。",
        "この会議体では、議長は表決の結果に従って結論を出します。",
    )
    free = VoteRule(binding=False)
    assert "表決は参考" in bound(count("AAX"), free).said[1]
    assert bound(count("AAX"), free).others == (CONDITIONS, RETURN, REJECT)
    assert "可否同数" in bound(count("AX"), RULE).said[0]
    assert bound(count("AA", quorum=3), RULE).first == ()


def test_words_of_a_pack_are_verdicts_or_none():
    assert choice_of("return_analysis") is RETURN
    assert choice_of("approve") is APPROVE
    assert choice_of("postpone") is None
