"""What can be started: the current packs, their versions and their start forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dxflow.services.acts import starts, task_forms
from dxflow.services.acts.starts import Offer
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.packs import store as packs
from dxflow.services.packs.store import PackRow
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import translated


@dataclass(frozen=True)
class Startable:
    """A start that is offered. `key` is its name, that of its process where it has no other.

    `about` says in a sentence what it is for, "" for nothing; the version is its pack's.
    """

    key: str
    process: str
    title: str
    about: str
    pack: str
    version: int
    digest: str
    form_key: str
    published_at: datetime


def listed(site: Site, actor: Actor) -> list[Startable]:
    """Return what the actor may begin, by pack and in its order."""
    with site.database.read() as tx:
        published = _published(site, tx)
        return [_startable(one, published) for one in starts.offers(site, tx, actor)]


def one(site: Site, actor: Actor, key: str) -> tuple[Startable, list[PackRow], TaskForm]:
    """Return a start, every version of its pack (newest first), and its form.

    Raises NotFound for what cannot be started, NotAllowed for who may not begin there.
    """
    with site.database.read() as tx:
        found = _startable(starts.entered(site, tx, actor, key), _published(site, tx))
        versions = [row for row in packs.versions(site, tx) if row.key == found.pack]
    return found, versions, task_forms.start_form(site, actor, key)


def _published(site: Site, tx: Connection) -> Mapping[str, datetime]:
    return {row.digest: row.published_at for row in packs.versions(site, tx)}


def _startable(one: Offer, published: Mapping[str, datetime]) -> Startable:
    return Startable(
        key=one.start.key,
        process=one.start.process,
        title=one.title,
        about=translated(one.start.about) if one.start.about else "",
        pack=one.pack.key,
        version=one.pack.version,
        digest=one.pack.digest,
        form_key=one.start.form,
        published_at=published[one.pack.digest],
    )
