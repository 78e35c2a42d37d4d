"""How long an ended case is kept (保存年限), what keeps it from disposal, and who may say so.

The years count from 1 April after the fiscal year in which the case ended. One person proposes
disposal or an extension, another one approves or refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dxflow.authority.verdicts import Verdict
from dxflow.calendars.fiscal import LATEST, fiscal_year_end, fiscal_year_of
from dxflow.calendars.wareki import wareki_date
from dxflow.texts import gettext as _

USUAL_YEARS = 5
MOST_YEARS = 100


class Proposed(StrEnum):
    """What becomes of a case whose period is over: it is disposed of, or kept for longer."""

    DISPOSAL = "disposal"
    EXTENSION = "extension"


@dataclass(frozen=True)
class RetentionRule:
    """Years for which a case is kept, by its way of ending where that says otherwise.

    None: for good (永年).
    """

    years: int | None = USUAL_YEARS
    ended: Mapping[str, int | None] = field(default_factory=dict)

    def kept_until(self, status: str, ended_on: date) -> date | None:
        """Return the last day on which a case that ended so is kept; None for good."""
        years = self.ended.get(status, self.years)
        return None if years is None else _end_of(fiscal_year_of(ended_on) + years)


@dataclass(frozen=True)
class Standing:
    """What disposal of a case depends on.

    `kept_until` is None for a case that is kept for good. `conditions`: how many are open;
    `readings`: how many later readings (後閲) are owed; `linked`: the numbers of running cases that
    it belongs to, or that came from it or go on from it.
    """

    running: bool
    kept_until: date | None
    disposed: bool = False
    suspended: bool = False
    conditions: int = 0
    readings: int = 0
    linked: tuple[str, ...] = ()


def is_due(kept_until: date, today: date) -> bool:
    """Return whether a period is over, or ends within the fiscal year of the day."""
    return kept_until <= fiscal_year_end(fiscal_year_of(today))


def may_extend(case: Standing, today: date) -> Verdict:
    """Return whether a case may be proposed to be kept for longer."""
    if case.running:
        return Verdict(False, _("進行中の案件です。保存期間は、終わってから数えます。"))
    if case.disposed:
        return Verdict(False, _("もう廃棄されています。"))
    if case.kept_until is None:
        return Verdict(False, _("永年保存の案件です。"))
    if not is_due(case.kept_until, today):
        day = wareki_date(case.kept_until)
        return Verdict(False, _("保存期間は {day} までで、今年度には満了しません。", day=day))
    return Verdict(True, "")


def may_propose_disposal(case: Standing, today: date) -> Verdict:
    """Return whether a case may be proposed to be disposed of: it is due, and nothing holds it."""
    due = may_extend(case, today)
    if not due:
        return due
    if case.suspended:
        return Verdict(False, _("一時停止されています。"))
    if case.conditions:
        return Verdict(False, _("付された条件が {n} 件残っています。", n=case.conditions))
    if case.readings:
        return Verdict(False, _("後閲が {n} 件済んでいません。", n=case.readings))
    if case.linked:
        numbers = _("、").join(case.linked)
        return Verdict(False, _("つながる案件 {numbers} が進行中です。", numbers=numbers))
    return Verdict(True, "")


def may_dispose(case: Standing, today: date) -> Verdict:
    """Return whether a case may be disposed of today: its period is over as well."""
    free = may_propose_disposal(case, today)
    if free and case.kept_until is not None and case.kept_until >= today:
        day = wareki_date(case.kept_until)
        return Verdict(
            False, _("保存期間が終わるのは {day} です。その翌日から廃棄できます。", day=day)
        )
    return free


def may_decide(proposer: str, person: str) -> Verdict:
    """Return whether a person may approve or refuse what somebody has proposed: not their own."""
    if proposer == person:
        return Verdict(False, _("自分の発案は、自分では承認も却下もできません。"))
    return Verdict(True, "")


def extended(kept_until: date, years: int) -> date:
    """Return the last day of a period that goes on for so many years."""
    return _end_of(fiscal_year_of(kept_until) + years)


def _end_of(year: int) -> date:
    return fiscal_year_end(min(year, LATEST))
