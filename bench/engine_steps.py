"""The engine alone: a stored state in, a step, a state to store out; nothing else."""

import statistics
import time

from bench.report import Figure
from dxflow import engine, forms
from tests.process.standard_pack import ANSWERS, City, Play

CYCLES = (1, 100, 1000)


def measure(repeats: int, cycles: tuple[int, ...] = CYCLES) -> list[Figure]:
    """Take CPU time and size of the state early, in the committee, and along the years."""
    play = Play()
    figures = _step(play, "head_approval", "approve", repeats)
    play.do("head_approval", "approve").do("triage", "proceed", personal_data=True)
    figures += _step(play, "project_sheet", "submit", repeats)
    play.do("project_sheet").do("bpr_analysis").do("sheet_approval", "approve")
    figures += _step(play, "security_opinion", "agree", repeats)
    return figures + _along_the_years(repeats, cycles)


def _along_the_years(repeats: int, cycles: tuple[int, ...]) -> list[Figure]:
    """Repeat the shipped process of measurements month by month."""
    play = Play(City(), "kpi", lead="elderly", frequency="month")
    figures: list[Figure] = []
    for cycle in range(1, max(cycles) + 1):
        play.timer("period_closed")
        if cycle in cycles:
            young = figures[0].value if figures else None
            cpu, size = _cost(play, "kpi_measure", "submit", repeats)
            ratio = None if young is None else cpu / young
            name, note = f"engine step at KPI cycle {cycle:,}", f"state {size:,} bytes"
            figures.append(Figure(name, cpu, "ms CPU", young, ratio, note))
        play.do("kpi_measure")
        if "kpi_review" in play.open:
            play.do("kpi_review", "continue")
    return figures


def _step(play: Play, element: str, outcome: str, repeats: int) -> list[Figure]:
    cpu, size = _cost(play, element, outcome, repeats)
    return [Figure(f"engine step, {element}", cpu, "ms CPU", conditions=f"state {size:,} bytes")]


def _cost(play: Play, element: str, outcome: str, repeats: int) -> tuple[float, int]:
    """Return median CPU time (ms) of restore, complete and dump, and the bytes of the state."""
    task, pack = play.task(element), play.pack
    form = pack.forms[task.form_key]
    button = next(one for one in form.outcomes if one.key == outcome)
    answers = ANSWERS[task.form_key]
    if button.only is not None:
        answers = {key: value for key, value in answers.items() if key in button.only}
    submission = forms.submit_values(form, answers, outcome, play._context(task))
    environment, state, times, step = play._environment(), play.step.state, [], play.step
    for _time in range(repeats):
        begin = time.thread_time()
        step = engine.complete(
            pack.definitions, state, task.id, submission.values, outcome, environment
        )
        times.append(time.thread_time() - begin)
    return statistics.median(times) * 1000, len(step.state)
