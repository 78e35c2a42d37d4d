"""Who sees whose verdicts and scores before the body has resolved."""

from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee.rules import body_rules
from dxflow.committee.seeing import Disclosure, Standpoint, label, sees_scores, sees_verdicts

SEATS = ("a", "b", "c")
some = st.frozensets(st.sampled_from(SEATS))
rules = st.sampled_from(Disclosure)


def test_open_members_see_one_another_at_once():
    reader = Standpoint(mine={"a"}, owing=SEATS)
    assert sees_verdicts(Disclosure.OPEN, reader)
    assert sees_scores(Disclosure.OPEN, reader)


def test_after_own_is_after_every_seat_one_holds():
    owes = Standpoint(mine={"a", "b"}, owing={"b", "c"}, given={"a"})
    assert not sees_verdicts(Disclosure.AFTER_OWN, owes)
    assert not sees_scores(Disclosure.AFTER_OWN, owes)
    gave = Standpoint(mine={"a", "b"}, owing={"b", "c"}, given={"a", "b"})
    assert sees_scores(Disclosure.AFTER_OWN, gave)
    assert not sees_verdicts(Disclosure.AFTER_OWN, gave)
    voted = Standpoint(mine={"a"}, owing={"c"})
    assert sees_verdicts(Disclosure.AFTER_OWN, voted)
    assert sees_scores(Disclosure.AFTER_OWN, voted)


def test_after_the_vote_is_when_nobody_owes_a_verdict():
    voted = Standpoint(mine={"a"}, owing={"c"}, given={"a"})
    assert not sees_verdicts(Disclosure.AFTER_VOTE, voted)
    assert not sees_scores(Disclosure.AFTER_VOTE, voted)
    over = Standpoint(mine={"a"}, owing=())
    assert sees_verdicts(Disclosure.AFTER_VOTE, over)
    assert sees_scores(Disclosure.AFTER_VOTE, over)


@given(rules, some, some, some)
def test_who_has_no_seat_sees_nothing_before_and_all_after_the_resolution(rule, mine, owing, gave):
    for sees in (sees_verdicts, sees_scores):
        assert not sees(rule, Standpoint((), owing, gave))
        assert sees(rule, Standpoint(mine, owing, gave, resolved=True))


@given(some, some, some)
def test_a_stricter_rule_never_shows_more(mine, owing, gave):
    reader = Standpoint(mine, owing, gave)
    for sees in (sees_verdicts, sees_scores):
        shown = [sees(rule, reader) for rule in (
            Disclosure.AFTER_VOTE, Disclosure.AFTER_OWN, Disclosure.OPEN)]  # fmt: skip
        assert shown == sorted(shown)


def test_the_rule_is_a_setting_with_words():
    assert body_rules({}).disclosure is Disclosure.AFTER_OWN
    assert body_rules({"verdicts_seen": "open"}).disclosure is Disclosure.OPEN
    assert len({label(one) for one in Disclosure}) == len(Disclosure)
