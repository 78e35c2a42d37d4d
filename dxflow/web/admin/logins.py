"""ログイン: who is logged in and which programs hold a token, and how to end it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.services.administration import logins
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.inbox import page_number

blueprint = Blueprint("logins_admin", __name__)

ENTRY = Entry(
    "logins_admin.index", _("ログインの管理"),
    _("いまログインしている人と API トークンを見て、終わらせる。"), "monitor", 270,
)  # fmt: skip


@blueprint.get("/admin/sessions")
@needs_role("admin")
def index() -> str:
    """List sessions, or tokens when the address says so."""
    kind = request.args.get("kind", "session")
    choices = [
        {"label": label, "url": url_for("logins_admin.index", kind=key), "current": key == kind}
        for key, label in (("session", _("画面のログイン")), ("token", _("API トークン")))
    ]
    return render_template(
        "admin/logins.html",
        page=logins.listed(
            current.site(), current.actor(), kind, current.reference(), page_number()
        ),
        kind=kind,
        choices=choices,
        address_of=lambda number: url_for("logins_admin.index", kind=kind, page=number),
    )


@blueprint.get("/admin/sessions/end")
@needs_role("admin")
def ask_to_end() -> str:
    """Show what ending all logins of a person, or all but one's own, would end."""
    kind, person = request.args.get("kind", "session"), request.args.get("person", "")
    return render_template(
        "admin/logins_end.html",
        page=logins.to_be_ended(current.site(), current.actor(), kind, current.reference(), person),
        kind=kind,
        person=person,
    )


@blueprint.post("/admin/sessions/end")
@needs_role("admin")
def end() -> Response:
    """End one login, all of a person, or all but one's own."""
    site, by, form = current.site(), current.actor(), request.form
    kind, own = form.get("kind", ""), current.reference()
    if form.get("key"):
        logins.end(site, by, kind, form["key"])
        count = 1
    elif form.get("person"):
        count = logins.end_of_person(site, by, kind, form["person"], own)
    elif form.get("others") == "yes":
        count = logins.end_others(site, by, kind, own)
    else:
        count = 0
    flash(_("{n} 件のログインを終わらせました。", n=count), "success")
    return redirect(url_for("logins_admin.index", kind=kind), 303)
