"""What is entered in a task of a sample case: the plan's step, else what is usual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from dxflow import forms
from dxflow.db.case import Milestone
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.sample.script import Plan, Step, Usual, dated

ALL, DUE, NEXT = "$all", "$due", "$next"
#: Stands for the values of the period measured next, where a form asks for them among others.
ACTUALS = "$actuals"
_OPEN = ("planned", "doing")


@dataclass(frozen=True)
class Planned:
    """A milestone of the case that is not done yet."""

    id: str
    name: str
    due: date | None


def milestones(tx: Connection, case_id: str) -> list[Planned]:
    """Return the milestones of a case that are not done, in the plan's order."""
    rows = tx.execute(
        select(Milestone.id, Milestone.name, Milestone.due_on)
        .where(Milestone.case_id == case_id, Milestone.status.in_(_OPEN))
        .order_by(Milestone.position)
    )
    return [Planned(row.id, row.name, row.due_on) for row in rows]


def step_for(
    plan: Plan, usual: Usual, task: str, visit: int, ahead: Sequence[Planned], today: date
) -> Step:
    """Return what is done: as planned, else the usual, which waits for the last milestone."""
    planned = plan.steps.get((task, visit))
    if planned is not None:
        return planned
    waits = any(one.due is not None and one.due > today for one in ahead)
    return usual.until_due if usual.until_due is not None and waits else usual.step


def values_for(
    plan: Plan,
    step: Step,
    form: TaskForm,
    begun: date,
    ahead: Sequence[Planned],
    actuals: Sequence[Any] | None,
) -> dict[str, Any]:
    """Return the values of a form: what the case enters in it, and what the step says.

    `actuals` are the values of a period in the order of the case's measures.
    """
    own: dict[str, Any] = {**plan.forms.get(form.definition.key, {}), **step.values}
    own = dated(own, begun)
    if actuals is not None:
        rows = form.values.get("actuals", [])
        own["actuals"] = [
            {"measure": row["measure"], "state" if isinstance(value, str) else "value": value}
            for row, value in zip(rows, actuals, strict=True)
        ]
    if "reports" in own:
        own["reports"] = list(_reports(own["reports"], ahead, form.context.today))
    if "revisions" in own:
        measures = form.context.options["measures"]
        own["revisions"] = [
            {**row, "measure": measures[row["measure"] - 1].value} for row in own["revisions"]
        ]
    return _counted(form.definition, step.outcome, own)


def _reports(
    rows: Iterable[Mapping[str, Any]], ahead: Sequence[Planned], today: date
) -> Iterable[dict[str, Any]]:
    due = [one for one in ahead if one.due is None or one.due <= today]
    later = [one for one in ahead if one not in due]
    meant = {ALL: ahead, DUE: due, NEXT: later[:1]}
    for row in rows:
        name = row["milestone"]
        for one in meant.get(name, [one for one in ahead if one.name == name]):
            yield {**row, "milestone": one.id}


def _counted(
    definition: forms.FormDefinition, outcome: str, values: dict[str, Any]
) -> dict[str, Any]:
    """Leave out what does not count for the pressed button."""
    button = next(one for one in definition.outcomes if one.key == outcome)
    if button.only is None:
        return values
    return {key: value for key, value in values.items() if key in button.only}
