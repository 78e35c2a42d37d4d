"""The files of a case as its pages show them, and one of them to be handed out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from dxflow.attachments.kinds import kind_of
from dxflow.attachments.limits import Limits
from dxflow.attachments.names import ending_of
from dxflow.attachments.scans import WORDS
from dxflow.authority.attaching import Attached, Standing, may_attach, may_replace, may_withdraw
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
from dxflow.db.attachment import Attachment, AttachmentVersion, DocumentAttachment, DraftFile
from dxflow.db.case import Case
from dxflow.db.document import DecisionDocument
from dxflow.db.process import Draft, ProcessInstance
from dxflow.db.retention import Disposal
from dxflow.errors import NotFound, Unavailable
from dxflow.services.attachments import limiting, relation, storing, viewing
from dxflow.services.packs import store as packs
from dxflow.services.people import naming, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import shared_drafts
from dxflow.services.reading.case_head import CaseHead, head_of, read_facts
from dxflow.services.reading.case_opening import Opened, open_case
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: What a file of no kind we know is handed out as.
_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class VersionView:
    """One version. `scan_name` says what the scanner said, `shown`: a browser may show it.

    `in_document` is the number of the latest decision document that lists it, 0 for none.
    `disposed`: its bytes and its name are gone with the case's disposal.
    """

    id: str
    number: int
    name: str
    size: int
    sha256: str
    media: str
    shown: bool
    scan: str
    scan_name: str
    beside: bool
    in_document: int
    person: str
    post: str
    at: datetime
    disposed: bool = False


@dataclass(frozen=True)
class AttachmentView:
    """A file with its versions, the latest first. `locked`: a decided document lists it."""

    id: str
    versions: tuple[VersionView, ...]
    locked: bool
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdraw_reason: str
    may_replace: bool = False
    may_withdraw: bool = False

    @property
    def latest(self) -> VersionView:
        """Return the latest version."""
        return self.versions[0]


@dataclass(frozen=True)
class AttachmentsPage:
    """The files of a case with its head, what may still be attached, and why nothing may."""

    head: CaseHead
    files: tuple[AttachmentView, ...]
    limits: Limits
    may_attach: bool
    refusal: str


@dataclass(frozen=True)
class Handed:
    """A version to be handed out. `pieces` gives its bytes; a file of a draft has no case."""

    case_id: str
    name: str
    media: str
    shown: bool
    size: int
    sha256: str
    pieces: Iterator[bytes]


def page(site: Site, actor: Actor, case_id: str) -> AttachmentsPage:
    """Return the files of a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        standing = relation.standing_of(tx, actor, opened.case)
        verdict = may_attach(standing)
        stopped = opened.suspension.sentence(opened.case["number"]) if opened.suspension else ""
        head = head_of(opened, read_facts(opened))
        if head.kept is not None and head.kept.disposed is not None:
            stopped = _("廃棄された案件には、ファイルを添付できません。")
        return AttachmentsPage(
            head=head,
            files=files_of(opened, standing if not stopped else None),
            limits=limiting.of_pack(site.settings, opened.pack.settings),
            may_attach=bool(verdict) and not stopped,
            refusal=stopped or verdict.reason,
        )


def files_of(opened: Opened, standing: Standing | None = None) -> tuple[AttachmentView, ...]:
    """Return the files of an opened case, the oldest first: one query and the names, or none.

    What the reader may do is said where their `standing` is given.
    """
    if not opened.has_files:
        return ()
    rows = _rows(opened)
    names = naming.load(
        opened.tx,
        opened.who,
        persons=[one for row in rows for one in (row.person_id, row.withdrawn_by) if one],
        posts=[row.post for row in rows],
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.attachment_id, []).append(row)
    return tuple(_file(opened, versions, names, standing) for versions in found.values())


def hand_out(site: Site, actor: Actor, version_id: str) -> Handed:
    """Return a version to be handed out. Raises NotFound, Unavailable for bytes that were changed.

    The bytes are hashed before the first of them leaves: what is handed out is what was attached.
    Where the pack asks for it, the log says who opened it before that, or nothing is handed out.
    """
    with site.database.read() as tx:
        row = tx.execute(
            select(
                AttachmentVersion.__table__, Case.restricted, ProcessInstance.pack_digest,
                Disposal.at.label("disposed_at"),
            )
            .join(Case, Case.id == AttachmentVersion.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == AttachmentVersion.case_id)
            .outerjoin(Disposal, Disposal.case_id == AttachmentVersion.case_id)
            .where(AttachmentVersion.id == version_id)
        ).one_or_none()  # fmt: skip
        if row is None:
            raise NotFound(_("添付ファイルが見つかりません。"))
        visibility.require(site, tx, actor, row.case_id)
        if row.disposed_at is not None:
            day = wareki_date(local_date(row.disposed_at))
            raise NotFound(_("この添付ファイルは、{day} に廃棄されました。", day=day))
        rule = packs.load(site, tx, row.pack_digest).settings.reading
    handed = _handed(site, row, row.case_id, storing.OF_CASES)
    if rule.log_views.asks(restricted=bool(row.restricted)):
        viewing.record(site, actor, row)
    return handed


