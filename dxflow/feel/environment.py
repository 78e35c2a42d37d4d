"""What an expression sees while it runs: names, functions and a budget of steps."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from dxflow.feel.errors import FeelError
from dxflow.feel.values import to_feel
from dxflow.texts import gettext as _

MAX_STEPS: Final = 10_000
MAX_STRING: Final = 1_000_000
ELEMENTS_PER_STEP: Final = 50
CHARACTERS_PER_STEP: Final = 100
CHARACTERS_READ_PER_STEP: Final = 1000

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

    def weigh(self, value: Any) -> Any:
        """Return a value about to be gone through, after counting what is in it.

        Lists that share their elements may be exponentially larger than they look.
        """
        if type(value) is list or type(value) is dict:
            self.spend(_size(value, (self.steps + 1) * ELEMENTS_PER_STEP) // ELEMENTS_PER_STEP)
        elif type(value) is str:
            self.spend(len(value) // CHARACTERS_READ_PER_STEP)
        return value

    def made(self, value: Any) -> Any:
        """Return a value just made, after counting how much it adds."""
        if type(value) is str:
            if len(value) > MAX_STRING:
                raise FeelError(_("文字列が長すぎます（上限 {n} 文字）。", n=MAX_STRING))
            self.spend(len(value) // CHARACTERS_PER_STEP)
            return value
        return self.weigh(value)


def _size(value: Any, limit: int) -> int:
    """Return how many values lie within a value, counting no further than the limit."""
    count, waiting = 0, [value]
    while waiting and count < limit:
        one = waiting.pop()
        count += 1
        if type(one) is list:
            waiting.extend(one)
        elif type(one) is dict:
            waiting.extend(one.values())
    return count


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
