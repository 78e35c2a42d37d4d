"""一括審議: items of an agenda put together, voted on, closed and concluded at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow import forms
from dxflow.committee.blocs import items
from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, NotAllowed, Unavailable
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.meetings import bloc_page, blocs, together
from dxflow.services.meetings.bloc_page import BlocForm
from dxflow.services.meetings.blocs import Outcome
from dxflow.services.people.access import signed_in
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web import current, leading, posting
from dxflow.web.errors import RETRY_AFTER
from dxflow.web.meetings import page_of, words
from dxflow.web.posting import PostedPage

blueprint = Blueprint("blocs", __name__)

Answer = tuple[str, int] | Response
#: What the boxes of the items are called in a form; of a pack's fields none begins so.
MATTER = "_matter"
#: How many reasons are told on the next page: they travel in a cookie.
MOST_REASONS = 5
_WAYS: dict[str, tuple[Callable[..., BlocForm], Callable[..., Outcome]]] = {
    "vote": (bloc_page.to_vote, together.vote),
    "conclude": (bloc_page.to_conclude, together.conclude),
}


@blueprint.post("/meetings/<ident:meeting_id>/blocs")
@signed_in
def put_together(meeting_id: str) -> Answer:
    """Put items of the agenda together."""
    given = request.form
    version = int(given["version"]) if given.get("version", "").isdecimal() else None
    chosen = given.getlist("matter")
    try:
        blocs.put_together(current.site(), current.actor(), meeting_id, chosen, version)
    except (Invalid, Conflict, NotAllowed) as refused:
        return page_of(meeting_id, words(refused), chosen=chosen), STATUS_OF_KIND[refused.kind]
    flash(_("{n}件を一括審議にしました。", n=len(set(chosen))), "success")
    return _to_meeting(meeting_id)


@blueprint.post("/meetings/<ident:meeting_id>/blocs/<int:bloc>/<any(open,close,dissolve):act>")
@signed_in
def do(meeting_id: str, bloc: int, act: str) -> Answer:
    """Open or close the vote on a bloc, or have its items stand alone."""
    site, by = current.site(), current.actor()
    try:
        if act == "dissolve":
            blocs.dissolve(site, by, meeting_id, bloc)
            flash(_("一括審議をやめました。議題はそれぞれに審議します。"), "success")
        elif act == "open":
            found = blocs.open_vote(site, by, meeting_id, bloc)
            _say(_("{n}件の表決を始めました。", n=len(found.done)), found)
        else:
            seats = request.form.get("without", "").split(",")
            found = together.close_vote(site, by, meeting_id, bloc, without=seats)
            _say(_("{n}件の表決を締め切りました。", n=len(found.done)), found)
    except together.BlocUnheard as asked:
        return page_of(meeting_id, bloc_asked=(bloc, asked)), STATUS_OF_KIND[asked.kind]
    except (Invalid, Conflict, NotAllowed) as refused:
        return page_of(meeting_id, words(refused)), STATUS_OF_KIND[refused.kind]
    return _to_meeting(meeting_id)


@blueprint.get("/meetings/<ident:meeting_id>/blocs/<int:bloc>/<any(vote,conclude):act>")
@signed_in
def show(meeting_id: str, bloc: int, act: str) -> Answer | str:
    """Show the form with which one votes on a bloc or concludes it."""
    reads, _does = _WAYS[act]
    try:
        found = reads(current.site(), current.actor(), meeting_id, bloc)
    except Conflict as refused:
        return page_of(meeting_id, refused.message), STATUS_OF_KIND[refused.kind]
    view = forms.view(found.form.definition, {}, found.form.context)
    return _page(act, found, view, posting.fresh_key())


@blueprint.post("/meetings/<ident:meeting_id>/blocs/<int:bloc>/<any(vote,conclude):act>")
@signed_in
def hand_in(meeting_id: str, bloc: int, act: str) -> Answer:
    """Vote on a bloc or conclude it, item by item."""
    page = posting.read()
    if page.changes_rows:
        return _again(meeting_id, bloc, act, page)
    _reads, does = _WAYS[act]
    chosen = list(page.typed.get(MATTER, ()))
    labels: list[str] = []

    def fill(form: TaskForm) -> forms.Submission:
        filled = forms.submit_posted(form.definition, page.typed, page.outcome, form.context)
        named = (one.label for one in form.definition.outcomes if one.key == filled.outcome)
        labels.append(translated(next(named, filled.outcome)))
        return filled

    try:
        if not chosen:
            raise Conflict(_("議題を一つ以上選んでください。"))
        sent = Sent(idempotency_key=page.key or None)
        found = does(current.site(), current.actor(), meeting_id, bloc, chosen, fill, sent)
    except (Invalid, Conflict, NotAllowed, Unavailable) as refused:
        return _again(meeting_id, bloc, act, page, refused)
    what = labels[0] if labels else ""
    said = (
        _("{n}件に判断「{outcome}」を出しました。", n=len(found.done), outcome=what)
        if act == "vote"
        else _("{n}件の結論「{outcome}」を出しました。", n=len(found.done), outcome=what)
    )
    _say(said if what else _("{n}件は、すでに受け付けています。", n=len(found.done)), found)
    return _to_meeting(meeting_id)


def _say(said: str, found: Outcome) -> None:
    """Leave what was done for the next page, and the items that were left, by their reasons."""
    flash(said, "success")
    reasons: dict[str, list[int]] = {}
    for one in found.left:
        reasons.setdefault(one.why, []).append(one.item)
    for why, numbers in list(reasons.items())[:MOST_REASONS]:
        text = _("議題{items}には行っていません。{why}", items=items(numbers), why=why)
        flash(text, "warning")
    if len(reasons) > MOST_REASONS:
        flash(_("ほかにも、行っていない議題があります。議題の一覧で確かめてください。"), "warning")


def _to_meeting(meeting_id: str) -> Response:
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


def _again(
    meeting_id: str, bloc: int, act: str, page: PostedPage,
    refused: Invalid | Conflict | NotAllowed | Unavailable | None = None,
) -> Answer:  # fmt: skip
    """Return the page with everything typed; the meeting's where nothing is asked any more."""
    reads, _does = _WAYS[act]
    status = STATUS_OF_KIND[refused.kind] if refused else 200
    try:
        found = reads(current.site(), current.actor(), meeting_id, bloc)
    except Conflict as gone:
        return page_of(meeting_id, words(refused or gone)), STATUS_OF_KIND[gone.kind]
    form, typed = found.form, page.typed
    if page.changes_rows:
        typed = forms.rows_changed(form.definition, typed, form.context) or typed
    errors = refused if isinstance(refused, forms.FormInvalid) else None
    view = forms.view_posted(form.definition, typed, form.context, errors, page.outcome)
    said = words(refused) if refused and errors is None else ""
    key = page.key or posting.fresh_key()
    chosen = page.typed.get(MATTER, ())
    answer = make_response(_page(act, found, view, key, said, chosen, page.outcome))
    answer.status_code = status
    if isinstance(refused, Unavailable):
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _page(
    act: str, found: BlocForm, view: forms.FormView, key: str, refused: str = "",
    chosen: Any = None, pressed: str | None = None,
) -> str:  # fmt: skip
    if act == "conclude":
        view = _without_texts(view)
        if found.bound is not None:
            view = leading.bounded(view, found.bound, pressed)
    return render_template(
        "meetings/bloc.html",
        act=act,
        found=found,
        view=view,
        key=key,
        refused=refused,
        chosen=[one.id for one in found.matters] if chosen is None else chosen,
        wide=posting.has_lists(view.fields),
    )


def _without_texts(view: forms.FormView) -> forms.FormView:
    """Return a form without its paragraphs: of a conclusion they tell the count of one case."""
    return replace(
        view,
        fields=tuple(one for one in view.fields if one.kind != "text"),
        parts=tuple(
            replace(part, fields=tuple(one for one in part.fields if one.kind != "text"))
            for part in view.parts
        ),
    )
