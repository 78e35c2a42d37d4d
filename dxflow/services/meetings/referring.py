"""What a sub-body approved comes before the body above: on its next agenda, or to the secretariat.

A job does it once the act of the sub-body is committed; a case that is gone, or on an agenda
already, is left as it is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from dxflow.clock import local_date
from dxflow.committee.sitting import UNDECIDED, State
from dxflow.db.case import Case
from dxflow.db.meeting import Meeting, MeetingMatter
from dxflow.services.meetings import agenda, stored
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored


def refer(site: Site, tx: Connection, payload: dict[str, Any], key: str, now: datetime) -> None:
    """Put the case on the next agenda of the body, or tell the secretariat that it waits."""
    case_id, body = payload["case_id"], payload["body"]
    waits = tx.execute(
        select(Case.number).where(
            Case.id == case_id, Case.status == "running",
            ~exists().where(
                MeetingMatter.case_id == Case.id,
                MeetingMatter.status.in_([one.value for one in UNDECIDED]),
            ),
        )
    ).scalar_one_or_none()  # fmt: skip
    if waits is None or not agenda.waits(tx, body, case_id):
        return
    known = stored.bodies(site, tx)
    names = {one: known[one].name if one in known else one for one in (body, payload["below"])}
    meeting = _next(tx, body, now) if payload["auto"] else None
    if meeting is not None:
        agenda.put_on(site, tx, system_actor(local_date(now)), meeting.id, case_id)
    with to_be_stored():
        values: dict[str, object] = {
            "number": waits, "below": names[payload["below"]], "body": names[body],
        }  # fmt: skip
        said = (
            _(
                "案件 {number} は{below}で承認され、{body} 第{n}回の議題に入りました。",
                n=meeting.number, **values,
            )
            if meeting is not None
            else _(
                "案件 {number} は{below}で承認されました。{body}の会議の議題に選んでください。",
                **values,
            )
        )  # fmt: skip
    stored.tell_groups(
        site, tx, f"refer:{key}", [f"role:{stored.SECRETARIAT}"], said,
        meeting=meeting.id if meeting is not None else None, case=case_id,
    )  # fmt: skip


def _next(tx: Connection, body: str, now: datetime) -> Any:
    """Return the next meeting of a body that is planned, None without any."""
    return tx.execute(
        select(Meeting.id, Meeting.number)
        .where(
            Meeting.body == body, Meeting.status == State.PLANNED.value,
            Meeting.written.is_(False), Meeting.held_on >= local_date(now),
        )
        .order_by(Meeting.held_on, Meeting.number)
        .limit(1)
    ).one_or_none()  # fmt: skip
