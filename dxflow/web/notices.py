"""お知らせ: what was left for the person's groups."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dxflow.services.people.access import signed_in
from dxflow.services.reading import notices
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.inbox import page_number

blueprint = Blueprint("notices", __name__)

PER_PAGE = 40


@blueprint.get("/notices")
@signed_in
def index() -> str:
    """List the notices, the latest first."""
    site, actor = current.site(), current.actor()
    return render_template(
        "notices.html",
        page=notices.for_actor(site, actor, page_number(), PER_PAGE),
        fresh=notices.unread_count(site, actor),
        address_of=lambda number: url_for("notices.index", page=number),
    )


@blueprint.post("/notices/read")
@signed_in
def mark_read() -> Response:
    """Remember that everything was read."""
    notices.mark_read(current.site(), current.actor())
    flash(_("すべて既読にしました。"), "success")
    return redirect(url_for("notices.index"), 303)
