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
    assert [line.criterion for line in found.lines] == list(RULE.criteria)


def test_a_criterion_a_seat_has_no_score_for_is_left_out_of_the_count():
    found = evaluation.consensus(RULE, SEATS[:2], {"a": {"effect": 4}, "b": {"cost": 2}})
    assert found.totals == (("a", 8), ("b", 2))
    assert found.total == 5
    assert [(line.mean, line.spread) for line in found.lines] == [(4, 0), (2, 0)]


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


def test_a_scale_may_go_up_to_a_hundred():
    rule = EvaluationRule((Criterion("all", "総合", 1, 0, 100),))
    assert evaluation.checked(rule, {"all": "100"}, "") == ({"all": 100}, "")


def test_a_remark_of_several_lines_and_of_a_thousand_letters_is_kept():
    given_ = {"effect": " 3 ", "cost": 0}
    assert evaluation.checked(RULE, given_, "一\r\n二") == ({"effect": 3, "cost": 0}, "一\n二")
    assert evaluation.checked(RULE, given_, "あ" * 1000)[1] == "あ" * 1000


@pytest.mark.parametrize(
    ("given_", "remark", "fields"),
    [
        ({"effect": 3}, "", {"cost"}),
        ({"effect": 6, "cost": -1}, "", {"effect", "cost"}),
        ({"effect": "五", "cost": True}, "", {"effect", "cost"}),
        ({"effect": 3.5, "cost": "1.0"}, "", {"effect", "cost"}),
        ({"effect": "٣", "cost": "00005"}, "", {"effect", "cost"}),
        ({"effect": 3, "cost": 1, "other": 2}, "", {"other"}),
        ({"effect": 3, "cost": 1}, "あ" * 1001, {"remark"}),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(given_, remark, fields):
    with pytest.raises(Invalid) as refused:
        evaluation.checked(RULE, given_, remark)
    assert set(refused.value.fields) == fields
    said = [text for texts in refused.value.fields.values() for text in texts]
    assert refused.value.message == "".join(said)


def test_each_score_that_is_wrong_is_told_beside_its_criterion():
    with pytest.raises(Invalid) as refused:
        evaluation.checked(RULE, {"effect": 0, "cost": 4, "other": 1}, "")
    assert refused.value.fields == {
        "effect": ["「効果」は 1 から 5 の整数で付けてください。"],
        "cost": ["「費用」は 0 から 3 の整数で付けてください。"],
        "other": ["「other」という評価の観点はありません。"],
    }


def test_who_may_evaluate_and_when():
    now = Evaluating(taking_part=SEATS, matter=Matter.VOTING)
    evaluation.admit(RULE, Disclosure.AFTER_OWN, "a", now)
    with pytest.raises(NotAllowed, match="除斥"):
        evaluation.admit(RULE, Disclosure.OPEN, "recused", now)
    with pytest.raises(Conflict, match="行いません"):
        evaluation.admit(EvaluationRule(), Disclosure.OPEN, "a", now)
    for late, said in (
        (Evaluating(SEATS, Matter.CLOSED), "終わっている"),
        (Evaluating(SEATS, Matter.RESOLVED), "終わっている"),
        (Evaluating(SEATS, counted=True), "終わっている"),
        (Evaluating(SEATS, voted=True), "すでに判断"),
    ):
        with pytest.raises(Conflict, match=said):
            evaluation.admit(RULE, Disclosure.OPEN, "a", late)


def test_scores_from_paper_are_entered_for_others_where_the_body_allows_it():
    papers = EvaluationRule(RULE.criteria, from_paper=True)
    evaluation.may_enter(papers, {"p-a"}, "p-secretary")
    with pytest.raises(Conflict, match="紙の評価を事務局が"):
        evaluation.may_enter(RULE, {"p-a"}, "p-secretary")
    with pytest.raises(Conflict, match="欠員"):
        evaluation.may_enter(papers, (), "p-secretary")
    with pytest.raises(NotAllowed, match="ご自分の席"):
        evaluation.may_enter(papers, {"p-a"}, "p-a")


@pytest.mark.parametrize("source", ["", " ", "あ" * 201])
def test_scores_from_paper_say_when_and_how_the_paper_came(source):
    with pytest.raises(Invalid, match="紙の評価をいつ") as refused:
        evaluation.paper_source(source)
    assert refused.value.fields == {"source": [refused.value.message]}


@pytest.mark.parametrize("source", ["書", "あ" * 200])
def test_a_source_has_one_letter_or_two_hundred(source):
    assert evaluation.paper_source(f" {source} ") == source


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


def test_a_pack_says_how_its_criteria_are_scored_and_when():
    short = {"key": "risk", "name": " 危険 "}
    long = {"key": "cost", "name": "費用", "weight": 100, "lowest": 0, "highest": 100}
    found = evaluation_rule({"criteria": [short, long | {"apart_from": 100}], "required": True})
    assert found.criteria == (
        Criterion("risk", "危険"), Criterion("cost", "費用", 100, 0, 100, 100),
    )  # fmt: skip
    assert (found.required, found.from_paper) == (True, False)
    papers = evaluation_rule({"criteria": [short], "from_paper": True})
    assert (papers.required, papers.from_paper) == (False, True)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"kriteria": [], "from": 1}, "from、kriteria"),
        ({"criteria": "効果"}, "表の並び"),
        ({"criteria": ["効果"]}, "表の並び"),
        ({"criteria": [{"key": "x", "name": "効果", "kind": 1}]}, "kind"),
        ({"criteria": [{"key": "1x", "name": "効果"}]}, "英数字"),
        ({"criteria": [{"key": "remark", "name": "効果"}]}, "英数字"),
        ({"criteria": [{"key": "x", "name": " "}]}, "name"),
        ({"criteria": [{"key": "x", "name": "効果", "lowest": 5, "highest": 5}]}, "highest"),
        ({"criteria": [{"key": "x", "name": "効果", "lowest": 0, "highest": 0}]}, "より大きく"),
        ({"criteria": [{"key": "x", "name": "効果", "lowest": -1}]}, "lowest は 0 から 100"),
        ({"criteria": [{"key": "x", "name": "効果", "highest": 101}]}, "highest は 0 から 100"),
        ({"criteria": [{"key": "x", "name": "効果", "weight": 101}]}, "weight は 1 から 100"),
        ({"criteria": [{"key": "x", "name": "効果", "weight": 0}]}, "weight"),
        ({"criteria": [{"key": "x", "name": "効果", "weight": True}]}, "weight"),
        ({"criteria": [{"key": "x", "name": "効果", "apart_from": 5}]}, "apart_from"),
        ({"criteria": [{"key": key, "name": "甲"} for key in "yxyxz"]}, "重なっています: x、y$"),
        ({"required": True}, "観点"),
        ({"required": "yes"}, "true"),
    ],
)
def test_a_pack_that_says_it_otherwise_is_told_so(raw, said):
    with pytest.raises(ValueError, match=said):
        evaluation_rule(raw)
