"""The built-in functions; importing this package declares all of them.

Functions without a fixed result (`now`, `today`, `random number`) are not built in: what
evaluates an expression hands in the clock it wants.
"""

from dxflow.feel.library import calendar, contexts, conversion, lists, numbers, ranges, text
from dxflow.feel.library.registry import BUILT_INS, BuiltIn, names_of_several_words

__all__ = [
    "BUILT_INS", "BuiltIn", "calendar", "contexts", "conversion", "lists",
    "names_of_several_words", "numbers", "ranges", "text",
]  # fmt: skip
