"""Conditions as duties: who owes one, who may end it, and what it keeps from ending.

A duty ends only by whoever owes it, or passes to another owner with a reason. While one is open
its case does not close as completed.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from dxflow.authority.verdicts import Verdict
from dxflow.texts import gettext as _


class Follows(StrEnum):
    """Whom a later reading (後閲) is owed by when its owner leaves the post it comes from."""

    PERSON = "person"
    POST = "post"


@dataclass(frozen=True)
class Obligation:
    """A duty of a group, due on a day where it has one."""

    owner: str
    due: date | None = None
    open: bool = True

    def late(self, day: date) -> bool:
        """Return whether it is open beyond its day."""
        return self.open and self.due is not None and self.due < day


def may_meet(duty: Obligation, groups: Collection[str]) -> Verdict:
    """Return whether somebody in these groups may say that a duty is met."""
    if duty.owner not in groups:
        return Verdict(False, _("履行を報告できるのは、この条件を負う課の職員だけです。"))
    return Verdict(True, "") if duty.open else Verdict(False, _("この条件は履行済みです。"))


def met(duty: Obligation, groups: Collection[str]) -> Obligation:
    """Return the duty after it was met. Raises NotAllowed."""
    may_meet(duty, groups).require()
    return replace(duty, open=False)


def may_hand_over(
    duty: Obligation, groups: Collection[str], to: str, reason: str, watchers: Collection[str] = ()
) -> Verdict:
    """Return whether somebody may pass a duty on to another group.

    Its owner may, and those who watch over all duties (`watchers`); never without a reason.
    """
    if not duty.open:
        return Verdict(False, _("この条件は履行済みです。"))
    if frozenset(groups).isdisjoint({duty.owner, *watchers}):
        return Verdict(False, _("条件を引き継げるのは、いま負っている課とDX推進事務局です。"))
    if to == duty.owner:
        return Verdict(False, _("いま負っている課とは別の課を選んでください。"))
    if not reason.strip():
        return Verdict(False, _("引き継ぐ理由を書いてください。"))
    return Verdict(True, "")


def handed_over(
    duty: Obligation, groups: Collection[str], to: str, reason: str, watchers: Collection[str] = ()
) -> Obligation:
    """Return the duty with its new owner. Raises NotAllowed."""
    may_hand_over(duty, groups, to, reason, watchers).require()
    return replace(duty, owner=to)


def may_complete(left: int) -> Verdict:
    """Return whether a case with so many open duties may end as completed."""
    if left == 0:
        return Verdict(True, "")
    return Verdict(
        False,
        _("条件が{n}件残っているため、案件を完了にできません。履行を報告してください。", n=left),
    )
