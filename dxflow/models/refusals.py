"""Constructs that may be drawn but not published, and what to draw instead.

An allow-list decides (`Kind`); `refusal_texts.py` only finds the words. A construct missing there
is refused all the same, with a general hint.
"""

from collections.abc import Iterator

from dxflow.models.model import Element, Kind, Model, Process, Unsupported
from dxflow.models.refusal_texts import IGNORED, REFUSED, WRONG
from dxflow.problems import Problem, Severity
from dxflow.texts import gettext as _
from dxflow.texts import mark


def refusals(model: Model, processes: list[Process]) -> list[Problem]:
    """Return a problem for everything in the model that has no place in the allow-list."""
    found = [_problem(note) for note in model.unsupported]
    for process in processes:
        found.extend(_of_level(process))
    return found


def _of_level(process: Process) -> Iterator[Problem]:
    for note in process.unsupported:
        if not _as_usual(note, process):
            yield _problem(note)
    for element in process.elements.values():
        if element.kind is Kind.OTHER:
            yield _problem(_as_note(element))
        if element.body is not None:
            yield from _of_level(element.body)


def _as_usual(note: Unsupported, process: Process) -> bool:
    """Return whether a call only says what holds anyway: all variables go in unless mapped."""
    if note.construct != "zeebe:propagateAllParentVariables":
        return False
    element = process.elements.get(note.element)
    mapped = element is not None and bool(element.inputs)
    return (note.detail == "true") is not mapped


def _as_note(element: Element) -> Unsupported:
    return Unsupported(element.construct, element.id, element.name, element.line, element.trigger)


def _problem(note: Unsupported) -> Problem:
    construct, severity = note.construct, Severity.ERROR
    if construct in WRONG:
        message, hint = (_(text, detail=note.detail) for text in WRONG[construct])
    elif construct in IGNORED:
        message, hint = (_(text) for text in IGNORED[construct])
        severity = Severity.WARNING
    else:
        what, way_out = REFUSED.get(construct, _OTHER)
        term = construct if construct.startswith("zeebe:") else construct.partition(":")[0]
        message = _("{what}（{construct}）は実行できません。", what=_(what), construct=term)
        hint = _(way_out)
    return Problem(
        "bpmn-unsupported", message, line=note.line, element=note.element, hint=hint,
        severity=severity,
    )  # fmt: skip


_OTHER = (
    mark("この要素や設定"),
    mark("実行できる要素（docs/ja/processes.md）で描き直してください。"),
)
