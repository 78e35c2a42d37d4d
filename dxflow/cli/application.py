"""The web application put together: the pages, and the API and the metrics beside them."""

from flask import Flask

from dxflow import api
from dxflow.api.sheets import Sheets
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.web import current, decision, minutes
from dxflow.web.app import create_app


def build(site: Site) -> Flask:
    """Return the WSGI application of an installation."""
    return create_app(
        site,
        blueprints=[
            api.blueprint(site, _visitor, Sheets(decision.as_pdf, minutes.as_pdf)),
            api.metrics_blueprint(site),
        ],
    )


def _visitor() -> Actor | None:
    """Return who is logged in at the pages: their session may call the API too."""
    visitor = current.visitor()
    return visitor.actor if visitor else None
