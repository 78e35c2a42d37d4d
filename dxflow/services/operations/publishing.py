"""A pack is uploaded, looked at, and published exactly as it was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, and_, delete, insert, select

from dxflow.db.process import Draft
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.problems import Problem, Refused, errors_in
from dxflow.services.operations.versions import CURRENT
from dxflow.services.packs import archives, comparison
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import check_files
from dxflow.services.packs.comparison import Difference
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Uploaded:
    """An upload as checked: `digest` names it when it may be published, empty when not.

    `version` is the version it would follow, None for the first of its pack. `same` is the version
    that has the same content already: there is nothing to publish. `only_written`: it differs from
    the current version in how it is written only, and a reason is asked for.
    """

    digest: str
    key: str
    title: str
    version: int | None
    problems: Sequence[Problem]
    differences: Sequence[Difference]
    same: packs.PackRow | None = None

    @property
    def only_written(self) -> bool:
        """Return whether nothing would behave otherwise than now."""
        return self.version is not None and all(one.written for one in self.differences)


def upload(site: Site, actor: Actor, content: bytes) -> Uploaded:
    """Check a zip and keep its files for `publish`. Raises NotAllowed, Invalid for a bad zip."""
    actor.require_role("admin")
    files = archives.read(content)
    found = _looked_at(site, files)
    if found.digest:
        _keep(site, actor, found.digest, files)
    return found


def looked_at(site: Site, actor: Actor, digest: str) -> Uploaded:
    """Return again what was uploaded and looked at. Raises NotAllowed, NotFound, Refused."""
    actor.require_role("admin")
    return _looked_at(site, _kept(site, actor, digest))


def _looked_at(site: Site, files: Mapping[str, str]) -> Uploaded:
    checked = check_files(files, site.commands)
    settings = checked.settings
    if errors_in(checked.problems):
        return Uploaded("", settings.key, settings.title, None, checked.problems, ())
    digest = packs.digest_of(files)
    with site.database.read() as tx:
        same = next((row for row in packs.versions(site, tx) if row.digest == digest), None)
    if same is not None:
        return Uploaded("", same.key, same.title, same.version, checked.problems, (), same)
    version: int | None = None
    differences: tuple[Difference, ...] = ()
    try:
        found = comparison.against_current(site, files)
        version, differences = found.version, tuple(found.differences)
    except NotFound:
        pass  # the first version of its pack
    return Uploaded(digest, settings.key, settings.title, version, checked.problems, differences)


def publish(site: Site, actor: Actor, digest: str, reason: str = "") -> packs.PackRow:
    """Publish what was uploaded and looked at.

    Raises NotAllowed, NotFound, Refused; Conflict when a version has the same content by now, and
    Invalid without a reason where only the way it is written differs.
    """
    actor.require_role("admin")
    files, given = _kept(site, actor, digest), reason.strip()
    found = _looked_at(site, files)
    if found.same is not None:
        raise Conflict(same_already(found.same))
    if (found.only_written and not given) or len(given) > LONGEST_REASON:
        message = _("理由を {n} 文字以内で書いてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    row = packs.install(site, files, actor.person_id, actor.channel, reason=given)
    with site.database.write() as tx:
        tx.execute(delete(Draft).where(_of_uploads(actor)))
    return row


def same_already(row: packs.PackRow) -> str:
    """Return the sentence for content that a version has already, and what to do instead."""
    if row.status == CURRENT:
        return _(
            "公開中の第 {n} 版と、どのファイルも同じです。公開するものはありません。", n=row.version
        )
    return _(
        "第 {n} 版と、どのファイルも同じです。新しい版は作りません。"
        "この内容に戻すには、「手続きの版」で第 {n} 版を公開中にしてください。",
        n=row.version,
    )


def _kept(site: Site, actor: Actor, digest: str) -> dict[str, str]:
    with site.database.read() as tx:
        body = tx.execute(
            select(Draft.body).where(
                Draft.person_id == actor.person_id, Draft.subject == _subject(digest)
            )
        ).scalar_one_or_none()
    if body is None:
        raise NotFound(_("確かめたファイルが見つかりません。もう一度送ってください。"))
    files: dict[str, str] = orjson.loads(body)
    if packs.digest_of(files) != digest:
        raise Refused([Problem("digest", _("確かめたファイルと内容が違います。"))])
    return files


def as_zip(site: Site, actor: Actor, key: str, number: int) -> bytes:
    """Return a version as a zip. Raises NotAllowed, NotFound."""
    actor.require_role("admin")
    with site.database.read() as tx:
        for row in packs.versions(site, tx):
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
