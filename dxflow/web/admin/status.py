"""運用状況: whether the installation is well, and what to do when it is not."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, render_template, url_for

from dxflow.services.installation import status
from dxflow.services.installation.status_lines import word
from dxflow.services.people.access import needs_role
from dxflow.services.people.actor import Actor
from dxflow.services.reading import audit_log
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("admin_status", __name__)
ENTRY = Entry(
    "admin_status.index",
    _("稼働状況"),
    _("データベース、自動処理、バックアップ、監査の記録が良好かを確かめます。"),
    "activity",
    110,
)


#: Where an administrator mends what a line tells of.
_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "incidents": "incidents_admin.index",
        "jobs": "incidents_admin.index",
        "mail": "admin_notifications.index",
        "maintenance": "admin_maintenance.index",
        "pack": "processes_admin.index",
        "receivers": "groups_admin.index",
        "sessions": "logins_admin.index",
    }
)
_TRANSFER = "transfer-"


@blueprint.get("/admin/status")
@needs_role("admin")
def index() -> str:
    """Show every matter with its state, what needs care first."""
    site, actor = current.site(), current.actor()
    return render_template(
        "admin/status.html",
        status=status.read(site, actor),
        word=word,
        page_of=lambda line: _page_of(line.key, actor),
    )


def _page_of(key: str, actor: Actor) -> str:
    """Return the address of the page a line is about, "" when there is none for the person."""
    if key.startswith(_TRANSFER):
        return url_for("transfers_admin.show", plan=key.removeprefix(_TRANSFER))
    if key == "verified":
        return url_for("audit.index") if actor.has_role(*audit_log.ROLES) else ""
    return url_for(_PAGES[key]) if key in _PAGES else ""
