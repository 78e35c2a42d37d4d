from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee import written
from dxflow.committee.rules import body_rules
from dxflow.committee.written import Consent
from dxflow.errors import Conflict


@pytest.mark.parametrize(
    ("rule", "members", "needed"),
    [
        (Consent.MAJORITY, 6, 4), (Consent.MAJORITY, 7, 4), (Consent.TWO_THIRDS, 7, 5),
        (Consent.TWO_THIRDS, 6, 4), (Consent.ALL, 6, 6), (Consent.ALL, 0, 1),
    ],
)  # fmt: skip
def test_how_many_must_agree(rule, members, needed):
    assert written.needed(rule, members) == needed
    assert written.reached(rule, members, needed)
    with pytest.raises(Conflict, match=f"必要{needed}人"):
        written.begin(rule, members, needed - 1)


def test_a_body_that_always_meets():
    with pytest.raises(Conflict, match="行わない"):
        written.begin(Consent.NEVER, 5, 5)


@given(st.integers(1, 60), st.sampled_from([Consent.MAJORITY, Consent.TWO_THIRDS, Consent.ALL]))
def test_never_less_than_half_and_never_more_than_all(members, rule):
    assert members < 2 * written.needed(rule, members)
    assert written.needed(rule, members) <= members


def test_the_last_day_counts():
    written.in_time(date(2026, 5, 1), date(2026, 5, 1))
    with pytest.raises(Conflict):
        written.in_time(date(2026, 5, 1), date(2026, 5, 2))


def test_a_pack_says_which():
    assert body_rules({"written_consent": "all"}).consent is Consent.ALL
    with pytest.raises(ValueError, match="written_consent"):
        body_rules({"written_consent": "some"})
