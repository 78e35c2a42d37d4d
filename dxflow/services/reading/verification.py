"""Verify the log, and compare it with the checkpoints that were kept of it; list these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, and_, select
from sqlalchemy.exc import DBAPIError

from dxflow import audit, refused
from dxflow.audit.checkpoints import signing
from dxflow.audit.checkpoints.gathering import gather
from dxflow.audit.checkpoints.kept import CHECKPOINTED, Kept
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding, Report
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.errors import Conflict, Invalid
from dxflow.services import plain
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import checkpoint_facts, facts, identity
from dxflow.services.people.actor import Actor
from dxflow.services.people.checkpoint_facts import LAST, TORN, PublicKey, Torn
from dxflow.services.people.events import record_about_log
from dxflow.services.reading.audit_log import ROLES, note
from dxflow.services.reading.task_rows import task_findings
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: The fact that holds when the log was last verified, and how many findings there were.
VERIFIED_KEY = "audit.verified"
#: So many cases are asked for their numbers in one query.
_AT_ONCE = 500


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
    A clean one ends the alarm of a torn log, see `_settles`.
    Raises NotAllowed, Invalid for a `folder` that cannot be read, ConfigRefused for such a key.
    """
    actor.require_role(*ROLES)
    kept, notice = _kept(site, folder, keys)
    with site.database.read() as tx:
        alarm = checkpoint_facts.torn(tx)
        report = audit.verify_database(tx, kept, site.now())
        findings = _with_numbers(tx, (*report.findings, *task_findings(tx)))
    report = replace(report, findings=findings)
    if notice:
        report = replace(report, notices=(*report.notices, notice))
    changes = [
        audit.Change("events", mark("検証した記録"), None, report.events),
        audit.Change("findings", mark("食い違い"), None, len(report.findings)),
        audit.Change("checkpoints", mark("チェックポイント"), None, report.checkpoints),
    ]
    settled = alarm is not None and report.ok and _settles(kept, alarm)
    if alarm is not None and settled:
        changes.append(audit.Change("torn", mark("チェックポイントの異常"), alarm.number, None))
    note(site, actor, "audit.verified", *changes)
    with site.database.write() as tx:
        outcome = {"at": site.now().isoformat(), "findings": len(report.findings)}
        facts.write(tx, VERIFIED_KEY, outcome)
        if settled and checkpoint_facts.torn(tx) == alarm:
            facts.write(tx, TORN, None)
    return report


def alarm(site: Site, actor: Actor) -> Torn | None:
    """Return what a checkpoint found torn and nobody has settled. Raises NotAllowed."""
    actor.require_role(*ROLES)
    with site.database.read() as tx:
        return checkpoint_facts.torn(tx)


def acknowledge(site: Site, actor: Actor, number: int, reason: str) -> None:
    """End the alarm that checkpoint `number` gave: what happened is known and written down.

    Raises NotAllowed, Invalid without a reason, Conflict when it is not (or no longer) that alarm.
    """
    actor.require_role(*ROLES)
    reason = reason.strip()
    if not reason:
        text = _("何があったかを書いてください。")
        raise Invalid(text, {"reason": [text]})
    with site.database.write() as tx:
        found = checkpoint_facts.torn(tx)
        if found is None or found.number != number:
            raise Conflict(_("この異常は、すでに片付いています。"))
        facts.write(tx, TORN, None)
        record_about_log(
            site, tx, actor, "audit.alarm_closed",
            audit.Change("number", mark("番号"), None, found.number),
            audit.Change("at", mark("チェックポイントの日時"), None, found.at),
            audit.Change("streams", mark("系列"), None, found.streams),
            audit.Change("reason", mark("理由"), None, reason),
        )  # fmt: skip


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


def _settles(kept: Kept, alarm: Torn) -> bool:
    """Return whether a clean verification has shown that nothing is torn after all.

    It must have compared with the checkpoint that saw what was lost, in the folder that is written
    to; and no restore may have excused it, which whoever can write the log can make up: of that
    people take note.
    """
    numbers = {one.number for one in kept.taken}
    return kept.whole and alarm.before in numbers - kept.excused


def _with_numbers(tx: Connection, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Put the numbers of their cases to findings, for people; one that is gone has none."""
    cases = {one.stream: one.stream.removeprefix(CASE_STREAM) for one in findings}
    wanted = [case for stream, case in cases.items() if stream != case]
    parts = (wanted[first : first + _AT_ONCE] for first in range(0, len(wanted), _AT_ONCE))
    numbers: dict[str, str] = {}
    try:
        for part in parts:
            rows = tx.execute(select(Case.id, Case.number).where(Case.id.in_(part)))
            numbers |= {row.id: row.number or "" for row in rows}
    except DBAPIError:  # said already by the verification
        return tuple(findings)
    return tuple(replace(one, case=numbers.get(cases[one.stream], "")) for one in findings)


def _kept(site: Site, folder: Path | None, keys: Sequence[Path]) -> tuple[Kept, str]:
    """Return the checkpoints to compare with, and what is to be said of the key of the last."""
    anchors = frozenset(signing.read_public(file).hex() for file in keys)
    settings = site.settings
    place = folder.absolute() if folder is not None else settings.checkpoint_place
    with site.database.read() as tx:
        installation = identity.read(tx) or ""
        made = bool(facts.read(tx, LAST))
    whole = place == settings.checkpoint_place
    expected = made or folder is not None or bool(keys)
    try:
        kept = gather(place, installation, anchors, whole=whole)
    except OSError as exc:
        if folder is not None:
            raise Invalid(_unread(folder, exc)) from exc
        text = _(
            "チェックポイントと照らし合わせられませんでした。フォルダー {folder} を読めません"
            "（{why}）。共有がつながっているか、サービスの利用者が読めるかを確かめ、もう一度検証"
            "してください。",
            folder=exc.filename or place,
            why=refused.why(exc),
        )
        expected = expected or settings.checkpoint_dir is not None
        return Kept(anchors, whole, absent=text, expected=expected), ""
    if not kept.taken and not kept.findings:
        kept.expected = expected
        kept.absent = _(
            "フォルダー {folder} に、この導入のチェックポイントがありません。", folder=place
        )
    if kept.taken and not keys:
        shown = signing.grouped(signing.fingerprint(bytes.fromhex(kept.taken[-1].key)))
        return kept, _(
            "最後のチェックポイントに署名した公開鍵の指紋は {digest} です。"
            "紙に控えたものと見比べてください。",
            digest=shown,
        )
    return kept, ""


def _unread(folder: Path, exc: OSError) -> str:
    why = refused.why(exc)
    if not folder.is_absolute():
        return _(
            "チェックポイントのフォルダー {folder} を読めません（{why}）。"
            "/ から始まる名前で指定してください。",
            folder=folder.absolute(),
            why=why,
        )
    place = exc.filename or folder
    return _("チェックポイントのフォルダー {folder} を読めません（{why}）。", folder=place, why=why)


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
