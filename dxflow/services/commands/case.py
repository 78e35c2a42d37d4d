"""Commands that change what a case is called, whose it is and what it costs."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import bindparam, delete, insert

from dxflow import audit
from dxflow.db.base import table
from dxflow.db.case import CaseUnit
from dxflow.db.prepared import Prepared
from dxflow.errors import Invalid
from dxflow.services.acts import cases, continuing
from dxflow.services.acts.act import Act
from dxflow.services.commands import payload as read
from dxflow.texts import gettext as _
from dxflow.texts import mark

_UNIT = table(CaseUnit)
_ADD_UNIT = Prepared(insert(_UNIT))
_DROP_UNITS = Prepared(
    delete(_UNIT).where(_UNIT.c.case_id == bindparam("case"), _UNIT.c.part != "applicant")
)


def title(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Give the case the title of the project sheet."""
    new = read.text(payload, "title", required=True).strip()
    if new != act.case["title"]:
        act.record("case.renamed", audit.Change("title", mark("件名"), act.case["title"], new))
        act.change_case(title=new, search_text=cases.search_text(new, act.case["number"]))
    return {}


def units(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Set the lead section and the related ones; sections that do not exist are refused.

    One that has ended since it was named stands for its successor.
    """
    who = act.directory()
    lead = who.heir(read.text(payload, "lead") or act.case["lead_unit"])
    named = dict.fromkeys(who.heir(key) for key in read.texts(payload, "related"))
    related = [key for key in named if key != lead]
    unknown = [key for key in (lead, *related) if key not in who.units]
    if unknown:
        raise Invalid(_("課「{keys}」は今日の組織にありません。", keys="、".join(unknown)))
    _DROP_UNITS.run(act.tx, {"case": act.case_id})
    rows = [{"case_id": act.case_id, "unit": lead, "part": "lead"}]
    rows += [{"case_id": act.case_id, "unit": key, "part": "related"} for key in related]
    _ADD_UNIT.many(act.tx, rows)
    act.record(
        "case.units_changed",
        audit.Change("lead", mark("担当課"), act.case["lead_unit"], lead),
        audit.Change("related", mark("関係課"), None, related),
    )
    act.change_case(lead_unit=lead)
    return {}


def amount(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Set the total cost in whole yen."""
    value = read.number(payload, "amount") or Decimal(0)
    if value < 0:
        raise Invalid(_("金額は 0 円以上にしてください。"))
    yen = int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    act.record(
        "case.amount_changed", audit.Change("amount", mark("金額（円）"), act.case["amount"], yen)
    )
    act.change_case(amount=yen)
    return {}


def extend(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Make a linked proposal for another section (横展開) and return its number as `case`.

    `entries` are what its first form begins with, by field, in place of what this case's has.
    With `carried` it is one that goes on from this case, such as that of the next plan.
    """
    unit = read.text(payload, "unit", required=True)
    if unit not in act.directory().units:
        raise Invalid(_("課「{keys}」は今日の組織にありません。", keys=unit))
    entries, carried = read.context(payload, "entries"), payload.get("carried") is True
    started = cases.start_linked(act, unit, read.text(payload, "note"), entries, carried=carried)
    if carried:
        act.record(
            "case.carried", audit.Change("case", mark("引き継いだ案件"), None, started.number)
        )
    else:
        act.record(
            "case.extended",
            audit.Change("case", mark("横展開した案件"), None, started.number),
            audit.Change("unit", mark("展開先の課"), None, unit),
        )
    act.final = True
    return {"case": started.number}


def go_on(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Name the case of the year before by its `number`; without one nothing changes.

    Returns what that case had planned, as it stands now: `milestones` with `name`, `due`,
    `status` and `note`.
    """
    number = read.text(payload, "number").strip()
    if not number:
        return {"milestones": []}
    return {"milestones": continuing.planned(act.tx, continuing.go_on_from(act, number))}
