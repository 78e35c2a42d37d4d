"""What a member must not learn from the log while a vote goes on.

Who reads the log may sit in a body too. Acts of a round whose verdicts or scores the reader may not
see yet are left out of what they read of the log, until they may.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, or_, select
from sqlalchemy.orm import aliased

from dxflow import audit
from dxflow.audit.plain import moment_text
from dxflow.committee.seeing import Standpoint, sees_scores, sees_verdicts
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case, Deliberation
from dxflow.db.process import ProcessInstance
from dxflow.services import plain
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.reading import evaluations
from dxflow.services.site import Site

#: Events that say what a member voted or gave, or how it went on with a task.
_TELLING = ("committee.voted", "committee.evaluated", "task.completed")


def withheld(site: Site, tx: Connection, actor: Actor) -> ColumnElement[bool]:
    """Return the condition on events that the reader may not read yet: none for most readers.

    Three queries for somebody who has a seat in an open round, no more than one for others.
    """
    bodies = (body for pack in packs.current(site, tx) for body in pack.settings.bodies.values())
    if not actor.has_role(*(body.seat_role for body in bodies)):
        return false()
    mine = [row for row in _open_rounds(tx) if _seats(row, actor)]
    if not mine:
        return false()
    given = evaluations.given_in(tx, [row.id for row in mine])
    owing = evaluations.owing_in(tx, [row.case_id for row in mine])
    blind = [
        row for row in mine if not _sees(site, tx, actor, row, owing.get(row.case_id, set()), given)
    ]
    if not blind:
        return false()
    return and_(
        AuditEvent.type.in_(_TELLING),
        or_(
            *(
                and_(
                    AuditEvent.stream == audit.case_stream(row.case_id),
                    AuditEvent.at >= moment_text(row.convened_at),
                )
                for row in blind
            )
        ),
    )


def _open_rounds(tx: Connection) -> list[Any]:
    later = aliased(Deliberation)
    return list(
        tx.execute(
            select(Deliberation.__table__, ProcessInstance.pack_digest)
            .join(Case, Case.id == Deliberation.case_id)
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .where(
                Case.status == "running",
                Deliberation.resolution.is_(None),
                ~exists().where(
                    later.case_id == Deliberation.case_id, later.round > Deliberation.round
                ),
            )
        )
    )


def _seats(row: Any, actor: Actor) -> frozenset[str]:
    return frozenset(seat for seat in plain.loads(row.seats) if f"post:{seat}" in actor.groups)


def _sees(
    site: Site, tx: Connection, actor: Actor, row: Any, owing: set[str], given: evaluations.Given
) -> bool:
    body = packs.load(site, tx, row.pack_digest).settings.bodies.get(row.body)
    if body is None:
        return False
    reader = Standpoint(
        mine=_seats(row, actor),
        owing=owing.intersection(plain.loads(row.seats)),
        given=frozenset(given.get(row.id, {})),
    )
    rule = body.rules.disclosure
    scores = not body.evaluation.criteria or sees_scores(rule, reader)
    return scores and sees_verdicts(rule, reader)
