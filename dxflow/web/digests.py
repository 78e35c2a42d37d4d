"""週報: one page a week, kept and printable."""

from flask import Blueprint, render_template, url_for

from dxflow.services.people.access import needs_role
from dxflow.services.reading import digests
from dxflow.web import current
from dxflow.web.inbox import page_number

blueprint = Blueprint("digests", __name__)

PER_PAGE = 53


@blueprint.get("/digests")
@needs_role("cio", "secretariat", "auditor")
def index() -> str:
    """List the digests, the latest first."""
    return render_template(
        "digests/list.html",
        page=digests.listed(current.site(), current.actor(), page_number(), PER_PAGE),
        address_of=lambda number: url_for("digests.index", page=number),
    )


@blueprint.get("/digests/<week>")
@needs_role("cio", "secretariat", "auditor")
def show(week: str) -> str:
    """Show a week's digest as a document."""
    return render_template(
        "digests/one.html", found=digests.one(current.site(), current.actor(), week)
    )
