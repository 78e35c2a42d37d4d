"""A file that must not come in: who sent it, its name and hash, and why.

On the chain of its case; for a proposal that is not handed in, with the denied attempts.
"""

from dxflow import audit
from dxflow.attachments.scans import WORDS
from dxflow.services.acts.act import lock
from dxflow.services.attachments.incoming import Incoming
from dxflow.services.attachments.scanning import Scanned
from dxflow.services.people import events
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import mark


def record(
    site: Site, actor: Actor, case_id: str, name: str, file: Incoming, scanned: Scanned
) -> None:
    """Record that a file was refused after its scan; nothing of it is kept."""
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_id)
        act.happened.append(
            audit.Event(
                type="file.refused",
                at=act.now,
                actor=events.who(actor),
                subject=audit.Subject("case", case_id, case_id),
                request=audit.Request(id=actor.request_id),
                changes=_changes(name, file, scanned),
                definition=act.pack.digest,
                result=audit.Result.DENIED,
                reason=scanned.said,
            )
        )
        act.finish()


def record_of_draft(
    site: Site, actor: Actor, draft_id: str, name: str, file: Incoming, scanned: Scanned
) -> None:
    """Record that a file of a proposal that is not handed in was refused."""
    event = audit.Event(
        type="file.refused",
        at=site.now(),
        actor=events.who(actor),
        subject=audit.Subject("draft", draft_id),
        request=audit.Request(id=actor.request_id),
        changes=_changes(name, file, scanned),
        result=audit.Result.DENIED,
        reason=scanned.said,
    )
    with site.database.write() as tx:
        audit.append_system(tx, audit.SystemStream.ACCESS, event)


def _changes(name: str, file: Incoming, scanned: Scanned) -> tuple[audit.Change, ...]:
    return (
        audit.Change("name", mark("ファイル名"), None, name, personal=True),
        audit.Change("size", mark("大きさ（バイト）"), None, file.size),
        audit.Change("sha256", "SHA-256", None, file.sha256),
        audit.Change("scan", mark("ウイルス検査"), None, WORDS[scanned.result]),
    )
