"""配付資料: everything somebody needs for what waits for them, as one document for paper."""

from flask import Blueprint, render_template, url_for

from dxflow.services.people.access import signed_in
from dxflow.services.reading import papers
from dxflow.web import current
from dxflow.web.inbox import page_number

blueprint = Blueprint("papers", __name__)


@blueprint.get("/papers")
@signed_in
def index() -> str:
    """Show the papers of the tasks that wait for the person."""
    site = current.site()
    return render_template(
        "papers.html",
        page=papers.waiting(site, current.actor(), page_number()),
        printed_at=site.now(),
        address_of=lambda number: url_for("papers.index", page=number),
    )
