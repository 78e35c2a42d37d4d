"""What is said of a task that is no longer open: who was first, when, where the case stands."""

from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Deliberation
from dxflow.db.identity import Person
from dxflow.errors import Conflict
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.texts import gettext as _


class TaskClosed(Conflict):
    """The task is no longer open; the message says who was first, and where the case stands."""

    def __init__(self, message: str, case_id: str) -> None:
        self.case_id = case_id
        super().__init__(message)


def too_late(act: Act, item: Row[Any]) -> TaskClosed:
    """Say who was first, when, and where the case stands; to strangers nothing is said."""
    visibility.require(act.site, act.tx, act.actor, act.case_id)
    return TaskClosed(finished_text(act.tx, item, act.case, act.pack), act.case_id)


def finished_text(tx: Connection, item: Row[Any], case: Any, pack: packs.Pack) -> str:
    """Return the sentence for a task that is no longer open."""
    if item.status == "cancelled" and _recused(tx, item.id, case["id"]):
        return _("この議題から除斥されているため、判断は出せません。出す必要もありません。")
    name = tx.execute(
        select(Person.name).where(Person.id == item.ended_by)
    ).scalar_one_or_none() or _("システム")
    values: dict[str, object] = {
        "task": pack.said(item.name),
        "name": name,
        "at": wareki_datetime(item.ended_at) if item.ended_at else "",
        "number": case["number"],
        "stage": pack.stage_name(case["stage"])
        if case["status"] == "running"
        else packs.status_name(case["status"]),
    }
    if item.status == "completed":
        return _(
            "「{task}」は {name} さんが {at} に済ませました。案件 {number} はいま「{stage}」です。",
            **values,
        )
    return _(
        "「{task}」は {at} に取り消されました（期限切れ・引戻し・終了など）。"
        "案件 {number} はいま「{stage}」です。",
        **values,
    )


def _recused(tx: Connection, task_id: str, case_id: str) -> bool:
    """Return whether a task was the vote of a seat that is recused in the case's open round."""
    found = tx.execute(
        select(Deliberation.recused).where(
            Deliberation.case_id == case_id, Deliberation.resolution.is_(None)
        )
    ).scalars()
    return any(one.get("task") == task_id for recused in found for one in plain.loads(recused))
