"""Open an installation: put database, clock, settings and commands together."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url
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
def opened(
    settings: Settings, *, any_version: bool = False, may_be_new: bool = False
) -> Iterator[Site]:
    """Yield the installation of the settings and close its database afterwards.

    Raises Unavailable when its tables are not of this version, unless any will do; ConfigRefused
    when there is no such file, which only what `may_be_new` makes.
    """
    if not may_be_new:
        _require_there(settings)
    site = open_site(settings)
    try:
        if not any_version:
            schema.require_newest(site.database)
        yield site
    finally:
        site.database.close()


def _require_there(settings: Settings) -> None:
    """Raise ConfigRefused when the settings name a file of SQLite that does not exist.

    SQLite would make it, empty: a path with a slip in it is to be said instead.
    """
    with suppress(ArgumentError):  # which is said where the database is opened
        url = make_url(settings.database)
        file = url.database or ""
        if url.get_backend_name() != "sqlite" or file in ("", ":memory:") or Path(file).exists():
            return
        raise ConfigRefused(
            _(
                "データベース {file} がありません。初めてなら dxflow init を実行してください。"
                "ほかの場所にあるなら、DXFLOW_HOME か DXFLOW_DATABASE を直してください。",
                file=file,
            )
        )
