"""The papers of a meeting: one case after another, and that a member has read them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import insert, select

from dxflow import audit
from dxflow.db.meeting import Meeting, MeetingMatter, PaperReading
from dxflow.errors import NotFound
from dxflow.services.meetings import book, stored
from dxflow.services.meetings.book import MeetingPage
from dxflow.services.meetings.matters import MatterView
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import briefing
from dxflow.services.reading.briefing import Briefing
from dxflow.services.reading.case_opening import open_case
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class MatterPaper:
    """A matter with the briefing on its case."""

    matter: MatterView
    brief: Briefing


@dataclass(frozen=True)
class Papers:
    """A meeting with the papers of its whole agenda."""

    meeting: MeetingPage
    papers: tuple[MatterPaper, ...]


def of_meeting(site: Site, by: Actor, meeting_id: str) -> Papers:
    """Return the papers of a meeting; what the reader may not see is left out.

    An agenda is a handful of whole documents, each costing the queries of one briefing. Raises
    NotFound, NotAllowed.
    """
    meeting = book.one(site, by, meeting_id)
    return Papers(meeting, tuple(_papers(site, by, meeting)))


def _papers(site: Site, by: Actor, meeting: MeetingPage) -> Iterator[MatterPaper]:
    with site.database.read() as tx:
        for matter in meeting.matters:
            try:
                opened = open_case(site, tx, by, matter.case_id)
            except NotFound:
                continue
            yield MatterPaper(matter, briefing.of_opened(opened))


def read(site: Site, by: Actor, matter_id: str) -> str:
    """Say that one has read the papers of a matter; return the meeting's id. Once is enough.

    Raises NotFound, NotAllowed.
    """
    with site.database.write() as tx:
        row = tx.execute(
            select(MeetingMatter.meeting_id, MeetingMatter.case_id, Meeting.body)
            .join(Meeting, Meeting.id == MeetingMatter.meeting_id)
            .where(MeetingMatter.id == matter_id)
        ).one_or_none()
        if row is None:
            raise NotFound(_("議題が見つかりません。"))
        stored.locked(site, tx, by, row.meeting_id)
        stored.require_reader(by, stored.body_of(site, tx, row.body))
        visibility.require(site, tx, by, row.case_id)
        mine = (PaperReading.matter_id == matter_id) & (PaperReading.person_id == by.person_id)
        if tx.execute(select(PaperReading.read_at).where(mine)).first() is None:
            tx.execute(
                insert(PaperReading).values(
                    matter_id=matter_id, person_id=by.person_id, read_at=site.now()
                )
            )
            stored.record(
                site, tx, by, "meeting.read", row.meeting_id,
                subject=audit.Subject("meeting", row.meeting_id, row.case_id),
            )  # fmt: skip
        return str(row.meeting_id)
