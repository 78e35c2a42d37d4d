"""Attach a file to a case, or a new version of one: received, checked and scanned, then written.

Nothing is locked while a file comes in and is scanned; whether it may be attached is asked before
the first byte and again under the case's lock. Bytes, rows and the entry in the log are one
transaction.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, select

from dxflow.attachments import limits
from dxflow.attachments.limits import Limits
from dxflow.authority.attaching import may_attach, may_replace
from dxflow.db.attachment import Attachment, AttachmentVersion
from dxflow.db.case import Case
from dxflow.errors import Conflict, NotFound
from dxflow.services.acts import disposals, filing
from dxflow.services.acts.act import Act, lock
from dxflow.services.attachments import limiting, refusing, relation, storing, taking
from dxflow.services.attachments.incoming import Incoming, Source
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Stored:
    """What was attached: the ids of case, attachment and version, and the number of the version."""

    case_id: str
    attachment_id: str
    version_id: str
    number: int


def attach(site: Site, actor: Actor, case_id: str, name: str, source: Source) -> Stored:
    """Attach a new file to a case.

    Raises NotFound, NotAllowed, Invalid for a file that is not taken (its name, kind or size, or a
    virus), Conflict when the case holds it already, Unavailable when it cannot be scanned.
    """
    return _bring(site, actor, case_id, name, source, "")


def replace(site: Site, actor: Actor, attachment_id: str, name: str, source: Source) -> Stored:
    """Set a new version over an attachment; the older ones stay. Raises as `attach`."""
    with site.database.read() as tx:
        case_id = relation.latest_of(tx, attachment_id).case_id
    return _bring(site, actor, case_id, name, source, attachment_id)


def _bring(
    site: Site, actor: Actor, case_id: str, name: str, source: Source, attachment_id: str
) -> Stored:
    allowed = _ask(site, actor, case_id, attachment_id)
    refused = partial(refusing.record, site, actor, case_id)
    with taking.taken(site, name, source, allowed, refused) as one:
        return _write(site, actor, case_id, one.name, one.file, one.scan, attachment_id)


def _ask(site: Site, actor: Actor, case_id: str, attachment_id: str) -> Limits:
    """Return the limits for a case, if the actor may attach to it: before the first byte is read."""
    with site.database.read() as tx:
        visibility.require(site, tx, actor, case_id)
        row = tx.execute(select(Case.__table__).where(Case.id == case_id)).mappings().one()
        case = {str(key): value for key, value in row.items()}
        disposals.require_kept(tx, case)
        _require_right(tx, actor, case, attachment_id)
        return limiting.of_pack(site.settings, packs.load(site, tx, case["pack_digest"]).settings)


def _require_right(tx: Connection, actor: Actor, case: dict[str, object], attachment: str) -> None:
    standing = relation.standing_of(tx, actor, case)
    if not attachment:
        may_attach(standing).require()
        return
    row = relation.latest_of(tx, attachment)
    if row.case_id != case["id"]:
        raise NotFound(_("添付ファイルが見つかりません。"))
    may_replace(standing, relation.attached_of(tx, actor, row)).require()


def _write(
    site: Site,
    actor: Actor,
    case_id: str,
    name: str,
    file: Incoming,
    scan: str,
    attachment_id: str,
) -> Stored:
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_id)
        visibility.require(site, tx, actor, case_id)
        relation.require_going(act)
        _require_right(tx, actor, act.case, attachment_id)
        used, count = relation.amount(tx, case_id)
        allowed = limiting.of_pack(site.settings, act.pack.settings)
        limits.require_room(file.size, used, count, allowed)
        _require_new(tx, case_id, name, file)
        standing = relation.standing_of(tx, actor, act.case)
        stored = _rows(act, name, file, scan, attachment_id, beside=standing.decided)
        act.finish()
        return stored


def _require_new(tx: Connection, case_id: str, name: str, file: Incoming) -> None:
    """Raise Conflict when the case holds the same bytes under the same name: sent twice."""
    same = tx.execute(
        select(AttachmentVersion.number)
        .join(Attachment, Attachment.id == AttachmentVersion.attachment_id)
        .where(
            AttachmentVersion.case_id == case_id,
            AttachmentVersion.sha256 == file.sha256,
            AttachmentVersion.name == name,
            Attachment.withdrawn_at.is_(None),
        )
    ).first()
    if same is not None:
        raise Conflict(
            _("「{name}」は、同じ内容のものがもうこの案件に添付されています。", name=name)
        )


def _rows(
    act: Act, name: str, file: Incoming, scan: str, attachment_id: str, *, beside: bool
) -> Stored:
    earlier, version_id = None, act.new_id()
    if attachment_id:
        row = relation.latest_of(act.tx, attachment_id)
        earlier = filing.Earlier(attachment_id, row.name, row.number, row.size, row.sha256)
    storing.write(act.tx, version_id, file)
    filed = filing.Filed(version_id, name, file.size, file.sha256, scan, beside)
    attachment_id, number = filing.add(act, filed, earlier)
    return Stored(act.case_id, attachment_id, version_id, number)
