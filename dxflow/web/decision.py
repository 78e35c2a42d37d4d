"""The formal decision of a case: by which row, the document, its way and stamps; on A4 as well."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid
from dxflow.services.acts import additions, holds
from dxflow.services.people.access import signed_in
from dxflow.services.people.actor import Actor
from dxflow.services.reading import decision_papers
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.web import current, pdf
from dxflow.web.case import Typed, case_page, typed_again
from dxflow.web.posting import day_in
from dxflow.web.task import TypedHold, page_with_hold

blueprint = Blueprint("decision", __name__)


@blueprint.get("/cases/<ident:case_id>/decision")
@signed_in
def show(case_id: str) -> str:
    """Show who decides by which row, the document, and where it is on its way."""
    return _page(case_id, Typed())


@blueprint.get("/cases/<ident:case_id>/decision/print")
@signed_in
def on_paper(case_id: str) -> str:
    """Show one document with its row of stamps as a sheet of paper."""
    return _sheet(current.site(), current.actor(), case_id, _revision())[0]


@blueprint.get("/cases/<ident:case_id>/decision/pdf")
@signed_in
def on_pdf(case_id: str) -> Response | str:
    """Give the same sheet as PDF; where none can be made, the sheet says so."""
    site, actor, revision = current.site(), current.actor(), _revision()
    html, name = _sheet(site, actor, case_id, revision, for_pdf=True)
    try:
        return pdf.answer(html, name)
    except pdf.NotSet as why:
        return _sheet(site, actor, case_id, revision, str(why))[0]


def as_pdf(site: Site, actor: Actor, case_id: str, revision: int | None) -> tuple[bytes, str]:
    """Return the sheet as PDF for programs. Raises Unavailable where none can be made."""
    return pdf.for_programs(*_sheet(site, actor, case_id, revision, for_pdf=True))


def _sheet(
    site: Site,
    actor: Actor,
    case_id: str,
    revision: int | None,
    no_pdf: str = "",
    *,
    for_pdf: bool = False,
) -> tuple[str, str]:
    """Return the sheet, and how a file of it is called."""
    found, document = decision_papers.document(site, actor, case_id, revision)
    html = render_template(
        "decision/print.html",
        found=found,
        head=found.head,
        document=document,
        printed_at=site.now(),
        no_pdf=no_pdf,
        for_pdf=for_pdf,
    )
    return html, _("決裁書_{number}_第{n}版", number=found.head.number, n=document.revision)


@blueprint.post("/cases/<ident:case_id>/decision/<ident:document_id>/add")
@signed_in
def add(case_id: str, document_id: str) -> Response | tuple[str, int]:
    """Set a text beside a decided document."""
    text = request.form.get("text", "")
    try:
        case_id = additions.add(current.site(), current.actor(), document_id, text)
    except Invalid as refused:
        return _page(case_id, typed_again(document_id, text, refused)), 422
    flash(_("追記しました。決裁された内容は変わっていません。"), "success")
    return redirect(url_for("decision.show", case_id=case_id) + "#additions", 303)


@blueprint.post("/tasks/<ident:task_id>/hold")
@signed_in
def hold(task_id: str) -> Response | tuple[str, int]:
    """Lay a task aside until a day."""
    until, reason = request.form.get("until", ""), request.form.get("hold_reason", "")
    try:
        holds.hold(current.site(), current.actor(), task_id, reason, _until())
    except Invalid as refused:
        return page_with_hold(task_id, TypedHold(until, reason, refused)), 422
    flash(_("保留しました。期限はそのまま進みます。"), "success")
    return redirect(url_for("task.show", task_id=task_id), 303)


@blueprint.post("/tasks/<ident:task_id>/resume")
@signed_in
def resume(task_id: str) -> Response:
    """Take a task that was laid aside up again."""
    holds.resume(current.site(), current.actor(), task_id)
    flash(_("保留を解除しました。"), "success")
    return redirect(url_for("task.show", task_id=task_id), 303)


def _page(case_id: str, typed: Typed) -> str:
    found = decision_papers.page(current.site(), current.actor(), case_id)
    return case_page("decision", found.head, found=found, typed=typed)


def _revision() -> int | None:
    text = request.args.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _until() -> date | None:
    return day_in(request.form, "until")
