"""Short ways to say who acted, for the audit log."""

from datetime import datetime

from sqlalchemy import Connection

from dxflow import audit
from dxflow.authority.standing_in import StandIn
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site


def who(actor: Actor, authority: str = "", standing: StandIn | None = None) -> audit.Actor:
    """Return the actor as the log writes it; `standing` when they act for somebody else."""
    return audit.Actor(
        channel=audit.Channel(actor.channel),
        person=None if actor.is_system else actor.person_id,
        post=actor.acting_post or "",
        authority=authority,
        on_behalf_of=standing.absent if standing else "",
    )


def system_event(
    event_type: str,
    at: datetime,
    person_id: str | None,
    channel: str,
    *,
    subject: audit.Subject | None = None,
    denied: bool = False,
    request_id: str = "",
    changes: tuple[audit.Change, ...] = (),
    reason: str = "",
) -> audit.Event:
    """Return an event of a `sys:*` stream."""
    return audit.Event(
        type=event_type,
        at=at,
        actor=audit.Actor(channel=audit.Channel(channel), person=person_id),
        subject=subject or audit.Subject("person", person_id or ""),
        request=audit.Request(id=request_id),
        changes=changes,
        result=audit.Result.DENIED if denied else audit.Result.OK,
        reason=reason,
    )


def record_configuration(
    site: Site,
    tx: Connection,
    actor: Actor,
    event_type: str,
    subject: audit.Subject,
    *changes: audit.Change,
) -> None:
    """Record what was done to the installation itself on the stream of its configuration."""
    _record(site, tx, actor, audit.SystemStream.CONFIG, event_type, subject, changes)


def record_about_log(
    site: Site, tx: Connection, actor: Actor, event_type: str, *changes: audit.Change
) -> None:
    """Record what was done with the log itself: read, verified, sealed by a checkpoint."""
    subject = audit.Subject("log", "audit")
    _record(site, tx, actor, audit.SystemStream.AUDIT, event_type, subject, changes)


def _record(
    site: Site,
    tx: Connection,
    actor: Actor,
    stream: audit.SystemStream,
    event_type: str,
    subject: audit.Subject,
    changes: tuple[audit.Change, ...],
) -> None:
    audit.append_system(
        tx,
        stream,
        audit.Event(
            type=event_type,
            at=site.now(),
            actor=who(actor),
            subject=subject,
            request=audit.Request(id=actor.request_id),
            changes=changes,
        ),
    )
