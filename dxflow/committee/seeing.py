"""Who sees whose verdicts and scores before the body has resolved (判断・評価の見せ方).

A body's rule says when its members see one another's. Everybody else sees them once the body has
resolved; the recused are everybody else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from dxflow.texts import gettext as _


class Disclosure(StrEnum):
    """When members see one another's: at once, after giving their own, or after the vote."""

    OPEN = "open"
    AFTER_OWN = "after_own"
    AFTER_VOTE = "after_vote"


@dataclass(frozen=True)
class Standpoint:
    """How a round stands for a reader.

    `mine` are the seats they hold among those that take part, `owing` the seats whose verdict
    is still asked for: none when the vote is over. `given` are the seats that have scored.
    """

    mine: Collection[str]
    owing: Collection[str]
    given: Collection[str] = ()
    resolved: bool = False


def sees_verdicts(rule: Disclosure, reader: Standpoint) -> bool:
    """Return whether the reader sees the others' verdicts."""
    if reader.resolved:
        return True
    if not reader.mine:
        return False
    return _disclosed(rule, own_given=_none_owing(reader), over=not reader.owing)


def sees_scores(rule: Disclosure, reader: Standpoint) -> bool:
    """Return whether the reader sees the others' scores; who has voted gives none any more."""
    if reader.resolved:
        return True
    if not reader.mine:
        return False
    own = set(reader.mine) <= set(reader.given) or _none_owing(reader)
    return _disclosed(rule, own_given=own, over=not reader.owing)


def _disclosed(rule: Disclosure, *, own_given: bool, over: bool) -> bool:
    if rule is Disclosure.OPEN:
        return True
    return over or (rule is Disclosure.AFTER_OWN and own_given)


def _none_owing(reader: Standpoint) -> bool:
    return set(reader.mine).isdisjoint(reader.owing)


def label(rule: Disclosure) -> str:
    """Return the rule in words."""
    return {
        Disclosure.OPEN: _("席に就いている人どうしはいつでも見える"),
        Disclosure.AFTER_OWN: _("自分のものを出した人に見える"),
        Disclosure.AFTER_VOTE: _("表決が終わるまで見えない"),
    }[rule]
