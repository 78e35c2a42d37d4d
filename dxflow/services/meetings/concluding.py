"""An open conclusion is always with whoever may conclude now.

While it waits, its chair may become the applicant or a drafter, leave the post, reach its last day,
or lose the account; and may come back. Whatever it was, who may conclude is asked anew as soon as
the organisation, the day, an account or the case is another.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dxflow import audit
from dxflow.authority.segregation import Action
from dxflow.clock import local_date
from dxflow.committee.seats import Presiding
from dxflow.db.case import Deliberation
from dxflow.db.identity import Person
from dxflow.db.process import ProcessInstance, WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.jobs import queue
from dxflow.services.acts import presiding, sitting
from dxflow.services.acts.act import Act, lock
from dxflow.services.acts.notices import leave_notice
from dxflow.services.acts.writing import offer_instead
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

KIND = "committee.chair"
LOOK = timedelta(seconds=20)


def queue_due(site: Site, now: datetime) -> datetime:
    """Put every open conclusion into the queue whose surroundings have changed; say when to ask again.

    What was looked at once, as it stands, is not looked at again.
    """
    last, seen = site.kept.get(KIND, (0.0, (None, frozenset())))[1]
    if last is not None and timedelta(0) <= now - last < LOOK:
        return last + LOOK  # type: ignore[no-any-return]
    with site.database.read() as tx:
        looks = _looks(tx, now)
    fresh = {key: case for key, case in looks.items() if key not in seen}
    if fresh:
        with site.database.write() as tx:
            for key, case in fresh.items():
                queue.defer(tx, now, kind=KIND, key=key, case_id=case, payload={"case": case})
    site.kept[KIND] = (0.0, (now, frozenset(looks)))
    return now + LOOK


def _looks(tx: Connection, now: datetime) -> dict[str, str]:
    """Return the cases with an open conclusion by what it depends on, as one word each."""
    cases = tx.execute(
        select(WorkItem.case_id, ProcessInstance.version)
        .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
        .where(
            # few cases, found by the index of rounds that are open
            WorkItem.case_id.in_(
                select(Deliberation.case_id).where(Deliberation.resolution.is_(None))
            ),
            WorkItem.status == "open",
            WorkItem.act == Action.CONCLUDE.value,
        )
        .distinct()
    ).all()
    if not cases:
        return {}
    closed = tx.execute(
        select(Person.id).where(Person.status != "active").order_by(Person.id)
    ).scalars()
    around = "|".join((organisation.read_version(tx), local_date(now).isoformat(), *closed))
    word = sha256(around.encode()).hexdigest()[:32]
    return {f"{row.case_id}:{row.version}:{word}": row.case_id for row in cases}


def hand_on(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Offer a case's open conclusions to whoever may conclude now; nothing where they have them."""
    try:
        act = lock(site, tx, system_actor(local_date(now)), payload["case"])
    except NotFound:
        return
    if act.case["status"] != "running" or act.suspension is not None:
        return  # when it goes on, it is looked at again
    round_ = _counted_round(act)
    if round_ is None or round_.body not in act.pack.settings.bodies:
        return
    frame = sitting.of_case(tx, act.case_id)
    present = frame.counted_with(round_) if frame is not None else None
    counted_for = presiding.counted_for(round_) or ""
    found = presiding.of_round(act, round_, counted_for, present)
    chairs = {presiding.group(seat) for seat in (counted_for, round_.chair)}
    why = presiding.why(round_, found)
    moved = [_moved(act, item, found, chairs, why) for item in _open(act)]
    if not any(moved):
        return
    presiding.record(act, round_, found)
    tx.execute(
        update(Deliberation).where(Deliberation.id == round_.id).values(chair=found.seat or "")
    )
    if frame is not None:
        sitting.touch(tx, frame.meeting.id)
    act.finish()


def _counted_round(act: Act) -> Row[Any] | None:
    """Return the round whose votes were counted last, None when it is concluded or there is none."""
    return act.tx.execute(
        select(Deliberation.__table__)
        .where(
            Deliberation.case_id == act.case_id,
            Deliberation.resolution.is_(None),
            Deliberation.result != "{}",
        )
        .order_by(Deliberation.round.desc())
        .limit(1)
    ).one_or_none()


def _open(act: Act) -> list[Row[Any]]:
    return list(
        act.tx.execute(
            select(WorkItem.__table__)
            .where(
                WorkItem.case_id == act.case_id,
                WorkItem.status == "open",
                WorkItem.act == Action.CONCLUDE.value,
            )
            .order_by(WorkItem.id)
        )
    )


def _moved(act: Act, item: Row[Any], found: Presiding, chairs: set[str], why: str) -> bool:
    """Give a task to whoever concludes; return whether it was with somebody else.

    A task that the process or an operator gave to others than the chair stays with them.
    """
    before = set(
        act.tx.execute(
            select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id == item.id)
        ).scalars()
    )
    now = presiding.group(found.seat)
    if len(before) != 1 or not before <= chairs | {now}:
        return False
    taken = item.assignee_id
    gone = taken is not None and not presiding.may_conclude(act, taken, found.seat)
    if gone:
        act.tx.execute(update(WorkItem).where(WorkItem.id == item.id).values(assignee_id=None))
        act.record("task.released", subject=audit.Subject("task", item.id, act.case_id))
    if before == {now}:
        return gone
    offer_instead(act, item, {now})
    (was,) = before
    _record(act, item, was, now, why)
    leave_notice(act, {was, now}, _said(act, item, was, now, why), f"{item.id}:chair")
    return True


def _record(act: Act, item: Row[Any], was: str, now: str, why: str) -> None:
    names = naming.load(act.tx, act.directory())
    act.record(
        "task.reassigned",
        audit.Change("holder", mark("担当"), names.group(was), names.group(now)),
        audit.Change("reason", mark("理由"), None, why or None),
        subject=audit.Subject("task", item.id, act.case_id),
        facts={"tasks": {}},  # whoever has taken it keeps it, unless that was just told
    )


def _said(act: Act, item: Row[Any], before: str, now: str, why: str) -> str:
    names = naming.load(act.tx, act.directory())
    with to_be_stored():
        return _(
            "案件 {number} の「{task}」は、{before}に代わって{now}が行います（理由: {reason}）。",
            number=act.case["number"], task=item.name,
            before=names.group(before), now=names.group(now), reason=why,
        )  # fmt: skip
