"""Open an installation: put database, clock, settings and commands together."""

from dxflow import clock
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.services.commands import COMMANDS
from dxflow.services.site import Site


def open_site(settings: Settings, moment: clock.Clock = clock.now) -> Site:
    """Return the installation of the settings. Raises DatabaseUnsafe for an unsafe SQLite."""
    return Site(settings, Database(settings.database), moment, COMMANDS)
