"""グループと閲覧: who is behind each group today, who reads what, and who sees one case."""

from flask import Blueprint, render_template, request

from dxflow.errors import NotFound
from dxflow.services.administration import groups, seers
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("groups_admin", __name__)

ENTRY = Entry(
    "groups_admin.index", _("グループと閲覧"),
    _("作業がだれに届くか、だれがどの案件を見られるかを確かめる。"), "eye", 260,
)  # fmt: skip


@blueprint.get("/admin/groups")
@needs_role("admin")
def index() -> str:
    """Show every group of the running packs with its people, and where nobody is."""
    found = groups.overview(current.site(), current.actor())
    return render_template("admin/groups/index.html", found=found)


@blueprint.get("/admin/groups/case")
@needs_role("admin")
def case() -> str | tuple[str, int]:
    """Show who sees the case of a number, and why."""
    number = request.args.get("number", "").strip()
    seen, error = None, ""
    if number:
        try:
            seen = seers.of_case(current.site(), current.actor(), number)
        except NotFound as refused:
            error = refused.message
    text = render_template("admin/groups/case.html", number=number, seen=seen, error=error)
    return (text, 404) if error else text
