"""Conditions that a person's groups owe, as the inbox shows them beside the work."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text

from dxflow.db.case import Case, Duty
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

#: The most lines; what is due later follows when these are met.
MOST = 30


@dataclass(frozen=True)
class OwedCondition:
    """An open condition of a case that goes on. `late_days` is 0 until its day is over."""

    id: str
    case_id: str
    number: str
    title: str
    text: str
    due_on: date | None
    late_days: int


def for_actor(site: Site, actor: Actor) -> list[OwedCondition]:
    """Return what the actor's groups owe, the first due first: one query."""
    with site.database.read() as tx:
        rows = tx.execute(
            select(Duty.id, Duty.case_id, Case.number, Case.title, Duty.text, Duty.due_on)
            .join(Case, Case.id == Duty.case_id)
            .where(
                Duty.status == text("'open'"), Duty.owner_group.in_(sorted(actor.groups)),
                Case.status == "running", visibility.visible(site, tx, actor),
            )
            .order_by(Duty.due_on.is_(None), Duty.due_on, Duty.id)
            .limit(MOST)
        ).all()  # fmt: skip
    return [
        OwedCondition(*row, max(0, (actor.on - row.due_on).days) if row.due_on else 0)
        for row in rows
    ]
