"""What an expression sees while it runs: names, functions and a budget of steps."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dxflow.feel.errors import FeelError
from dxflow.feel.values import to_feel
from dxflow.texts import gettext as _

MAX_STEPS: Final = 10_000
MAX_STRING: Final = 1_000_000

Functions = Mapping[str, Callable[..., Any]]
_NONE: Final[Functions] = {}


class Run:
    """What all nested environments of one evaluation share."""

    __slots__ = ("functions", "known", "steps")

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.steps = MAX_STEPS
        self.known: dict[str, Any] = {}

    def spend(self, steps: int) -> None:
        """Count iterations, calls and elements made; raise FeelError when there are too many."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelError(_("式の計算が長すぎます（上限 {n} ステップ）。", n=MAX_STEPS))

    def bounded(self, value: Any) -> Any:
        """Return a value just made, after counting how much it adds."""
        if isinstance(value, list):
            self.spend(len(value))
        elif isinstance(value, str) and len(value) > MAX_STRING:
            raise FeelError(_("文字列が長すぎます（上限 {n} 文字）。", n=MAX_STRING))
        return value


class Environment:
    """The names visible at one place; `parent` is looked at when a name is not here.

    The outermost environment holds values from outside, which become FEEL values when (and only
    if) they are read.
    """

    __slots__ = ("parent", "run", "values")

    def __init__(
        self,
        values: Mapping[str, Any],
        functions: Functions = _NONE,
        *,
        parent: "Environment | None" = None,
    ) -> None:
        self.values = values
        self.parent = parent
        self.run: Run = parent.run if parent else Run(functions)

    def inner(self, values: Mapping[str, Any]) -> "Environment":
        """Return an environment within this one for names bound by the expression itself."""
        return Environment(values, parent=self)

    def lookup(self, name: str) -> Any:
        """Return the FEEL value of a name; null when nobody knows the name."""
        here = self
        while here.parent is not None:
            if name in here.values:
                return here.values[name]
            here = here.parent
        known = self.run.known
        if name in known:
            return known[name]
        try:
            value = here.values[name]
        except KeyError:
            return None
        value = known[name] = to_feel(value)
        return value

    def raw(self, name: str) -> Any:
        """Return a name's value unconverted, for a path that needs only a part of it."""
        here = self
        while here.parent is not None:
            if name in here.values:
                return here.values[name]
            here = here.parent
        return here.values.get(name)
