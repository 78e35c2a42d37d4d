"""How many members must be present (定足数).

The usual rule is half of the members (cf. Local Autonomy Act article 113). Whether the recused
count among the members is the body's rule; among those present they never count.
"""

from dataclasses import dataclass
from enum import StrEnum

from dxflow.texts import gettext as _


class QuorumKind(StrEnum):
    """How the threshold is given."""

    HALF = "half"
    TWO_THIRDS = "two_thirds"
    FRACTION = "fraction"
    NUMBER = "number"


class QuorumBase(StrEnum):
    """Of how many members the threshold is reckoned."""

    ALL = "all"
    NOT_RECUSED = "not_recused"


@dataclass(frozen=True)
class QuorumRule:
    """A body's quorum. `strictly_more` means more than the threshold (過半数), not as many as.

    `numerator` and `denominator` serve the kind fraction, `number` the kind number. With
    `recusal_proviso`, recusals alone never make a quorum impossible: it is then at most the
    number of members not recused (the proviso of article 113).
    """

    kind: QuorumKind = QuorumKind.HALF
    base: QuorumBase = QuorumBase.ALL
    strictly_more: bool = False
    numerator: int = 1
    denominator: int = 2
    number: int = 0
    recusal_proviso: bool = False

    def __post_init__(self) -> None:
        if self.kind is QuorumKind.FRACTION and not 0 < self.numerator <= self.denominator:
            raise ValueError(_("定足数の割合は0より大きく1以下にしてください。"))
        if self.kind is QuorumKind.NUMBER and self.number < 1:
            raise ValueError(_("定足数の人数は1人以上にしてください。"))

    @property
    def fraction(self) -> tuple[int, int]:
        """Return numerator and denominator of a threshold that is a share."""
        return {
            QuorumKind.HALF: (1, 2),
            QuorumKind.TWO_THIRDS: (2, 3),
        }.get(self.kind, (self.numerator, self.denominator))


def required(rule: QuorumRule, members: int, recused: int) -> int:
    """Return how many members must be present; at least one.

    `members` counts the recused too. Raises ValueError when the counts contradict each other.
    """
    if members < 0 or not 0 <= recused <= members:
        raise ValueError(_("席の数と除斥の数が合いません。"))
    base = members if rule.base is QuorumBase.ALL else members - recused
    more = 1 if rule.strictly_more else 0
    if rule.kind is QuorumKind.NUMBER:
        threshold = rule.number + more
    else:
        numerator, denominator = rule.fraction
        share = base * numerator
        threshold = share // denominator + 1 if more else -(-share // denominator)
    if rule.recusal_proviso:
        threshold = min(threshold, members - recused)
    return max(threshold, 1)


def quorum_met(rule: QuorumRule, members: int, recused: int, present: int) -> bool:
    """Return whether enough members are present; `present` are those not recused.

    Raises ValueError when more are present than can be.
    """
    needed = required(rule, members, recused)
    if not 0 <= present <= members - recused:
        raise ValueError(_("出席者の数が、除斥されていない席の数と合いません。"))
    return present >= needed


def attainable(rule: QuorumRule, members: int, recused: int) -> bool:
    """Return whether the quorum can be met at all once the recused are out."""
    return required(rule, members, recused) <= members - recused
