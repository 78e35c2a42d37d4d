"""A pack is uploaded, looked at, and published exactly as it was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, and_, delete, insert, select

from dxflow.db.process import Draft
from dxflow.errors import NotFound
from dxflow.ids import new_id
from dxflow.problems import Problem, Refused, errors_in
from dxflow.services.packs import archives, comparison
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import check_files
from dxflow.services.packs.comparison import Difference
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Uploaded:
    """An upload as checked: `digest` names it when it may be published, empty when not.

    `version` is the version it would follow, None for the first of its pack.
    """

    digest: str
    key: str
    title: str
    version: int | None
    problems: Sequence[Problem]
    differences: Sequence[Difference]


def upload(site: Site, actor: Actor, content: bytes) -> Uploaded:
    """Check a zip and keep its files for `publish`. Raises NotAllowed, Invalid for a bad zip."""
    actor.require_role("admin")
    files = archives.read(content)
    checked = check_files(files, site.commands)
    settings = checked.settings
    if errors_in(checked.problems):
        return Uploaded("", settings.key, settings.title, None, checked.problems, ())
    version: int | None = None
    differences: tuple[Difference, ...] = ()
    try:
        found = comparison.against_current(site, files)
        version, differences = found.version, tuple(found.differences)
    except NotFound:
        pass  # the first version of its pack
    digest = packs.digest_of(files)
    _keep(site, actor, digest, files)
    return Uploaded(digest, settings.key, settings.title, version, checked.problems, differences)


def publish(site: Site, actor: Actor, digest: str) -> packs.PackRow:
    """Publish what was uploaded and looked at. Raises NotAllowed, NotFound, Refused."""
    actor.require_role("admin")
    with site.database.read() as tx:
        body = tx.execute(
            select(Draft.body).where(
                Draft.person_id == actor.person_id, Draft.subject == _subject(digest)
            )
        ).scalar_one_or_none()
    if body is None:
        raise NotFound(_("確かめたファイルが見つかりません。もう一度送ってください。"))
    files = orjson.loads(body)
    if packs.digest_of(files) != digest:
        raise Refused([Problem("digest", _("確かめたファイルと内容が違います。"))])
    row = packs.install(site, files, actor.person_id, actor.channel)
    with site.database.write() as tx:
        tx.execute(delete(Draft).where(_of_uploads(actor)))
    return row


def as_zip(site: Site, actor: Actor, key: str, number: int) -> bytes:
    """Return a version as a zip. Raises NotAllowed, NotFound."""
    actor.require_role("admin")
    with site.database.read() as tx:
        for row in packs.versions(tx):
            if (row.key, row.version) == (key, number):
                return archives.write(packs.load(site, tx, row.digest).files, key)
    raise NotFound(_("この手続きの版はありません。"))


def _keep(site: Site, actor: Actor, digest: str, files: dict[str, str]) -> None:
    now = site.now()
    with site.database.write() as tx:
        tx.execute(delete(Draft).where(_of_uploads(actor)))
        tx.execute(
            insert(Draft).values(
                id=new_id(now),
                person_id=actor.person_id,
                subject=_subject(digest),
                title="",
                body=orjson.dumps(files, option=orjson.OPT_SORT_KEYS).decode(),
                created_at=now,
                updated_at=now,
            )
        )


def _of_uploads(actor: Actor) -> ColumnElement[bool]:
    return and_(Draft.person_id == actor.person_id, Draft.subject.startswith("pack:"))


def _subject(digest: str) -> str:
    return f"pack:{digest}"
