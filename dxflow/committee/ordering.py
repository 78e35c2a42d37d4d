"""The order of an agenda: a matter goes up or down by one place."""

from collections.abc import Sequence

from dxflow.committee.sitting import State
from dxflow.errors import Conflict
from dxflow.texts import gettext as _


def moved(order: Sequence[str], one: str, *, up: bool) -> list[str]:
    """Return the order with a matter one place up or down; at the end of its way it stays.

    Raises Conflict for a matter that is not in the order.
    """
    found = list(order)
    if one not in found:
        raise Conflict(_("この議題は外されています。"))
    here = found.index(one)
    there = here - 1 if up else here + 1
    if 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    return found


def reorder(state: State) -> None:
    """Let an agenda be put in another order. Raises Conflict once the meeting is over."""
    if state not in (State.PLANNED, State.OPEN):
        raise Conflict(_("この会議は終わっているため、議題の順を変えられません。"))
