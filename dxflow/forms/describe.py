"""A form described for programs: what may be sent to complete the task."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dxflow.forms.definition import MAX_TEXT, SILENT_KINDS, TEXT_KINDS, Component, FormDefinition
from dxflow.forms.evaluation import Source, label_of
from dxflow.forms.formula import Formula
from dxflow.forms.layout import Placed, lay_out
from dxflow.forms.options import offered
from dxflow.forms.shapes import Context, Outcome
from dxflow.texts import translated


def describe(definition: FormDefinition, context: Context) -> list[dict[str, Any]]:
    """Return the fields in page order, JSON-plain: a group's in `fields`, a list's in `columns`.

    `hidden` says whether a field is hidden over the prefilled values; `hidden_if` and
    `readonly_if` give the FEEL conditions, which are decided by the values sent.
    """
    layout = lay_out(definition, Source({}, trusted=True, fill=True), context)
    places = {one.path: one for one in layout.walk() if one.path}
    return list(_described(definition.components, "", places, context))


def outcomes(
    definition: FormDefinition, values: Mapping[str, Any], context: Context
) -> tuple[Outcome, ...]:
    """Return the outcomes that are not hidden over the values a form begins with."""
    return lay_out(definition, Source(values, trusted=True, fill=True), context).outcomes


def _described(
    components: tuple[Component, ...],
    prefix: str,
    places: Mapping[str, Placed],
    context: Context,
) -> Iterator[dict[str, Any]]:
    for component in components:
        path = prefix + component.key
        if component.kind == "group" and not component.key:
            yield from _described(component.components, prefix, places, context)
        elif component.kind not in SILENT_KINDS:
            yield _one(component, path, places, context)


def _one(
    component: Component, path: str, places: Mapping[str, Placed], context: Context
) -> dict[str, Any]:
    placed = places.get(path)
    computed = component.kind == "expression"
    found: dict[str, Any] = {
        "key": component.key,
        "path": path,
        "type": component.kind,
        "label": label_of(component),
        "required": component.rules.required,
        "readonly": computed or (placed.readonly if placed else component.readonly is True),
        "hidden": placed is None and "[" not in path,
    }
    for name, rule in (("hidden_if", component.hide), ("readonly_if", component.readonly)):
        if isinstance(rule, Formula):
            found[name] = rule.text
    for name, value in _details(component, placed, context):
        if value not in (None, "", ()):
            found[name] = value
    if component.kind in ("group", "list"):
        inner = f"{path}." if component.kind == "group" else f"{path}[]."
        name = "fields" if component.kind == "group" else "columns"
        found[name] = list(_described(component.components, inner, places, context))
    return found


def _details(
    component: Component, placed: Placed | None, context: Context
) -> Iterator[tuple[str, Any]]:
    rules = component.rules
    yield "help", translated(component.help)
    yield "unit", translated(component.unit)
    if component.pii:
        yield "personal", True
    if isinstance(component.default, tuple):
        yield "default", list(component.default)
    else:
        yield "default", component.default
    if component.kind in TEXT_KINDS:
        yield "min_length", rules.min_length
        yield "max_length", rules.max_length or MAX_TEXT
        yield "format", rules.shape
        yield "pattern", rules.pattern
        yield "takes_numbers", bool(component.cell) or None
        yield "refers_to", component.refers
    if component.kind == "number":
        yield "min", _number(placed.minimum if placed else rules.minimum)
        yield "max", _number(placed.maximum if placed else rules.maximum)
        yield "decimal_digits", rules.digits
    if component.kind in ("radio", "select", "checklist"):
        options = placed.options if placed else offered(component, context.variables, context)
        yield "options", [{"value": option.value, "label": option.label} for option in options]
    if component.kind == "list":
        yield "min_rows", rules.min_rows
        yield "max_rows", rules.max_rows
        yield "fixed_rows", component.fixed_rows


def _number(bound: object) -> int | float | None:
    """Return a bound as a JSON number: describing only, never stored."""
    if not isinstance(bound, Decimal):
        return None
    return int(bound) if bound == bound.to_integral_value() else float(bound)
