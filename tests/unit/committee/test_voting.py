import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee.voting import (
    Ballot,
    Choice,
    Majority,
    TieBreak,
    VoteRule,
    check_ballot,
    even,
    tally,
)
from dxflow.errors import Conflict, NotAllowed

LETTERS = {
    "A": Choice.APPROVE,
    "C": Choice.CONDITIONS,
    "T": Choice.RETURN,
    "X": Choice.REJECT,
    "-": Choice.ABSTAIN,
}
SEATS = [f"s{n}" for n in range(10)]


def ballots(letters):
    """One ballot for each letter, seat s0 first."""
    return [Ballot(f"s{n}", LETTERS[letter]) for n, letter in enumerate(letters)]


SIMPLE = VoteRule()
THIRDS = VoteRule(majority=Majority.TWO_THIRDS)
ALL = VoteRule(majority=Majority.UNANIMOUS)
COUNTING = VoteRule(abstain_counts=True)
TIE_REJECTS = VoteRule(tie=TieBreak.REJECT)


@pytest.mark.parametrize(
    ("letters", "rule", "leaning"),
    [
        ("AAX", SIMPLE, Choice.APPROVE),
        ("ACX", SIMPLE, Choice.CONDITIONS),
        ("AACX", SIMPLE, Choice.APPROVE),
        ("ACCT", SIMPLE, Choice.CONDITIONS),
        ("AXX", SIMPLE, Choice.REJECT),
        ("ATT", SIMPLE, Choice.RETURN),
        ("ATXX", SIMPLE, Choice.REJECT),
        ("ATX", SIMPLE, Choice.RETURN),
        ("A--", SIMPLE, Choice.APPROVE),
        ("A--", COUNTING, Choice.REJECT),
        ("AAX-", COUNTING, None),
        ("AAX", THIRDS, Choice.APPROVE),
        ("AAXX", THIRDS, Choice.REJECT),
        ("AAATT", THIRDS, Choice.RETURN),
        ("AAC", ALL, Choice.APPROVE),
        ("AAX", ALL, Choice.REJECT),
        ("AX", SIMPLE, None),
        ("AX", TIE_REJECTS, Choice.REJECT),
        ("---", SIMPLE, None),
        ("", SIMPLE, None),
    ],
)
def test_the_leaning_follows_the_bodys_rule(letters, rule, leaning):
    count = tally(ballots(letters), rule, SEATS, quorum=1)
    assert count.leaning is leaning
    assert sum(count.counts.values()) == count.cast == len(letters)


@pytest.mark.parametrize(
    ("letters", "leaning", "tied"),
    [
        ("AX", Choice.APPROVE, False),  # s0 is the chair
        ("XA", Choice.REJECT, False),
        ("TA", Choice.RETURN, False),
        ("CX", Choice.CONDITIONS, False),
        ("-AX", None, True),
    ],
)
def test_a_tie_goes_as_the_chair_voted_or_waits_for_the_chair(letters, leaning, tied):
    count = tally(ballots(letters), SIMPLE, SEATS, quorum=1, chair="s0")
    assert (count.leaning, count.tied) == (leaning, tied)


@pytest.mark.parametrize(
    ("letters", "equal"),
    [("AX", True), ("ACXT", True), ("AX-", True), ("AAX", False), ("--", False), ("", False)],
)
def test_votes_are_equal_when_as_many_are_against_as_in_favour(letters, equal):
    assert even(one.choice for one in ballots(letters)) is equal


def test_a_chair_who_presides_counts_as_present_and_only_breaks_ties():
    rule = VoteRule(chair_votes=False)
    count = tally(ballots("XAA"), rule, SEATS, quorum=3, chair="s0")
    assert (count.leaning, count.cast, count.present) == (Choice.APPROVE, 2, 3)
    assert count.counts[Choice.REJECT] == 0
    tie = tally(ballots("XAT"), rule, SEATS, quorum=3, chair="s0")
    assert tie.leaning is Choice.REJECT
    silent = tally(ballots("XAT")[1:], rule, SEATS, quorum=3, chair="s0")
    assert (silent.tied, silent.present, silent.quorum_met) == (True, 3, True)


