"""What can be started: the current packs, their versions and their start forms."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dxflow.errors import NotFound
from dxflow.services.acts import task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.packs import store as packs
from dxflow.services.packs.store import PackRow
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Startable:
    """A process that can be started. `key` is its id; the version is its pack's."""

    key: str
    title: str
    pack: str
    version: int
    digest: str
    form_key: str
    published_at: datetime


def listed(site: Site) -> list[Startable]:
    """Return what can be started, by pack."""
    with site.database.read() as tx:
        return _startable(site, tx)


def one(site: Site, actor: Actor, key: str) -> tuple[Startable, list[PackRow], TaskForm]:
    """Return a process, every version of its pack (newest first), and its start form.

    Raises NotFound for a process that cannot be started.
    """
    with site.database.read() as tx:
        found = next((one for one in _startable(site, tx) if one.key == key), None)
        if found is None:
            raise NotFound(_("手続き「{key}」はありません。", key=key))
        versions = [row for row in packs.versions(site, tx) if row.key == found.pack]
    return found, versions, task_forms.start_form(site, actor, key)


def _startable(site: Site, tx: Connection) -> list[Startable]:
    published = {row.digest: row.published_at for row in packs.versions(site, tx)}
    return [
        Startable(
            key=pack.settings.start_process,
            title=pack.settings.title,
            pack=pack.key,
            version=pack.version,
            digest=pack.digest,
            form_key=pack.settings.start_form,
            published_at=published[pack.digest],
        )
        for pack in packs.current(site, tx)
    ]
