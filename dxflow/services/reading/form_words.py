"""What was answered in a form, as the audit log keeps it, in the words of the form."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.wareki import wareki_date
from dxflow.forms import FieldFact, FormDefinition
from dxflow.services.packs import store as packs
from dxflow.services.people.naming import Names
from dxflow.texts import gettext as _
from dxflow.texts import translated

_ROW = re.compile(r"\[(\d+)\]")
#: How audit.describe joins the values of a list.
COMMA = "、"


def each(text: str, word: Callable[[str], str]) -> str:
    """Return a joined list with the word for each of its values."""
    return _(COMMA).join(map(word, text.split(COMMA))) if text else ""


def asked(form: FormDefinition | None, field: str) -> FieldFact | None:
    """Return what the form asks under the name of a change; None for what the program recorded."""
    path = _ROW.sub("", field)
    return next((one for one in form.fields() if one.path == path), None) if form else None


def row_label(form: FormDefinition | None, field: str, label: str) -> str:
    """Return the label of a change, with its list and row where it stands in one."""
    place = _ROW.search(field)
    whole = asked(form, field[: place.start()]) if place else None
    if place is None or whole is None:
        return label
    return _(
        "{list} {n}行目・{field}",
        list=translated(whole.label), n=int(place[1]) + 1, field=translated(label),
    )  # fmt: skip


def answered(
    fact: FieldFact, pack: packs.Pack, rows: Mapping[str, str], names: Names
) -> Callable[[str], str] | None:
    """Return the words for answers of a field, as the form showed them; None for plain text.

    `rows` names measures and milestones by their ids.
    """
    if fact.kind == "date":
        return day_said
    if fact.kind in ("number", "expression"):
        return lambda text: number_said(text, fact.unit, grouped=fact.grouped)
    if fact.offered in ("measures", "milestones"):
        return lambda text: rows.get(text, text)
    if fact.offered == "units":
        return lambda text: each(text, names.unit)
    if fact.offered == "fiscal_years":
        return lambda text: fiscal_label(int(text)) if text.isdecimal() else text
    listed = pack.settings.options.get(fact.offered, ())
    labels = {one.value: translated(one.label) for one in (*listed, *fact.options)}
    return (lambda text: each(text, lambda one: labels.get(one, one))) if labels else None


def day_said(text: str) -> str:
    """Return a day in words; a damaged one as it stands."""
    try:
        return wareki_date(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text


def number_said(text: str, unit: str = "", *, grouped: bool = True) -> str:
    """Return a number as the form writes it out; what is none, such as a computed text, as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    return (f"{value:,f}" if grouped else text) + translated(unit)
