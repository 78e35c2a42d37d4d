"""The options a choice offers, and the rows a table shows, at one place of a form."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dxflow.forms.coerce import canonical
from dxflow.forms.definition import Component
from dxflow.forms.shapes import Context, Option
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _
from dxflow.texts import translated


def offered(component: Component, scope: Mapping[str, Any], context: Context) -> tuple[Option, ...]:
    """Return the options of a choice, each value once.

    Raises Refused when the form names an options list that the program does not give.
    """
    return tuple(
        Option(one.value, translated(one.label)) for one in _offered(component, scope, context)
    )


def _offered(component: Component, scope: Mapping[str, Any], context: Context) -> Sequence[Option]:
    choices = component.choices
    if choices.key:
        if choices.key not in context.options:
            raise Refused([_unknown_list(component)])
        return context.options[choices.key]
    if choices.formula is None:
        return choices.fixed
    found: dict[str, Option] = {}
    value = choices.formula.value(scope, context.functions)
    for entry in value if isinstance(value, list) else []:
        option = _option(entry)
        if option is not None:
            found.setdefault(option.value, option)
    return tuple(found.values())


def _option(entry: object) -> Option | None:
    if isinstance(entry, Mapping):
        value, label = _word(entry.get("value")), _word(entry.get("label"))
        return Option(value, label or value) if value else None
    word = _word(entry)
    return Option(word, word) if word else None


def _word(entry: object) -> str:
    if isinstance(entry, Decimal):
        return canonical(entry)
    return entry if isinstance(entry, str) else ""


def _unknown_list(component: Component) -> Problem:
    return Problem(
        "form.options",
        _("選択肢の一覧「{key}」はありません。", key=component.choices.key),
        line=component.line,
        element=component.key,
        hint=_("valuesKeyを、この手続きで使える一覧の名前に直してください。"),
    )


def table_rows(
    component: Component, scope: Mapping[str, Any], context: Context
) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a table from its FEEL source; anything that is no row is left out."""
    if component.formula is None:
        return ()
    value = component.formula.value(scope, context.functions)
    rows = value if isinstance(value, list) else []
    return tuple(row for row in rows if isinstance(row, Mapping))