@pytest.mark.parametrize(
    ("letters", "quorum", "met", "valid"),
    [
        ("AAA", 3, True, True),
        ("AA", 3, False, False),
        ("---", 3, True, False),
        ("", 1, False, False),
    ],
)
def test_a_vote_is_valid_with_a_quorum_and_a_vote(letters, quorum, met, valid):
    count = tally(ballots(letters), SIMPLE, SEATS, quorum)
    assert (count.quorum_met, count.valid) == (met, valid)


def test_a_second_ballot_of_a_seat_is_refused():
    first = Ballot("s1", Choice.APPROVE)
    with pytest.raises(Conflict, match="すでに"):
        check_ballot(Ballot("s1", Choice.REJECT), [first], SEATS)
    with pytest.raises(Conflict, match="二つ"):
        tally([first, Ballot("s1", Choice.REJECT)], SIMPLE, SEATS, 1)
    check_ballot(Ballot("s2", Choice.REJECT), [first], SEATS)


def test_a_ballot_of_a_recused_member_is_refused_and_never_counted():
    with pytest.raises(NotAllowed, match="除斥"):
        check_ballot(Ballot("s1", Choice.APPROVE), [], ["s2"])
    count = tally(ballots("AXX"), SIMPLE, ["s0"], quorum=1)
    assert count.leaning is Choice.APPROVE
    assert count.set_aside == ("s1", "s2")
    assert (count.seats, count.cast, count.present) == (1, 1, 1)


RULES = st.builds(
    VoteRule,
    majority=st.sampled_from(list(Majority)),
    abstain_counts=st.booleans(),
    chair_votes=st.booleans(),
    tie=st.sampled_from(list(TieBreak)),
)
LETTER_LISTS = st.lists(st.sampled_from(sorted(LETTERS)), max_size=10)


@given(LETTER_LISTS, RULES, st.sets(st.sampled_from(SEATS)), st.sampled_from([None, *SEATS]))
def test_what_recused_members_say_changes_nothing(letters, rule, recused, chair):
    cast = ballots(letters)
    sitting = [seat for seat in SEATS if seat not in recused]
    with_them = tally(cast, rule, sitting, 1, chair)
    without = tally([b for b in cast if b.seat not in recused], rule, sitting, 1, chair)
    assert with_them.counts == without.counts
    assert (with_them.leaning, with_them.present) == (without.leaning, without.present)
    assert set(with_them.set_aside) <= recused


@given(LETTER_LISTS, RULES)
def test_one_more_approval_never_turns_an_approval_away(letters, rule):
    in_favour = {Choice.APPROVE, Choice.CONDITIONS}
    before = tally(ballots(letters), rule, [*SEATS, "new"], 1)
    after = tally([*ballots(letters), Ballot("new", Choice.APPROVE)], rule, [*SEATS, "new"], 1)
    if before.leaning in in_favour:
        assert after.leaning in in_favour


@given(LETTER_LISTS, RULES, st.randoms())
def test_the_order_of_the_ballots_changes_nothing(letters, rule, shuffler):
    cast = ballots(letters)
    mixed = list(cast)
    shuffler.shuffle(mixed)
    assert tally(cast, rule, SEATS, 1, "s0") == tally(mixed, rule, SEATS, 1, "s0")


def test_a_tie_that_rejects_waits_for_nobody():
    count = tally(ballots("AX"), VoteRule(tie=TieBreak.REJECT), SEATS, 1, "s0")
    assert (count.leaning, count.tied) == (Choice.REJECT, False)


def test_a_chair_with_a_vote_is_present_by_casting_it_only():
    assert tally(ballots("AX"), SIMPLE, SEATS, 1, "s5").present == 2
    presides = VoteRule(chair_votes=False)
    assert tally(ballots("AX"), presides, SEATS, 1, "s5").present == 3
    assert tally(ballots("AX"), presides, SEATS, 1, "s99").present == 2
