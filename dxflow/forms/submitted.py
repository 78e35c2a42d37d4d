"""A submitted form as it was, and whether anything was entered at all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dxflow.forms.definition import Component, FormDefinition
from dxflow.forms.evaluation import Source, is_blank_entry
from dxflow.forms.layout import Placed, lay_out
from dxflow.forms.plain import from_plain
from dxflow.forms.shapes import Context, FormView, Option
from dxflow.forms.view import Drawing
from dxflow.texts import translated


def readonly_view(
    definition: FormDefinition, values: Mapping[str, Any], context: Context
) -> FormView:
    """Return a submitted form as it was: exactly the fields that were submitted, nothing to enter.

    Each field's `text` is its value written out and `options` are the chosen ones; computed values
    are those that were stored. Values the form does not know are left out of the page, and options
    lists the context no longer has show the stored values themselves.
    """
    components = tuple(_shown(component) for component in definition.components)
    missing: dict[str, tuple[Option, ...]] = dict.fromkeys(_option_lists(components), ())
    lenient = replace(context, options={**missing, **context.options}, prefill={})
    typed = from_plain(definition, values)
    shown = replace(definition, components=components)
    layout = lay_out(shown, Source(typed, trusted=True), lenient)
    fields = tuple(Drawing({}, frozenset()).all(tuple(_submitted(layout.fields, typed))))
    return FormView(definition.key, translated(definition.title), fields, (), (), definition.digest)


def _shown(component: Component) -> Component:
    """Return the component without its condition if it carries values: they were submitted."""
    keyed = bool(component.key) or component.kind == "group"
    return replace(
        component,
        hide=False if keyed else component.hide,
        components=tuple(_shown(inner) for inner in component.components),
    )


def _option_lists(components: tuple[Component, ...]) -> Iterator[str]:
    for component in components:
        if component.choices.key:
            yield component.choices.key
        yield from _option_lists(component.components)


def _submitted(placed: tuple[Placed, ...], values: Any) -> Iterator[Placed]:
    here = values if isinstance(values, Mapping) else {}
    for one in placed:
        key, kind = one.component.key, one.component.kind
        if kind == "group" and not key:
            children = tuple(_submitted(one.children, here))
            if any(child.component.key for child in children):
                yield replace(one, readonly=True, children=children)
        elif not key:
            yield one
        elif key in here:
            yield _kept(one, here[key])


def _kept(one: Placed, value: Any) -> Placed:
    kind = one.component.kind
    if kind == "group":
        return replace(one, readonly=True, children=tuple(_submitted(one.children, value)))
    if kind == "list":
        rows = value if isinstance(value, list) else []
        pairs = zip(one.rows, rows, strict=False)
        return replace(
            one, readonly=True, rows=tuple(tuple(_submitted(row, part)) for row, part in pairs)
        )
    if kind == "expression":
        return replace(one, readonly=True, value=value)
    chosen = value if isinstance(value, list) else [value]
    labels = {option.value: option for option in one.options}
    options = tuple(
        labels.get(entry, Option(entry, entry)) for entry in chosen if isinstance(entry, str)
    )
    with_options = kind in ("radio", "select", "checklist")
    return replace(one, readonly=True, options=options if with_options else ())


def is_blank(definition: FormDefinition, raw: Mapping[str, Any]) -> bool:
    """Return whether a draft holds nothing but blanks and the form's own defaults."""
    return _is_blank(definition.components, raw)


def _is_blank(components: tuple[Component, ...], raw: Any) -> bool:
    values = raw if isinstance(raw, Mapping) else {}
    for component in components:
        value = values.get(component.key) if component.key else values
        if component.kind == "group":
            blank = _is_blank(component.components, value)
        elif component.kind == "list":
            rows = value if isinstance(value, list) else []
            blank = all(_is_blank(component.components, row) for row in rows)
        else:
            blank = not component.is_field or is_blank_entry(component, value)
        if not blank:
            return False
    return True
