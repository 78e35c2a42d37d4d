"""A form as read: its components, rules and buttons, frozen.

The file format is form-js JSON, schema version 19. Words: a *component* is anything on the form, a
*field* is a component with a key, a *list* is form-js's dynamiclist, a *group* may have a path.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from dxflow.forms.formula import Formula
from dxflow.forms.shapes import Option, Outcome

TEXT_KINDS = frozenset({"textfield", "textarea"})
MOMENT_KINDS = frozenset({"date", "time", "datetime"})
ONE_OF_KINDS = frozenset({"radio", "select"})
INPUT_KINDS = TEXT_KINDS | MOMENT_KINDS | ONE_OF_KINDS | {"number", "checkbox", "checklist"}
SILENT_KINDS = frozenset({"text", "separator", "spacer", "table"})
"""Kinds that carry no value of the form."""

MAX_ROWS = 200
MAX_TEXT = 10_000

Bound = Decimal | Formula


@dataclass(frozen=True)
class Rules:
    """What a value must satisfy besides its type; None or "" where nothing is asked."""

    required: bool = False
    minimum: Bound | None = None
    maximum: Bound | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    pattern_message: str = ""
    shape: str = ""  # "email", "phone" or ""
    digits: int | None = None
    not_past: bool = False
    min_rows: int = 0
    max_rows: int = MAX_ROWS


@dataclass(frozen=True)
class Choices:
    """Where the options of a choice come from: exactly one of the three."""

    fixed: tuple[Option, ...] = ()
    key: str = ""
    formula: Formula | None = None


@dataclass(frozen=True)
class Component:
    """One component of a form. `key` is the key or, for groups and lists, the path."""

    kind: str
    id: str
    key: str = ""
    line: int = 0
    label: str = ""
    labels: tuple[tuple[str, str], ...] = ()  # language, label
    help: str = ""
    unit: str = ""
    width: str = ""
    pii: bool = False
    step: str = ""
    grouped: bool = True  # number: written out with thousands commas
    cell: str = ""  # text: words or a number, which programs may send as one; see CELLS
    refers: str = ""  # text: what it names; see REFERRED
    default: str | bool | tuple[str, ...] | None = None
    hide: bool | Formula = False
    readonly: bool | Formula = False
    rules: Rules = field(default_factory=Rules)
    choices: Choices = field(default_factory=Choices)
    components: "tuple[Component, ...]" = ()
    formula: Formula | None = None  # expression: its value; table: its rows; text: its text
    text: str = ""
    columns: tuple[Option, ...] = ()  # table: key and heading
    default_rows: int = 1
    fixed_rows: bool = False
    add_label: str = ""

    @property
    def is_field(self) -> bool:
        """Return whether the component carries a value of its own (not a group or list)."""
        return bool(self.key) and self.kind not in ("group", "list")

    def formulas(self) -> "Iterator[Formula]":
        """Yield the expressions of the component itself, not of those inside it."""
        rules = self.rules
        for part in (
            self.hide, self.readonly, self.formula, self.choices.formula,
            rules.minimum, rules.maximum,
        ):  # fmt: skip
            if isinstance(part, Formula):
                yield part


CELLS = ("", "free", "measure")
"""What a text that is a cell holds: anything, or a cell of a measure's row, which is checked."""


REFERRED = ("", "case")
"""What a text names: nothing that is known, or another case by its number, which is checked."""


@dataclass(frozen=True)
class FieldFact:
    """A field as others need to know it: audit labels, personal flags, CSV headings.

    `path` is dotted without row numbers ("kpis.name"); `kind` is the kind of the field view;
    `options` are the options written in the form itself, `offered` names a list of the pack or of
    the city that it offers, such as `units`. A number has a `unit`, "" for none, and commas if it is
    `grouped`.
    """

    path: str
    label: str
    kind: str
    pii: bool
    options: tuple[Option, ...]
    offered: str = ""
    unit: str = ""
    grouped: bool = True


@dataclass(frozen=True)
class FormDefinition:
    """A checked form. `digest` is the SHA-256 of its meaning, 64 hex digits."""

    key: str
    title: str
    digest: str
    file: str
    components: tuple[Component, ...]
    outcomes: tuple[Outcome, ...]
    hidden_outcomes: tuple[tuple[str, bool | Formula], ...] = ()

    def fields(self) -> tuple[FieldFact, ...]:
        """Return every keyed component flat, in page order, lists and groups included."""
        return tuple(_facts(self.components, "", pii=False))

    def asks_for(self, variable: str) -> bool:
        """Return whether an expression of the form may read a variable of the case."""
        return any(variable in text for text in self._expressions)

    @cached_property
    def names_cases(self) -> bool:
        """Return whether a field of the form names another case."""
        return any(one.refers for one in every_component(self.components))

    @cached_property
    def asked(self) -> frozenset[str]:
        """Return the option lists the form asks for and the names of its fields and lists."""
        every = list(every_component(self.components))
        return frozenset({one.key for one in every} | {one.choices.key for one in every})

    def choosing_from(self, options: str) -> frozenset[str]:
        """Return the keys of the form's own fields, not of its lists, that offer an option list."""
        return frozenset(one.key for one in keyed(self.components) if one.choices.key == options)

    @cached_property
    def _expressions(self) -> tuple[str, ...]:
        found = [rule for _outcome, rule in self.hidden_outcomes if isinstance(rule, Formula)]
        for component in every_component(self.components):
            found.extend(component.formulas())
        return tuple(rule.text for rule in found)


def every_component(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield components in page order, each before what is inside it."""
    for component in components:
        yield component
        yield from every_component(component.components)


def _facts(components: tuple[Component, ...], prefix: str, *, pii: bool) -> Iterator[FieldFact]:
    for component in components:
        path = prefix + component.key
        personal = pii or component.pii
        if component.key:
            choices = component.choices
            yield FieldFact(
                path, component.label, component.kind, personal, choices.fixed, choices.key,
                component.unit, component.grouped,
            )  # fmt: skip
        inner = f"{path}." if component.key else prefix
        yield from _facts(component.components, inner, pii=personal)


def keyed(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield the keyed components of one scope; groups without a path share their parent's."""
    for component in components:
        if component.key:
            yield component
        else:
            yield from keyed(component.components)
