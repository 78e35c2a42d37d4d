"""A form's fields in parts: what every outcome asks, and what matters for one outcome alone.

Buttons say with `only` which fields count for them. A field that a single button keeps is of no use
to whoever presses another, so that pages fold it under that button's name; what the leading button
asks is what most people came for and stays in sight.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from dxflow.forms.layout import plain_path
from dxflow.forms.shapes import FieldView, FormPart, FormView, Outcome


def parted(fields: Sequence[FieldView], outcomes: Sequence[Outcome]) -> tuple[FormPart, ...]:
    """Return the fields of a page in order, neighbours of the same single outcome together."""
    leading = next((one for one in outcomes if one.tone == "primary"), None)
    parts = []
    for outcome, run in groupby(fields, lambda field: _sole(field, outcomes, leading)):
        together = tuple(run)
        parts.append(FormPart(together, outcome, bool(outcome) and any(map(_touched, together))))
    return tuple(parts)


def led(
    view: FormView, leading: Sequence[str], offered: Collection[str], pressed: str | None = None
) -> FormView:
    """Return a page that leads with some outcomes, the first of them before all, and folds the rest.

    What is not `offered` is left out with its fields. Beside the other outcomes' own fields, those
    are folded that no outcome asks for. `pressed`: the outcome a refused page was sent with.
    """
    by_key = {one.key: one for one in view.outcomes if one.key in offered}
    first = [by_key[key] for key in leading if key in by_key]
    first = [
        replace(one, tone="secondary" if place else "primary") for place, one in enumerate(first)
    ]
    others = [one for key, one in by_key.items() if key not in leading]
    others = [replace(one, tone="secondary") if one.tone == "primary" else one for one in others]
    every = (*first, *others)
    asked = {path for one in every for path in one.require}
    kept = [one for one in view.fields if _matters(one, every)]
    seldom = [one for one in kept if _seldom(one, asked) and _sole(one, every, first[0]) is None]
    parts = parted([one for one in kept if one not in seldom], every)
    aside = (
        *((FormPart(tuple(seldom)),) if seldom else ()),
        *(one for one in parts if one.outcome in others),
    )
    return replace(
        view,
        outcomes=tuple(first),
        parts=tuple(one for one in parts if one not in aside),
        others=tuple(others),
        aside=aside,
        aside_open=any(_touched(field) for one in aside for field in one.fields)
        or any(one.key == pressed for one in others),
    )


def _matters(field: FieldView, outcomes: Collection[Outcome]) -> bool:
    """Return whether a field says something, or one of the outcomes keeps it."""
    if field.readonly or not field.key:
        return True
    return any(_keeps(one, plain_path(field.name)) for one in outcomes)


def _seldom(field: FieldView, asked: Collection[str]) -> bool:
    """Return whether a field may stay empty, whatever is pressed."""
    fixed = field.readonly or field.required or not field.key
    return not fixed and plain_path(field.name) not in asked


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
