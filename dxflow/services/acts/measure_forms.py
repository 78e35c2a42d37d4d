"""What forms of a case know of its measures: their names, rows to enter values in, their scales."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dxflow.forms import Option
from dxflow.services.acts.measures import Tracked

#: The variable of forms that maps the id of a measure in words to its steps, the lowest first.
SCALES = "scales"


def options(known: Sequence[Tracked]) -> tuple[Option, ...]:
    """Return the measures to choose from, each with its unit."""
    return tuple(Option(one.id, _named(one)) for one in known)


def rows(known: Sequence[Tracked], period: Any) -> list[dict[str, Any]]:
    """Return a row for each measure with what was entered for a period: a number, or a step."""
    found = []
    for one in known:
        value = next((a.value for a in one.actuals if a.period == period), None)
        row: dict[str, Any] = {"measure": one.id}
        row["value"] = format(value, "f") if isinstance(value, Decimal) else None
        if one.measure.scale:
            row["state"] = value
        found.append(row)
    return found


def scales(known: Sequence[Tracked]) -> dict[str, list[str]]:
    """Return the steps of every measure in words."""
    return {one.id: list(one.measure.scale) for one in known if one.measure.scale}


def _named(one: Tracked) -> str:
    if not one.measure.unit:
        return one.measure.name
    return f"{one.measure.name}（{one.measure.unit}）"
