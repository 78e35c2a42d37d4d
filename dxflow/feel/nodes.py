"""The parts of an expression; each computes its value in an environment.

Nodes are immutable and shared between threads. What binds names says so in `binds`, so that
names.py can tell which names an expression needs from outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dxflow.feel.arithmetic import Operation, apply, negate
from dxflow.feel.environment import Environment
from dxflow.feel.values import (
    FunctionValue,
    Range,
    YearMonthDuration,
    equal,
    kind,
    less,
    not_after,
    to_feel,
)


class Node:
    """A part of an expression."""

    __slots__ = ()

    def evaluate(self, env: Environment) -> Any:
        """Return the FEEL value of this part."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A value written down."""

    value: Any

    def evaluate(self, env: Environment) -> Any:
        """Return the value."""
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable."""

    name: str

    def evaluate(self, env: Environment) -> Any:
        """Return what the name stands for, null when nothing does."""
        return env.lookup(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """`base.name`: an entry of a context, of each context of a list, or a property."""

    base: Node
    name: str

    def evaluate(self, env: Environment) -> Any:
        """Return the entry; null where there is none."""
        return to_feel(self.raw(env))

    def raw(self, env: Environment) -> Any:
        """Return the entry without converting what surrounds it in a large variable."""
        if isinstance(self.base, Path):
            owner = self.base.raw(env)
        elif isinstance(self.base, Name):
            owner = env.raw(self.base.name)
        else:
            owner = self.base.evaluate(env)
        return member(owner, self.name)


def member(owner: Any, name: str) -> Any:
    """Return an entry or property of a value (DMN 1.3 §10.3.2.5 and table 65)."""
    if isinstance(owner, Mapping):
        return owner.get(name)
    if isinstance(owner, list | tuple):
        return [member(one, name) for one in owner]
    read = _PROPERTIES.get((type(owner), name))
    return read(owner) if read else None


def _offset(value: datetime | time) -> timedelta | None:
    return value.utcoffset()


def _zone_key(value: datetime | time) -> str | None:
    key = getattr(value.tzinfo, "key", None)
    return key if isinstance(key, str) else None


_CALENDAR: dict[str, Any] = {
    "year": lambda v: v.year, "month": lambda v: v.month, "day": lambda v: v.day,
    "weekday": lambda v: v.isoweekday(),
}  # fmt: skip
_CLOCK: dict[str, Any] = {
    "hour": lambda v: v.hour, "minute": lambda v: v.minute,
    "second": lambda v: Decimal(v.second) + Decimal(v.microsecond) / 1_000_000,
    "time offset": _offset, "timezone": _zone_key,
}  # fmt: skip


def _whole(value: timedelta) -> int:
    return abs(value) // timedelta(seconds=1)


def _signed(value: timedelta, amount: int) -> int:
    return -amount if value < timedelta(0) else amount


_LENGTH: dict[str, Any] = {
    "days": lambda v: _signed(v, _whole(v) // 86400),
    "hours": lambda v: _signed(v, _whole(v) // 3600 % 24),
    "minutes": lambda v: _signed(v, _whole(v) // 60 % 60),
    "seconds": lambda v: _signed(v, _whole(v) % 60),
}
_RANGE: dict[str, Any] = {
    "start": lambda v: v.start, "end": lambda v: v.end,
    "start included": lambda v: v.start_included, "end included": lambda v: v.end_included,
}  # fmt: skip
_MONTHS: dict[str, Any] = {"years": lambda v: v.years, "months": lambda v: v.months}
_OWNERS: tuple[tuple[type, dict[str, Any]], ...] = (
    (date, _CALENDAR), (datetime, _CALENDAR | _CLOCK), (time, _CLOCK), (timedelta, _LENGTH),
    (YearMonthDuration, _MONTHS), (Range, _RANGE),
)  # fmt: skip
_PROPERTIES = {(owner, name): read for owner, table in _OWNERS for name, read in table.items()}
PROPERTY_NAMES = frozenset(name for _owner, name in _PROPERTIES)


@dataclass(frozen=True, slots=True, eq=False)
class Negation(Node):
    """`-x`."""

    operand: Node

    def evaluate(self, env: Environment) -> Any:
        """Return the operand with its sign turned."""
        return negate(self.operand.evaluate(env))


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic(Node):
    """`a + b` and its like."""

    table: Mapping[tuple[str, str], Operation]
    left: Node
    right: Node

    def evaluate(self, env: Environment) -> Any:
        """Return the result, null for operands that do not fit."""
        value = apply(self.table, self.left.evaluate(env), self.right.evaluate(env))
        return env.run.made(value) if type(value) is str else value


def compare(operator: str, one: Any, other: Any) -> bool | None:
    """Return the outcome of a comparison operator; null where there is none."""
    if operator == "=":
        return equal(one, other)
    if operator == "!=":
        same = equal(one, other)
        return None if same is None else not same
    if operator == "<":
        return less(one, other)
    if operator == ">":
        return less(other, one)
    return not_after(one, other) if operator == "<=" else not_after(other, one)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Node):
    """`a < b` and its like."""

    operator: str
    left: Node
    right: Node

    def evaluate(self, env: Environment) -> bool | None:
        """Return true, false, or null where the two cannot be compared."""
        left = self.left.evaluate(env)
        if type(left) is list or type(left) is dict:
            env.run.weigh(left)
        return compare(self.operator, left, self.right.evaluate(env))


@dataclass(frozen=True, slots=True, eq=False)
class Between(Node):
    """`x between a and b`, ends included."""

    value: Node
    low: Node
    high: Node

    def evaluate(self, env: Environment) -> bool | None:
        """Return whether the value lies between."""
        value = self.value.evaluate(env)
        low = not_after(self.low.evaluate(env), value)
        return conjunction(low, not_after(value, self.high.evaluate(env)))


def conjunction(one: Any, other: Any) -> bool | None:
    """Return three-valued `and`; what is no boolean counts as null."""
    if one is False or other is False:
        return False
    return True if one is True and other is True else None


@dataclass(frozen=True, slots=True, eq=False)
class Both(Node):
    """`a and b`."""

    left: Node
    right: Node

    def evaluate(self, env: Environment) -> bool | None:
        """Return three-valued `and`; the right side is not computed behind a false."""
        left = self.left.evaluate(env)
        return False if left is False else conjunction(left, self.right.evaluate(env))


@dataclass(frozen=True, slots=True, eq=False)
class Either(Node):
    """`a or b`."""

    left: Node
    right: Node

    def evaluate(self, env: Environment) -> bool | None:
        """Return three-valued `or`; the right side is not computed behind a true."""
        left = self.left.evaluate(env)
        if left is True:
            return True
        right = self.right.evaluate(env)
        if right is True:
            return True
        return False if left is False and right is False else None


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Node):
    """`if a then b else c`."""

    condition: Node
    then: Node
    otherwise: Node

    def evaluate(self, env: Environment) -> Any:
        """Return `then` when the condition is true, `else` when it is false or null."""
        chosen = self.then if self.condition.evaluate(env) is True else self.otherwise
        return chosen.evaluate(env)


@dataclass(frozen=True, slots=True, eq=False)
class ListOf(Node):
    """`[a, b, c]`."""

    elements: tuple[Node, ...]

    def evaluate(self, env: Environment) -> list[Any]:
        """Return a new list."""
        made: list[Any] = env.run.made([element.evaluate(env) for element in self.elements])
        return made


@dataclass(frozen=True, slots=True, eq=False)
class ContextOf(Node):
    """`{a: 1, b: a + 1}`; later entries see earlier ones."""

    entries: tuple[tuple[str, Node], ...]

    def evaluate(self, env: Environment) -> dict[str, Any]:
        """Return a new context."""
        result: dict[str, Any] = {}
        inner = env.inner(result)
        for name, node in self.entries:
            result[name] = node.evaluate(inner)
        env.run.made(result)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class RangeOf(Node):
    """`[a..b]`, `(< a)`; ends of different or unordered types give null."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool

    def evaluate(self, env: Environment) -> Range | None:
        """Return the range."""
        start = self.start.evaluate(env) if self.start else None
        end = self.end.evaluate(env) if self.end else None
        if start is not None and end is not None and not_after(start, end) is None:
            return None
        if start is None and end is None:
            return None
        return Range(start, end, self.start_included, self.end_included)


