"""Fields that name another case by its number: which numbers a submission names, and where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.forms.definition import Component, FormDefinition, keyed
from dxflow.forms.evaluation import label_of
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Reference:
    """A case as it is named: `path` is the field's, such as "related[0].number"."""

    path: str
    label: str
    number: str


def references(definition: FormDefinition, values: Mapping[str, Any]) -> list[Reference]:
    """Return the cases that checked values name, in page order."""
    if not definition.names_cases:
        return []
    return list(_named(definition.components, values, "", ""))


def _named(
    components: tuple[Component, ...], values: Mapping[str, Any], path: str, lead: str
) -> Iterator[Reference]:
    for component in keyed(components):
        here, value = path + component.key, values.get(component.key)
        if component.kind == "group" and isinstance(value, Mapping):
            yield from _named(component.components, value, f"{here}.", lead)
        elif component.kind == "list" and isinstance(value, list):
            for number, row in enumerate(value):
                where = _(
                    "「{label}」の{number}行目の", label=label_of(component), number=number + 1
                )
                yield from _named(component.components, row, f"{here}[{number}].", lead + where)
        elif component.refers and value:
            label = lead + _("「{label}」", label=label_of(component))
            yield Reference(here, label, str(value))
