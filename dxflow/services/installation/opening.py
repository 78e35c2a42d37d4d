"""Open an installation: put database, clock, settings and commands together."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError

from dxflow import clock
from dxflow.config import ConfigRefused, Settings
from dxflow.db.engine import Database
from dxflow.services.commands import COMMANDS
from dxflow.services.installation import schema
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def open_site(settings: Settings, moment: clock.Clock = clock.now) -> Site:
    """Return the installation of the settings.

    Raises DatabaseUnsafe for an unsafe SQLite, ConfigRefused for an address of no database.
    """
    try:
        database = Database(settings.database, pool_size=max(1, settings.threads))
    except (ArgumentError, ImportError) as exc:
        raise ConfigRefused(
            _(
                "DXFLOW_DATABASE が読めません。"
                "sqlite:///フォルダー/dxflow.db か postgresql://… の形で指定してください。"
            )
        ) from exc
    return Site(settings, database, moment, COMMANDS)


@contextmanager
def opened(settings: Settings, *, any_version: bool = False) -> Iterator[Site]:
    """Yield the installation of the settings and close its database afterwards.

    Raises Unavailable when its tables are not of this version, unless any will do.
    """
    site = open_site(settings)
    try:
        if not any_version:
            schema.require_newest(site.database)
        yield site
    finally:
        site.database.close()
