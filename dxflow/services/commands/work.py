"""Commands about the work itself: BPR workload, milestones, duties (conditions)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from dxflow import audit
from dxflow.bpr.workload import Step, compare
from dxflow.db.base import table
from dxflow.db.case import Duty, Milestone, Workload
from dxflow.db.prepared import Prepared
from dxflow.errors import Invalid
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.acts.notices import leave_notice
from dxflow.services.commands import payload as read
from dxflow.texts import gettext as _
from dxflow.texts import mark

MILESTONE_STATUSES = ("planned", "doing", "done", "dropped")

_WORKLOAD, _MILESTONE = table(Workload), table(Milestone)
_ADD_WORKLOAD, _ADD_MILESTONE = Prepared(insert(_WORKLOAD)), Prepared(insert(_MILESTONE))
_ADD_DUTY = Prepared(insert(table(Duty)))
_DROP_WORKLOAD = Prepared(delete(_WORKLOAD).where(_WORKLOAD.c.case_id == bindparam("case")))
_DROP_MILESTONES = Prepared(delete(_MILESTONE).where(_MILESTONE.c.case_id == bindparam("case")))


def register_workload(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Compute and keep what the change saves a year; doing it again replaces it."""
    steps = payload.get("steps")
    if not isinstance(steps, dict):
        raise Invalid(_("業務分析の手順がありません。"))
    unit_cost = read.number(payload, "unit_cost") or act.pack.settings.rules.unit_cost
    result = compare(
        _steps(read.rows(steps, "as_is")), _steps(read.rows(steps, "to_be")), unit_cost
    )
    _DROP_WORKLOAD.run(act.tx, {"case": act.case_id})
    _ADD_WORKLOAD.run(
        act.tx,
        {
            "case_id": act.case_id,
            "as_is_hours": str(result.as_is_hours),
            "to_be_hours": str(result.to_be_hours),
            "saved_hours": str(result.saved_hours),
            "saved_yen": str(result.saved_yen),
            "unit_cost": str(unit_cost),
            "steps": plain.dumps(steps),
        },
    )
    act.record(
        "bpr.registered",
        audit.Change("saved_hours", mark("減る時間（時間／年）"), None, result.saved_hours),
        audit.Change("saved_yen", mark("減る費用（円／年）"), None, result.saved_yen),
    )
    return {"saved_hours": result.saved_hours, "saved_yen": result.saved_yen}


def plan_milestones(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Keep the plan's milestones; a new plan replaces the one before, but for one that is to `add`."""
    adds, given = payload.get("add") is True, read.rows(payload, "milestones")
    if adds and not given:
        return {"count": 0}
    first = _next_place(act) if adds else 0
    rows = [
        {
            "id": act.new_id(),
            "case_id": act.case_id,
            "position": position,
            "name": read.text(row, "name", required=True),
            "due_on": read.day(row, "due"),
            "status": "planned",
        }
        for position, row in enumerate(given, first)
    ]
    if not adds:
        _DROP_MILESTONES.run(act.tx, {"case": act.case_id})
    _ADD_MILESTONE.many(act.tx, rows)
    act.record(
        "milestone.added" if adds else "milestone.planned",
        audit.Change("milestones", mark("工程"), None, [row["name"] for row in rows]),
        facts={"milestones": [[row["id"], row["due_on"]] for row in rows]},
    )
    return {"count": len(rows)}


def _next_place(act: Act) -> int:
    last = select(func.max(Milestone.position)).where(Milestone.case_id == act.case_id)
    found = act.tx.execute(last).scalar_one()
    return 0 if found is None else int(found) + 1


def report_milestones(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Take the progress of milestones; return how many are still open as `open`.

    Where none of them stands elsewhere than before there is no entry: what was written of them
    stands in that of the form.
    """
    known = {
        row.id: row
        for row in act.tx.execute(
            select(Milestone.id, Milestone.name, Milestone.status).where(
                Milestone.case_id == act.case_id
            )
        )
    }
    changes, told = [], []
    for report in read.rows(payload, "reports"):
        milestone = known.get(read.text(report, "milestone", required=True))
        status = read.text(report, "status", required=True)
        if milestone is None or status not in MILESTONE_STATUSES:
            raise Invalid(_("この案件の工程ではないものが報告されました。"))
        said: dict[str, Any] = {"status": status, "note": read.text(report, "note")}
        if status != milestone.status:
            said["done_at"] = act.now if status == "done" else None
            changes.append(audit.Change("milestone", milestone.name, milestone.status, status))
        act.tx.execute(update(Milestone).where(Milestone.id == milestone.id).values(said))
        told.append([milestone.id, status])
    if changes:
        act.record("milestone.reported", *changes, facts={"milestones": told})
    left = act.tx.execute(
        select(func.count()).where(
            Milestone.case_id == act.case_id, Milestone.status.in_(("planned", "doing"))
        )
    ).scalar_one()
    return {"open": left}


def impose_duties(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Turn conditions into duties that must be met before the case may close."""
    conditions = payload.get("conditions") or []
    owner = read.text(payload, "owner") or f"section:{act.case['lead_unit']}"
    rows = [_condition(condition, owner) for condition in conditions]
    rows = [(text, due, *act.addressed([owed_by])) for text, due, owed_by in rows]
    if not rows:
        return {"count": 0}
    duties = [
        {
            "id": act.new_id(),
            "case_id": act.case_id,
            "kind": "condition",
            "text": text,
            "owner_group": owed_by,
            "due_on": due,
            "status": "open",
            "imposed_at": act.now,
        }
        for text, due, owed_by in rows
    ]
    act.writes.add(_ADD_DUTY, *duties)  # whoever counts them in this act sends them first
    act.record(
        "duty.imposed",
        audit.Change("conditions", mark("条件"), None, [text for text, _due, _owner in rows]),
        audit.Change("owners", mark("負う課"), None, [owed_by for _text, _due, owed_by in rows]),
        audit.Change("due", mark("期日"), None, [due for _text, due, _owner in rows]),
        facts={"duties": [duty["id"] for duty in duties]},
    )
    _tell_others(
        act, sorted({owed_by for _text, _due, owed_by in rows} - set(act.addressed([owner])))
    )
    return {"count": len(rows)}


def _tell_others(act: Act, owners: Sequence[str]) -> None:
    """Leave a notice for sections that owe a condition of a case that is not their own."""
    if owners:
        said = mark("承認に、あなたの課が負う条件が付きました。案件のページで確かめてください。")
        leave_notice(act, owners, said, "imposed")


def count_duties(act: Act, _payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Return how many duties of the case are open as `count`."""
    act.flush()
    number = act.tx.execute(
        select(func.count()).where(Duty.case_id == act.case_id, Duty.status == "open")
    ).scalar_one()
    return {"count": number}


def _condition(condition: object, owner: str) -> tuple[str, Any, str]:
    """Return text, due day and owner of a condition; its own section goes before the usual one."""
    if isinstance(condition, dict):
        unit = read.text(condition, "owner")
        return (
            read.text(condition, "text", required=True),
            read.day(condition, "due"),
            f"section:{unit}" if unit else owner,
        )
    return str(condition), None, owner


def _steps(rows: Sequence[dict[str, Any]]) -> list[Step]:
    return [
        Step(
            name=read.text(row, "name", required=True),
            actor=read.text(row, "actor"),
            yearly_count=read.number(row, "yearly_count") or Decimal(0),
            minutes=read.number(row, "minutes") or Decimal(0),
            people=read.number(row, "people") or Decimal(1),
        )
        for row in rows
    ]
