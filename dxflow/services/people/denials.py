"""Refused attempts leave an event too: who tried what, and why it was refused."""

from dxflow import audit
from dxflow.services.people.actor import Actor
from dxflow.services.people.events import who
from dxflow.services.site import Site
from dxflow.texts import source

LONGEST_REASON = 500


def record(site: Site, actor: Actor, kind: str, target: str, reason: str) -> None:
    """Record that somebody was refused; `kind` and `target` say what, e.g. page and its path.

    `reason` is what they were told; the log holds it in Japanese, whatever they read.
    """
    with site.database.write() as tx:
        audit.append_system(
            tx,
            audit.SystemStream.ACCESS,
            audit.Event(
                type="access.denied",
                at=site.now(),
                actor=who(actor),
                subject=audit.Subject(kind, target[:200]),
                request=audit.Request(id=actor.request_id),
                result=audit.Result.DENIED,
                reason=source(reason)[:LONGEST_REASON],
            ),
        )
