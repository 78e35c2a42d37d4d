"""Last year's case: a case names the one it goes on from, so that what was promised is not lost."""

from typing import Any

from sqlalchemy import Connection, select, update

from dxflow import audit
from dxflow.db.case import Case, Milestone
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.acts.act import Act, lock
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def may_name(actor: Actor, case: Any) -> bool:
    """Return whether somebody may say what a case goes on from: its section, the secretariat."""
    return (
        case["applicant_id"] == actor.person_id
        or f"section:{case['lead_unit']}" in actor.groups
        or actor.has_role("secretariat")
    )


def name(site: Site, actor: Actor, case_id: str, number: str, before: str) -> None:
    """Say which case a case goes on from, by its number; "" for none.

    `before` is the number the person saw: whoever comes second is told. Nothing of the process
    changes. Raises NotFound, NotAllowed, Conflict, and Invalid for a number that names none the
    person may read, the case itself or a later one.
    """
    with site.database.write() as tx:
        visibility.require(site, tx, actor, case_id)
        act = lock(site, tx, actor, case_id)
        if not may_name(actor, act.case):
            raise NotAllowed(_("前年の案件を指定できるのは、提案者、担当課、事務局です。"))
        held = _number_of(tx, act.case["previous_id"])
        if held != before:
            raise Conflict(_("ほかの人が先に前年の案件を変えました。いまの指定を見てください。"))
        found = _earlier(act, number.strip()) if number.strip() else None
        if (found.id if found else None) == act.case["previous_id"]:
            raise Conflict(_("前年の案件は変わりません。"))
        _record(act, held, found.number if found else None)
        tx.execute(
            update(Case).where(Case.id == case_id).values(previous_id=found.id if found else None)
        )
        act.note()


def go_on_from(act: Act, number: str) -> str:
    """Let the case of an act go on from another, as part of that act; return the other's id.

    Raises Invalid.
    """
    found = _earlier(act, number)
    if found.id != act.case["previous_id"]:
        _record(act, _number_of(act.tx, act.case["previous_id"]), found.number)
        act.change_case(previous_id=found.id)
    return str(found.id)


def planned(tx: Connection, case_id: str) -> list[dict[str, Any]]:
    """Return the milestones of a case in their order, each as it stands."""
    rows = tx.execute(
        select(Milestone.name, Milestone.due_on, Milestone.status, Milestone.note)
        .where(Milestone.case_id == case_id)
        .order_by(Milestone.position)
    )
    return [
        {"name": row.name, "due": row.due_on, "status": row.status, "note": row.note}
        for row in rows
    ]


def go_on_from_last(act: Act, case_id: str | None) -> None:
    """Let a case that begins by itself go on from the one that began before it."""
    number = _number_of(act.tx, case_id)
    if number:
        _record(act, "", number)
        act.change_case(previous_id=case_id)


def _record(act: Act, before: str, after: str | None) -> None:
    act.record(
        "case.continued", audit.Change("previous", mark("前年の案件"), before or None, after)
    )


def _number_of(tx: Connection, case_id: str | None) -> str:
    if case_id is None:
        return ""
    found = select(Case.number).where(Case.id == case_id)
    return tx.execute(found).scalar_one_or_none() or ""


def _earlier(act: Act, number: str) -> Any:
    """Return the earlier case with a number that the actor may read."""
    found = act.tx.execute(
        select(Case.id, Case.number, Case.created_at).where(
            Case.number == number, visibility.visible(act.site, act.tx, act.actor)
        )
    ).one_or_none()
    if found is None:
        raise _wrong(
            _("番号「{number}」の案件が見つからないか、見る権限がありません。", number=number)
        )
    if found.id == act.case_id or found.created_at >= act.case["created_at"]:
        raise _wrong(_("この案件より前に始まった案件の番号を書いてください。"))
    return found


def _wrong(message: str) -> Invalid:
    return Invalid(message, {"number": [message]})
