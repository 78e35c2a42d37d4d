"""The kinds of acts a history is made of. A new one is a function with `@act()` in `acts_*`."""

from collections.abc import Callable
from typing import Any

Act = Callable[[Any], None]
#: Each act with its weight: how many rules of the machine try it.
KINDS: dict[str, tuple[Act, int]] = {}


def act(weight: int = 1) -> Callable[[Act], Act]:
    """Register an act of a world."""

    def register(function: Act) -> Act:
        KINDS[function.__name__] = (function, weight)
        return function

    return register
