"""The form of a task whose outcomes are not all alike: the page leads with one, the rest is folded."""

from dxflow import forms
from dxflow.authority.segregation import Action
from dxflow.committee.resolution import Bound, choice_of, offered
from dxflow.services.reading.case_rounds import RoundView


def led(
    view: forms.FormView, meaning: str, round_: RoundView | None, pressed: str | None = None
) -> forms.FormView:
    """Return the form as the page of a task arranges it by what the task means.

    A decision leads with its first way of agreeing. A conclusion leads with what the votes say and
    offers nothing they do not allow.
    """
    if meaning == Action.DECIDE:
        first = [one.key for one in view.outcomes if one.tone == "primary"][:1]
        every = {one.key for one in view.outcomes}
        return forms.led(view, first, every, pressed) if first else view
    if meaning == Action.CONCLUDE and round_ is not None and round_.bound is not None:
        return bounded(view, round_.bound, pressed)
    return view


def bounded(view: forms.FormView, by: Bound, pressed: str | None) -> forms.FormView:
    """Return a conclusion's form by its count; as it is where the pack has outcomes that are no verdicts."""
    meant = {one.key: choice_of(one.key) for one in view.outcomes}
    first = [key for choice in by.first for key, found in meant.items() if found is choice]
    if not first or None in meant.values():
        return view
    return forms.led(view, first, offered(meant, by), pressed)
