"""The page of a task: what the case is about, the form, and what comes of handing it in."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow import forms
from dxflow.engine import StepFailed
from dxflow.errors import DxflowError, Invalid, Unavailable
from dxflow.services.acts import drafts, task_forms, tasks
from dxflow.services.acts.history import DRAFT
from dxflow.services.acts.suspension import Suspended
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Completed, Sent
from dxflow.services.attachments import limiting
from dxflow.services.people.access import signed_in
from dxflow.services.reading import briefing, decision_papers, inbox, my_cases
from dxflow.services.reading.submitted import is_return
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web import current, leading, onward, posting
from dxflow.web.errors import RETRY_AFTER
from dxflow.web.posting import PostedPage

blueprint = Blueprint("task", __name__)

#: Tasks with one of these put a stamp on a decision document.
_STAMPING = frozenset({"command:document.stamp", "command:decision.record"})


@dataclass(frozen=True)
class Trouble:
    """Why the page comes back instead of going on."""

    status: int
    kind: str
    text: str = ""
    errors: Invalid | None = None


@dataclass(frozen=True)
class TypedHold:
    """A hold that was refused: what was typed, and what is wrong with it by field."""

    until: str
    reason: str
    refused: Invalid

    def wrong(self, name: str) -> str:
        """Return what is wrong with `until` or `reason`, '' when nothing is."""
        return next(iter(self.refused.fields.get(name, ())), "")


@blueprint.get("/tasks/<ident:task_id>")
@signed_in
def show(task_id: str) -> str:
    """Show the form of an open task and what one needs to know for it."""
    form = task_forms.task_form(current.site(), current.actor(), task_id)
    view = forms.view(form.definition, form.values, form.context)
    return _page(form, view, posting.fresh_key())


@blueprint.post("/tasks/<ident:task_id>")
@signed_in
def act(task_id: str) -> Response:
    """Hand the form in, keep it as a draft, or add and remove rows."""
    page = posting.read()
    try:
        if page.saves or page.changes_rows:
            return _keep(_form_of(task_id), page, task_id)
        return _hand_in(page, task_id)
    except forms.FormInvalid as errors:
        trouble = Trouble(422, "error", errors=errors)
    except Invalid as refusal:
        trouble = Trouble(422, "error", refusal.message, refusal)
    except Suspended as stopped:
        raw = forms.read_posted(_form_of(task_id).definition, page.typed)
        drafts.save_task(current.site(), current.actor(), task_id, raw)
        trouble = Trouble(409, "warning", stopped.message)
    except Unavailable as away:
        return _later(page, task_id, away)
    return _again(_form_of(task_id), page, trouble)


def _form_of(task_id: str) -> TaskForm:
    form = task_forms.task_form(current.site(), current.actor(), task_id)
    g.case_id = form.task.case_id if form.task else None
    return form


@blueprint.post("/drafts/task/<ident:task_id>")
@signed_in
def autosave(task_id: str) -> tuple[str, int]:
    """Keep what is being typed."""
    site, actor, page = current.site(), current.actor(), posting.read()
    form = task_forms.task_form(site, actor, task_id)
    drafts.save_task(site, actor, task_id, forms.read_posted(form.definition, page.typed))
    return "", 204


@blueprint.post("/tasks/<ident:task_id>/claim")
@signed_in
def claim(task_id: str) -> Response:
    """Take a task that is offered to one's group."""
    tasks.claim(current.site(), current.actor(), task_id)
    flash(_("引き受けました。ほかの人には「対応中」と見えます。"), "success")
    return redirect(onward.back(), 303)


@blueprint.post("/tasks/<ident:task_id>/release")
@signed_in
def release(task_id: str) -> Response:
    """Give a task back to its group."""
    tasks.release(current.site(), current.actor(), task_id)
    flash(_("引受けをやめました。作業はグループに戻りました。"), "success")
    return redirect(onward.back(), 303)


def _keep(form: TaskForm, page: PostedPage, task_id: str) -> Response:
    typed = page.typed
    if page.changes_rows:
        typed = forms.rows_changed(form.definition, typed, form.context) or typed
    raw = forms.read_posted(form.definition, typed)
    drafts.save_task(current.site(), current.actor(), task_id, raw)
    if page.saves:
        flash(_("下書きを保存しました。ログアウトしても残ります。"), "success")
    return redirect(url_for("task.show", task_id=task_id), 303)


