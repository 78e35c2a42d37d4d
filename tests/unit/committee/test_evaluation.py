"""Judging by criteria: what may be given, and what the evaluators say together."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee import evaluation
from dxflow.committee.evaluation import Criterion, Evaluating, EvaluationRule, evaluation_rule
from dxflow.committee.seeing import Disclosure
from dxflow.committee.sitting import Matter
from dxflow.errors import Conflict, Invalid, NotAllowed

RULE = EvaluationRule((Criterion("effect", "効果", 2), Criterion("cost", "費用", 1, 0, 3)))
SEATS = ("a", "b", "c", "d")
scores = st.fixed_dictionaries({"effect": st.integers(1, 5), "cost": st.integers(0, 3)})
rounds = st.dictionaries(st.sampled_from([*SEATS, "recused"]), scores)


def test_scores_side_by_side_with_mean_median_and_spread():
    found = evaluation.consensus(
        RULE,
        SEATS,
        {
            "a": {"effect": 5, "cost": 3}, "b": {"effect": 1, "cost": 3},
            "c": {"effect": 4, "cost": 2}, "recused": {"effect": 1, "cost": 0},
        },
    )  # fmt: skip
    effect, cost = found.lines
    assert effect.scores == (("a", 5), ("b", 1), ("c", 4), ("d", None))
    assert (effect.mean, effect.median, effect.spread) == (Fraction(10, 3), 4, 4)
    assert evaluation.rounded(effect.mean) == "3.3"
    assert evaluation.rounded(Fraction(5, 4)) == "1.3"
    assert evaluation.rounded(None) == "―"
    assert [line.criterion.key for line in found.apart] == ["effect"]
    assert cost.spread == 1
    assert found.totals == (("a", 13), ("b", 5), ("c", 10))
    assert (found.total, found.most, found.missing) == (Fraction(28, 3), 13, ("d",))


def test_nobody_has_given_anything():
    found = evaluation.consensus(RULE, SEATS, {})
    assert (found.total, found.missing, found.apart) == (None, SEATS, ())
    assert found.lines[0].mean is None


@given(rounds)
def test_the_recused_count_for_nothing_and_every_seat_is_either_counted_or_missing(given_):
    found = evaluation.consensus(RULE, SEATS, given_)
    without = {seat: one for seat, one in given_.items() if seat in SEATS}
    assert found == evaluation.consensus(RULE, SEATS, without)
    assert {seat for seat, _points in found.totals} | set(found.missing) == set(SEATS)
    for line in found.lines:
        known = [score for _seat, score in line.scores if score is not None]
        assert len(known) == len(without)
        if known:
            assert line.mean is not None
            assert line.median is not None
            assert min(known) <= line.mean <= max(known)
            assert min(known) <= line.median <= max(known)
    if found.total is not None:
        assert 2 <= found.total <= found.most


@given(rounds, st.permutations(SEATS))
def test_the_order_of_the_seats_changes_no_figure(given_, order):
    one, other = (evaluation.consensus(RULE, seats, given_) for seats in (SEATS, order))
    assert one.total == other.total
    assert [(x.mean, x.median, x.spread) for x in one.lines] == [
        (x.mean, x.median, x.spread) for x in other.lines
    ]


@given(scores, st.booleans())
def test_what_is_in_the_scale_is_taken_as_it_is(one, as_text):
    given_ = {key: str(value) if as_text else value for key, value in one.items()}
    assert evaluation.checked(RULE, given_, " 所見\r\n") == (one, "所見")


@pytest.mark.parametrize(
    ("given_", "remark", "fields"),
    [
        ({"effect": 3}, "", {"cost"}),
        ({"effect": 6, "cost": -1}, "", {"effect", "cost"}),
        ({"effect": "五", "cost": True}, "", {"effect", "cost"}),
        ({"effect": 3.5, "cost": "1.0"}, "", {"effect", "cost"}),
        ({"effect": 3, "cost": 1, "other": 2}, "", {"other"}),
        ({"effect": 3, "cost": 1}, "あ" * 1001, {"remark"}),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(given_, remark, fields):
    with pytest.raises(Invalid) as refused:
        evaluation.checked(RULE, given_, remark)
    assert set(refused.value.fields) == fields


def test_who_may_evaluate_and_when():
    now = Evaluating(taking_part=SEATS, matter=Matter.VOTING)
    evaluation.admit(RULE, Disclosure.AFTER_OWN, "a", now)
    with pytest.raises(NotAllowed, match="除斥"):
        evaluation.admit(RULE, Disclosure.OPEN, "recused", now)
    with pytest.raises(Conflict, match="行いません"):
        evaluation.admit(EvaluationRule(), Disclosure.OPEN, "a", now)
    for late in (
        Evaluating(SEATS, Matter.CLOSED), Evaluating(SEATS, counted=True),
        Evaluating(SEATS, voted=True),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            evaluation.admit(RULE, Disclosure.OPEN, "a", late)


def test_what_opened_the_others_scores_is_not_changed_afterwards():
    again = Evaluating(SEATS, Matter.WAITING, evaluated=True)
    evaluation.admit(RULE, Disclosure.OPEN, "a", again)
    evaluation.admit(RULE, Disclosure.AFTER_VOTE, "a", again)
    with pytest.raises(Conflict, match="変えられません"):
        evaluation.admit(RULE, Disclosure.AFTER_OWN, "a", again)


def test_an_evaluation_may_be_wanted_before_the_vote():
    evaluation.require_before_vote(RULE, evaluated=False)
    wanted = EvaluationRule(RULE.criteria, required=True)
    evaluation.require_before_vote(wanted, evaluated=True)
    with pytest.raises(Conflict, match="先に評価"):
        evaluation.require_before_vote(wanted, evaluated=False)


def test_a_pack_names_its_criteria():
    raw = {"criteria": [{"key": "effect", "name": "効果", "weight": 2, "apart_from": 4}]}
    (one,) = evaluation_rule(raw).criteria
    assert (one.weight, one.lowest, one.highest, one.apart) == (2, 1, 5, 4)
    assert Criterion("a", "b").apart == 3
    assert Criterion("a", "b", 1, 0, 1).apart == 1
    assert evaluation_rule({}) == EvaluationRule()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"kriteria": []}, "kriteria"),
        ({"criteria": "効果"}, "表の並び"),
        ({"criteria": [{"key": "x", "name": "効果", "kind": 1}]}, "kind"),
        ({"criteria": [{"key": "1x", "name": "効果"}]}, "英数字"),
        ({"criteria": [{"key": "remark", "name": "効果"}]}, "英数字"),
        ({"criteria": [{"key": "x", "name": " "}]}, "name"),
        ({"criteria": [{"key": "x", "name": "効果", "lowest": 5, "highest": 5}]}, "highest"),
        ({"criteria": [{"key": "x", "name": "効果", "weight": 0}]}, "weight"),
        ({"criteria": [{"key": "x", "name": "効果", "weight": True}]}, "weight"),
        ({"criteria": [{"key": "x", "name": "効果", "apart_from": 5}]}, "apart_from"),
        ({"criteria": [{"key": "x", "name": "甲"}, {"key": "x", "name": "乙"}]}, "重なって"),
        ({"required": True}, "観点"),
        ({"required": "yes"}, "true"),
    ],
)
def test_a_pack_that_says_it_otherwise_is_told_so(raw, said):
    with pytest.raises(ValueError, match=said):
        evaluation_rule(raw)
