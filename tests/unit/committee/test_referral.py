"""What a sub-body approved goes up to the body above it."""

import pytest

from dxflow.committee.referral import Concluded, Referral, refers
from dxflow.committee.rules import body_rules


@pytest.mark.parametrize(
    ("before", "convened", "goes_up"),
    [
        (None, "hq", False),
        (Concluded("sub", "hq", "approve"), "hq", True),
        (Concluded("sub", "hq", "conditions"), "hq", True),
        (Concluded("sub", "hq", "return"), "hq", False),
        (Concluded("sub", "hq", ""), "hq", False),
        (Concluded("sub", "hq", "approve"), "sub", False),
        (Concluded("hq", "", "approve"), "hq", False),
    ],
)
def test_only_an_approval_below_goes_up(before, convened, goes_up):
    assert refers(before, convened) is goes_up


def test_how_it_comes_on_the_agenda_is_a_setting():
    assert body_rules({}).referral is Referral.SECRETARIAT
    assert body_rules({"referral": "auto"}).referral is Referral.AUTO
