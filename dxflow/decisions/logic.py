"""Boxed expressions other than tables (DMN 1.3 §10.2): what a decision's value is made of."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from dxflow.decisions.errors import DecisionError
from dxflow.decisions.outcome import Trace
from dxflow.feel import Environment, Expression, FeelError, FunctionValue
from dxflow.texts import gettext as _


class Logic(ABC):
    """Something that has a value in an environment.

    `needs` are the names it reads from around it, `called` the functions it calls, `canonical`
    is plain JSON that is the same for the same meaning.
    """

    needs: frozenset[str]
    called: frozenset[str]

    @property
    @abstractmethod
    def canonical(self) -> Any:
        """Return the meaning as plain JSON."""

    @abstractmethod
    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the FEEL value. Raises DecisionError."""


def value_of(
    expression: Expression, env: Environment, trace: Trace, element: str, rule: str = ""
) -> Any:
    """Return an expression's value; its failure becomes a DecisionError that names the place."""
    try:
        return expression.value(env)
    except FeelError as exc:
        raise failure(exc, trace, element, rule) from exc


def failure(exc: FeelError, trace: Trace, element: str, rule: str = "") -> DecisionError:
    """Return the error for an expression that failed in a decision."""
    message = _("決定「{decision}」を計算できません: {why}", decision=trace.decision, why=exc)
    return DecisionError(message, trace.decision, rule, element)


@dataclass(frozen=True)
class LiteralLogic(Logic):
    """A single expression."""

    expression: Expression
    element: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", self.expression.certain_names)
        object.__setattr__(self, "called", self.expression.called)

    @property
    def canonical(self) -> Any:
        """Return the expression's canonical text."""
        return self.expression.canonical

    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the expression's value."""
        return value_of(self.expression, env, trace, self.element)


@dataclass(frozen=True)
class ContextLogic(Logic):
    """Named entries, later ones seeing earlier ones; an entry without a name is the result."""

    entries: tuple[tuple[str, Logic], ...]

    def __post_init__(self) -> None:
        bound: set[str] = set()
        needs: set[str] = set()
        for name, logic in self.entries:
            needs |= logic.needs - bound
            bound.add(name)
        object.__setattr__(self, "needs", frozenset(needs))
        object.__setattr__(self, "called", _called(tuple(one for _name, one in self.entries)))

    @property
    def canonical(self) -> Any:
        """Return the entries in their order."""
        return {"context": [[name, logic.canonical] for name, logic in self.entries]}

    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the context, or the value of the entry without a name."""
        values: dict[str, Any] = {}
        inner = env.inner(values)
        for name, logic in self.entries:
            value = logic.evaluate(inner, trace)
            if not name:
                return value
            values[name] = value
        return values


@dataclass(frozen=True)
class ListLogic(Logic):
    """A list of boxed expressions."""

    elements: tuple[Logic, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", _needs(self.elements))
        object.__setattr__(self, "called", _called(self.elements))

    @property
    def canonical(self) -> Any:
        """Return the elements in their order."""
        return {"list": [element.canonical for element in self.elements]}

    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the list."""
        return [element.evaluate(env, trace) for element in self.elements]


@dataclass(frozen=True)
class FunctionLogic(Logic):
    """A function; the logic of a business knowledge model."""

    parameters: tuple[str, ...]
    body: Logic

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", self.body.needs - set(self.parameters))
        object.__setattr__(self, "called", self.body.called - set(self.parameters))

    @property
    def canonical(self) -> Any:
        """Return parameters and body."""
        return {"function": list(self.parameters), "body": self.body.canonical}

    def evaluate(self, env: Environment, trace: Trace) -> FunctionValue:
        """Return the function; it sees the names around its definition."""

        def call(*arguments: Any) -> Any:
            env.run.spend(1)
            given = dict(zip(self.parameters, arguments, strict=True))
            return self.body.evaluate(env.inner(given), trace)

        return FunctionValue(self.parameters, call)


@dataclass(frozen=True)
class InvocationLogic(Logic):
    """The call of a function with a boxed expression for each parameter."""

    function: Expression
    bindings: tuple[tuple[str, Logic], ...]
    element: str

    def __post_init__(self) -> None:
        values = tuple(value for _name, value in self.bindings)
        object.__setattr__(self, "needs", _needs(values))
        object.__setattr__(self, "called", _called(values) | self.function.certain_names)

    @property
    def canonical(self) -> Any:
        """Return the function and its bindings, whose order means nothing."""
        bindings = sorted([name, value.canonical] for name, value in self.bindings)
        return {"invoke": self.function.canonical, "with": bindings}

    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the function's result."""
        function = value_of(self.function, env, trace, self.element)
        given = {name: value.evaluate(env, trace) for name, value in self.bindings}
        if not isinstance(function, FunctionValue) or set(function.parameters) != set(given):
            message = _("「{name}」をこの引数で呼び出せません。", name=self.function.text)
            raise DecisionError(message, trace.decision, element=self.element)
        return function(*(given[name] for name in function.parameters))


def _needs(parts: tuple[Logic, ...]) -> frozenset[str]:
    return frozenset(name for part in parts for name in part.needs)


def _called(parts: tuple[Logic, ...]) -> frozenset[str]:
    return frozenset(name for part in parts for name in part.called)
