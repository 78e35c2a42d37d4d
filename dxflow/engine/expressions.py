"""FEEL inside a process: parsed once when the process is compiled, evaluated over variables.

SpiffWorkflow's own script engine (Python's `exec` and `eval`) is never reached: the workflow is
given `NoScripts` in its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from dxflow import feel
from dxflow.engine.errors import StepFailed, why
from dxflow.engine.values import NotStorable, plain
from dxflow.errors import DxflowError
from dxflow.texts import gettext as _

Functions = Mapping[str, Callable[..., Any]]

FAULTS = (DxflowError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""What evaluating an expression, a decision or a command's payload may raise."""


@dataclass(frozen=True)
class Place:
    """Where in the models something is written, for messages."""

    process: str
    element: str

    def fail(self, cause: str) -> StepFailed:
        """Return the error that stops the step at this place."""
        return StepFailed(self.process, self.element, cause)


@dataclass(frozen=True)
class Expression:
    """A parsed FEEL expression with the place it was written at."""

    text: str
    place: Place
    parsed: Any

    def evaluate(self, scope: Mapping[str, Any], functions: Functions) -> Any:
        """Return the value over the scope. Raises StepFailed."""
        try:
            return self.parsed.evaluate(scope, functions)
        except FAULTS as fault:
            raise self.place.fail(
                _("式「{text}」を評価できません: {why}", text=self.text, why=why(fault))
            ) from fault

    def storable(self, scope: Mapping[str, Any], functions: Functions) -> Any:
        """Return the value as a copy that a variable may hold. Raises StepFailed."""
        value = self.evaluate(scope, functions)
        return stored(value, self.place, self.text)

    def truth(self, scope: Mapping[str, Any], functions: Functions) -> bool:
        """Return true or false. Raises StepFailed for anything else, null included."""
        value = self.evaluate(scope, functions)
        if isinstance(value, bool):
            return value
        raise self.place.fail(
            _("条件「{text}」の結果が真偽値ではありません（{got}）。",
              text=self.text, got=shown(value))
        )  # fmt: skip


def parse(text: str, process: str, element: str) -> Expression:
    """Return the parsed expression. Raises the error of `feel.parse` for bad syntax."""
    return Expression(text, Place(process, element), feel.parse(text))


def stored(value: Any, place: Place, origin: str) -> Any:
    """Return a copy of a value for a variable. Raises StepFailed when none may hold it."""
    try:
        return plain(value)
    except NotStorable as wrong:
        raise place.fail(
            _("「{origin}」の値は変数に保存できない型です（{kind}）。",
              origin=origin, kind=wrong.kind)
        ) from wrong  # fmt: skip


def shown(value: Any) -> str:
    """Return a short text of a value for a message."""
    text = "null" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


class NoScripts:
    """Stands where SpiffWorkflow expects a script engine; nothing of ours asks it anything."""

    def evaluate(self, *_arguments: object, **_named: object) -> NoReturn:
        """Refuse: there is no Python in a process."""
        raise NotImplementedError("expressions are FEEL")

    execute = evaluate
    call_service = evaluate
