"""不在・代理: one's own absences and deputies, and what one has still to read (後閲)."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Conflict, DxflowError, Invalid, NotAllowed, NotFound
from dxflow.services.acts import later_reading
from dxflow.services.people import registry, standing
from dxflow.services.people.access import signed_in
from dxflow.services.people.standing import Span
from dxflow.services.reading import standing as reading
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.posting import day_in

blueprint = Blueprint("standing", __name__)

STATUS_OF_KIND = {"conflict": 409, "not_found": 404, "forbidden": 403}

Page = tuple[str, int]


@blueprint.get("/standing")
@signed_in
def index() -> str:
    """Show absences, deputies, and what is to be read."""
    return _page()


@blueprint.post("/standing/absences")
@signed_in
def enter_absence() -> Page | Response:
    """Enter one's own absence, or somebody else's for those who may."""

    def act() -> str:
        site, by, named = current.site(), current.actor(), _text("username")
        person = registry.person_id(site, named) if named else by.person_id
        standing.enter_absence(site, by, person, _span(), _text("reason"))
        return _("不在を登録しました。")

    return _done("absence", act)


@blueprint.post("/standing/absences/<ident:absence_id>/end")
@signed_in
def end_absence(absence_id: str) -> Page | Response:
    """End an absence."""

    def act() -> str:
        standing.end_absence(current.site(), current.actor(), absence_id)
        return _("不在を終えました。")

    return _done("", act)


@blueprint.post("/standing/deputies")
@signed_in
def delegate() -> Page | Response:
    """Name a deputy; a name that is no username is searched for, and who has it is offered."""
    named = reading.people_named(current.site(), current.actor(), _text("deputy"))
    if named:
        return _page(
            "deputy", _("代理の人を選んで、もう一度「代理を立てる」を押してください。"), named
        ), 422

    def act() -> str:
        standing.delegate(
            current.site(), current.actor(), _text("deputy"), _span(),
            post=_text("post"), reason=_text("reason"),
        )  # fmt: skip
        return _("代理を立てました。代理の人にお知らせが届きます。")

    return _done("deputy", act)


@blueprint.post("/standing/deputies/<ident:delegation_id>/end")
@signed_in
def end_delegation(delegation_id: str) -> Page | Response:
    """Take a delegation back."""

    def act() -> str:
        standing.end_delegation(current.site(), current.actor(), delegation_id)
        return _("代理を解除しました。")

    return _done("", act)


@blueprint.post("/standing/readings/<ident:submission_id>")
@signed_in
def read(submission_id: str) -> Page | Response:
    """Say that one has read what was done."""

    def act() -> str:
        later_reading.read(current.site(), current.actor(), submission_id, _text("remark"))
        return _("後閲を記録しました。")

    return _done("", act)


def _done(form: str, act: Callable[[], str]) -> Page | Response:
    """Do an act and show the page again; `form` is the one that says what was wrong."""
    try:
        message = act()
    except (Invalid, Conflict, NotFound, NotAllowed) as refused:
        return _page(form, _words(refused)), STATUS_OF_KIND.get(refused.kind, 422)
    flash(message, "success")
    return redirect(url_for("standing.index"), 303)


def _page(form: str = "", refused: str = "", named: tuple[tuple[str, str], ...] = ()) -> str:
    site, actor = current.site(), current.actor()
    return render_template(
        "standing.html",
        found=reading.page(site, actor),
        today=site.today(),
        form=form,
        refused=refused,
        named=named,
        typed=request.form if form else {},
    )


def _words(refused: DxflowError) -> str:
    fields = refused.fields.values() if isinstance(refused, Invalid) else ()
    extra = [text for texts in fields for text in texts if text not in refused.message]
    return "\n".join([refused.message, *extra])


def _span() -> Span:
    start = day_in(request.form, "start")
    if start is None:
        message = _("始まりの日を入れてください。")
        raise Invalid(message, {"start": [message]})
    return Span(start, day_in(request.form, "last"))


def _text(name: str) -> str:
    return request.form.get(name, "").strip()
