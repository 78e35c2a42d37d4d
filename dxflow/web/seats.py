"""Seats of persons in a body: made by administrators on the page of bodies."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, NotFound
from dxflow.services.administration import seats
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.meetings import bodies_page, words
from dxflow.web.posting import day_in

blueprint = Blueprint("seats", __name__)


@blueprint.post("/meetings/bodies/seats")
@needs_role("admin")
def appoint() -> tuple[str, int] | Response:
    """Give a person a seat for a time."""
    given = request.form.to_dict()
    try:
        made = seats.appoint(
            current.site(), current.actor(), given.get("body", ""), given.get("username", ""),
            given.get("title", ""), day_in(given, "since"), day_in(given, "until"),
        )  # fmt: skip
    except (Invalid, Conflict, NotFound) as refused:
        return bodies_page(words(refused), given), STATUS_OF_KIND[refused.kind]
    flash(_("「{title}」の席を設けました。", title=made.title), "success")
    return redirect(url_for("meetings.bodies"), 303)
