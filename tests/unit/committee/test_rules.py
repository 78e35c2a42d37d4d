import pytest

from dxflow.committee.quorum import QuorumBase, QuorumKind, required
from dxflow.committee.rules import BodyRules, body_rules
from dxflow.committee.voting import Majority, TieBreak


def test_without_settings_half_and_a_simple_majority_hold():
    rules = body_rules({})
    assert rules == BodyRules()
    assert rules.quorum.kind is QuorumKind.HALF
    assert rules.vote.majority is Majority.SIMPLE
    assert rules.recusal.own_section


def test_a_city_writes_its_own_rules():
    rules = body_rules(
        {
            "quorum": "3/5",
            "quorum_base": "not_recused",
            "quorum_more_than": True,
            "quorum_recusal_proviso": True,
            "majority": "two_thirds",
            "abstain_counts": True,
            "chair_votes": False,
            "tie": "reject",
            "binding": False,
            "recuse_own_section": False,
            "recuse_related_sections": True,
        }
    )
    assert rules.quorum.fraction == (3, 5)
    assert rules.quorum.base is QuorumBase.NOT_RECUSED
    assert rules.quorum.strictly_more
    assert rules.quorum.recusal_proviso
    assert rules.vote.majority is Majority.TWO_THIRDS
    assert rules.vote.tie is TieBreak.REJECT
    assert rules.vote.abstain_counts
    assert not rules.vote.chair_votes
    assert not rules.vote.binding
    assert not rules.recusal.own_section
    assert rules.recusal.related_sections


@pytest.mark.parametrize(("quorum", "needed"), [("half", 5), ("two_thirds", 7), ("3/4", 8), (4, 4)])
def test_the_quorum_is_written_as_a_share_or_a_number(quorum, needed):
    assert required(body_rules({"quorum": quorum}).quorum, 10, 0) == needed


def test_two_thirds_are_told_as_a_share_like_any_other():
    rule = body_rules({"quorum": "two_thirds"}).quorum
    assert (rule.kind, rule.numerator, rule.denominator) == (QuorumKind.TWO_THIRDS, 2, 3)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"quorum": "many"}, "quorum"),
        ({"quorum": 0.5}, "quorum"),
        ({"quorum": True}, "quorum"),
        ({"quorum": "3/0"}, "定足数"),
        ({"quorum": 0}, "定足数"),
        *(
            ({"quorum": share}, "3/5 のような割合")
            for share in ("5", "x/y", "x/4", "3/x", "/4", "3/", "²/3", "3/²", "3/4/5")
        ),
        ({"quorum_base": "some"}, "quorum_base"),
        ({"majority": 2}, "majority は simple、two_thirds、unanimous のいずれか"),
        ({"chair_votes": "yes"}, "chair_votes"),
        ({"quorm": "half", "majorty": "simple"}, "majorty、quorm"),
    ],
)
def test_a_wrong_setting_is_named(settings, key):
    with pytest.raises(ValueError, match=key):
        body_rules(settings)
