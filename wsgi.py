"""The application for a WSGI server of one's own: settings from the environment.

The server runs `dxflow worker` beside it; `dxflow serve` does both.
"""

from dxflow import config
from dxflow.cli.application import build
from dxflow.services.installation.bootstrap import require_ready
from dxflow.services.installation.opening import open_site

_site = open_site(config.load())
require_ready(_site)
app = build(_site)
