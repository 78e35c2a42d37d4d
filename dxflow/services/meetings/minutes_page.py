"""Minutes as read, and whether they are still what was sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow import audit
from dxflow.committee import minutes as rules
from dxflow.committee.minutes import Stage
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.db.meeting import MeetingMatter
from dxflow.services import plain
from dxflow.services.meetings import stored
from dxflow.services.meetings.minutes import corrections_of, row_of
from dxflow.services.people import organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Correction:
    """A correction behind the sealed text."""

    number: int
    text: str
    reason: str
    by: str
    at: datetime
    digest: str


@dataclass(frozen=True)
class MinutesPage:
    """Minutes as read. `unbroken`: text and corrections are what the log says was sealed.

    `text` is what is sealed, the JSON of the record, which `body` gives as values; `remarks` gives,
    for the meeting ("") and each matter, what it is about and what was said. Whoever may not read a
    case that was dealt with finds only its number in `body`, no remark of it and an empty `text`.
    `writes`, `approves`, `seals`: what the reader may do now.
    """

    stage: str
    text: str
    body: dict[str, Any]
    digest: str
    remarks: tuple[tuple[str, str, str], ...]
    written_at: datetime
    approved_at: datetime | None
    approved_by: str
    sealed_at: datetime | None
    sealed_by: str
    corrections: tuple[Correction, ...]
    unbroken: bool
    writes: bool
    approves: bool
    seals: bool
    corrects: bool


def of_meeting(site: Site, by: Actor, meeting_id: str) -> MinutesPage | None:
    """Return the minutes, None when there are none yet. Raises NotAllowed, NotFound."""
    with site.database.read() as tx:
        meeting = stored.row_of(tx, meeting_id)
        stored.require_reader(by, stored.body_of(site, tx, meeting.body))
        row = row_of(tx, meeting_id)
        if row is None:
            return None
        found = corrections_of(tx, meeting_id)
        whom = {row.approved_by or "", row.sealed_by or "", *(one.person_id for one in found)}
        names = organisation.names_of(tx, whom)
        unbroken = _unbroken(tx, meeting_id, row, found)
        body = plain.loads(row.body)
        matters = _matters(site, tx, by, meeting_id)
        remarks = _remarks(row, body, matters)
        for place, matter in enumerate(matters):
            if matter.withheld:
                body["matters"][place] = _withheld(body["matters"][place])
    keeper, stage = by.has_role(stored.SECRETARIAT), Stage(row.status)
    return MinutesPage(
        stage=row.status,
        text="" if any(one.withheld for one in matters) else row.body,
        body=body,
        digest=row.digest,
        remarks=remarks,
        written_at=row.written_at,
        approved_at=row.approved_at,
        approved_by=names.get(row.approved_by or "", ""),
        sealed_at=row.sealed_at,
        sealed_by=names.get(row.sealed_by or "", ""),
        corrections=tuple(
            Correction(
                one.number, one.text, one.reason, names.get(one.person_id, ""), one.at, one.digest
            )
            for one in found
        ),
        unbroken=unbroken,
        writes=keeper and stage is Stage.DRAFT,
        approves=stage is Stage.DRAFT and f"post:{meeting.chair}" in by.groups,
        seals=keeper and stage is Stage.APPROVED,
        corrects=keeper and stage is Stage.SEALED,
    )


def _matters(site: Site, tx: Connection, by: Actor, meeting_id: str) -> Sequence[Row[str, bool]]:
    """Return the matters in the order of the record, and whether the reader may not know them."""
    return tx.execute(
        select(MeetingMatter.id, visibility.withheld(site, tx, by).label("withheld"))
        .join(Case, Case.id == MeetingMatter.case_id)
        .where(MeetingMatter.meeting_id == meeting_id, MeetingMatter.status != "dropped")
        .order_by(MeetingMatter.place)
    ).all()


def _withheld(matter: dict[str, Any]) -> dict[str, Any]:
    """Return what stands in the minutes for somebody who may not read a case: its number."""
    empty = {key: type(value)() for key, value in matter.items()}
    return empty | {"number": matter["number"], "title": visibility.withheld_title()}


def _remarks(
    row: Row[Any], body: dict[str, Any], matters: Sequence[Row[str, bool]]
) -> tuple[tuple[str, str, str], ...]:
    said = plain.loads(row.remarks)
    told = zip(matters, body["matters"], strict=False)
    return (
        *(
            (matter.id, f"{one['number']} {one['title']}", said.get(matter.id, ""))
            for matter, one in told
            if not matter.withheld
        ),
        ("", _("会議全体・その他"), said.get("", "")),
    )


def _unbroken(tx: Connection, meeting_id: str, row: Row[Any], found: list[Row[Any]]) -> bool:
    """Return whether everything is as the log says: its own hashes could be written anew."""
    if row.status != Stage.SEALED:
        return bool(rules.digest(row.body) == row.digest)
    bodies = tx.execute(
        select(AuditEvent.body)
        .where(
            AuditEvent.stream == audit.SystemStream.COMMITTEE.value,
            AuditEvent.type.in_(("minutes.sealed", "minutes.corrected")),
            AuditEvent.body.contains(meeting_id),
        )
        .order_by(AuditEvent.seq)
    ).scalars()
    logged = [
        change.after
        for body in bodies
        for change in audit.describe(body).changes
        if change.field == "digest"
    ]
    if logged != [row.digest, *(one.digest for one in found)]:
        return False
    texts = [(one.text, one.reason, one.digest) for one in found]
    return rules.unbroken(row.digest, row.body, texts)
