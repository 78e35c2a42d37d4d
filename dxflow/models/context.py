"""What a model may refer to outside its own file."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """Names known to the caller; None means unknown, then the references are not looked up."""

    forms: frozenset[str] | None = None
    """Form keys."""
    decisions: frozenset[str] | None = None
    """Decision ids."""
    processes: frozenset[str] | None = None
    """Process ids that a call activity may call, beside those of the same file."""
    commands: frozenset[str] | None = None
    """Names of commands."""
    lanes: Mapping[str, str] | None = None
    """Lane name to the FEEL giving its group or groups."""
    functions: frozenset[str] | None = None
    """Custom FEEL functions offered beside the built-in ones."""
