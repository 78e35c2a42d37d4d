"""The outcomes of a form that can be pressed now: what its page offers, for programs."""

from sqlalchemy import select

from dxflow import forms
from dxflow.authority.segregation import Action
from dxflow.committee import resolution
from dxflow.db.case import Deliberation
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.reading import case_rounds
from dxflow.services.site import Site


def of_form(site: Site, form: TaskForm) -> tuple[forms.Outcome, ...]:
    """Return what the form does not hide over its values; of a conclusion what the count allows.

    Nothing while the case is suspended.
    """
    if form.suspension is not None:
        return ()
    shown = forms.outcomes(form.definition, form.values, form.context)
    task = form.task
    if task is None or form.pack.act_of(task.process_key, task.element) != Action.CONCLUDE:
        return shown
    with site.database.read() as tx:
        round_ = tx.execute(
            select(Deliberation.__table__).where(
                Deliberation.case_id == task.case_id, Deliberation.resolution.is_(None)
            )
        ).first()
    body = form.pack.settings.bodies.get(round_.body) if round_ is not None else None
    by = case_rounds.bound_of(round_, body.rules.vote) if round_ is not None and body else None
    if by is None:
        return shown
    kept = resolution.offered([one.key for one in shown], by)
    return tuple(one for one in shown if one.key in kept)
