"""A body's rules as a pack writes them.

Keys, all optional: `quorum` ("half", "two_thirds", a fraction such as "3/5", or a number of
members), `quorum_base` ("all", "not_recused"), `quorum_more_than` (true: more than that share),
`quorum_recusal_proviso`, `majority` ("simple", "two_thirds", "unanimous"), `abstain_counts`,
`chair_votes`, `tie` ("chair", "reject"), `binding`, `recuse_own_section`,
`recuse_related_sections`, `written_consent` ("majority", "two_thirds", "all", "never": how many
must agree before the body decides in writing), `verdicts_seen` ("open", "after_own",
"after_vote": when members see one another's verdicts and scores), `entered_ballots` ("never",
"paper", "paper_and_proxy": what the secretariat may enter for a member), `referral` ("auto",
"secretariat": how what a sub-body approved comes on the agenda of the body above it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from dxflow.committee.entered import EnteredBallots
from dxflow.committee.quorum import QuorumBase, QuorumKind, QuorumRule
from dxflow.committee.referral import Referral
from dxflow.committee.seats import RecusalRule
from dxflow.committee.seeing import Disclosure
from dxflow.committee.voting import Majority, TieBreak, VoteRule
from dxflow.committee.written import Consent
from dxflow.texts import gettext as _

E = TypeVar("E", bound=StrEnum)

KEYS = frozenset(
    {
        "quorum",
        "quorum_base",
        "quorum_more_than",
        "quorum_recusal_proviso",
        "majority",
        "abstain_counts",
        "chair_votes",
        "tie",
        "binding",
        "recuse_own_section",
        "recuse_related_sections",
        "written_consent",
        "verdicts_seen",
        "entered_ballots",
        "referral",
    }
)


@dataclass(frozen=True)
class BodyRules:
    """How one body decides and who sees what; the defaults are half, simple majority."""

    quorum: QuorumRule = field(default_factory=QuorumRule)
    vote: VoteRule = field(default_factory=VoteRule)
    recusal: RecusalRule = field(default_factory=RecusalRule)
    consent: Consent = Consent.MAJORITY
    disclosure: Disclosure = Disclosure.AFTER_OWN
    entered: EnteredBallots = EnteredBallots.NEVER
    referral: Referral = Referral.SECRETARIAT


def body_rules(settings: Mapping[str, object]) -> BodyRules:
    """Return the rules written in a pack. Raises ValueError naming the key that is wrong."""
    unknown = sorted(set(settings) - KEYS)
    if unknown:
        raise ValueError(_("会議体の設定にない項目です: {keys}", keys="、".join(unknown)))
    quorum = replace(
        _threshold(settings.get("quorum", "half")),
        base=_one_of(QuorumBase, settings, "quorum_base", QuorumBase.ALL),
        strictly_more=_flag(settings, "quorum_more_than", default=False),
        recusal_proviso=_flag(settings, "quorum_recusal_proviso", default=False),
    )
    vote = VoteRule(
        majority=_one_of(Majority, settings, "majority", Majority.SIMPLE),
        abstain_counts=_flag(settings, "abstain_counts", default=False),
        chair_votes=_flag(settings, "chair_votes", default=True),
        tie=_one_of(TieBreak, settings, "tie", TieBreak.CHAIR),
        binding=_flag(settings, "binding", default=True),
    )
    recusal = RecusalRule(
        own_section=_flag(settings, "recuse_own_section", default=True),
        related_sections=_flag(settings, "recuse_related_sections", default=False),
    )
    consent = _one_of(Consent, settings, "written_consent", Consent.MAJORITY)
    disclosure = _one_of(Disclosure, settings, "verdicts_seen", Disclosure.AFTER_OWN)
    entered = _one_of(EnteredBallots, settings, "entered_ballots", EnteredBallots.NEVER)
    referral = _one_of(Referral, settings, "referral", Referral.SECRETARIAT)
    return BodyRules(quorum, vote, recusal, consent, disclosure, entered, referral)


def _threshold(value: object) -> QuorumRule:
    """Return the rule that a quorum setting means by itself."""
    if isinstance(value, int) and not isinstance(value, bool):
        return QuorumRule(QuorumKind.NUMBER, number=value)
    if value == QuorumKind.HALF:
        return QuorumRule(QuorumKind.HALF)
    if value == QuorumKind.TWO_THIRDS:
        return QuorumRule(QuorumKind.TWO_THIRDS, numerator=2, denominator=3)
    if isinstance(value, str):
        above, slash, below = value.partition("/")
        if slash and above.isascii() and above.isdigit() and below.isascii() and below.isdigit():
            return QuorumRule(QuorumKind.FRACTION, numerator=int(above), denominator=int(below))
    raise ValueError(
        _("quorum は half、two_thirds、3/5 のような割合、または人数で指定してください。")
    )


def _one_of(kind: type[E], settings: Mapping[str, object], key: str, default: E) -> E:
    value = settings.get(key, default.value)
    if isinstance(value, str) and value in {member.value for member in kind}:
        return kind(value)
    choices = "、".join(member.value for member in kind)
    raise ValueError(_("{key} は {choices} のいずれかです。", key=key, choices=choices))


def _flag(settings: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = settings.get(key, default)
    if isinstance(value, bool):
        return value
    raise ValueError(_("{key} は true か false で指定してください。", key=key))
