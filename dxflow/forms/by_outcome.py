"""A form's fields in parts: what every outcome asks, and what matters for one outcome alone.

Buttons say with `only` which fields count for them. A field that a single button keeps is of no use
to whoever presses another, so that pages fold it under that button's name; what the leading button
asks is what most people came for and stays in sight.
"""

from collections.abc import Sequence
from itertools import groupby

from dxflow.forms.layout import plain_path
from dxflow.forms.shapes import FieldView, FormPart, Outcome


def parted(fields: Sequence[FieldView], outcomes: Sequence[Outcome]) -> tuple[FormPart, ...]:
    """Return the fields of a page in order, neighbours of the same single outcome together."""
    leading = next((one for one in outcomes if one.tone == "primary"), None)
    parts = []
    for outcome, run in groupby(fields, lambda field: _sole(field, outcomes, leading)):
        together = tuple(run)
        parts.append(FormPart(together, outcome, bool(outcome) and any(map(_touched, together))))
    return tuple(parts)


def _sole(field: FieldView, outcomes: Sequence[Outcome], leading: Outcome | None) -> Outcome | None:
    """Return the outcome that alone keeps a field, None for the leading one and for several."""
    if field.readonly or not field.key:
        return None
    keeping = [one for one in outcomes if _keeps(one, plain_path(field.name))]
    return keeping[0] if len(keeping) == 1 < len(outcomes) and keeping[0] != leading else None


def _keeps(outcome: Outcome, path: str) -> bool:
    return outcome.only is None or any(
        kept == path or kept.startswith(f"{path}.") for kept in outcome.only
    )


def _touched(field: FieldView) -> bool:
    """Return whether something was entered in a field or is wrong with it."""
    return bool(field.errors or field.rows or field.value) or any(map(_touched, field.children))