def hand_out_of_draft(site: Site, actor: Actor, file_id: str) -> Handed:
    """Return a file of a draft that the actor keeps or may read, as `hand_out`."""
    with site.database.read() as tx:
        row = tx.execute(
            select(DraftFile.__table__, Draft.person_id)
            .join(Draft, Draft.id == DraftFile.draft_id)
            .where(DraftFile.id == file_id)
        ).one_or_none()
    if row is None:
        raise NotFound(_("添付ファイルが見つかりません。"))
    if row.person_id != actor.person_id:
        shared_drafts.read(site, actor, row.draft_id)
    return _handed(site, row, "", storing.OF_DRAFTS)


def _handed(site: Site, row: Row[Any], case_id: str, kept: storing.Pieces) -> Handed:
    if not storing.is_whole(site, row.id, row.size, row.sha256, kept):
        raise Unavailable(
            _(
                "「{name}」の中身が、添付されたときのハッシュ値と一致しないため、渡せません。"
                "システム管理者に知らせてください（dxflow audit verify で確かめられます）。",
                name=row.name,
            )
        )
    media, shown = _served(row.name)
    return Handed(
        case_id, row.name, media, shown, row.size, row.sha256,
        storing.pieces(site, row.id, kept),
    )  # fmt: skip


def _served(name: str) -> tuple[str, bool]:
    kind = kind_of(ending_of(name))
    return (kind.media, kind.shown) if kind else (_BYTES, False)


def _rows(opened: Opened) -> list[Row[Any]]:
    listed = (
        select(func.max(DecisionDocument.revision))
        .join(DocumentAttachment, DocumentAttachment.document_id == DecisionDocument.id)
        .where(DocumentAttachment.version_id == AttachmentVersion.id)
    )
    locked = (
        select(DecisionDocument.id)
        .join(DocumentAttachment, DocumentAttachment.document_id == DecisionDocument.id)
        .where(
            DocumentAttachment.version_id == AttachmentVersion.id,
            DecisionDocument.decided_at.is_not(None),
        )
        .exists()
    )
    return list(
        opened.tx.execute(
            select(
                AttachmentVersion.__table__,
                Attachment.withdrawn_at, Attachment.withdrawn_by, Attachment.withdraw_reason,
                listed.scalar_subquery().label("document"), locked.label("locked"),
                Disposal.at.label("disposed_at"),
            )
            .join(Attachment, Attachment.id == AttachmentVersion.attachment_id)
            .outerjoin(Disposal, Disposal.case_id == AttachmentVersion.case_id)
            .where(AttachmentVersion.case_id == opened.id)
            .order_by(AttachmentVersion.attachment_id, AttachmentVersion.number.desc())
        )
    )  # fmt: skip


def _file(
    opened: Opened, rows: list[Row[Any]], names: naming.Names, standing: Standing | None
) -> AttachmentView:
    latest = rows[0]
    attached = Attached(
        locked=any(row.locked for row in rows),
        withdrawn=latest.withdrawn_at is not None,
        own=latest.person_id == opened.actor.person_id,
    )
    asked = standing if opened.suspension is None else None
    return AttachmentView(
        id=latest.attachment_id,
        versions=tuple(_version(row, names) for row in rows),
        locked=attached.locked,
        withdrawn_at=latest.withdrawn_at,
        withdrawn_by=names.person(latest.withdrawn_by) if latest.withdrawn_by else "",
        withdraw_reason=latest.withdraw_reason,
        may_replace=asked is not None and bool(may_replace(asked, attached)),
        may_withdraw=asked is not None and bool(may_withdraw(asked, attached)),
    )


def _version(row: Row[Any], names: naming.Names) -> VersionView:
    media, shown = _served(row.name)
    return VersionView(
        id=row.id,
        number=row.number,
        name=row.name if row.disposed_at is None else _("廃棄済みのファイル"),
        size=row.size,
        sha256=row.sha256,
        media=media,
        shown=shown and row.disposed_at is None,
        scan=row.scan,
        scan_name=translated(WORDS.get(row.scan, row.scan)),
        beside=bool(row.beside),
        in_document=row.document or 0,
        person=names.person(row.person_id),
        post=names.post(row.post),
        at=row.at,
        disposed=row.disposed_at is not None,
    )