def _hand_in(page: PostedPage, task_id: str) -> Response:
    site, actor = current.site(), current.actor()
    seen: list[tuple[TaskForm, forms.Submission]] = []

    def fill(form: TaskForm) -> forms.Submission:
        g.case_id = form.case["id"] if form.case else None
        filled = forms.submit_posted(form.definition, page.typed, page.outcome, form.context)
        seen.append((form, filled))
        return filled

    try:
        sent = Sent(idempotency_key=page.key or None)
        done = task_forms.hand_in(site, actor, task_id, fill, sent)
    except StepFailed:
        form, _filled = seen[-1]
        drafts.save_task(site, actor, task_id, forms.read_posted(form.definition, page.typed))
        raise
    if done.who is not None:  # not the answer of an earlier request
        _say(*seen[-1], done)
    # what somebody sent back is for others to write, also where it lies with their own section
    leads_to = () if is_return(page.outcome) else done.next_tasks
    return redirect(onward.after(done.case_id, leads_to), 303)


def _say(form: TaskForm, filled: forms.Submission, done: Completed) -> None:
    name, outcomes = form.task.name if form.task else "", form.definition.outcomes
    label = next((one.label for one in outcomes if one.key == filled.outcome), filled.outcome)
    said = _(
        "「{task}」を「{outcome}」で済ませました。",
        task=form.pack.said(name),
        outcome=translated(label),
    )
    turns = my_cases.turns_after(current.site(), current.actor(), done)
    leads_on = not is_return(filled.outcome)
    onward.say_next(said, done.number, done.status, turns, leads_on=leads_on)


def _again(form: TaskForm, page: PostedPage, trouble: Trouble) -> Response:
    view = forms.view_posted(
        form.definition, page.typed, form.context, trouble.errors, page.outcome
    )
    answer = make_response(_page(form, view, page.key or posting.fresh_key(), trouble))
    answer.status_code = trouble.status
    if trouble.status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _later(page: PostedPage, task_id: str, away: Unavailable) -> Response:
    """Return the page with everything typed, to be sent again. Raises `away` where there is none.

    The task may be done: by this very request, whose first answer was lost on its way.
    """
    try:
        form = _form_of(task_id)
    except DxflowError:
        raise away from None
    return _again(form, page, Trouble(503, "error", away.message))


def page_with_hold(task_id: str, typed: TypedHold) -> str:
    """Return the task's page again with a hold that was refused."""
    form = task_forms.task_form(current.site(), current.actor(), task_id)
    view = forms.view(form.definition, form.values, form.context)
    return _page(form, view, posting.fresh_key(), typed_hold=typed)


def _page(
    form: TaskForm,
    view: forms.FormView,
    key: str,
    trouble: Trouble | None = None,
    typed_hold: TypedHold | None = None,
) -> str:
    site, actor, task = current.site(), current.actor(), _task_of(form)
    meaning = form.pack.act_of(task.process_key, task.element)
    brief = briefing.of_case(site, actor, task.case_id)
    return render_template(
        "task.html",
        task=task,
        task_name=form.pack.said(task.name),
        urgency=inbox.urgency(form.pack, form.calendar, task.due_at, site.now()),
        mine=task.assignee_id == actor.person_id,
        form=form,
        view=leading.led(view, meaning, brief.round, request.form.get("_outcome")),
        key=key,
        trouble=trouble,
        wide=posting.has_lists(view.fields),
        meaning=meaning,
        drafting=meaning == DRAFT,
        brief=brief,
        hold=decision_papers.hold_of(site, actor, task.id),
        typed_hold=typed_hold,
        paper=_paper(form, task),
        limits=limiting.of_pack(site.settings, form.pack.settings),
    )


def _paper(form: TaskForm, task: Any) -> decision_papers.DocumentView | None:
    """Return the decision document that a task stamps or decides, None for every other task."""
    element = form.pack.element(task.process_key, task.element)
    if element is None or _STAMPING.isdisjoint(element.properties):
        return None
    found = decision_papers.page(current.site(), current.actor(), task.case_id)
    return next(iter(found.documents), None)


def _task_of(form: TaskForm) -> Any:
    if form.task is None:
        message = "a task's page needs a task"
        raise TypeError(message)
    return form.task
