"""A case that administrators have stopped for a while: everything can be read, nothing goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance
from dxflow.errors import Conflict
from dxflow.texts import gettext as _

#: The status of the instance of a suspended case; the case itself is still running.
SUSPENDED = "suspended"


class Suspended(Conflict):
    """The case is suspended; the message says by whom, since when and why."""


@dataclass(frozen=True)
class Suspension:
    """Who suspended a case, when and why. `by` is a name."""

    at: datetime
    by: str
    reason: str

    def sentence(self, number: str) -> str:
        """Return what people are told who would act on the case."""
        return _(
            "案件 {number} は、{at} に {name} さんが止めています（理由: {reason}）。"
            "再開されるまで操作できません。入力した内容は下書きとして残せます。",
            number=number,
            at=wareki_datetime(self.at),
            name=self.by,
            reason=self.reason,
        )


def of_row(tx: Connection, row: RowMapping | dict[str, Any], prefix: str = "") -> Suspension | None:
    """Return the suspension that stands in the columns of an instance, None when it is going.

    One query, and only for a suspended case. `prefix` is that of the columns' names.
    """
    if row[f"{prefix}status"] != SUSPENDED:
        return None
    name = tx.execute(
        select(Person.name).where(Person.id == row[f"{prefix}suspended_by"])
    ).scalar_one_or_none()
    return Suspension(
        row[f"{prefix}suspended_at"],
        name or _("システム管理者"),
        row[f"{prefix}suspend_reason"],
    )


#: The columns `of_row` needs, under the prefix `instance_`.
COLUMNS = tuple(
    getattr(ProcessInstance, name).label(f"instance_{name}")
    for name in ("status", "suspended_at", "suspended_by", "suspend_reason")
)
