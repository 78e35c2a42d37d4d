"""Expressions and unary tests that have been read; immutable, shared between threads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dxflow.feel.environment import Environment
from dxflow.feel.errors import FeelError
from dxflow.feel.iteration import Test, any_holds
from dxflow.feel.library import BUILT_INS
from dxflow.feel.names import Uses
from dxflow.feel.nodes import Node
from dxflow.feel.values import to_feel
from dxflow.texts import gettext as _

_NO_SCOPE: Final[Mapping[str, Any]] = {}
_NO_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {}


class _Readable:
    """What expressions and unary tests have in common."""

    __slots__ = ("called", "canonical", "certain_names", "free_names", "misused", "text")

    def __init__(self, text: str, canonical: str, *parts: object) -> None:
        uses = Uses()
        for part in parts:
            uses.collect(part, frozenset({"?"}))
        self.text = text
        #: the same text for expressions that differ in spaces and comments only
        self.canonical = canonical
        #: every name the expression may look up in its scope
        self.free_names = frozenset(uses.possible)
        #: those that no element of a filtered list can provide instead
        self.certain_names = frozenset(uses.certain)
        #: the names of functions it calls, built-in ones included
        self.called = frozenset(uses.called)
        #: built-in functions that get a number of arguments they never take, and so give null
        self.misused = frozenset(uses.misused)


class Expression(_Readable):
    """A FEEL expression that has been read."""

    __slots__ = ("root",)

    def __init__(self, text: str, canonical: str, root: Node) -> None:
        super().__init__(text, canonical, root)
        self.root = root

    def evaluate(
        self,
        scope: Mapping[str, Any] = _NO_SCOPE,
        functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS,
    ) -> Any:
        """Return the FEEL value; it may share lists and contexts with the scope.

        Raises FeelError when a bound is exceeded or a function is unknown or fails.
        """
        return self.value(Environment(scope, functions))

    def value(self, env: Environment) -> Any:
        """Return the FEEL value in an environment that several expressions share."""
        try:
            return self.root.evaluate(env)
        except RecursionError as exc:
            raise FeelError(_("式の入れ子または関数の呼び出しが深すぎます。")) from exc


class UnaryTests(_Readable):
    """The tests of a decision table's cell; no alternatives means any value passes."""

    __slots__ = ("negated", "tests")

    def __init__(
        self, text: str, canonical: str, tests: tuple[Test, ...], *, negated: bool
    ) -> None:
        super().__init__(text, canonical, *tests)
        self.tests = tests
        self.negated = negated

    def matches(
        self,
        value: Any,
        scope: Mapping[str, Any] = _NO_SCOPE,
        functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS,
    ) -> bool | None:
        """Tell whether a value passes; None when it cannot be told. Raises FeelError."""
        env = Environment(scope, functions)
        return self.holds(env, to_feel(value))

    def holds(self, env: Environment, value: Any) -> bool | None:
        """Tell whether a FEEL value passes, in an environment that several cells share."""
        if not self.tests:
            return True
        try:
            outcome = any_holds(self.tests, env, value)
        except RecursionError as exc:
            raise FeelError(_("式の入れ子または関数の呼び出しが深すぎます。")) from exc
        return (not outcome if outcome is not None else None) if self.negated else outcome


def unknown_names(expression: Expression | UnaryTests, known: set[str]) -> frozenset[str]:
    """Return the variables that the expression needs and nobody provides."""
    return expression.certain_names - known


def unknown_functions(expression: Expression | UnaryTests, known: set[str]) -> frozenset[str]:
    """Return the functions that the expression calls and that are neither built in nor known."""
    return expression.called - BUILT_INS.keys() - known
