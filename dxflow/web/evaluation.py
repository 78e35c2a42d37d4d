"""評価: a member's scores by criterion, what the evaluators say together, one's own note.

Also the ballots that the secretariat enters for a member, from paper or by a proxy.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow import forms
from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, NotAllowed
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.meetings import ballots, evaluating, evaluation_page, notes
from dxflow.services.people.access import needs_role, signed_in
from dxflow.services.reading import briefing
from dxflow.texts import gettext as _
from dxflow.web import current, posting
from dxflow.web.case import case_page
from dxflow.web.posting import PostedPage

blueprint = Blueprint("evaluation", __name__)

Answer = tuple[str, int] | Response
#: What the fields of the scores begin with.
SCORE = "score."


@blueprint.get("/cases/<ident:case_id>/evaluation")
@signed_in
def show(case_id: str) -> str:
    """Show the scores side by side, as far as they may be seen, and one's own form."""
    return _page(case_id)


@blueprint.post("/cases/<ident:case_id>/evaluation")
@signed_in
def evaluate(case_id: str) -> Answer:
    """Give the scores of one's seat."""
    given, scores = request.form, _scores()
    try:
        changed = evaluating.evaluate(
            current.site(), current.actor(), case_id, given.get("seat", ""), scores,
            given.get("remark", ""),
        )  # fmt: skip
    except (Invalid, Conflict, NotAllowed) as refused:
        return _page(case_id, refused), STATUS_OF_KIND[refused.kind]
    flash(_("評価を出しました。") if changed else _("変わったところはありません。"), "success")
    return redirect(url_for("evaluation.show", case_id=case_id), 303)


@blueprint.post("/cases/<ident:case_id>/evaluation/entered")
@needs_role("secretariat")
def enter(case_id: str) -> Answer:
    """Enter the scores that a member gave on paper."""
    given = request.form
    try:
        changed = evaluating.enter(
            current.site(), current.actor(), case_id, given.get("seat", ""), _scores(),
            given.get("remark", ""), given.get("source", ""),
        )  # fmt: skip
    except (Invalid, Conflict, NotAllowed) as refused:
        return _page(case_id, refused), STATUS_OF_KIND[refused.kind]
    said = _("紙の評価を入れました。本人にお知らせが届きます。")
    flash(said if changed else _("変わったところはありません。"), "success")
    return redirect(url_for("evaluation.show", case_id=case_id), 303)


@blueprint.post("/cases/<ident:case_id>/note")
@signed_in
def note(case_id: str) -> Answer:
    """Write one's own note."""
    try:
        notes.write(current.site(), current.actor(), case_id, request.form.get("note", ""))
    except (Invalid, Conflict) as refused:
        return _page(case_id, refused), STATUS_OF_KIND[refused.kind]
    flash(_("自分用のメモを保存しました。ほかの人には見えません。"), "success")
    return redirect(url_for("evaluation.show", case_id=case_id, _anchor="note"), 303)


@blueprint.get("/tasks/<ident:task_id>/entered-ballot")
@needs_role("secretariat")
def show_ballot(task_id: str) -> str:
    """Show the form of a member's vote, to be filled in from paper or for a proxy."""
    ready = ballots.ready(current.site(), current.actor(), task_id)
    view = forms.view(ready.form.definition, {}, ready.form.context)
    return _ballot(ready, view, posting.fresh_key())


@blueprint.post("/tasks/<ident:task_id>/entered-ballot")
@needs_role("secretariat")
def enter_ballot(task_id: str) -> Answer:
    """Cast a member's ballot from paper or by a proxy."""
    page, way, source = (
        posting.read(),
        request.form.get("_way", ""),
        request.form.get("_source", ""),
    )

    def fill(form: TaskForm) -> forms.Submission:
        return forms.submit_posted(form.definition, page.typed, page.outcome, form.context)

    sent = Sent(idempotency_key=page.key or None)
    site, actor = current.site(), current.actor()
    try:
        done = ballots.enter(site, actor, task_id, way, source, fill, sent)
    except Invalid as refused:
        return _ballot_again(task_id, page, refused), 422
    flash(_("票を入れました。本人にお知らせが届きます。"), "success")
    return redirect(url_for("case.show", case_id=done.case_id, _anchor="committee"), 303)


def _scores() -> dict[str, str]:
    return {
        key.removeprefix(SCORE): value
        for key, value in request.form.items()
        if key.startswith(SCORE)
    }


def _page(case_id: str, refused: Invalid | Conflict | NotAllowed | None = None) -> str:
    found = evaluation_page.of_case(current.site(), current.actor(), case_id)
    return case_page(
        "evaluation",
        found.head,
        found=found,
        refused=refused,
        wrong=refused.fields if isinstance(refused, Invalid) else {},
        typed=request.form.to_dict() if refused else {},
        score=SCORE,
    )


def _ballot_again(task_id: str, page: PostedPage, refused: Invalid) -> str:
    ready = ballots.ready(current.site(), current.actor(), task_id)
    form = ready.form
    errors = refused if isinstance(refused, forms.FormInvalid) else None
    view = forms.view_posted(form.definition, page.typed, form.context, errors, page.outcome)
    return _ballot(ready, view, page.key or posting.fresh_key(), refused)


def _ballot(
    ready: ballots.Entering, view: forms.FormView, key: str, refused: Invalid | None = None
) -> str:
    site, actor = current.site(), current.actor()
    task = ready.form.task
    return render_template(
        "meetings/ballot.html",
        ready=ready,
        task=task,
        view=view,
        key=key,
        refused=refused,
        wrong=refused.fields if refused else {},
        typed=request.form.to_dict() if refused else {},
        brief=briefing.of_case(site, actor, task.case_id if task else ""),
    )
