"""Files of a proposal that is not handed in: attached to its draft, taken away again.

They wait with the draft, go into the case in the act that hands it in, and go with the draft when
it is thrown away. What may be attached is what the pack would let be attached to the case.
"""

from functools import partial

from sqlalchemy import Connection, delete, func, insert, select, update

from dxflow.attachments import limits
from dxflow.attachments.limits import Limits
from dxflow.db.attachment import DraftFile, DraftPiece
from dxflow.db.process import Draft
from dxflow.errors import Conflict, NotFound
from dxflow.ids import new_id
from dxflow.services.acts import drafts, starts
from dxflow.services.attachments import limiting, refusing, storing, taking
from dxflow.services.attachments.incoming import Source
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def allowed(site: Site, actor: Actor, process: str, draft_id: str) -> Limits:
    """Return the limits for the files of a draft. Raises NotFound, NotAllowed."""
    with site.database.read() as tx:
        found = starts.entered(site, tx, actor, process, draft_id)
        return limiting.of_pack(site.settings, found.pack.settings)


def attach(site: Site, actor: Actor, process: str, draft_id: str, name: str, source: Source) -> str:
    """Attach a file to the actor's draft, which has been saved; return the id of the file.

    Raises HandedIn, NotFound, Invalid for a file that is not taken, Conflict when the draft holds
    it already, Unavailable when it cannot be scanned.
    """
    drafts.require_open(site, actor, draft_id)
    most = allowed(site, actor, process, draft_id)
    refused = partial(refusing.record_of_draft, site, actor, draft_id)
    with (
        taking.taken(site, name, source, most, refused) as one,
        site.database.write() as tx,
    ):
        _hold(tx, actor, draft_id)
        used, count = tx.execute(
            select(func.coalesce(func.sum(DraftFile.size), 0), func.count()).where(
                DraftFile.draft_id == draft_id
            )
        ).one()
        limits.require_room(one.file.size, int(used), count, most)
        same = select(DraftFile.id).where(
            DraftFile.draft_id == draft_id,
            DraftFile.sha256 == one.file.sha256,
            DraftFile.name == one.name,
        )
        if tx.execute(same).first() is not None:
            raise Conflict(_("「{name}」は、同じ内容のものがもう添付されています。", name=one.name))
        file_id = new_id(site.now())
        storing.write(tx, file_id, one.file, storing.OF_DRAFTS)
        tx.execute(
            insert(DraftFile).values(
                id=file_id, draft_id=draft_id, name=one.name, size=one.file.size,
                sha256=one.file.sha256, scan=one.scan, at=site.now(),
            )
        )  # fmt: skip
    return file_id


def remove(site: Site, actor: Actor, file_id: str) -> str:
    """Take a file away from the actor's draft; return the draft's id. Raises NotFound."""
    with site.database.write() as tx:
        draft_id = tx.execute(
            select(DraftFile.draft_id)
            .join(Draft, Draft.id == DraftFile.draft_id)
            .where(DraftFile.id == file_id, Draft.person_id == actor.person_id)
        ).scalar_one_or_none()
        if draft_id is None:
            raise NotFound(_("添付ファイルが見つかりません。"))
        _hold(tx, actor, draft_id)
        tx.execute(delete(DraftPiece).where(DraftPiece.version_id == file_id))
        tx.execute(delete(DraftFile).where(DraftFile.id == file_id))
    return str(draft_id)


def _hold(tx: Connection, actor: Actor, draft_id: str) -> None:
    """Lock the draft until the end: it is not handed in meanwhile. Raises NotFound."""
    held = tx.execute(
        update(Draft)
        .where(Draft.id == draft_id, Draft.person_id == actor.person_id)
        .values(has_files=True)
    ).rowcount
    if not held:
        raise NotFound(_("下書きが見つかりません。"))
