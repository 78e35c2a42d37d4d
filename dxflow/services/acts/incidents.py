"""Steps that failed: recorded in a transaction of their own after the act was undone."""

from sqlalchemy import insert

from dxflow import audit
from dxflow.db.process import Incident
from dxflow.engine import StepFailed
from dxflow.ids import new_id
from dxflow.services.people.actor import Actor
from dxflow.services.people.events import system_event
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def record(
    site: Site,
    *,
    case_id: str | None,
    element: str,
    cause: str,
    actor: Actor | None = None,
    request_id: str = "",
) -> str:
    """Record an incident and return its id, the number a person may quote."""
    now = site.now()
    incident = new_id(now)
    with site.database.write() as tx:
        tx.execute(
            insert(Incident).values(
                id=incident,
                case_id=case_id,
                element=element,
                cause=cause[:4000],
                person_id=actor.person_id if actor else None,
                request_id=request_id,
                status="open",
                at=now,
            )
        )
        audit.append_system(
            tx,
            audit.SystemStream.CONFIG,
            system_event(
                "incident.raised",
                now,
                actor.person_id if actor else None,
                actor.channel if actor else "job",
                subject=audit.Subject("incident", incident, case_id or ""),
                request_id=request_id,
                changes=(audit.Change("element", _("要素"), None, element),),
            ),
        )
    return incident


def of_failure(site: Site, actor: Actor, failure: StepFailed, case_id: str | None) -> str:
    """Record what stopped a step, and return the incident's id."""
    return record(
        site,
        case_id=case_id,
        element=failure.element,
        cause=failure.cause,
        actor=actor,
        request_id=actor.request_id,
    )
