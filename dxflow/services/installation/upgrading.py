"""Bring an installation to this version: alone, with a way back, or not at all."""

from dataclasses import dataclass
from pathlib import Path

from dxflow.services.installation import backups, bootstrap, running, schema
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

FOLDER = "backups"


@dataclass(frozen=True)
class Upgraded:
    """Whether there was anything to do, and the backup that leads back ("" without one)."""

    changed: bool
    backup: str


def upgrade(site: Site, actor: Actor, *, with_backup: bool = True) -> Upgraded:
    """Apply the migrations in one transaction, after a backup below `DXFLOW_HOME`.

    Raises NotAllowed, Conflict while a server or worker runs, Unavailable for a newer database.
    """
    actor.require_role("admin")
    with running.alone(site):
        with site.database.read() as tx:
            before = schema.current(tx)
        if before == schema.newest():
            return Upgraded(changed=False, backup="")
        saved = str(_saved(site, actor)) if before and with_backup else ""
        return Upgraded(changed=bootstrap.upgrade(site), backup=saved)


def _saved(site: Site, actor: Actor) -> Path:
    folder = site.settings.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return backups.make(site, actor, folder).file
