"""A decision beside a plain task: how many times as much it costs to decide, in the same moments.

The decision asks its document, the authority table of its day, the document's stamps and the rules
of segregation, and writes the record, the lock and three events; the plain tasks are those of
`completions`. Each decision stands between plain tasks of the same case.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench.cities import version
from bench.completions import ORDINARY, WALK
from bench.measuring import Stopwatch, counting
from bench.report import Figure
from dxflow import forms
from dxflow.services.acts import tasks
from tests.factories import City
from tests.walks import do, task_of, vote

#: The document goes straight to the head of the department, who decides by 専決.
DECISION = ("civic_head", "decide", "approve", {"reason": "妥当"})
#: With conditions, which become duties of the section.
WITH_DUTIES = (
    "civic_head", "decide", "conditions",
    {"reason": "妥当", "conditions": [{"text": "影響評価を行う", "due": "2026-12-28"}]},
)  # fmt: skip
GOAL = "<= 1.5"


@dataclass
class Times:
    """Wall and CPU time of acts by what they are, in seconds."""

    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, name: str, act: Any) -> None:
        watch = Stopwatch()
        watch.time(act)
        self.wall[name] += watch.wall
        self.cpu[name] += watch.cpu


def measure(city: City, cases: int) -> Iterator[Figure]:
    """Play cases to their decision, plain tasks and decisions in turns."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    _play(city, Times(), DECISION)  # statements are compiled, pages of the pack read
    _play(city, Times(), WITH_DUTIES)
    times = Times()
    for number in range(cases):
        _play(city, times, WITH_DUTIES if number % 2 else DECISION)
    how = f"{version(city)}; medians of {cases} cases, decisions between plain tasks"
    for name, what in (("decide", "decision"), ("conditions", "decision with conditions")):
        for clock, spans in (("wall", times.wall), ("CPU", times.cpu)):
            took = statistics.median(spans[name])
            plain = statistics.median([statistics.fmean(one) for one in _by_case(spans)])
            note = f"{took * 1000:.2f} ms beside {plain * 1000:.2f} ms; {how}"
            yield Figure(
                f"{what} / plain task of the walk, {clock}, {kind}", took / plain, "",
                conditions=note, goal=GOAL,
            )  # fmt: skip
            ordinary = statistics.median(spans[ORDINARY])
            note = f"{took * 1000:.2f} ms beside {ordinary * 1000:.2f} ms"
            yield Figure(
                f"{what} / {ORDINARY}, {clock}, {kind}", took / ordinary, "", conditions=note
            )
    yield from _counted(city, kind)


def _by_case(spans: dict[str, list[float]]) -> list[tuple[float, ...]]:
    """Return for each case what its plain tasks took."""
    return list(zip(*(spans[step[1]] for step in WALK), strict=True))


def _play(city: City, times: Times, decision: tuple[str, str, str, dict[str, Any]]) -> None:
    case = city.start().id
    for by, element, outcome, values in WALK:
        _timed(city, times, case, (by, element, outcome, values), element)
    vote(city, case)
    do(city, case, "cio", "conclude", "approve", reason="委員の意見は一致")
    name = "decide" if decision is DECISION else "conditions"
    _timed(city, times, case, decision, name)


def _timed(city: City, times: Times, case: str, step: Any, name: str) -> None:
    times.take(name, _ready(city, case, step))


def _ready(city: City, case: str, step: Any) -> Any:
    """Return the sending of a form that is filled in: only that is timed."""
    by, element, outcome, values = step
    task = task_of(city, by, case, element)
    form = city.form(by, task.id)
    submission = forms.submit_values(form.definition, values, outcome, form.context)
    return partial(
        tasks.complete, city.site, city.actor(by), task.id, submission,
        version=form.version, idempotency_key=f"{task.id}-1",
    )  # fmt: skip


def _counted(city: City, kind: str) -> Iterator[Figure]:
    """Count what a decision sends."""
    case = city.start().id
    for step in WALK:
        _ready(city, case, step)()
    vote(city, case)
    do(city, case, "cio", "conclude", "approve", reason="委員の意見は一致")
    act = _ready(city, case, DECISION)
    with counting(city.site.database) as count:
        act()
    yield Figure(
        f"statements of decide, {kind}", count.statements, "SQL",
        conditions=f"{count.commits} commit",
    )  # fmt: skip
