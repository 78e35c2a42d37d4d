"""The application for a WSGI server: settings from the environment, pages and API together."""

from dxflow import api, config
from dxflow.services.opening import open_site
from dxflow.web.app import create_app

_site = open_site(config.load())
app = create_app(_site, (api.blueprint(_site),))
