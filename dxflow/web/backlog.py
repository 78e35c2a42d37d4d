"""優先順位: the cases that wait, in order; the secretariat sets a place with a reason."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Conflict, Invalid
from dxflow.services.acts import ranking
from dxflow.services.people.access import needs_role
from dxflow.services.people.actor import READS_ALL
from dxflow.services.reading import backlog
from dxflow.texts import gettext as _
from dxflow.web import current, uploads
from dxflow.web.case import attachment

blueprint = Blueprint("backlog", __name__)


@blueprint.get("/portfolio/backlog/<key>")
@needs_role(*READS_ALL)
def index(key: str) -> str:
    """Show a pack's list in its order."""
    return _page(key)


@blueprint.get("/portfolio/backlog/<key>.xlsx")
@needs_role(*READS_ALL)
def as_workbook(key: str) -> Response:
    """Hand the list out as an Excel workbook."""
    from dxflow.services.reading import backlog_book  # here: Excel's library is slow to read in

    found = backlog.listed(current.site(), current.actor(), key)
    return attachment(backlog_book.workbook(found), uploads.XLSX, "backlog.xlsx")


@blueprint.post("/portfolio/backlog/<key>/<ident:case_id>")
@needs_role(*ranking.RANKERS)
def rank(key: str, case_id: str) -> Answer | tuple[str, int]:
    """Put a case at a place of the list, or leave it to the pack's order."""
    form = request.form
    try:
        place, before = _number(form.get("place", "")), _number(form.get("before", ""))
        ranking.rank(
            current.site(), current.actor(), case_id, place, form.get("reason", ""), before
        )
    except (Invalid, Conflict) as refused:
        status = 422 if isinstance(refused, Invalid) else 409
        typed = {"case": case_id, "place": form.get("place", ""), "reason": form.get("reason", "")}
        return _page(key, refused.message, typed), status
    flash(_("優先順位を変えました。"), "success")
    return redirect(url_for("backlog.index", key=key, _anchor=f"case-{case_id}"), 303)


def _page(key: str, error: str = "", typed: Mapping[str, str] | None = None) -> str:
    site, actor = current.site(), current.actor()
    return render_template(
        "backlog.html",
        found=backlog.listed(site, actor, key),
        others=backlog.names(site, actor),
        now=site.now(),
        error=error,
        typed=typed,
    )


def _number(text: str) -> int | None:
    given = text.strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 7):
        message = _("順位は数で書いてください。空にすると、手続きの決めた順に戻ります。")
        raise Invalid(message, {"place": [message]})
    return int(given)
