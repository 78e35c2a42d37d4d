"""私が出したもの: drafts that go on, and cases on their way."""

from flask import Blueprint, render_template, url_for

from dxflow.services import drafts, my_cases
from dxflow.services.access import signed_in
from dxflow.web import current
from dxflow.web.inbox import page_number

blueprint = Blueprint("mine", __name__)

PER_PAGE = 30


@blueprint.get("/mine")
@signed_in
def index() -> str:
    """Show the person's drafts and the cases they have handed in."""
    site, actor = current.site(), current.actor()
    return render_template(
        "mine.html",
        drafts=drafts.mine(site, actor),
        page=my_cases.mine(site, actor, page_number(), PER_PAGE),
        address_of=lambda number: url_for("mine.index", page=number),
    )
