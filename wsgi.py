"""The application for a WSGI server of one's own: settings from the environment.

The server runs `dxflow worker` beside it; `dxflow serve` does both.
"""

from dxflow import config
from dxflow.cli.application import build
from dxflow.services.installation.bootstrap import require_ready
from dxflow.services.installation.opening import open_site
from dxflow.services.installation.running import announced

_site = open_site(config.load())
_running = announced(_site)
_running.__enter__()  # as long as the process lives
require_ready(_site)
app = build(_site)
