"""前年との比較: the page of a case beside the one it goes on from."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Conflict, Invalid
from dxflow.services.acts import continuing
from dxflow.services.people.access import signed_in
from dxflow.services.reading import previous
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.case import case_page

blueprint = Blueprint("previous", __name__)


@blueprint.get("/cases/<ident:case_id>/previous")
@signed_in
def show(case_id: str) -> str:
    """Show what differs from last year, and what became of what was promised."""
    return _page(case_id)


@blueprint.post("/cases/<ident:case_id>/previous")
@signed_in
def name(case_id: str) -> Answer | tuple[str, int]:
    """Say which case this one goes on from."""
    number, before = request.form.get("number", ""), request.form.get("before", "")
    try:
        continuing.name(current.site(), current.actor(), case_id, number, before)
    except (Invalid, Conflict) as refused:
        status = 422 if isinstance(refused, Invalid) else 409
        return _page(case_id, number, refused.message), status
    flash(
        _("前年の案件を指定しました。") if number.strip() else _("前年の案件の指定を消しました。"),
        "success",
    )
    return redirect(url_for("previous.show", case_id=case_id), 303)


def _page(case_id: str, typed: str = "", error: str = "") -> str:
    found = previous.page(current.site(), current.actor(), case_id)
    return case_page(
        "previous", found.head, found=found, case=found.before, typed=typed, error=error
    )
