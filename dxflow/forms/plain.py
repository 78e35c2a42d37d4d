"""Cleaned values as JSON without floats, and back.

Numbers become text without exponent or needless zeros ("2000.5"), dates ISO text, moments ISO text
with Japan's offset. The text carries no type mark: the form says what a value is, and a stored
number reads exactly like a typed one, so drafts and submitted copies are shown by the same code.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from dxflow.clock import TOKYO
from dxflow.forms.coerce import Unreadable, canonical, read_value
from dxflow.forms.definition import Component, FormDefinition, keyed


def to_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as text, booleans, lists, objects and null only."""
    return {str(key): plain(value) for key, value in values.items()}


def plain(value: Any) -> Any:
    """Return one value as JSON without floats."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | Decimal):
        return canonical(Decimal(value))
    if isinstance(value, datetime):
        return value.astimezone(TOKYO).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return to_plain(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return str(value)


def from_plain(definition: FormDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values typed by the form.

    What the form does not know, or cannot read, stays as it is stored. A computed value becomes a
    number when it is written exactly as `to_plain` writes numbers.
    """
    return _typed(definition.components, values)


def _typed(components: tuple[Component, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    typed = dict(values)
    for component in keyed(components):
        if component.key in typed:
            typed[component.key] = _value(component, typed[component.key])
    return typed


def _value(component: Component, value: Any) -> Any:
    if component.kind == "group":
        return _typed(component.components, value) if isinstance(value, Mapping) else value
    if component.kind == "list":
        rows = value if isinstance(value, list) else []
        return [
            _typed(component.components, row) if isinstance(row, Mapping) else row for row in rows
        ]
    if component.kind == "expression":
        return _computed(value)
    try:
        return read_value(component, value)
    except Unreadable:
        return value


def _computed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    written_by_us = number.is_finite() and abs(number.adjusted()) < 60
    return number if written_by_us and canonical(number) == value else value