@dataclass(frozen=True, slots=True, eq=False)
class InstanceOf(Node):
    """`x instance of number`."""

    value: Node
    type: "TypeName"

    def evaluate(self, env: Environment) -> bool:
        """Return whether the value is of the type; null is of none but Null."""
        return self.type.covers(self.value.evaluate(env))


@dataclass(frozen=True, slots=True, eq=False)
class TypeName:
    """A type: its name and, for lists and ranges, the type of what is in it."""

    name: str
    element: "TypeName | None" = None

    def covers(self, value: Any) -> bool:
        """Tell whether the value is of this type."""
        of = kind(value)
        if self.name == "Any":
            return value is not None
        if of != self.name or self.element is None:
            return of == self.name
        if isinstance(value, Range):
            value = [end for end in (value.start, value.end) if end is not None]
        return all(self.element.covers(one) for one in value)


@dataclass(frozen=True, slots=True, eq=False)
class FunctionOf(Node):
    """`function(a, b) a + b`; it sees the names around it."""

    parameters: tuple[str, ...]
    body: Node

    def evaluate(self, env: Environment) -> FunctionValue:
        """Return the function."""

        def call(*arguments: Any) -> Any:
            env.run.spend(1)
            return self.body.evaluate(env.inner(dict(zip(self.parameters, arguments, strict=True))))

        return FunctionValue(self.parameters, call)
