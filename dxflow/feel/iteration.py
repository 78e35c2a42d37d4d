"""The parts of an expression that go through lists: for, some, every, filters, `in`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dxflow.feel.environment import Environment
from dxflow.feel.nodes import Literal, Name, Node, Path, compare
from dxflow.feel.values import Range, equal


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """`name in domain`, or `name in first..last`."""

    name: str
    domain: Node
    last: Node | None = None

    def values(self, env: Environment) -> Iterator[Any] | None:
        """Return the values one after another; None when the domain cannot be gone through."""
        domain = self.domain.evaluate(env)
        if self.last is not None:
            return _steps(domain, self.last.evaluate(env))
        if isinstance(domain, Range):
            included = domain.start_included and domain.end_included
            return _steps(domain.start, domain.end) if included else None
        if domain is None:
            return None
        return iter(domain) if isinstance(domain, list) else iter([domain])


def _steps(first: Any, last: Any) -> Iterator[Any] | None:
    """Go from first to last by one (numbers) or one day (dates), downwards if last is less."""
    one: Any
    if type(first) is Decimal and type(last) is Decimal:
        one = Decimal(1)
    elif type(first) is date and type(last) is date:
        one = timedelta(days=1)
    else:
        return None
    return _count(first, last, one)


def _count(first: Any, last: Any, one: Any) -> Iterator[Any]:
    step, current = (one if first <= last else -one), first
    while (current <= last) if first <= last else (current >= last):
        yield current
        if current == last:  # the last day of the calendar has no successor
            return
        current += step


def _combinations(
    bindings: tuple[Binding, ...], env: Environment, fixed: dict[str, Any]
) -> Iterator[Environment | None]:
    """Yield an environment for every combination, the last binding fastest; None if impossible."""
    values = bindings[0].values(env)
    if values is None:
        yield None
        return
    for value in values:
        env.run.spend(1)
        inner = env.inner(fixed | {bindings[0].name: value})
        if len(bindings) == 1:
            yield inner
        else:
            yield from _combinations(bindings[1:], inner, {})


@dataclass(frozen=True, slots=True, eq=False)
class Iteration(Node):
    """`for x in xs, y in 1..3 return e`; `partial` holds the results so far."""

    bindings: tuple[Binding, ...]
    body: Node

    def evaluate(self, env: Environment) -> list[Any] | None:
        """Return the results as a list; null when a domain is null."""
        results: list[Any] = []
        for inner in _combinations(self.bindings, env, {"partial": results}):
            if inner is None:
                return None
            results.append(self.body.evaluate(inner))
        return results


@dataclass(frozen=True, slots=True, eq=False)
class Quantified(Node):
    """`some x in xs satisfies c` (wanted = true), `every x in xs satisfies c` (wanted = false)."""

    wanted: bool
    bindings: tuple[Binding, ...]
    condition: Node

    def evaluate(self, env: Environment) -> bool | None:
        """Return the wanted outcome when it occurs once, null when some outcome is unknown."""
        unknown = False
        for inner in _combinations(self.bindings, env, {}):
            if inner is None:
                return None
            outcome = self.condition.evaluate(inner)
            if outcome is self.wanted:
                return bool(outcome)
            unknown = unknown or not isinstance(outcome, bool)
        return None if unknown else not self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Node):
    """`xs[2]`, `xs[-1]`, `xs[item > 3]`, `rows[status = "open"]`."""

    base: Node
    condition: Node

    def evaluate(self, env: Environment) -> Any:
        """Return one element for a number, the list of matching elements for a condition."""
        base = self.base.evaluate(env)
        if isinstance(self.condition, Literal) and type(self.condition.value) is Decimal:
            return _element([] if base is None else _listed(base), self.condition.value)
        if base is None:
            return None
        elements, kept = _listed(base), []
        if not elements and type(self.condition.evaluate(env)) is Decimal:
            return None
        for element in elements:
            env.run.spend(1)
            outcome = self.condition.evaluate(_within(env, element))
            if type(outcome) is Decimal:
                return _element(elements, outcome)
            if outcome is True:
                kept.append(element)
        return kept


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _within(env: Environment, element: Any) -> Environment:
    if isinstance(element, dict):
        return env.inner({"item": element, **element})
    return env.inner({"item": element})


def _element(elements: list[Any], index: Decimal) -> Any:
    """Return the element at a place that counts from 1, or from the end when negative."""
    place = int(index)
    if place != index or not 1 <= abs(place) <= len(elements):
        return None
    return elements[place - 1 if place > 0 else place]


class Test:
    """One alternative of a unary test; `?` is the value tested."""

    __slots__ = ()

    def holds(self, env: Environment, value: Any) -> bool | None:
        """Tell whether the value passes; None when it cannot be told."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class OperatorTest(Test):
    """`< 5`."""

    operator: str
    operand: Node
    subject: bool = False

    def holds(self, env: Environment, value: Any) -> bool | None:
        """Compare the value with the operand."""
        if self.subject:
            env = env.inner({"?": value})
        outcome = compare(self.operator, value, self.operand.evaluate(env))
        if outcome is None and self.operator in ("=", "!="):
            return self.operator == "!="
        return outcome


@dataclass(frozen=True, slots=True, eq=False)
class ValueTest(Test):
    """`"a"`, `[1..5]`, `[1, 2]`, `? > 3 and ? < 9`, `length(x) = 3` (DMN 1.3 §10.3.2.8)."""

    operand: Node
    subject: bool = False

    def holds(self, env: Environment, value: Any) -> bool | None:
        """Tell whether the value is equal to, or contained in, what is written.

        A condition about `?` is the outcome itself; so is another condition when the value
        tested is no boolean.
        """
        operand = self.operand.evaluate(env.inner({"?": value}) if self.subject else env)
        if self.subject and (operand is None or isinstance(operand, bool)):
            return None if operand is None else bool(operand)
        if isinstance(operand, Range):
            return operand.includes(value)
        if equal(value, operand):
            return True
        if isinstance(operand, list):
            return any(_found(value, one) for one in operand)
        condition = not isinstance(self.operand, Literal | Name | Path)
        return operand is True and condition and not isinstance(value, bool)


def _found(value: Any, element: Any) -> bool:
    contained = element.includes(value) if isinstance(element, Range) else equal(value, element)
    return contained is True


def any_holds(tests: tuple[Test, ...], env: Environment, value: Any) -> bool | None:
    """Return three-valued `or` over the alternatives."""
    outcome: bool | None = False
    for test in tests:
        held = test.holds(env, value)
        if held is True:
            return True
        if held is None:
            outcome = None
    return outcome


@dataclass(frozen=True, slots=True, eq=False)
class Within(Node):
    """`x in [1..5]`, `x in xs`, `x in (< 5, > 10)`."""

    value: Node
    tests: tuple[Test, ...]

    def evaluate(self, env: Environment) -> bool | None:
        """Return whether the value passes one of the tests."""
        return any_holds(self.tests, env, self.value.evaluate(env))
