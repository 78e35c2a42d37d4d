"""What an act that is pulled back had written beside the process."""

from sqlalchemy import select, update

from dxflow.db.case import Ballot, Deliberation
from dxflow.services.act import Act


def ballots(act: Act) -> None:
    """Take the actor's ballots of the open round back; they stay, marked, and are not counted."""
    open_rounds = select(Deliberation.id).where(
        Deliberation.case_id == act.case_id, Deliberation.resolution.is_(None)
    )
    act.tx.execute(
        update(Ballot)
        .where(
            Ballot.person_id == act.actor.person_id,
            Ballot.superseded_at.is_(None),
            Ballot.deliberation_id.in_(open_rounds),
        )
        .values(superseded_at=act.now)
    )
