"""Function invocation: functions of the expression, of the program, and the built-in ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dxflow.errors import DxflowError
from dxflow.feel.environment import Environment
from dxflow.feel.errors import FeelError
from dxflow.feel.library import BUILT_INS
from dxflow.feel.nodes import Node
from dxflow.feel.values import FunctionValue, to_feel
from dxflow.texts import gettext as _


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """What stands between the parentheses: values, and their names in a named invocation."""

    values: tuple[Node, ...]
    names: tuple[str, ...] | None = None

    def evaluate(self, env: Environment) -> list[Any]:
        """Return the values in the order in which they are written."""
        return [env.run.weigh(value.evaluate(env)) for value in self.values]


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`f(a, b)`: a function bound to the name, one of the program, or a built-in one."""

    name: str
    arguments: Arguments

    def evaluate(self, env: Environment) -> Any:
        """Return the result; raises FeelError when nobody knows the function."""
        env.run.spend(1)
        values, names = self.arguments.evaluate(env), self.arguments.names
        bound = env.raw(self.name)
        if isinstance(bound, FunctionValue):
            return _invoke(bound, values, names)
        offered = env.run.functions.get(self.name)
        if offered is not None:
            return env.run.made(to_feel(_ask(self.name, offered, values, names)))
        built_in = BUILT_INS.get(self.name)
        if built_in is None:
            raise FeelError(_("関数「{name}」はありません。", name=self.name))
        if names is None:
            return env.run.made(built_in.call(values, env.run.spend))
        named = dict(zip(names, values, strict=True))
        return env.run.made(built_in.call_named(named, env.run.spend))


@dataclass(frozen=True, slots=True, eq=False)
class Invocation(Node):
    """`e(a, b)`, where the function is itself the value of an expression."""

    function: Node
    arguments: Arguments

    def evaluate(self, env: Environment) -> Any:
        """Return the result; null when the expression gives no function."""
        function = self.function.evaluate(env)
        values = self.arguments.evaluate(env)
        if not isinstance(function, FunctionValue):
            return None
        return _invoke(function, values, self.arguments.names)


def _invoke(function: FunctionValue, values: list[Any], names: tuple[str, ...] | None) -> Any:
    if names is None:
        return function(*values)
    if sorted(names) != sorted(function.parameters):
        return None
    named = dict(zip(names, values, strict=True))
    return function(*(named[parameter] for parameter in function.parameters))


def _ask(
    name: str, function: Callable[..., Any], values: list[Any], names: tuple[str, ...] | None
) -> Any:
    """Call a function of the program; what it refuses is a FeelError with its name."""
    try:
        if names is None:
            return function(*values)
        return function(**dict(zip(names, values, strict=True)))
    except DxflowError:
        raise
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as exc:
        message = _("関数「{name}」を計算できません: {why}", name=name, why=exc)
        raise FeelError(message) from exc
