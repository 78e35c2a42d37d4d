"""Asking the authority table that holds on a day, inside the act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dxflow.authority.tables import Ruling, in_force, raised, replaced_on, ruling_of
from dxflow.decisions import DecisionError, Outcome
from dxflow.errors import Invalid
from dxflow.services.acts.act import Act
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Asked:
    """What the table said: the ruling, and how the table came to it."""

    ruling: Ruling
    outcome: Outcome


def ask(act: Act, matter: Mapping[str, Any], day: date) -> Asked | None:
    """Return what the table of a day says of a matter; None when none holds on that day.

    Raises Invalid when the table cannot answer.
    """
    settings = act.pack.settings.authority
    table = in_force(settings.tables, day)
    if table is None:
        return None
    functions = act.pack.functions(act.now, act.calendar())
    try:
        outcome = act.pack.decisions[table.decision].evaluate(table.decision, matter, functions)
        found = ruling_of(outcome.value, table, replaced_on(settings.tables, table))
    except (DecisionError, ValueError) as why:
        raise Invalid(_("決裁区分が定まりません: {why}", why=str(why))) from why
    goes_up = settings.raises(matter, functions)
    return Asked(raised(found, settings.head, goes_up=goes_up), outcome)
