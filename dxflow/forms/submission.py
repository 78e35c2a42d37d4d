"""From entered values to a `Submission`, or every message of what is wrong, in page order.

Entered values are laid out (read leniently, conditions evaluated), what is hidden or does not
count for the pressed button is cut away, and the rest passes the strict schema.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma

from dxflow.forms.coerce import said_of
from dxflow.forms.definition import Component, FormDefinition, keyed
from dxflow.forms.evaluation import Source
from dxflow.forms.layout import Layout, Placed, lay_out
from dxflow.forms.posted import read_posted, undeclared
from dxflow.forms.schema import schema_for
from dxflow.forms.shapes import (
    Context,
    FieldError,
    FormInvalid,
    Outcome,
    Posted,
    Submission,
    field_id,
)
from dxflow.texts import gettext as _

Messages = dict[str, list[str]]


def submit_posted(
    definition: FormDefinition, posted: Posted, outcome: str | None, context: Context
) -> Submission:
    """Return the checked submission of a posted page.

    Names beginning with `_` are the page's own and ignored; other names the form does not have
    are refused. What was posted for a read-only or computed field is ignored. Raises FormInvalid.
    """
    strange = {
        name: [_("この項目はフォームにありません。ページを開き直してください。")]
        for name in undeclared(definition, posted)
    }
    raw = read_posted(definition, posted)
    return _submit(definition, raw, outcome, context, strange, lenient=True)


def submit_values(
    definition: FormDefinition, values: Mapping[str, Any], outcome: str | None, context: Context
) -> Submission:
    """Return the checked submission of values sent by a program (JSON).

    Keys the form does not have, computed fields, and other values for read-only fields are
    refused with a message each; hidden fields are left out. Raises FormInvalid.
    """
    return _submit(definition, values, outcome, context, {}, lenient=False)


def _submit(
    definition: FormDefinition,
    raw: Mapping[str, Any],
    outcome: str | None,
    context: Context,
    strange: Messages,
    *,
    lenient: bool,
) -> Submission:
    pressed = _pressed(definition, outcome)
    if pressed is None:
        raise _no_such_outcome(lay_out(definition, Source(raw), context).outcomes)
    layout = lay_out(definition, Source(raw), context, pressed)
    if all(one.key != pressed.key for one in layout.outcomes):
        raise _no_such_outcome(layout.outcomes)
    entered = _cut(layout.fields, definition.components, raw, lenient=lenient)
    try:
        cleaned = schema_for(layout.fields, context.today).load(entered)
    except ma.ValidationError as error:
        raise invalid(layout, {**_flat(error.messages), **strange}) from None
    if strange:
        raise invalid(layout, strange)
    values = _assembled(layout.fields, cleaned)
    return Submission(definition.key, definition.digest, pressed.key, values)


def _pressed(definition: FormDefinition, outcome: str | None) -> Outcome | None:
    if not outcome and len(definition.outcomes) == 1:
        return definition.outcomes[0]
    return next((one for one in definition.outcomes if one.key == outcome), None)


def _no_such_outcome(outcomes: tuple[Outcome, ...]) -> FormInvalid:
    keys = ", ".join(one.key for one in outcomes)
    message = _("押されたボタンはこのフォームにありません。使えるもの: {keys}", keys=keys)
    return FormInvalid({"outcome": [message]}, [FieldError("", _("結果"), message)])


def _cut(
    placed: tuple[Placed, ...],
    components: tuple[Component, ...],
    raw: Any,
    *,
    lenient: bool,
) -> Any:
    """Return the entered values without declared keys that are hidden or do not count.

    Unknown keys and values of a wrong shape stay, for the schema to refuse.
    """
    if not isinstance(raw, Mapping):
        return raw
    declared = {component.key: component for component in keyed(components)}
    visible = {one.component.key: one for one in _keyed_places(placed)}
    entered = {key: value for key, value in raw.items() if key not in declared}
    for key, one in visible.items():
        if one.readonly or one.component.kind == "expression":
            if key in raw and not lenient:
                entered[key] = raw[key]
        elif one.component.kind == "group":
            entered[key] = _cut(
                one.children, one.component.components, raw.get(key, {}), lenient=lenient
            )
        elif one.component.kind == "list":
            entered[key] = _cut_rows(one, raw.get(key), lenient=lenient)
        elif key in raw:
            entered[key] = raw[key]
    return entered


def _cut_rows(one: Placed, raw: Any, *, lenient: bool) -> Any:
    if not isinstance(raw, list):
        return raw
    rows = one.rows if lenient else (*one.rows, *([()] * (len(raw) - len(one.rows))))
    return [
        _cut(row, one.component.components, entered, lenient=lenient)
        for row, entered in zip(rows, raw, strict=False)
    ]


def _keyed_places(placed: tuple[Placed, ...]) -> Iterator[Placed]:
    for one in placed:
        if one.component.key:
            yield one
        else:
            yield from _keyed_places(one.children)


def _assembled(placed: tuple[Placed, ...], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of every visible field: checked, kept (read-only) or computed."""
    values: dict[str, Any] = {}
    for one in _keyed_places(placed):
        key, kind = one.component.key, one.component.kind
        given = cleaned.get(key)
        if kind == "group":
            values[key] = _assembled(one.children, given or {})
        elif kind == "list":
            kept = [row for n, row in enumerate(one.rows) if n not in one.spare_rows]
            rows = given or [{}] * len(kept)
            values[key] = [_assembled(row, part) for row, part in zip(kept, rows, strict=True)]
        elif one.readonly or kind == "expression":
            values[key] = one.value
        elif kind == "checkbox":
            values[key] = bool(given)
        else:
            values[key] = given if given is not None else ([] if kind == "checklist" else None)
    return values


def _flat(messages: Any, path: str = "") -> Messages:
    """Return marshmallow's nested messages by path: "kpis[0].name"."""
    found: Messages = {}
    for key, inner in messages.items():
        if key == "_schema":
            place = path
        elif isinstance(key, int):
            place = f"{path}[{key}]"
        else:
            place = f"{path}.{key}" if path else str(key)
        if isinstance(inner, dict):
            found.update(_flat(inner, place))
        else:
            found.setdefault(place, []).extend(str(message) for message in inner)
    return found


def invalid(layout: Layout, messages: Messages) -> FormInvalid:
    """Return the error with the fields named in every message and listed in page order."""
    found: Messages = {}
    errors: list[FieldError] = []
    rest = dict(messages)
    for one in layout.walk():
        for path in [one.path, *(f"{one.path}[{n}]" for n in range(len(one.rows)))]:
            if one.path and path in rest:
                found[path] = [said_of(one.subject, message) for message in rest.pop(path)]
                errors.extend(
                    FieldError(field_id(one.path), one.label, message) for message in found[path]
                )
    for path, left in rest.items():
        found[path] = [said_of(_("「{label}」", label=path), message) for message in left]
        errors.extend(FieldError("", path, message) for message in found[path])
    return FormInvalid(found, errors)
