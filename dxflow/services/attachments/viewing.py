"""That somebody opened a file, on the chain of its case, before the first byte is handed out.

One entry for a person, a version and a day: the log grows with the people who read a file, not
with how often they open it, and who opens it again waits for no lock.
"""

from typing import Any

from sqlalchemy import Row, select

from dxflow import audit
from dxflow.audit.plain import moment_text
from dxflow.clock import at_local
from dxflow.db.audit import AuditEvent
from dxflow.services.acts.act import lock
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import mark

VIEWED = "file.viewed"


def record(site: Site, actor: Actor, version: Row[Any]) -> None:
    """Record that the actor opens a version (its row), unless today's log says so already."""
    if _told(site, actor, version):
        return
    with site.database.write() as tx:
        act = lock(site, tx, actor, version.case_id)
        act.record(
            VIEWED,
            audit.Change("name", mark("ファイル名"), None, version.name, personal=True),
            audit.Change("version", mark("版"), None, version.number),
            audit.Change("sha256", "SHA-256", None, version.sha256),
            subject=audit.Subject("file", version.id, version.case_id),
        )
        act.note()


def _told(site: Site, actor: Actor, version: Row[Any]) -> bool:
    with site.database.read() as tx:
        found = tx.execute(
            select(AuditEvent.id)
            .where(
                AuditEvent.stream == audit.case_stream(version.case_id),
                AuditEvent.type == VIEWED,
                AuditEvent.actor == actor.person_id,
                AuditEvent.at >= moment_text(at_local(site.today())),
                AuditEvent.body.contains(version.id, autoescape=True),
            )
            .limit(1)
        )
        return found.first() is not None
