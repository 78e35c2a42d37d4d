import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee.quorum import (
    QuorumBase,
    QuorumKind,
    QuorumRule,
    attainable,
    quorum_met,
    required,
)

HALF = QuorumRule()
MORE_THAN_HALF = QuorumRule(strictly_more=True)
REMAINING = QuorumRule(base=QuorumBase.NOT_RECUSED)
TWO_THIRDS = QuorumRule(QuorumKind.TWO_THIRDS)
THREE_FIFTHS = QuorumRule(QuorumKind.FRACTION, numerator=3, denominator=5)
FIVE = QuorumRule(QuorumKind.NUMBER, number=5)


@pytest.mark.parametrize(
    ("rule", "members", "recused", "needed"),
    [
        (HALF, 10, 0, 5),
        (HALF, 11, 0, 6),
        (HALF, 10, 3, 5),
        (HALF, 1, 0, 1),
        (HALF, 0, 0, 1),
        (MORE_THAN_HALF, 10, 0, 6),
        (MORE_THAN_HALF, 11, 0, 6),
        (REMAINING, 10, 3, 4),
        (REMAINING, 3, 3, 1),
        (TWO_THIRDS, 9, 0, 6),
        (TWO_THIRDS, 10, 0, 7),
        (QuorumRule(QuorumKind.TWO_THIRDS, strictly_more=True), 9, 0, 7),
        (THREE_FIFTHS, 10, 0, 6),
        (FIVE, 21, 4, 5),
        (QuorumRule(QuorumKind.NUMBER, number=5, strictly_more=True), 21, 4, 6),
        (QuorumRule(recusal_proviso=True), 10, 7, 3),
        (QuorumRule(recusal_proviso=True), 10, 2, 5),
    ],
)
def test_the_threshold_follows_the_bodys_rule(rule, members, recused, needed):
    assert required(rule, members, recused) == needed
    assert attainable(rule, members, recused) is (needed <= members - recused)


@pytest.mark.parametrize(("members", "recused"), [(-1, 0), (3, 4), (3, -1)])
def test_counts_that_contradict_each_other_are_refused(members, recused):
    with pytest.raises(ValueError, match="合いません"):
        required(HALF, members, recused)


def test_more_present_than_can_be_is_refused():
    with pytest.raises(ValueError, match="出席者"):
        quorum_met(HALF, 10, 3, 8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": QuorumKind.NUMBER},
        {"kind": QuorumKind.FRACTION, "numerator": 0},
        {"kind": QuorumKind.FRACTION, "numerator": 4, "denominator": 3},
        {"kind": QuorumKind.FRACTION, "numerator": 1, "denominator": 0},
    ],
)
def test_a_rule_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="定足数"):
        QuorumRule(**wrong)


RULES = st.builds(
    QuorumRule,
    kind=st.sampled_from(list(QuorumKind)),
    base=st.sampled_from(list(QuorumBase)),
    strictly_more=st.booleans(),
    numerator=st.integers(1, 3),
    denominator=st.integers(3, 6),
    number=st.integers(1, 9),
    recusal_proviso=st.booleans(),
)
COUNTS = st.integers(0, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(RULES, COUNTS)
def test_once_met_a_quorum_stays_met_when_more_come(rule, counts):
    members, recused = counts
    met = [quorum_met(rule, members, recused, n) for n in range(members - recused + 1)]
    assert met == sorted(met)
    assert not met[0]
    assert met[-1] is attainable(rule, members, recused)


@given(RULES, st.integers(0, 30))
def test_a_larger_body_never_needs_fewer(rule, members):
    assert required(rule, members + 1, 0) >= required(rule, members, 0)


@given(RULES, COUNTS)
def test_a_recusal_never_raises_the_threshold(rule, counts):
    members, recused = counts
    if recused:
        assert required(rule, members, recused) <= required(rule, members, recused - 1)
