"""Which names an expression needs from outside, which functions it calls, how deep it nests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from dxflow.feel.calls import Call
from dxflow.feel.iteration import Binding, Filter, Iteration, OperatorTest, Quantified, ValueTest
from dxflow.feel.library import BUILT_INS
from dxflow.feel.nodes import ContextOf, FunctionOf, Literal, Name


@cache
def _parts(of: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(of))


def children(node: object) -> Iterator[object]:
    """Yield the parts directly below a part of an expression."""
    of: Any = type(node)
    for name in _parts(of):
        yield from _nodes(getattr(node, name))


def _nodes(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for one in value:
            yield from _nodes(one)
    elif is_dataclass(value) and type(value).__module__.startswith("dxflow.feel."):
        yield value


def depth(root: object) -> int:
    """Return how many parts lie within each other; does not recurse, whatever the nesting."""
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(node))
    return deepest


@dataclass(frozen=True)
class Given:
    """An argument of a call: its value where it is written down, not worked out (`known`)."""

    value: Any = None
    known: bool = False


def written_arguments(expression: Any, function: str) -> Iterator[Mapping[int | str, Given]]:
    """Yield the arguments of each call of a function, by place, or by name where they have names."""
    waiting = [expression.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call) and node.name == function:
            values = [
                Given(one.value, known=True) if isinstance(one, Literal) else Given()
                for one in node.arguments.values
            ]
            yield dict(zip(node.arguments.names or range(len(values)), values, strict=True))
        waiting.extend(children(node))


@dataclass
class Uses:
    """Names found so far. `possible` adds those that a filter's elements may provide."""

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    misused: set[str] = field(default_factory=set)

    def collect(self, node: Any, bound: frozenset[str], *, filtered: bool = False) -> None:
        """Add the names used below a part, `bound` being those the expression itself binds."""
        if isinstance(node, Name):
            self._use(node.name, bound, filtered=filtered)
        elif isinstance(node, Iteration | Quantified):
            self._collect_bindings(node, bound, filtered=filtered)
        elif isinstance(node, Filter):
            self.collect(node.base, bound, filtered=filtered)
            self.collect(node.condition, bound | {"item"}, filtered=True)
        elif isinstance(node, ContextOf):
            for name, value in node.entries:
                self.collect(value, bound, filtered=filtered)
                bound = bound | {name}
        else:
            self._collect_parts(node, bound, filtered=filtered)

    def _collect_parts(self, node: Any, bound: frozenset[str], *, filtered: bool) -> None:
        if isinstance(node, Call) and node.name not in bound:
            self.called.add(node.name)
            built_in = BUILT_INS.get(node.name)
            count = len(node.arguments.values)
            if built_in and not node.arguments.names and not built_in.takes(count):
                self.misused.add(node.name)
        elif isinstance(node, FunctionOf):
            bound = bound | set(node.parameters)
        elif isinstance(node, OperatorTest | ValueTest):
            bound = bound | {"?"}
        for child in children(node):
            self.collect(child, bound, filtered=filtered)

    def _use(self, name: str, bound: frozenset[str], *, filtered: bool) -> None:
        if name not in bound:
            self.possible.add(name)
            if not filtered:
                self.certain.add(name)

    def _collect_bindings(
        self, node: Iteration | Quantified, bound: frozenset[str], *, filtered: bool
    ) -> None:
        for binding in node.bindings:
            self._collect_binding(binding, bound, filtered=filtered)
            bound = bound | {binding.name}
        if isinstance(node, Iteration):
            self.collect(node.body, bound | {"partial"}, filtered=filtered)
        else:
            self.collect(node.condition, bound, filtered=filtered)

    def _collect_binding(self, binding: Binding, bound: frozenset[str], *, filtered: bool) -> None:
        self.collect(binding.domain, bound, filtered=filtered)
        if binding.last is not None:
            self.collect(binding.last, bound, filtered=filtered)


def mentions_subject(root: object) -> bool:
    """Tell whether `?` occurs below a part."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name) and node.name == "?":
            return True
        waiting.extend(children(node))
    return False
