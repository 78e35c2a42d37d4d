"""A completed task through the services: rate beside bare commits, statements, commits, CPU."""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import select

from bench.cities import version
from bench.measuring import Against, BareRows, Stopwatch, alternate, counting
from bench.report import Figure
from dxflow import forms
from dxflow.db.process import WorkItem
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


def measure(city: City, rounds: int, cases: int, seconds: float) -> Iterator[Figure]:
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
    yield from _figures(city, kind, came, rounds)
    yield from _ordinary(city, kind, rounds, 8 * cases, seconds)
    yield from _counted(city, kind, per_task)


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


def _figures(city: City, kind: str, came: Against, rounds: int) -> Iterator[Figure]:
    how = f"{version(city)}; mean of the 8 tasks from idea to committee, {rounds} rounds"
    name = f"completed task, services, {kind}"
    note = f"beside bare commits; {how}"
    yield Figure(name, came.rate, "1/s", came.bare, came.ratio, note, share(came.bare))
    note = "median over the same tasks"
    yield Figure(f"{name}: CPU", came.cpu_ms, "ms", conditions=note, goal="<= 0.8 ms")


def share(bare: float) -> str:
    """Return the share of bare commits that is wanted, by how fast these are."""
    if bare > 3000:
        return ">= 0.20"
    return ">= 0.60" if bare <= 500 else "0.20 to 0.60"


def _ordinary(city: City, kind: str, rounds: int, acts: int, seconds: float) -> Iterator[Figure]:
    """Measure the approval of an idea: a task that leads to one next task."""
    by, _element, outcome, values = WALK[0]
    actor = city.actor(by)

    def some(watch: Stopwatch) -> None:
        for _act in range(acts):
            case = city.start().id
            with city.site.database.read() as tx:
                task = tx.execute(select(WorkItem.id).where(WorkItem.case_id == case)).scalar_one()
            form = city.form(by, task)
            submission = forms.submit_values(form.definition, values, outcome, form.context)
            watch.time(
                partial(tasks.complete, city.site, actor, task, submission, idempotency_key=task)
            )

    bare = BareRows(city.site.database)
    came = alternate(bare, some, rounds, seconds)
    bare.close()
    name = f"completed ordinary task, services, {kind}"
    note = f"beside bare commits; {version(city)}; {rounds} rounds of {acts}"
    yield Figure(name, came.rate, "1/s", came.bare, came.ratio, note, share(came.bare))
    yield Figure(f"{name}: CPU", came.cpu_ms, "ms", goal="<= 0.8 ms")


def _counted(city: City, kind: str, per_task: dict[str, list[float]]) -> Iterator[Figure]:
    """Count what each task of the walk sends, once more and untimed."""
    case = city.start().id
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
        yield Figure(name, count.statements, "SQL", conditions=words + ordinary)
