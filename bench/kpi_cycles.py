"""A case that is measured for years, through the services: what a step costs along the way."""

from sqlalchemy import select

from bench.measuring import Stopwatch, counting
from bench.report import Figure
from dxflow import forms
from dxflow.db.process import Timer
from dxflow.services.acts import tasks
from tests.factories import SHEET, City
from tests.walks import task_of, to_kpi

REPEATS = 5


def measure(city: City, cycles: tuple[int, ...]) -> list[Figure]:
    """Enter a value every month; take the time of the entries around each of the cycles."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    year = city.actor("applicant").on.year
    measure = SHEET["kpis"][0] | {
        "frequency": "month", "target_year": str(year + 8), "baseline_year": str(year - 1)
    }  # fmt: skip
    case = to_kpi(city, sheet={"kpis": [measure], **_dates(city)})
    figures: list[Figure] = []
    watch, last = Stopwatch(), max(cycles) + REPEATS
    for cycle in range(1, last):
        statements = _enter(city, case, watch)
        if cycle - REPEATS + 1 in cycles:
            entries = Stopwatch(watch.wall[-REPEATS:], watch.cpu[-REPEATS:])
            young = figures[0].value if figures else None
            ratio = None if young is None else entries.cpu_ms / young
            name = f"measurement entered at KPI cycle {cycle - REPEATS + 1:,}, {kind}"
            note = f"{statements} statements"
            figures.append(Figure(name, entries.cpu_ms, "ms CPU", young, ratio, note))
    return figures


def _dates(city: City) -> dict[str, object]:
    year = city.actor("applicant").on.year
    due = f"{year + 1}-03-31"
    return {
        "milestones": [{"name": "運用開始", "due": due}],
        "schedule": [{"year": str(year), "action": "prepare", "text": "導入"}],
    }


def _enter(city: City, case: str, watch: Stopwatch) -> int:
    """Let the period end, enter its value, hold the yearly review; return the statements sent."""
    with city.site.database.read() as tx:
        due = tx.execute(
            select(Timer.due_at).where(Timer.case_id == case).order_by(Timer.due_at).limit(1)
        ).scalar_one()
    city.clock.moment = max(city.clock(), due)
    city.run_jobs()
    task = task_of(city, "applicant", case, "kpi_measure")
    form = city.form("applicant", task.id)
    rows = [{"measure": row["measure"], "value": 30} for row in form.values["actuals"]]
    submission = forms.submit_values(form.definition, {"actuals": rows}, "submit", form.context)
    actor = city.actor("applicant")
    with counting(city.site.database) as count:
        watch.time(lambda: tasks.complete(city.site, actor, task.id, submission))
    _hold_the_yearly_review(city, case)
    return count.statements


def _hold_the_yearly_review(city: City, case: str) -> None:
    for name in city.person:
        for task in city.open_tasks(name):
            if task.case_id == case and task.element in ("kpi_review", "kpi_closing"):
                city.complete_id(name, task.id, "continue", reason="順調")
                return
