"""手順の待ち: how long work waits at each step, coloured on the diagram and as a table."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from dxflow.audit.export import guarded
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.errors import Invalid
from dxflow.services.operations import step_times
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.step_times import LEVELS, SAMPLE, Scope, StepTime, StepTimes
from dxflow.services.people.access import needs_role
from dxflow.services.reading.diagrams import opens_of
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.case import attachment

blueprint = Blueprint("steps_admin", __name__)

ENTRY = Entry(
    "steps_admin.index", _("手順の待ち"),
    _("どの手順で何件が何日待っているかを、流れ図の色と表で見る。"), "thermometer", 140,
    step_times.ROLES,
)  # fmt: skip
#: What the table may be sorted by; largest first but for the drawing's own order.
SORTS: dict[str, Callable[[StepTime], Any]] = {
    "standing": lambda step: step.standing,
    "passed": lambda step: step.passed,
    "median": lambda step: step.median.business if step.median else -1,
    "high": lambda step: step.high.business if step.high else -1,
    "longest": lambda step: step.longest.waited.calendar if step.longest else -1,
}


@blueprint.get("/admin/steps")
@needs_role(*step_times.ROLES)
def index() -> str:
    """Show the diagram and the table."""
    found, given = _found(), _given()
    element = request.args.get("element", "")
    return render_template(
        "admin/steps/list.html",
        found=found,
        rows=_sorted(found.steps),
        given=given,
        sort=request.args.get("sort", ""),
        years=[(str(year), fiscal_label(year)) for year in found.years],
        state=_document(found, element),
        bounds=LEVELS,
        sample=SAMPLE,
        operates=current.actor().has_role(*OPERATORS),
        sort_url=lambda key: url_for("steps_admin.index", **{**given, "sort": key}) + "#steps",
        csv_url=url_for("steps_admin.as_csv", **given),
    )


@blueprint.get("/admin/steps.csv")
@needs_role(*step_times.ROLES)
def as_csv() -> Response:
    """Hand the table out for spreadsheets."""
    return attachment(_csv(_sorted(_found().steps)), "text/csv; charset=utf-8", "steps.csv")


@blueprint.get("/admin/steps/diagrams/<pack>/<version>/<process>")
@needs_role(*step_times.ROLES)
def diagram(pack: str, version: str, process: str) -> Response:
    """Give the BPMN of a process of a pack version."""
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 7 else 0
    text = step_times.source(current.site(), current.actor(), pack, number, process)
    return Response(text, mimetype="application/xml")


def _found() -> StepTimes:
    scope = Scope(request.args.get("pack", ""), _whole("version"), _whole("year"))
    return step_times.measured(current.site(), current.actor(), scope)


def _whole(name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        message = _("版と年度は数で指定してください。")
        raise Invalid(message, {name: [message]})
    return int(text)


def _given() -> dict[str, Any]:
    known = ("pack", "version", "year", "process", "sort")
    return {key: request.args[key] for key in known if request.args.get(key)}


def _sorted(steps: tuple[StepTime, ...]) -> list[StepTime]:
    key = SORTS.get(request.args.get("sort", ""))
    return sorted(steps, key=key, reverse=True) if key else list(steps)


def _document(found: StepTimes, element: str) -> dict[str, Any]:
    """Return what the viewer reads: colours and numbers of every process of the pack."""
    pack = found.pack
    by_process: dict[str, list[StepTime]] = {key: [] for key in pack.processes}
    for step in found.steps:
        by_process.setdefault(step.process, []).append(step)
    diagrams = []
    for key, process in pack.processes.items():
        if key not in pack.diagrams:
            continue
        heat = {step.element: step.level for step in by_process[key] if step.level}
        labels = {step.element: _label(step) for step in by_process[key]}
        opens = {
            one: called for one, called in opens_of(process).items() if called in pack.processes
        }
        for one, called in opens.items():
            inner = _below(called, by_process, pack, {key})
            if inner:
                heat[one] = max(step.level for step in inner)
                labels[one] = _label_of_all(inner)
        diagrams.append(
            {
                "key": key,
                "name": translated(process.name) or key,
                "url": url_for(
                    "steps_admin.diagram", pack=pack.key, version=pack.version, process=key
                ),
                "active": [element] if element and key == request.args.get("process") else [],
                "done": {},
                "returned": [],
                "parent": _parent(key, pack),
                "opens": opens,
                "heat": {one: level for one, level in heat.items() if level},
                "labels": {one: text for one, text in labels.items() if text},
            }
        )
    wanted = request.args.get("process", "")
    known = [str(one["key"]) for one in diagrams]
    return {"diagrams": diagrams, "start": wanted if wanted in known else _start(pack, known)}


def _label(step: StepTime) -> str:
    if step.median is not None:
        return _("いま {n}件・中央 {days}日", n=step.standing, days=step.median.business)
    return _("いま {n}件", n=step.standing) if step.standing else ""


def _label_of_all(steps: list[StepTime]) -> str:
    """Return the numbers of a called process: who stands inside, and its slowest step."""
    standing = sum(step.standing for step in steps)
    slowest = max((step.median.business for step in steps if step.median), default=None)
    if slowest is not None:
        return _("いま {n}件・最も遅い手順 {days}日", n=standing, days=slowest)
    return _("いま {n}件", n=standing) if standing else ""


def _below(
    process: str, steps: dict[str, list[StepTime]], pack: Any, above: set[str]
) -> list[StepTime]:
    """Return the steps of a process and of those it calls."""
    if process in above or process not in pack.processes:
        return []
    found = list(steps.get(process, ()))
    for called in opens_of(pack.processes[process]).values():
        found += _below(called, steps, pack, above | {process})
    return found


def _parent(key: str, pack: Any) -> str | None:
    callers = (
        other for other, process in pack.processes.items() if key in opens_of(process).values()
    )
    return next((other for other in callers if other != key), None)


def _start(pack: Any, known: list[str]) -> str:
    return pack.settings.start_process if pack.settings.start_process in known else known[0]


def _csv(steps: list[StepTime]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line(
        [
            _("プロセス"), _("手順"), _("要素"), _("いまの件数"), _("済んだ件数"),
            _("中央値（開庁日）"), _("中央値（暦日）"), _("90%点（開庁日）"), _("90%点（暦日）"),
            _("計算に使った件数"), _("最長の案件"), _("最長の開始日"), _("最長（開庁日）"),
        ]
    )  # fmt: skip
    for step in steps:
        median, high, longest = step.median, step.high, step.longest
        yield _line(
            [
                step.process_name, step.name, step.element, str(step.standing), str(step.passed),
                str(median.business) if median else "", str(median.calendar) if median else "",
                str(high.business) if high else "", str(high.calendar) if high else "",
                str(step.sampled), longest.number if longest else "",
                wareki_short(local_date(longest.since)) if longest else "",
                str(longest.waited.business) if longest else "",
            ]
        )  # fmt: skip


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return buffer.getvalue().encode()
