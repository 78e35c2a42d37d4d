"""議事録: the draft with its remarks, approval, seal, corrections; on the screen and on A4."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.meetings import book, minutes, minutes_page
from dxflow.services.people.access import signed_in
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.web import current, pdf
from dxflow.web.meetings import words

blueprint = Blueprint("minutes", __name__)

REMARK = "remark-"


@blueprint.get("/meetings/<ident:meeting_id>/minutes")
@signed_in
def show(meeting_id: str) -> str:
    """Show the minutes."""
    return _page(meeting_id)


@blueprint.get("/meetings/<ident:meeting_id>/minutes/print")
@signed_in
def show_print(meeting_id: str) -> str:
    """Show the minutes as a document for A4."""
    return _sheet(current.site(), current.actor(), meeting_id)[0]


@blueprint.get("/meetings/<ident:meeting_id>/minutes/pdf")
@signed_in
def show_pdf(meeting_id: str) -> Response | str:
    """Give the same document as PDF; where none can be made, the document says so."""
    site, actor = current.site(), current.actor()
    html, name = _sheet(site, actor, meeting_id, for_pdf=True)
    try:
        return pdf.answer(html, name)
    except pdf.NotSet as why:
        return _sheet(site, actor, meeting_id, str(why))[0]


def as_pdf(site: Site, actor: Actor, meeting_id: str) -> tuple[bytes, str]:
    """Return the document as PDF for programs. Raises Unavailable where none can be made."""
    return pdf.for_programs(*_sheet(site, actor, meeting_id, for_pdf=True))


def _sheet(
    site: Site, actor: Actor, meeting_id: str, no_pdf: str = "", *, for_pdf: bool = False
) -> tuple[str, str]:
    """Return the document, and how a file of it is called."""
    found = minutes_page.of_meeting(site, actor, meeting_id)
    if found is None:
        raise NotFound(_("この会議の議事録はまだありません。"))
    html = render_template(
        "meetings/minutes_print.html",
        meeting_id=meeting_id,
        found=found,
        printed_at=site.now(),
        no_pdf=no_pdf,
        for_pdf=for_pdf,
    )
    body = found.body
    return html, _("議事録_{body}_第{n}回", body=body["body"], n=body["number"])


@blueprint.post("/meetings/<ident:meeting_id>/minutes/<any(draft,approve,seal,correct):act>")
@signed_in
def do(meeting_id: str, act: str) -> tuple[str, int] | Response:
    """Do something to the minutes."""
    doing = ACTS[act]
    try:
        said = doing(current.site(), current.actor(), meeting_id)
    except (Invalid, Conflict, NotAllowed) as refused:
        return _page(meeting_id, words(refused)), STATUS_OF_KIND[refused.kind]
    flash(said, "success")
    return redirect(url_for("minutes.show", meeting_id=meeting_id), 303)


def _draft(site: Site, by: Actor, meeting: str) -> str:
    given = {
        name.removeprefix(REMARK): text
        for name, text in request.form.items()
        if name.startswith(REMARK)
    }
    minutes.draft(site, by, meeting, given)
    return _("議事録の案を記録から作りました。")


def _approve(site: Site, by: Actor, meeting: str) -> str:
    minutes.approve(site, by, meeting, request.form.get("digest", ""))
    return _("議事録を承認しました。")


def _seal(site: Site, by: Actor, meeting: str) -> str:
    minutes.seal(site, by, meeting)
    return _("議事録を確定しました。これからは訂正の追記だけができます。")


def _correct(site: Site, by: Actor, meeting: str) -> str:
    number = minutes.correct(
        site, by, meeting, request.form.get("text", ""), request.form.get("reason", "")
    )
    return _("訂正 {n} を追記しました。", n=number)


ACTS: dict[str, Callable[[Site, Actor, str], str]] = {
    "draft": _draft, "approve": _approve, "seal": _seal, "correct": _correct,
}  # fmt: skip


def _page(meeting_id: str, refused: str = "") -> str:
    site, actor = current.site(), current.actor()
    return render_template(
        "meetings/minutes.html",
        meeting=book.one(site, actor, meeting_id),
        found=minutes_page.of_meeting(site, actor, meeting_id),
        refused=refused,
        typed=request.form.to_dict() if refused else {},
        remark=REMARK,
    )
