"""What a request stands in: the installation, who asks, and the request's number."""

from dataclasses import dataclass

import flask_login
from flask import current_app, g

from dxflow.errors import NotLoggedIn
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

SITE = "dxflow.site"


@dataclass(frozen=True)
class Visitor:
    """Somebody who is logged in, as flask-login wants them; `reference` names the session."""

    actor: Actor
    reference: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what the signed cookie carries: the session's reference, never a person's id."""
        return self.reference


def site() -> Site:
    """Return the installation the application serves."""
    found: Site = current_app.extensions[SITE]
    return found


def visitor() -> Visitor | None:
    """Return who is logged in, None when nobody is; looked up once a request."""
    here = g._get_current_object()
    if "visitor" not in here:
        found = flask_login.current_user._get_current_object()
        here.visitor = found if found.is_authenticated else None
    visitor: Visitor | None = here.visitor
    return visitor


def actor() -> Actor:
    """Return who asks. Raises NotLoggedIn."""
    found = visitor()
    if found is None:
        raise NotLoggedIn(_("ログインしてください。"))
    return found.actor


def reference() -> str:
    """Return the reference of the session. Raises NotLoggedIn."""
    found = visitor()
    if found is None:
        raise NotLoggedIn(_("ログインしてください。"))
    return found.reference


def request_id() -> str:
    """Return the number under which this request stands in the logs."""
    return str(g.get("request_id", ""))
