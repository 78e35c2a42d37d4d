"""Commands that are read in when they are run: a server's start does not wait for all of them."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


class Later:
    """Stands for a module of commands that has not been imported yet.

    An attribute of it is a function that imports the module when it is called, and then calls the
    function of that name there. `named` holds the names that were asked for.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.named: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the function that stands for the one of that name in the module."""
        if name.startswith("__"):
            raise AttributeError(name)
        self.named.add(name)

        def run(*given: Any, **options: Any) -> Any:
            with uncollected():
                function = getattr(import_module(self.module), name)
            return function(*given, **options)

        run.__name__ = name  # argparse names the type of a wrong value by it
        return run


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector of garbage away while much is made that stays.

    It would go through all of it again and again, and find nothing.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
