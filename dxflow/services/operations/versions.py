"""Versions of packs: side by side, made current again, retired. Running cases stay on theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from dxflow import audit
from dxflow.db.case import Case
from dxflow.db.process import PackVersion, ProcessInstance
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.packs import city_days, comparison, planned_starts
from dxflow.services.packs import store as packs
from dxflow.services.packs.comparison import Difference
from dxflow.services.people import events, naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

CURRENT, SUPERSEDED, RETIRED = "current", "superseded", "retired"
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Version:
    """A published version: who published it, and how many cases run on it."""

    key: str
    number: int
    title: str
    status: str
    published_at: datetime
    published_by: str
    running: int


@dataclass(frozen=True)
class Compared:
    """Two versions of a pack and what differs from the one to the other."""

    before: Version
    after: Version
    differences: Sequence[Difference]


def listed(site: Site, actor: Actor) -> list[Version]:
    """Return every version, the newest first within a pack. Raises NotAllowed."""
    actor.require_role("admin")
    with site.database.read() as tx:
        return _listed(site, tx, actor)


def compare(site: Site, actor: Actor, key: str, before: int, after: int) -> Compared:
    """Return what changed between two versions of a pack. Raises NotAllowed, NotFound."""
    actor.require_role("admin")
    with site.database.read() as tx:
        known = {(one.key, one.number): one for one in _listed(site, tx, actor)}
        if (key, before) not in known or (key, after) not in known:
            raise _unknown()
        old, new = (
            packs.load(site, tx, _digest(site, tx, key, number)) for number in (before, after)
        )
    found = comparison.between(old.processes, old.files, new.processes, new.files)
    return Compared(known[key, before], known[key, after], found)


def make_current(site: Site, actor: Actor, key: str, number: int, reason: str) -> None:
    """Have new cases begin on a version from now on.

    Raises NotAllowed, NotFound, Invalid without a reason, Conflict when it is current already.
    """
    actor.require_role("admin")
    _require_reason(reason)
    with site.database.write() as tx:
        rows = _rows(site, tx, key)
        chosen = next((row for row in rows if row.version == number), None)
        if chosen is None:
            raise _unknown()
        if chosen.status == CURRENT:
            raise Conflict(_("第 {n} 版は、すでに公開中です。", n=number))
        before = next((row.version for row in rows if row.status == CURRENT), None)
        tx.execute(
            update(PackVersion)
            .where(PackVersion.key == key, PackVersion.status == CURRENT)
            .values(status=SUPERSEDED)
        )
        tx.execute(
            update(PackVersion).where(PackVersion.digest == chosen.digest).values(status=CURRENT)
        )
        pack = packs.load(site, tx, chosen.digest)
        planned_starts.plan(
            tx, pack.digest, pack.settings, pack.processes,
            city_days.calendar_of(tx, pack.settings), site.now(),
        )  # fmt: skip
        _record(site, tx, actor, "pack.published", key, _words(before), _words(number), reason)


def retire(site: Site, actor: Actor, key: str, reason: str) -> None:
    """Have no new case begin with a pack any more.

    Raises NotAllowed, NotFound, Invalid without a reason, Conflict when none is current.
    """
    actor.require_role("admin")
    _require_reason(reason)
    with site.database.write() as tx:
        rows = _rows(site, tx, key)
        current = next((row for row in rows if row.status == CURRENT), None)
        if current is None:
            raise Conflict(_("この手続きは、すでに使われていません。"))
        tx.execute(
            update(PackVersion).where(PackVersion.digest == current.digest).values(status=RETIRED)
        )
        planned_starts.drop(tx, key)
        _record(site, tx, actor, "pack.retired", key, _words(current.version), None, reason)


def status_name(status: str) -> str:
    """Return the words for a version's status."""
    return {CURRENT: _("公開中"), SUPERSEDED: _("以前の版"), RETIRED: _("廃止")}.get(status, status)


def _listed(site: Site, tx: Connection, actor: Actor) -> list[Version]:
    running = dict(
        tx.execute(
            select(ProcessInstance.pack_digest, func.count())
            .join(Case, Case.id == ProcessInstance.case_id)
            .where(Case.status == "running")
            .group_by(ProcessInstance.pack_digest)
        ).all()
    )
    rows = packs.versions(site, tx)
    who = organisation.directory(site, tx, actor.on)
    names = naming.load(tx, who, persons=[row.published_by for row in rows])
    return [
        Version(
            key=row.key,
            number=row.version,
            title=row.title,
            status=row.status,
            published_at=row.published_at,
            published_by=names.person(row.published_by),
            running=running.get(row.digest, 0),
        )
        for row in rows
    ]


def _rows(site: Site, tx: Connection, key: str) -> list[packs.PackRow]:
    rows = [row for row in packs.versions(site, tx) if row.key == key]
    if not rows:
        raise NotFound(_("手続き「{key}」はありません。", key=key))
    return rows


def _digest(site: Site, tx: Connection, key: str, number: int) -> str:
    return next(
        row.digest for row in packs.versions(site, tx) if (row.key, row.version) == (key, number)
    )


def _words(number: int | None) -> str | None:
    return None if number is None else mark("第{version}版", version=number)


def _record(
    site: Site,
    tx: Connection,
    actor: Actor,
    event_type: str,
    key: str,
    before: str | None,
    after: str | None,
    reason: str,
) -> None:
    events.record_configuration(
        site, tx, actor, event_type, audit.Subject("pack", key),
        audit.Change("version", mark("版"), before, after),
        audit.Change("reason", mark("理由"), None, reason.strip()),
    )  # fmt: skip


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        message = _("理由を {n} 文字以内で書いてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})


def _unknown() -> NotFound:
    return NotFound(_("この手続きの版はありません。"))
