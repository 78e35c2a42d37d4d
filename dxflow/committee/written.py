"""Written deliberation (持ち回り審議): a body decides without meeting, if its members agree to that.

Consent is asked beforehand, of every member in office; without it the matter waits for a meeting.
"""

from datetime import date
from enum import StrEnum

from dxflow.errors import Conflict
from dxflow.texts import gettext as _


class Consent(StrEnum):
    """How many members must agree to decide in writing; `never`: the body always meets."""

    MAJORITY = "majority"
    TWO_THIRDS = "two_thirds"
    ALL = "all"
    NEVER = "never"


def needed(rule: Consent, members: int) -> int:
    """Return how many of the members in office must agree, at least one. Raises Conflict."""
    if rule is Consent.NEVER:
        raise Conflict(_("この会議体は、持ち回り審議を行わない決まりです。"))
    share = {
        Consent.MAJORITY: members // 2 + 1,
        Consent.TWO_THIRDS: -(-members * 2 // 3),
        Consent.ALL: members,
    }[rule]
    return max(share, 1)


def reached(rule: Consent, members: int, agreeing: int) -> bool:
    """Return whether enough members agree."""
    return agreeing >= needed(rule, members)


def begin(rule: Consent, members: int, agreeing: int) -> None:
    """Let the ballots begin. Raises Conflict while too few agree."""
    if not reached(rule, members, agreeing):
        raise Conflict(
            _(
                "持ち回り審議への同意が足りません（必要{needed}人、同意{agreeing}人）。",
                needed=needed(rule, members),
                agreeing=agreeing,
            )
        )


def in_time(last: date, today: date) -> None:
    """Let a ballot in. Raises Conflict after the last day."""
    if today > last:
        raise Conflict(_("持ち回り審議の期限（{day}）を過ぎています。", day=last))
