"""A case that is measured for decades, through the services: what a step costs along the way."""

import statistics
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from bench.measuring import Stopwatch, counting
from bench.report import Figure
from dxflow import forms
from dxflow.db.process import ProcessInstance, Timer, WorkItem
from dxflow.services.acts import tasks
from tests.factories import SHEET, City
from tests.walks import to_kpi

#: Entries are timed in this many cycles from each of the cycles asked for.
REPEATS = 12
#: Who is asked to hold a review, the likeliest first.
REVIEWERS = ("applicant", "head", "secretariat", "mgmt_head", "civic_head", "cio")


def measure(city: City, cycles: tuple[int, ...]) -> Iterator[Figure]:
    """Enter a value every month; take the time of the entries around each of the cycles."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    case = measured_monthly(city)
    young: float | None = None
    for cycle in range(1, max(cycles) + REPEATS):
        timed = [one for one in cycles if one <= cycle < one + REPEATS]
        if cycle in timed:
            watch, statements = Stopwatch(), []
        if not timed:
            enter(city, case, Stopwatch())
            continue
        statements.append(enter(city, case, watch))
        first = timed[0]
        if cycle == first + REPEATS - 1:
            ratio = None if young is None else watch.cpu_ms / young
            note = f"{statistics.median(statements):.0f} statements; state {_size(city, case):,} B"
            yield Figure(
                f"measurement entered at KPI cycle {first:,}, {kind}", watch.cpu_ms, "ms CPU",
                young, ratio, note, "" if young is None else "<= 1.1; state <= 10 KB",
            )  # fmt: skip
            young = young or watch.cpu_ms


def measured_monthly(city: City) -> str:
    """Play a case until its one measure is taken every month, for years; return the case."""
    year = city.actor("applicant").on.year
    measure = SHEET["kpis"][0] | {
        "frequency": "month", "target_year": str(year + 8), "baseline_year": str(year - 1)
    }  # fmt: skip
    return to_kpi(city, sheet={"kpis": [measure], **_dates(year)})


def _dates(year: int) -> dict[str, object]:
    return {
        "milestones": [{"name": "運用開始", "due": f"{year + 1}-03-31"}],
        "schedule": [{"year": str(year), "action": "prepare", "text": "導入"}],
    }


def enter(city: City, case: str, watch: Stopwatch) -> int:
    """Let the period end, enter its value, hold the yearly review; return the statements sent."""
    until_due(city, case)
    city.run_jobs()
    form = city.form("applicant", _waiting(city, case, "kpi_measure")[0])
    rows = [{"measure": row["measure"], "value": 30} for row in form.values["actuals"]]
    submission = forms.submit_values(form.definition, {"actuals": rows}, "submit", form.context)
    actor, task = city.actor("applicant"), form.task.id
    with counting(city.site.database) as count:
        watch.time(lambda: tasks.complete(city.site, actor, task, submission))
    for task in _waiting(city, case, "kpi_review", "kpi_closing"):
        _review(city, task)
    return count.statements


def until_due(city: City, case: str) -> None:
    """Let time pass until the next timer of a case is due."""
    with city.site.database.read() as tx:
        due = tx.execute(select(func.min(Timer.due_at)).where(Timer.case_id == case)).scalar_one()
    city.clock.moment = max(city.clock(), due)


def _waiting(city: City, case: str, *elements: str) -> list[Any]:
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(WorkItem.id).where(
                    WorkItem.case_id == case,
                    WorkItem.status == "open",
                    WorkItem.element.in_(elements),
                )
            ).scalars()
        )


def _review(city: City, task: str) -> None:
    for name in REVIEWERS:
        if any(one.id == task for one in city.open_tasks(name)):
            city.complete_id(name, task, "continue", reason="順調")
            return
    message = "nobody holds the review"
    raise RuntimeError(message)


def _size(city: City, case: str) -> int:
    with city.site.database.read() as tx:
        return tx.execute(
            select(func.length(ProcessInstance.state)).where(ProcessInstance.case_id == case)
        ).scalar_one()
