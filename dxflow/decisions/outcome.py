"""What a decision came to, and why; and a decision table as a page shows it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Cell:
    """One cell of a rule that fired: its column, what is written, the value found or given."""

    label: str
    text: str
    value: str


@dataclass(frozen=True)
class FiredRule:
    """A rule that fired; `index` is its number in the table, from 1."""

    decision: str
    rule: str
    index: int
    annotation: str
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]


@dataclass(frozen=True)
class Outcome:
    """The value of a decision (a FEEL value) with the rules that led to it.

    `fired` lists the rules of required decisions first; `inputs` holds the variables the
    decision asked for, as they were given, null for those that were not.
    """

    decision: str
    name: str
    value: Any
    fired: tuple[FiredRule, ...]
    inputs: dict[str, Any]


@dataclass(frozen=True)
class RuleView:
    """A row of a decision table, cells as written."""

    id: str
    index: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str


@dataclass(frozen=True)
class TableView:
    """A decision table for reading: labels of its columns and its rows."""

    hit_policy: str
    aggregation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rules: tuple[RuleView, ...]


@dataclass
class Trace:
    """Collects what happens while a decision is made."""

    decision: str = ""
    fired: list[FiredRule] = field(default_factory=list)
