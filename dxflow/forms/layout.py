"""A form laid out over values: which fields are there, what is in them, what may be entered.

Conditions depend on values and values on conditions (a hidden field counts as empty, a read-only
field keeps its prefilled value), so the form is evaluated until both agree. What comes out is the
one picture that pages, checks and descriptions are made from.
"""

import re
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dxflow.forms.definition import Bound, Component, FormDefinition
from dxflow.forms.evaluation import Node, Scope, Sheet, Source, Verdicts, label_of
from dxflow.forms.formula import Formula, in_words_of_reader
from dxflow.forms.options import offered, table_rows
from dxflow.forms.shapes import Context, Option, Outcome
from dxflow.texts import gettext as _
from dxflow.texts import translated

_MOST_ROUNDS = 8
_ROW = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Placed:
    """A visible component at its place, e.g. path "kpis[0].name".

    `raw` is what was entered (for a table its rows), `value` its typed guess (None when
    unreadable). `subject` names the field in messages. `spare_rows` are the indexes of list rows
    in which nothing was entered. `trouble` says why a cell cannot be read.
    """

    component: Component
    path: str
    label: str
    subject: str
    raw: Any
    value: Any
    readonly: bool
    required: bool
    options: tuple[Option, ...]
    minimum: Decimal | None
    maximum: Decimal | None
    text: str
    children: "tuple[Placed, ...]"
    rows: "tuple[tuple[Placed, ...], ...]"
    spare_rows: frozenset[int]
    too_many: bool
    trouble: str = ""


@dataclass(frozen=True)
class Layout:
    """The visible form; `values` are the typed values in scope, computed fields included."""

    fields: tuple[Placed, ...]
    values: dict[str, Any]
    outcomes: tuple[Outcome, ...]

    def walk(self) -> Iterator[Placed]:
        """Yield every placed component in page order, rows and groups entered."""
        return walk(self.fields)


def walk(fields: tuple[Placed, ...]) -> Iterator[Placed]:
    """Yield placed components in page order, each before what is inside it."""
    for placed in fields:
        yield placed
        yield from walk(placed.children)
        for row in placed.rows:
            yield from walk(row)


def lay_out(
    definition: FormDefinition, source: Source, context: Context, outcome: Outcome | None = None
) -> Layout:
    """Return the form over its values; with an outcome, only what counts for it.

    Raises Refused when an options list that the form names does not exist.
    """
    assumed: Verdicts = frozenset(), frozenset()
    for _round in range(_MOST_ROUNDS):
        sheet = Sheet(context, source, *assumed)
        nodes, values = sheet.fill_in(definition.components)
        found = sheet.verdicts(nodes)
        if found == assumed:
            break
        assumed = found
    scope: Scope = ChainMap(values, dict(context.variables))
    hidden = {key for key, hide in definition.hidden_outcomes if _holds(hide, scope, context)}
    return Layout(
        fields=tuple(_finished(nodes, context, outcome)),
        values=values,
        outcomes=tuple(
            replace(one, label=translated(one.label))
            for one in definition.outcomes
            if one.key not in hidden
        ),
    )


def plain_path(path: str) -> str:
    """Return a path without row numbers: "kpis[0].name" gives "kpis.name"."""
    return _ROW.sub("", path)


def _finished(nodes: list[Node], context: Context, outcome: Outcome | None) -> Iterator[Placed]:
    for node in nodes:
        if node.hidden or not _counts(node, outcome):
            continue
        component, path = node.component, plain_path(node.path)
        label = label_of(component)
        yield Placed(
            component=component,
            path=node.path if component.key else "",
            label=label,
            subject=node.lead + _("「{label}」", label=label),
            raw=table_rows(component, node.scope, context)
            if component.kind == "table"
            else node.raw,
            value=node.value,
            readonly=node.readonly,
            required=component.rules.required or bool(outcome and path in outcome.require),
            options=offered(component, node.scope, context),
            minimum=_number(component.rules.minimum, node.scope, context),
            maximum=_number(component.rules.maximum, node.scope, context),
            text=_text(component, node.scope, context),
            children=tuple(_finished(node.children, context, outcome)),
            rows=tuple(tuple(_finished(row, context, outcome)) for row in node.rows),
            spare_rows=frozenset(node.spare),
            too_many=node.too_many,
            trouble=_trouble(node, context),
        )


def _trouble(node: Node, context: Context) -> str:
    check = context.cells.get(node.component.cell)
    return check(node.component.key, node.own) if check and node.value is not None else ""


def _counts(node: Node, outcome: Outcome | None) -> bool:
    if outcome is None or outcome.only is None or not node.component.key:
        return True
    path = plain_path(node.path)
    return any(
        path == kept or path.startswith(f"{kept}.") or kept.startswith(f"{path}.")
        for kept in outcome.only
    )


def _holds(rule: bool | Formula, scope: Scope, context: Context) -> bool:
    found = rule.value(scope, context.functions) if isinstance(rule, Formula) else rule
    return found is True


def _number(bound: Bound | None, scope: Scope, context: Context) -> Decimal | None:
    found = bound.value(scope, context.functions) if isinstance(bound, Formula) else bound
    return found if isinstance(found, Decimal) else None


def _text(component: Component, scope: Scope, context: Context) -> str:
    if component.kind != "text" or component.formula is None:
        return translated(component.text)
    found = in_words_of_reader(component.formula).value(scope, context.functions)
    return found if isinstance(found, str) else ""
