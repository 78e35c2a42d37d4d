"""閉庁日カレンダー: a fiscal year for everybody who is signed in; changed at /admin/calendar."""

from flask import Blueprint, abort, render_template, request

from dxflow.calendars.fiscal import parse_fiscal_year
from dxflow.services.people.access import signed_in
from dxflow.services.reading import office_calendar
from dxflow.services.reading.office_calendar import Year
from dxflow.web import current

blueprint = Blueprint("calendar", __name__)


@blueprint.get("/calendar")
@signed_in
def index() -> str:
    """Show a fiscal year, this one unless the address names another."""
    return render_template("calendar.html", year=asked_for())


def asked_for() -> Year:
    """Return the fiscal year that the address names, in the calendar of the pack it names."""
    text = request.args.get("year", "")
    try:
        fiscal_year = parse_fiscal_year(text) if text else None
    except ValueError:
        abort(404)
    pack = request.args.get("pack", "")
    return office_calendar.year_of(current.site(), current.actor(), fiscal_year, pack)
