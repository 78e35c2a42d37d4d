"""全体状況: the CIO's page."""

from datetime import date

from flask import Blueprint, render_template, request, url_for

from dxflow.calendars.given import OutOfRange, given_day
from dxflow.errors import Invalid
from dxflow.services.people.access import needs_role
from dxflow.services.reading import backlog, kpis, portfolio
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.inbox import page_number
from dxflow.web.kpi_chart import CHIPS

blueprint = Blueprint("portfolio", __name__)


@blueprint.get("/portfolio")
@needs_role("cio", "secretariat", "auditor")
def index() -> str:
    """Show the portfolio, with the decisions of a month."""
    site, actor = current.site(), current.actor()
    found = portfolio.page(site, actor, _month(), page_number())
    month = f"{found.month:%Y-%m}"
    return render_template(
        "portfolio.html",
        found=found,
        measures=kpis.counts(site, actor),
        measure_words=dict(kpis.status_words()),
        chips=CHIPS,
        months=_neighbours(found.month, actor.on),
        printed_at=site.now(),
        backlogs=backlog.names(site, actor),
        address_of=lambda number: url_for(
            "portfolio.index", month=month, page=number, _anchor="decisions"
        ),
    )


def _month() -> date | None:
    text = request.args.get("month", "")
    if not text:
        return None
    try:
        return given_day(f"{text}-01")
    except OutOfRange as refused:
        message = str(refused)
    except ValueError:
        message = _("月は 2026-04 の形で指定してください。")
    raise Invalid(message, {"month": [message]})


def _neighbours(month: date, today: date) -> tuple[str, str]:
    """Return the month before and the month after; no later one than the present."""
    before = date.fromordinal(month.toordinal() - 1)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return f"{before:%Y-%m}", f"{after:%Y-%m}" if after <= today else ""
