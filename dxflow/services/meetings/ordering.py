"""The secretariat puts the matters of an agenda in their order."""

from sqlalchemy import select, update

from dxflow import audit
from dxflow.committee import ordering as rules
from dxflow.committee.sitting import Matter, State
from dxflow.db.case import Case
from dxflow.db.meeting import MeetingMatter
from dxflow.errors import NotFound
from dxflow.services.meetings import stored
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def up(site: Site, by: Actor, matter_id: str) -> str:
    """Move a matter one place up; return the meeting's id. Raises NotAllowed, NotFound, Conflict."""
    return _move(site, by, matter_id, up=True)


def down(site: Site, by: Actor, matter_id: str) -> str:
    """Move a matter one place down; return the meeting's id. Raises NotAllowed, NotFound, Conflict."""
    return _move(site, by, matter_id, up=False)


def _move(site: Site, by: Actor, matter_id: str, *, up: bool) -> str:
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        which = select(MeetingMatter.meeting_id).where(MeetingMatter.id == matter_id)
        meeting_id = tx.execute(which).scalar_one_or_none()
        if meeting_id is None:
            raise NotFound(_("議題が見つかりません。"))
        row = stored.locked(site, tx, by, meeting_id)
        rules.reorder(State(row.status))
        matters = tx.execute(
            select(MeetingMatter.id, MeetingMatter.place, Case.number)
            .join(Case, Case.id == MeetingMatter.case_id)
            .where(
                MeetingMatter.meeting_id == meeting_id,
                MeetingMatter.status != Matter.DROPPED.value,
            )
            .order_by(MeetingMatter.place, MeetingMatter.id)
        ).all()
        before = [one.id for one in matters]
        after = rules.moved(before, matter_id, up=up)
        if after == before:
            return str(meeting_id)
        places = sorted(one.place for one in matters)
        for place, key, was in zip(places, after, before, strict=True):
            if key != was:  # the two that changed places
                tx.execute(update(MeetingMatter).where(MeetingMatter.id == key).values(place=place))
        numbers = {one.id: one.number for one in matters}
        stored.record(
            site, tx, by, "meeting.reordered", meeting_id,
            audit.Change(
                "agenda", mark("議題の順"), [numbers[key] for key in before],
                [numbers[key] for key in after],
            ),
        )  # fmt: skip
    return str(meeting_id)
