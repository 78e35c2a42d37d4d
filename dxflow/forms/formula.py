"""FEEL expressions inside form files, read once and evaluated leniently.

A form is evaluated while it is still half filled in, so an expression that fails on what is there
(an empty date given to a calendar function) is simply unknown: null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dxflow.errors import DxflowError
from dxflow.feel import Expression, FeelSyntaxError, parse
from dxflow.texts import PackText, translated


@dataclass(frozen=True)
class Formula:
    """A FEEL expression without its leading `=`; equal when the text is equal."""

    text: str
    parsed: Expression = field(compare=False, repr=False)

    def value(self, scope: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
        """Return the value in a scope; null where it cannot be computed from what is there."""
        try:
            return self.parsed.evaluate(scope, functions)
        except (DxflowError, ValueError, TypeError, ArithmeticError):
            return None


def formula(text: str) -> Formula:
    """Read a FEEL expression; a leading `=` is dropped. Raises FeelSyntaxError."""
    bare = text.strip().removeprefix("=").strip()
    return Formula(bare, parse(bare))


def is_name(text: str) -> bool:
    """Return whether FEEL reads the text as the name of a value: "if" and "every" are words."""
    try:
        return parse(text).free_names == {text}
    except FeelSyntaxError:
        return False


def in_words_of_reader(rule: Formula) -> Formula:
    """Return a formula as the pack's file of texts writes it in the reader's language.

    The rule itself where the file does not have it.
    """
    written = f"={rule.text}"
    if isinstance(rule.text, PackText):
        written = PackText(written, rule.text.words)
    own = translated(written)
    return rule if own == written else _read(str(own))


#: The same formula is read once.
_read = lru_cache(maxsize=1024)(formula)
