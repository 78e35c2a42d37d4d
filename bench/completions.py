"""A completed task through the services: rate beside bare commits, statements, commits, CPU."""

import statistics
from collections import defaultdict
from functools import partial
from typing import Any

from bench.cities import version
from bench.measuring import Against, BareRows, Stopwatch, alternate, counting
from bench.report import Figure
from dxflow import forms
from dxflow.services.acts import tasks
from tests.factories import ANALYSIS, SHEET, City
from tests.walks import TRIAGE, task_of

#: Who does what with which button and values, from the idea to the committee.
WALK: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("head", "head_approval", "approve", {}),
    ("secretariat", "triage", "proceed", TRIAGE),
    ("applicant", "project_sheet", "submit", SHEET),
    ("applicant", "bpr_analysis", "submit", ANALYSIS),
    ("head", "sheet_approval", "approve", {}),
    ("security", "security_opinion", "agree", {"comment": "問題なし", "points": []}),
    ("finance", "finance_opinion", "agree", {"comment": "", "funding_outlook": "planned"}),
    ("tax_head", "related_opinion", "agree", {"comment": "協力する", "impact": "some"}),
)
#: A task without commands of its own that leads to one next task.
ORDINARY = "head_approval"


def measure(city: City, rounds: int, cases: int, seconds: float) -> list[Figure]:
    """Play cases to the committee and take the time of every completion."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    play(city, Stopwatch())  # statements are compiled, pages of the pack read
    per_task: dict[str, list[float]] = defaultdict(list)

    def some_cases(watch: Stopwatch) -> None:
        for _case in range(cases):
            before = len(watch.cpu)
            play(city, watch)
            for step, cpu in zip(WALK, watch.cpu[before:], strict=True):
                per_task[step[1]].append(cpu)

    bare = BareRows(city.site.database)
    came = alternate(bare, some_cases, rounds, seconds)
    bare.close()
    return [*_figures(city, kind, came, rounds), *_counted(city, kind, per_task)]


def play(city: City, watch: Stopwatch) -> str:
    """Play a case to the committee; only the completions are timed."""
    case = city.start().id
    for by, element, outcome, values in WALK:
        task = task_of(city, by, case, element)
        form = city.form(by, task.id)
        submission = forms.submit_values(form.definition, values, outcome, form.context)
        watch.time(
            partial(
                tasks.complete, city.site, city.actor(by), task.id, submission,
                version=form.version, idempotency_key=f"{task.id}-1",
            )
        )  # fmt: skip
    return case


def _figures(city: City, kind: str, came: Against, rounds: int) -> list[Figure]:
    how = f"{version(city)}; mean of the 8 tasks from idea to committee, {rounds} rounds"
    name = f"completed task, services, {kind}"
    rate = Figure(name, came.rate, "1/s", came.bare, came.ratio, f"beside bare commits; {how}")
    cpu = Figure(f"{name}: CPU", came.cpu_ms, "ms", conditions="median over the same tasks")
    return [rate, cpu]


def _counted(city: City, kind: str, per_task: dict[str, list[float]]) -> list[Figure]:
    """Count what each task of the walk sends, once more and untimed."""
    case, figures = city.start().id, []
    for by, element, outcome, values in WALK:
        task = task_of(city, by, case, element)
        form = city.form(by, task.id)
        submission = forms.submit_values(form.definition, values, outcome, form.context)
        actor = city.actor(by)
        with counting(city.site.database) as count:
            tasks.complete(
                city.site, actor, task.id, submission,
                version=form.version, idempotency_key=f"{task.id}-1",
            )  # fmt: skip
        words = f"{count.commits} commit, CPU {statistics.median(per_task[element]) * 1000:.2f} ms"
        ordinary = "; an ordinary task" if element == ORDINARY else ""
        name = f"statements of {element}, {kind}"
        figures.append(Figure(name, count.statements, "SQL", conditions=words + ordinary))
    return figures
