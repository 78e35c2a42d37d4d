"""Problems at a place of a model."""

from collections.abc import Iterator

from dxflow.models.model import Boundary, Element, Flow, Process
from dxflow.problems import Problem, Severity
from dxflow.texts import gettext as _

Place = Element | Boundary | Flow | Process
"""Anything of a model that has an id and a name and stands on a line."""


def at(
    place: Place, code: str, message: str, hint: str = "",
    *, line: int = 0, severity: Severity = Severity.ERROR,
) -> Problem:  # fmt: skip
    """Return a problem at the place; `line` when it stands on a line of its own."""
    return Problem(
        code, message, line=line or place.line, element=place.id, hint=hint, severity=severity
    )


def called(place: Place) -> str:
    """Return how to speak of a place: its name, else its id."""
    return _("「{name}」", name=place.name or place.id)


def levels(process: Process) -> Iterator[tuple[Process, Element | None]]:
    """Yield the process and the inside of every sub-process, with the sub-process."""
    waiting: list[tuple[Process, Element | None]] = [(process, None)]
    while waiting:
        level, owner = waiting.pop(0)
        yield level, owner
        waiting.extend((e.body, e) for e in level.elements.values() if e.body is not None)
