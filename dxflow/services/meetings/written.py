"""A deliberation in writing begins: every vote opens at once."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from dxflow import audit
from dxflow.committee import written as rules
from dxflow.committee.sitting import Matter
from dxflow.db.meeting import MeetingMatter, WrittenConsent
from dxflow.errors import Conflict
from dxflow.services.acts.act import Act, require_running
from dxflow.services.commands import committee
from dxflow.services.meetings import stored
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def begin_votes(
    site: Site, tx: Connection, row: Row[Any], rule: rules.Consent,
    seats: list[stored.SeatOfBody], acts: list[Act],
) -> None:  # fmt: skip
    """Open the vote on every matter at once. Raises Conflict while too few agree, or too late."""
    rules.in_time(row.held_on, site.today())
    agreeing = set(
        tx.execute(
            select(WrittenConsent.seat).where(
                WrittenConsent.meeting_id == row.id, WrittenConsent.agrees.is_(True)
            )
        ).scalars()
    )
    members = {one.key for one in seats if one.persons}
    rules.begin(rule, len(members), len(agreeing & members))
    if not acts:
        raise Conflict(_("議題がないため、始められません。"))
    for act in acts:
        require_running(act)
        round_ = committee.open_round(act)
        tx.execute(
            update(MeetingMatter)
            .where(MeetingMatter.meeting_id == row.id, MeetingMatter.case_id == act.case_id)
            .values(
                status=Matter.VOTING.value, deliberation_id=round_.id, opened_at=act.now
            )
        )  # fmt: skip
        act.record(
            "committee.vote_opened",
            audit.Change("held_on", mark("日"), None, row.held_on),
            subject=audit.Subject("meeting", row.id, act.case_id),
        )
        act.finish()
