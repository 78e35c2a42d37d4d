"""A meeting opened after its day: that day becomes the day on which it is really held."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dxflow import audit
from dxflow.clock import TOKYO, at_local
from dxflow.db.meeting import Attendance, Meeting
from dxflow.errors import Conflict
from dxflow.services.acts.act import Act
from dxflow.services.meetings import agenda
from dxflow.services.meetings.planning import Plan, differences, required_reason
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def require(site: Site, tx: Connection, row: Row[Any], reason: str) -> str:
    """Return why a meeting is opened late. Raises Invalid without a reason.

    Raises Conflict while somebody counts as present who came on an earlier day.
    """
    why = required_reason(reason)
    stale = tx.execute(
        select(Attendance.id).where(
            Attendance.meeting_id == row.id,
            Attendance.left_at.is_(None),
            Attendance.came_at < at_local(site.today()),
        )
    ).first()
    if stale is not None:
        raise Conflict(
            _(
                "前の日に記録した出席が残っています。退席にしてから、きょうの出席を記録してください。"
            )
        )
    return why


def move(
    site: Site, tx: Connection, acts: Iterable[Act], row: Row[Any], why: str
) -> list[audit.Change]:
    """Let a meeting be that of today, from this hour on; return what changed, for its event.

    The votes on its agenda are held open for today.
    """
    planned = Plan(row.held_on, row.begins, row.ends, row.place)
    hour = site.now().astimezone(TOKYO).strftime("%H:%M")
    held = replace(planned, held_on=site.today(), begins=hour, ends="")
    tx.execute(
        update(Meeting)
        .where(Meeting.id == row.id)
        .values(held_on=held.held_on, begins=held.begins, ends=held.ends, reason=why)
    )
    for act in acts:
        agenda.move_vote(act, row, site.today())
    return [*differences(planned, held), audit.Change("reason", mark("理由"), None, why)]
