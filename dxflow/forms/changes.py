"""What changed between two sets of values, field by field, for the audit log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.forms.coerce import Unreadable, read_value
from dxflow.forms.definition import Component, FormDefinition, keyed
from dxflow.forms.evaluation import label_of
from dxflow.forms.plain import plain


@dataclass(frozen=True)
class Change:
    """One field's value before and after, JSON-plain; None where there is none.

    `path` has row numbers ("kpis[0].target"). `pii`: personal; a field the form does not know
    counts as personal, because nobody can say that it is not.
    """

    path: str
    label: str
    before: Any
    after: Any
    pii: bool


def diff(
    definition: FormDefinition, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Change]:
    """Return the changed fields in page order, lists row by row, unknown fields last.

    Values may be stored, typed or as entered: "２，０００" and 2000 are no change, nor are an empty
    text and nothing.
    """
    return list(_changes(definition.components, before, after, "", pii=False))


def without_personal(definition: FormDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values without the personal ones and those that the form does not know."""
    return _impersonal(definition.components, values, pii=False)


def personal_labels(definition: FormDefinition) -> frozenset[str]:
    """Return the labels of the personal fields, in the language in force."""
    return frozenset(_labels(definition.components, pii=False))


def _labels(components: tuple[Component, ...], *, pii: bool) -> Iterator[str]:
    for component in components:
        personal = pii or component.pii
        if component.key and personal:
            yield label_of(component)
        yield from _labels(component.components, pii=personal)


def _impersonal(
    components: tuple[Component, ...], values: Mapping[str, Any], *, pii: bool
) -> dict[str, Any]:
    personal, left = dict(_personal(components, pii=pii)), {}
    for component in keyed(components):
        key = component.key
        if key not in values or personal[key]:
            continue
        value, inner = values[key], component.components
        if component.kind == "group":
            value = _impersonal(inner, _mapping(value), pii=False)
        elif component.kind == "list":
            value = [_impersonal(inner, _mapping(row), pii=False) for row in _list(value)]
        left[key] = value
    return left


def _changes(
    components: tuple[Component, ...], before: Any, after: Any, prefix: str, *, pii: bool
) -> Iterator[Change]:
    old, new = _mapping(before), _mapping(after)
    known = dict(_personal(components, pii=pii))
    for component in keyed(components):
        key = component.key
        path, was, now = prefix + key, old.get(key), new.get(key)
        personal = known[key]
        if component.kind == "group":
            yield from _changes(component.components, was, now, f"{path}.", pii=personal)
        elif component.kind == "list":
            yield from _rows(component, _list(was), _list(now), path, pii=personal)
        else:
            left, right = _comparable(component, was), _comparable(component, now)
            if left != right:
                yield Change(path, component.label, left, right, personal)
    for key in dict.fromkeys((*old, *new)):
        left, right = _bare(plain(old.get(key))), _bare(plain(new.get(key)))
        if key not in known and left != right:
            yield Change(f"{prefix}{key}", str(key), left, right, pii=True)


def _rows(
    component: Component, before: list[Any], after: list[Any], path: str, *, pii: bool
) -> Iterator[Change]:
    for number in range(max(len(before), len(after))):
        was = before[number] if number < len(before) else {}
        now = after[number] if number < len(after) else {}
        yield from _changes(component.components, was, now, f"{path}[{number}].", pii=pii)


def _personal(components: tuple[Component, ...], *, pii: bool) -> Iterator[tuple[str, bool]]:
    """Yield the keys of one scope and whether each is personal, by itself or by its group."""
    for component in components:
        personal = pii or component.pii
        if component.key:
            yield component.key, personal
        else:
            yield from _personal(component.components, pii=personal)


def _comparable(component: Component, value: Any) -> Any:
    if component.kind != "expression":
        try:
            value = read_value(component, value)
        except Unreadable:
            return plain(value)
    return _bare(plain(value))


def _bare(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
