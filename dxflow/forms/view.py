"""A form ready to be drawn, from stored values or from what was posted."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dxflow.calendars.wareki import GREGORIAN_SINCE, wareki_date, wareki_datetime
from dxflow.clock import TOKYO
from dxflow.errors import Invalid
from dxflow.forms.by_outcome import parted
from dxflow.forms.coerce import canonical
from dxflow.forms.definition import MAX_TEXT, TEXT_KINDS, FormDefinition
from dxflow.forms.evaluation import Source
from dxflow.forms.layout import Layout, Placed, lay_out, plain_path
from dxflow.forms.plain import plain
from dxflow.forms.posted import may_change, read_posted
from dxflow.forms.shapes import (
    Context,
    FieldError,
    FieldView,
    FormView,
    Posted,
    field_id,
)
from dxflow.forms.submission import invalid
from dxflow.texts import gettext as _
from dxflow.texts import translated


def view(
    definition: FormDefinition,
    values: Mapping[str, Any] | None,
    context: Context,
    errors: Invalid | None = None,
    outcome: str | None = None,
) -> FormView:
    """Return the form over stored values: a draft, a prefill or a submitted copy.

    Absent fields take the prefill of the context, then their default. Values of fields the form
    no longer has are ignored. With an outcome, the fields it makes mandatory are marked.
    """
    source = Source(values or {}, trusted=True, fill=True)
    return _drawn(definition, source, context, errors, outcome)


def view_posted(
    definition: FormDefinition,
    posted: Posted,
    context: Context,
    errors: Invalid | None = None,
    outcome: str | None = None,
) -> FormView:
    """Return the page again with everything typed kept exactly, and its errors."""
    source = Source(read_posted(definition, posted), fill=True)
    return _drawn(definition, source, context, errors, outcome)


def _drawn(
    definition: FormDefinition,
    source: Source,
    context: Context,
    errors: Invalid | None,
    outcome: str | None,
) -> FormView:
    layout = lay_out(definition, source, context)
    messages = dict(errors.fields) if errors else {}
    required: frozenset[str] = frozenset()
    for one in definition.outcomes:
        if one.key == outcome:
            required = frozenset(one.require)
    fields = tuple(Drawing(messages, required).all(layout.fields))
    return FormView(
        key=definition.key,
        title=translated(definition.title),
        fields=fields,
        outcomes=layout.outcomes,
        errors=_summary(layout, messages),
        digest=definition.digest,
        parts=parted(fields, layout.outcomes),
    )


def _summary(layout: Layout, messages: Mapping[str, list[str]]) -> tuple[FieldError, ...]:
    return invalid(layout, dict(messages)).errors if messages else ()


class Drawing:
    """Makes the field views of one page."""

    def __init__(self, messages: Mapping[str, list[str]], required: frozenset[str]) -> None:
        self.messages = messages
        self.required = required

    def all(self, placed: tuple[Placed, ...]) -> Iterator[FieldView]:
        """Yield the views of laid-out fields; computed fields without a label are not shown."""
        for one in placed:
            if one.component.kind == "spacer":
                continue
            if one.component.kind == "expression" and not one.label:
                continue
            yield self.field(one)

    def field(self, one: Placed) -> FieldView:
        """Return the view of one field."""
        component, rules = one.component, one.component.rules
        name = one.path or component.id
        whole_list = component.kind == "list"
        drawn = FieldView(
            kind=component.kind,
            key=component.key,
            name=one.path,
            id=field_id(name),
            label=one.label,
            help=translated(component.help),
            required=one.required
            or plain_path(one.path) in self.required
            or (whole_list and rules.min_rows > 0),
            readonly=one.readonly or component.kind == "expression",
            value=as_typed(component.kind, one.raw),
            errors=tuple(self.errors_of(one)),
            options=component.columns if component.kind == "table" else one.options,
            width=component.width,
            unit=translated(component.unit),
            pii=component.pii,
            refers=component.refers,
            children=tuple(self.all(one.children)),
            rows=tuple(tuple(self.all(row)) for row in one.rows),
            text=one.text if component.kind == "text" else "",
        )
        return self._particulars(drawn, one)

    def errors_of(self, one: Placed) -> Iterator[str]:
        """Yield the messages of a field; a list also shows those of its rows as wholes."""
        if one.path:
            for path in (one.path, *(f"{one.path}[{row}]" for row in range(len(one.rows)))):
                yield from self.messages.get(path, ())

    def _particulars(self, drawn: FieldView, one: Placed) -> FieldView:
        component, rules = one.component, one.component.rules
        if component.kind in TEXT_KINDS:
            drawn = replace(drawn, max_length=rules.max_length or MAX_TEXT)
        if component.kind == "number":
            drawn = _with_number(drawn, one)
        if component.kind == "table":
            return replace(drawn, value="", rows=tuple(_cells(row, drawn) for row in one.raw))
        if component.kind == "list":
            return _with_rows(drawn, one)
        if component.kind == "expression":
            return replace(drawn, value=as_typed("", one.value), text=written_out(one))
        return replace(drawn, text=written_out(one)) if drawn.readonly and drawn.key else drawn


def _with_number(drawn: FieldView, one: Placed) -> FieldView:
    digits = one.component.rules.digits
    whole = digits == 0 and one.minimum is not None and one.minimum >= 0
    step = "any" if digits is None else canonical(Decimal(1).scaleb(-digits))
    return replace(
        drawn,
        minimum="" if one.minimum is None else canonical(one.minimum),
        maximum="" if one.maximum is None else canonical(one.maximum),
        step=one.component.step or step,
        inputmode="numeric" if whole else "decimal",
    )


def _with_rows(drawn: FieldView, one: Placed) -> FieldView:
    free = may_change(one)
    return replace(
        drawn,
        value="",
        add_label=translated(one.component.add_label) or _("{label}を追加", label=one.label),
        may_add=free and len(one.rows) < one.component.rules.max_rows,
        may_remove=free and bool(one.rows),
        columns=_columns(drawn, one),
    )


def _columns(drawn: FieldView, one: Placed) -> tuple[FieldView, ...]:
    """Return the first field of each column: a condition may hide one in some rows only."""
    first: dict[str, FieldView] = {}
    for child in (child for row in drawn.rows for child in row):
        first.setdefault(child.key, child)
    order = {component.key: place for place, component in enumerate(one.component.components)}
    return tuple(sorted(first.values(), key=lambda child: order.get(child.key, len(order))))


def _cells(row: Mapping[str, Any], table: FieldView) -> tuple[FieldView, ...]:
    return tuple(
        FieldView(
            kind="text",
            key=column.value,
            name="",
            id="",
            label=translated(column.label),
            readonly=True,
            text=_words(row.get(column.value)),
        )
        for column in table.options
    )


def as_typed(kind: str, raw: Any) -> Any:
    """Return what an input shows: the text exactly as typed, a bool, or a list of texts."""
    if kind == "checkbox":
        return raw is True or (isinstance(raw, str) and raw.lower() in ("true", "on", "1"))
    if kind == "checklist":
        if isinstance(raw, str):
            return [raw] if raw else []
        return [str(entry) for entry in raw] if isinstance(raw, list | tuple) else []
    if isinstance(raw, datetime):
        local = raw.astimezone(TOKYO) if raw.tzinfo else raw
        return local.strftime("%Y-%m-%dT%H:%M")
    if kind == "datetime" and isinstance(raw, str):
        return _local_moment(raw)
    if isinstance(raw, time):
        return raw.isoformat("minutes" if not raw.second else "seconds")
    if isinstance(raw, str | bool | int | float | Decimal | date):
        text = plain(Decimal(repr(raw)) if isinstance(raw, float) else raw)
        return text if isinstance(text, str) else str(raw).lower()
    return ""


def _local_moment(raw: str) -> str:
    """Return a stored moment (with offset) as the browser's input wants it; else as typed."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return raw
    if moment.tzinfo is None:
        return raw
    return moment.astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")


def written_out(one: Placed) -> str:
    """Return a value for people to read: labels of the chosen options, 1,200円, 令和8年4月1日."""
    kind, value = one.component.kind, one.value if one.value is not None else one.raw
    if kind in ("group", "list") or value is None or value in ("", []):
        return ""
    if kind in ("radio", "select", "checklist"):
        labels = {option.value: option.label for option in one.options}
        chosen = value if isinstance(value, list) else [value]
        return _("、").join(labels.get(str(entry), str(entry)) for entry in chosen)
    if not isinstance(value, Decimal):
        return _words(value)
    text = _words(value) if one.component.grouped else canonical(value)
    return text + translated(one.component.unit)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, int | Decimal):
        return f"{Decimal(canonical(Decimal(value))):,f}"
    if isinstance(value, datetime):
        return wareki_datetime(value) if value.tzinfo else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return wareki_date(value) if value >= GREGORIAN_SINCE else value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, list | tuple):
        return _("、").join(_words(entry) for entry in value)
    return str(value)
