"""新しい提案: the start form of a process, its drafts, and handing it in."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask import Response as FileResponse
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response

from dxflow import forms
from dxflow.attachments.serving import headers
from dxflow.engine import StepFailed
from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, Unavailable
from dxflow.services.acts import cases, drafts, processes, task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.attachments import draft_files, limiting
from dxflow.services.people.access import brings_files, signed_in
from dxflow.services.reading import attached, my_cases, shared_drafts
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
    offered = processes.listed(site, actor)
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
@brings_files
@signed_in
def act(process: str, draft_id: str) -> Response:
    """Hand the proposal in, keep it as a draft, attach a file, or add and remove rows.

    A file that comes with any of these is attached to the draft first: what is refused after that
    has lost nothing.
    """
    site, actor, page = current.site(), current.actor(), posting.read()
    form = task_forms.start_form(site, actor, process, files_of=draft_id)
    try:
        if _brings_files():
            if moved := _files(form, page, process, draft_id):
                return moved
            form = task_forms.start_form(site, actor, process, files_of=draft_id)
        if page.saves or page.changes_rows:
            return _keep(form, page, process, draft_id)
        return _hand_in(form, page, process, draft_id)
    except _FileRefused as refused:
        return _again(form, page, process, draft_id, refused.status, None, file_error=refused.said)
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
    form = task_forms.start_form(site, actor, process, files_of=draft_id)
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


@blueprint.get("/draft-files/<ident:file_id>")
@signed_in
def file(file_id: str) -> FileResponse:
    """Hand a file of a draft out, to be kept."""
    found = attached.hand_out_of_draft(current.site(), current.actor(), file_id)
    return FileResponse(found.pieces, headers=headers(found.name, found.size, found.media))


class _FileRefused(Exception):
    """A file that is not taken: what is said of it, and the status of the answer."""

    def __init__(self, said: str, status: int) -> None:
        self.said = said
        self.status = status
        super().__init__(said)


def _brings_files() -> bool:
    """Return whether the page is about files: one was chosen, asked for, or is to go."""
    upload = request.files.get("_file")
    chosen = upload is not None and bool(upload.filename)
    return chosen or "_attach" in request.form or bool(request.form.get("_remove"))


def _files(form: TaskForm, page: PostedPage, process: str, draft_id: str) -> Response | None:
    """Attach what came with the page, or take a file away; return where that leads, if anywhere."""
    site, actor, upload = current.site(), current.actor(), request.files.get("_file")
    gone, asked = request.form.get("_remove", ""), "_attach" in request.form
    try:
        raw = forms.read_posted(form.definition, page.typed)
        drafts.save_start(site, actor, process, draft_id, raw)
        if gone and posting.is_key(gone):
            draft_files.remove(site, actor, gone)
        elif upload is not None and upload.filename:
            draft_files.attach(site, actor, process, draft_id, upload.filename, upload.stream)
        elif asked:
            raise _FileRefused(_("ファイルを選んでください。"), 422)
    except drafts.HandedIn:
        raise
    except Invalid as refused:
        said = refused.fields.get("file", [refused.message])[0]
        raise _FileRefused(said, STATUS_OF_KIND[refused.kind]) from None
    except (Conflict, Unavailable) as refused:
        raise _FileRefused(refused.message, STATUS_OF_KIND[refused.kind]) from None
    finally:
        if upload is not None:
            upload.close()
    if not (gone or asked):
        return None
    return redirect(url_for("proposal.show", process=process, draft_id=draft_id) + "#files", 303)


def _keep(form: TaskForm, page: PostedPage, process: str, draft_id: str) -> Response:
    typed = page.typed
    if page.changes_rows:
        typed = forms.rows_changed(form.definition, typed, form.context) or typed
    raw = forms.read_posted(form.definition, typed)
    kept = shared_drafts.files_of(current.site(), current.actor(), draft_id)
    if page.saves and forms.is_blank(form.definition, raw) and not kept:
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
    file_error: str = "",
) -> Response:
    view = forms.view_posted(form.definition, page.typed, form.context, errors, page.outcome)
    kept = form
    if status != 503:  # the page of a database that is away asks it nothing more
        kept = task_forms.start_form(current.site(), current.actor(), process, draft=draft_id)
    answer = make_response(
        _page(kept, view, process, draft_id, text=text, file_error=file_error), status
    )
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
    file_error: str = "",
) -> str:
    site = current.site()
    return render_template(
        "proposal/form.html",
        form=form,
        view=view,
        process=process,
        draft_id=draft_id,
        copied=copied,
        text=text,
        wide=posting.has_lists(view.fields),
        files=shared_drafts.files_of(site, current.actor(), draft_id),
        limits=limiting.of_pack(site.settings, form.pack.settings),
        file_error=file_error,
        asks_for_files=task_forms.FILES in form.definition.asked,
        readers=shared_drafts.readers_words(form.pack.settings.reading.drafts),
    )
