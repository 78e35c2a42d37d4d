"""新しい提案: the start form of a process, its drafts, and handing it in."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response

from dxflow import forms
from dxflow.engine import StepFailed
from dxflow.errors import Conflict, Invalid, Unavailable
from dxflow.services.acts import cases, drafts, processes, task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.people.access import signed_in
from dxflow.services.reading import my_cases, shared_drafts
from dxflow.texts import gettext as _
from dxflow.web import current, frame, onward, posting
from dxflow.web.errors import RETRY_AFTER
from dxflow.web.posting import PostedPage

blueprint = Blueprint("proposal", __name__)


@blueprint.get("/proposals/new")
@signed_in
def new() -> str | Response:
    """Show an empty start form, or a copy of an earlier case's; nothing is written yet."""
    site, actor = current.site(), current.actor()
    offered = processes.listed(site)
    process = request.args.get("process") or (offered[0].key if len(offered) == 1 else "")
    if not process:
        return render_template("proposal/choice.html", offered=offered)
    copy = request.args.get("copy", "")
    if copy and not posting.is_key(copy):
        raise NoPage
    form = task_forms.start_form(site, actor, process, copy_of=copy)
    view = forms.view(form.definition, form.values, form.context)
    return _page(form, view, process, drafts.fresh_id(site), copied=bool(copy))


@blueprint.get("/proposals/<process>/<ident:draft_id>")
@signed_in
def show(process: str, draft_id: str) -> str:
    """Show a draft."""
    site, actor = current.site(), current.actor()
    drafts.require_open(site, actor, draft_id)
    form = task_forms.start_form(site, actor, process, draft=draft_id)
    view = forms.view(form.definition, form.values, form.context)
    return _page(form, view, process, draft_id)


@blueprint.get("/drafts/<ident:draft_id>")
@signed_in
def read(draft_id: str) -> str:
    """Show a draft that somebody else keeps, where the pack lets it be read."""
    found = shared_drafts.read(current.site(), current.actor(), draft_id)
    return render_template("proposal/read.html", found=found)


@blueprint.post("/proposals/<process>/<ident:draft_id>")
@signed_in
def act(process: str, draft_id: str) -> Response:
    """Hand the proposal in, keep it as a draft, or add and remove rows."""
    site, actor, page = current.site(), current.actor(), posting.read()
    form = task_forms.start_form(site, actor, process)
    try:
        if page.saves or page.changes_rows:
            return _keep(form, page, process, draft_id)
        return _hand_in(form, page, process, draft_id)
    except forms.FormInvalid as errors:
        return _again(form, page, process, draft_id, 422, errors)
    except Invalid as refusal:
        return _again(form, page, process, draft_id, 422, refusal, refusal.message)
    except Unavailable as away:
        return _again(form, page, process, draft_id, 503, None, away.message)


@blueprint.post("/drafts/start/<process>/<ident:draft_id>")
@signed_in
def autosave(process: str, draft_id: str) -> tuple[str, int]:
    """Keep what is being typed."""
    site, actor, page = current.site(), current.actor(), posting.read()
    form = task_forms.start_form(site, actor, process)
    raw = forms.read_posted(form.definition, page.typed)
    drafts.save_start(site, actor, process, draft_id, raw)
    return "", 204


@blueprint.post("/drafts/<ident:draft_id>/discard")
@signed_in
def discard(draft_id: str) -> Response:
    """Throw a draft away."""
    drafts.discard(current.site(), current.actor(), draft_id)
    flash(_("下書きを消しました。"), "success")
    return redirect(url_for("mine.index"), 303)


def _keep(form: TaskForm, page: PostedPage, process: str, draft_id: str) -> Response:
    typed = page.typed
    if page.changes_rows:
        typed = forms.rows_changed(form.definition, typed, form.context) or typed
    raw = forms.read_posted(form.definition, typed)
    if page.saves and forms.is_blank(form.definition, raw):
        flash(_("まだ何も書かれていないため、下書きは保存していません。"), "info")
        return redirect(url_for("proposal.new", process=process), 303)
    drafts.save_start(current.site(), current.actor(), process, draft_id, raw)
    if page.saves:
        flash(_("下書きを保存しました。「私が出したもの」から続きを書けます。"), "success")
    return redirect(url_for("proposal.show", process=process, draft_id=draft_id), 303)


def _hand_in(form: TaskForm, page: PostedPage, process: str, draft_id: str) -> Response:
    site, actor = current.site(), current.actor()
    submission = forms.submit_posted(form.definition, page.typed, page.outcome, form.context)
    try:
        started = cases.start(
            site, actor, process, submission, draft_id=draft_id, idempotency_key=draft_id
        )
    except StepFailed:
        raw = forms.read_posted(form.definition, page.typed)
        drafts.save_start(site, actor, process, draft_id, raw)
        raise
    except Conflict:
        drafts.require_open(site, actor, draft_id)
        raise
    said = _("提案 {number} を出しました。", number=started.number)
    turns = my_cases.next_turns(site, actor, started.id)
    onward.say_next(said, started.number, "running", turns)
    return redirect(frame.case_url(started.id), 303)


def _again(
    form: TaskForm,
    page: PostedPage,
    process: str,
    draft_id: str,
    status: int,
    errors: Invalid | None,
    text: str = "",
) -> Response:
    view = forms.view_posted(form.definition, page.typed, form.context, errors, page.outcome)
    answer = make_response(_page(form, view, process, draft_id, text=text), status)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _page(
    form: TaskForm,
    view: forms.FormView,
    process: str,
    draft_id: str,
    *,
    copied: bool = False,
    text: str = "",
) -> str:
    return render_template(
        "proposal/form.html",
        form=form,
        view=view,
        process=process,
        draft_id=draft_id,
        copied=copied,
        text=text,
        wide=posting.has_lists(view.fields),
        readers=shared_drafts.readers_words(form.pack.settings.reading.drafts),
    )
