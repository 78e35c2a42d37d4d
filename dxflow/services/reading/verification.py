"""Verify the log, and compare it with the checkpoints that were kept of it; list these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, select

from dxflow import audit
from dxflow.audit import signing
from dxflow.audit.findings import Report
from dxflow.audit.kept import CHECKPOINTED, Kept, gather
from dxflow.db.audit import AuditEvent
from dxflow.errors import Invalid
from dxflow.services import plain
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import checkpoint_facts, facts, identity
from dxflow.services.people.actor import Actor
from dxflow.services.people.checkpoint_facts import LAST, PublicKey
from dxflow.services.reading.audit_log import ROLES, note
from dxflow.services.reading.task_rows import task_findings
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: The fact that holds when the log was last verified, and how many findings there were.
VERIFIED_KEY = "audit.verified"


@dataclass(frozen=True)
class Listed:
    """A checkpoint as the log tells of it; hashes in hexadecimal, `event_id` is its entry."""

    event_id: int
    number: int
    at: datetime
    events: int
    sha256: str
    fingerprint: str

    @property
    def grouped(self) -> str:
        """Return the hash of its file as people compare it."""
        return signing.grouped(self.sha256)


def verify(
    site: Site, actor: Actor, folder: Path | None = None, keys: Sequence[Path] = ()
) -> Report:
    """Verify the whole log and note the outcome.

    It is compared with the checkpoints of `folder`; without one with those of the installation's
    own folder, if there are any. `keys` are files with public keys that the auditor trusts.
    Raises NotAllowed, Invalid for a folder that cannot be read, ConfigRefused for such a key.
    """
    actor.require_role(*ROLES)
    kept, notice = _kept(site, folder, keys)
    with site.database.read() as tx:
        report = audit.verify_database(tx, kept, site.now())
        tasks = task_findings(tx)
    report = replace(report, findings=(*report.findings, *tasks))
    if notice:
        report = replace(report, notices=(*report.notices, notice))
    note(
        site,
        actor,
        "audit.verified",
        audit.Change("events", mark("検証した記録"), None, report.events),
        audit.Change("findings", mark("食い違い"), None, len(report.findings)),
        audit.Change("checkpoints", mark("チェックポイント"), None, report.checkpoints),
    )
    with site.database.write() as tx:
        outcome = {"at": site.now().isoformat(), "findings": len(report.findings)}
        facts.write(tx, VERIFIED_KEY, outcome)
    return report


def checkpoints(
    site: Site, actor: Actor, page: int = 1, per_page: int = 50, *, exact: bool = False
) -> tuple[Page[Listed], PublicKey | None]:
    """Return a page of the checkpoints that the log tells of, the latest first, and the key in use.

    Raises NotAllowed. That they were looked at is noted like every reading of the log.
    """
    actor.require_role(*ROLES)
    offset, limit = bounds(page, per_page)
    note(
        site, actor, "audit.viewed",
        audit.Change("checkpoints", mark("チェックポイントの一覧のページ"), None, page),
    )  # fmt: skip
    which = and_(
        AuditEvent.type == CHECKPOINTED, AuditEvent.stream == audit.SystemStream.AUDIT.value
    )
    newest = (AuditEvent.at.desc(), AuditEvent.id.desc())
    with site.database.read() as tx:
        total, more = count(tx, select(AuditEvent.id).where(which).order_by(*newest), exact=exact)
        rows = tx.execute(
            select(AuditEvent.id, AuditEvent.body)
            .where(which)
            .order_by(*newest)
            .offset(offset)
            .limit(limit)
        ).all()
        key = checkpoint_facts.known(tx)
    found = [_listed(row.id, row.body) for row in rows]
    return Page(found, page, per_page, total, more), key


def _kept(site: Site, folder: Path | None, keys: Sequence[Path]) -> tuple[Kept | None, str]:
    """Return the checkpoints to compare with, and what is to be said of there being none."""
    anchors = frozenset(signing.read_public(file).hex() for file in keys)
    place = folder or site.settings.checkpoint_place
    with site.database.read() as tx:
        installation = identity.read(tx) or ""
        made = bool(facts.read(tx, LAST))
    whole = folder is None or folder.absolute() == site.settings.checkpoint_place
    try:
        kept = gather(place, installation, anchors, whole=whole)
    except OSError as exc:
        text = _(
            "チェックポイントのフォルダー {folder} を読めないので、照らし合わせていません。",
            folder=place,
        )
        if folder is not None or keys:
            raise Invalid(text) from exc
        return None, text if made else ""
    if not kept.taken and not kept.findings:
        text = _("フォルダー {folder} に、この導入のチェックポイントがありません。", folder=place)
        if folder is not None or keys or made:
            kept.lacks(text)
        else:
            return None, ""
    if kept.taken and not keys:
        shown = signing.grouped(signing.fingerprint(bytes.fromhex(kept.taken[-1].key)))
        return kept, _(
            "最後のチェックポイントに署名した公開鍵の指紋は {digest} です。"
            "紙に控えたものと見比べてください。",
            digest=shown,
        )
    return kept, ""


def _listed(event_id: int, body: str) -> Listed:
    """Read an entry; what somebody has damaged shows as empty."""
    entry = audit.describe(body)
    try:
        found = plain.loads(body)
        said = {one["field"]: one["after"] for one in found["changes"]}
        at = datetime.fromisoformat(said["at"])
    except (ValueError, KeyError, TypeError):
        said, at = {}, entry.at
    number, events = said.get("number"), said.get("events")
    return Listed(
        event_id=event_id,
        number=number if isinstance(number, int) else 0,
        at=at,
        events=events if isinstance(events, int) else 0,
        sha256=str(said.get("sha256", "")),
        fingerprint=str(said.get("key", "")),
    )
