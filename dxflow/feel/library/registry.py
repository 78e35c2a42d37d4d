"""How built-in functions are declared, found and called (DMN 1.3 §10.3.4).

A declaration names each parameter with its type, `"start position:number"`; `?` behind the type
marks what may be left out, `*` a last parameter that takes any number of arguments. Functions
are written for arguments of the declared types: others give null before the function is entered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from dxflow.feel.values import kind

_DURATIONS = frozenset({"days and time duration", "years and months duration"})
_GROUPS: Final[dict[str, frozenset[str]]] = {
    "duration": _DURATIONS,
    "days": frozenset({"date", "date and time"}),
    "point": frozenset({"number", "string", "date", "time", "date and time", *_DURATIONS}),
}
Spend = Callable[[int], None]
_FAILURES = (OverflowError, ValueError, ArithmeticError)


def free(steps: int) -> None:
    """Count nothing: for a single call outside any expression."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, the type it takes, whether it may be absent."""

    name: str
    type: str
    optional: bool

    def accept(self, value: Any) -> tuple[bool, Any]:
        """Return whether the value fits, and the value after the singleton-list conversions."""
        if self.type == "any" or (value is None and self.optional):
            return True, value
        if value is None:
            return False, None
        kinds = _GROUPS.get(self.type, (self.type,))
        if kind(value) in kinds:
            return True, value
        if self.type == "list":
            return True, [value]
        if isinstance(value, list) and len(value) == 1 and kind(value[0]) in kinds:
            return True, value[0]
        return False, None


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    parameters: tuple[Parameter, ...]
    variadic: bool
    spends: bool
    function: Callable[..., Any]

    def takes(self, count: int) -> bool:
        """Tell whether so many positional arguments can be given."""
        required = sum(1 for parameter in self.parameters if not parameter.optional)
        return count >= required and (self.variadic or count <= len(self.parameters))

    def accept(self, arguments: Sequence[Any]) -> list[Any] | None:
        """Return the arguments as the function wants them; None when some type is wrong."""
        if not self.takes(len(arguments)):
            return None
        accepted = []
        last = len(self.parameters) - 1
        for place, argument in enumerate(arguments):
            fits, value = self.parameters[min(place, last)].accept(argument)
            if not fits:
                return None
            accepted.append(value)
        return accepted

    def positional(self, named: Mapping[str, Any]) -> list[Any] | None:
        """Return named arguments in their order; None when a name is unknown or missing."""
        names = [parameter.name for parameter in self.parameters]
        if self.variadic or not set(named) <= set(names):
            return None
        while names and names[-1] not in named and self.parameters[len(names) - 1].optional:
            names.pop()
        if any(not p.optional and p.name not in named for p in self.parameters):
            return None
        return [named.get(name) for name in names]


class BuiltIn:
    """A built-in function with all the ways to call it."""

    __slots__ = ("name", "signatures")

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []

    def call(self, arguments: Sequence[Any], spend: Spend = free) -> Any:
        """Return the result for positional arguments; null when they fit no signature.

        `spend` counts the steps of functions that may take long; it raises to stop them.
        """
        for signature in self.signatures:
            accepted = signature.accept(arguments)
            if accepted is not None:
                return _attempt(signature, accepted, spend)
        return None

    def call_named(self, named: Mapping[str, Any], spend: Spend = free) -> Any:
        """Return the result for named arguments; null when they fit no signature."""
        for signature in self.signatures:
            arguments = signature.positional(named)
            accepted = None if arguments is None else signature.accept(arguments)
            if accepted is not None:
                return _attempt(signature, accepted, spend)
        return None

    def takes(self, count: int) -> bool:
        """Tell whether some signature takes so many positional arguments."""
        return any(signature.takes(count) for signature in self.signatures)


def _attempt(signature: Signature, arguments: list[Any], spend: Spend) -> Any:
    """Call; what has no result (a date past the calendar, a root of -1) is null."""
    try:
        if signature.spends:
            return signature.function(spend, *arguments)
        return signature.function(*arguments)
    except _FAILURES:
        return None


BUILT_INS: Final[dict[str, BuiltIn]] = {}


F = TypeVar("F", bound=Callable[..., Any])


def builtin(name: str, *parameters: str, spends: bool = False) -> Callable[[F], F]:
    """Declare a function; several declarations of one name are tried in their order.

    A function that `spends` gets, before its arguments, a function to count its steps with.
    """
    declared = []
    for parameter in parameters:
        label, _mark, of = parameter.partition(":")
        declared.append(Parameter(label, of.rstrip("?*"), of.endswith("?")))
    variadic = bool(parameters) and parameters[-1].endswith("*")

    def declare(function: F) -> F:
        entry = BUILT_INS.setdefault(name, BuiltIn(name))
        entry.signatures.append(Signature(tuple(declared), variadic, spends, function))
        return function

    return declare


def names_of_several_words() -> frozenset[str]:
    """Return the names of functions and parameters that contain spaces."""
    names = set(BUILT_INS)
    for entry in BUILT_INS.values():
        for signature in entry.signatures:
            names.update(parameter.name for parameter in signature.parameters)
    return frozenset(name for name in names if " " in name)
