"""Maintenance at the door of the pages and the API: the banner, and no acts while it lasts."""

from flask import Flask, request

from dxflow.errors import Unavailable
from dxflow.services.people import maintenance
from dxflow.services.people.maintenance import Maintenance
from dxflow.web import current
from dxflow.web.admin import hub
from dxflow.web.security import UNSAFE

#: Coming and going stays possible, so that administrators can do their work, with the second factor
#: without which some of them may do nothing; looking changes nothing.
_OPEN = frozenset({"login", "account", "second_factor"})
_OPEN_CALLS = frozenset({"api.createToken", "api.revokeToken", "api.previewMigration"})


def install(app: Flask) -> None:
    """Refuse acts during a maintenance, and give the templates its banner."""
    always = _OPEN | {one.blueprint.name for one in hub.modules() if hasattr(one, "blueprint")}

    def refuse() -> None:
        """Refuse an act while nothing may be changed. Raises UnderMaintenance."""
        if request.method not in UNSAFE or request.endpoint is None:
            return
        if request.blueprint not in always and request.endpoint not in _OPEN_CALLS:
            maintenance.require_open(current.site())

    app.before_request(refuse)
    app.jinja_env.globals.update(maintenance=banner)


def banner() -> tuple[Maintenance, bool] | None:
    """Return what is announced and whether it has begun; None on a page without a database."""
    try:
        planned = maintenance.current(current.site())
    except Unavailable:
        return None
    return None if planned is None else (planned, planned.active(current.site().now()))
