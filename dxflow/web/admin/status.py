"""運用状況: whether the installation is well, and what to do when it is not."""

from flask import Blueprint, render_template

from dxflow.services.installation import status
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("admin_status", __name__)
ENTRY = Entry(
    "admin_status.index",
    _("稼働状況"),
    _("データベース、自動処理、バックアップ、監査の記録が良好かを確かめます。"),
    "activity",
    10,
)


@blueprint.get("/admin/status")
@needs_role("admin")
def index() -> str:
    """Show every matter with its state."""
    found = status.read(current.site(), current.actor())
    return render_template("admin/status.html", status=found, word=status.word)
