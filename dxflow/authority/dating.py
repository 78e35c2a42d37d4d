"""On which day a decision counts: today's, an earlier one (遡及) or a later one (先付け).

Organisation and authority are asked as of that day; when somebody really acted is kept beside it.
Until when a task may be laid aside (保留) is settled here as well.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from dxflow.authority.verdicts import Verdict
from dxflow.calendars.wareki import wareki_date
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Dating:
    """How many days back and ahead of the day of the act a decision may be dated."""

    back: int = 0
    ahead: int = 0


def may_date(day: date, today: date, rule: Dating) -> Verdict:
    """Return whether a decision taken today may bear a day."""
    if today - timedelta(rule.back) <= day <= today + timedelta(rule.ahead):
        return Verdict(True, dated(day, today))
    return Verdict(
        False,
        _(
            "決裁の日は{first}から{last}までの日にしてください。",
            first=wareki_date(today - timedelta(rule.back)),
            last=wareki_date(today + timedelta(rule.ahead)),
        ),
    )


def dated(day: date, today: date) -> str:
    """Return the word for the dating, empty when it is the day of the act."""
    if day == today:
        return ""
    return _("遡及") if day < today else _("先付け")


#: How many days ahead a task may be laid aside.
LONGEST_HOLD = 366


def may_hold(until: date | None, today: date) -> Verdict:
    """Return whether a task may be laid aside until a day; that day it waits again."""
    if until is None:
        return Verdict(False, _("いつまで保留するかを入れてください。"))
    if not today < until <= today + timedelta(LONGEST_HOLD):
        return Verdict(
            False,
            _(
                "保留は明日から{last}までの日を選んでください。",
                last=wareki_date(today + timedelta(LONGEST_HOLD)),
            ),
        )
    return Verdict(True, "")
