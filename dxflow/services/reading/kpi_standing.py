"""How measures stood when they were last judged, kept in memory until something of it changes.

Judging takes a measure's whole history, and a list is ordered by the judgement. It depends on what
was reported, which only acts on the case change (they raise its version), on the case's pack, on
the calendar and on the day: with all of these as before, it is as before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, select

from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance
from dxflow.services.site import Site

#: Cases whose measures are remembered, in each process.
_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a measure stands: what a list needs to know before it shows a measure.

    `due` is the day by which the oldest missing value was due, None when none is missing.
    """

    id: str
    case_id: str
    case_number: str
    status: str
    due: date | None


Judge = Callable[[Sequence[str]], Sequence[Standing]]
"""(ids of cases) -> how their measures stand."""


def of_cases(
    site: Site, tx: Connection, day: date, days: str, case_ids: Sequence[str], judge: Judge
) -> list[Standing]:
    """Return how the measures of cases stand on a day; only what has changed is judged anew.

    `days` is the version of the city's days.
    """
    rows = tx.execute(
        select(ProcessInstance.case_id, ProcessInstance.version, Case.pack_digest)
        .join(Case, Case.id == ProcessInstance.case_id)
        .where(ProcessInstance.case_id.in_(case_ids))
    ).all()
    found: list[Standing] = []
    anew: dict[str, tuple[object, ...]] = {}
    for row in rows:
        now = _judged_by(row, days, day)
        before = site.judged.get(row.case_id)
        if before is not None and before[0] == now:
            found += before[1]
        else:
            anew[row.case_id] = now
    if anew:
        found += _judged(site, anew, judge(list(anew)))
    return found


def _judged_by(row: Row[str, int, str], days: str, day: date) -> tuple[object, ...]:
    return row.version, row.pack_digest, days, day


def _judged(
    site: Site, anew: dict[str, tuple[object, ...]], judged: Sequence[Standing]
) -> Sequence[Standing]:
    """Remember fresh judgements; the oldest ones are forgotten when there are too many."""
    by_case: dict[str, list[Standing]] = {case: [] for case in anew}
    for one in judged:
        by_case[one.case_id].append(one)
    for case, standings in by_case.items():
        site.judged.pop(case, None)
        site.judged[case] = (anew[case], tuple(standings))
    while len(site.judged) > _KEPT:
        site.judged.pop(next(iter(site.judged)), None)
    return judged
