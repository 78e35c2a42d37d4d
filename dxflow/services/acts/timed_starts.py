"""Cases that begin by themselves: when a timer start event of a current pack version is due.

A due start goes through the queue like a due timer. The case, its first entry of the log, the next
time and the job's end are one transaction, so that each time gives one case whoever is killed. A
time that nobody watched (an outage, maintenance) is caught up with once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from dxflow import audit, engine
from dxflow.authority.directory import Directory
from dxflow.authority.roles_within import unit_of_group
from dxflow.clock import local_date
from dxflow.db.identity import Person
from dxflow.db.process import PlannedStart
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.jobs import queue
from dxflow.jobs.runner import Hopeless
from dxflow.models.model import Element
from dxflow.services.acts import cases, continuing
from dxflow.services.acts.cases import Started
from dxflow.services.acts.notices import leave_notice
from dxflow.services.acts.writing import write_step
from dxflow.services.packs import city_days, planned_starts
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings.starting import TimedStart
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor, system_actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

JOB = "process.start"
LONGEST_REASON = 1000
BATCH = 200


@dataclass(frozen=True)
class Owner:
    """Whose case it is: a person, in which of the named groups, and the case's section."""

    person: str
    group: str
    unit: str


def queue_due(tx: Connection, now: datetime) -> None:
    """Put due starts into the queue; those that another worker is queueing are passed over."""
    for row in tx.execute(_due(now).with_for_update(skip_locked=True)):
        queue.defer(
            tx, now, kind=JOB,
            # a version that takes over may try again what the one before it could not begin
            key=f"{row.id}:{row.digest[:16]}:{row.due_at.timestamp():.6f}",
            payload={"start": row.id, "due": row.due_at.isoformat()},
        )  # fmt: skip
        tx.execute(update(PlannedStart).where(PlannedStart.id == row.id).values(attempts=1))


def _due(now: datetime) -> Select[str, str, datetime | None]:
    return (
        select(PlannedStart.id, PlannedStart.digest, PlannedStart.due_at)
        .where(PlannedStart.due_at <= now, PlannedStart.attempts == 0)
        .order_by(PlannedStart.due_at)
        .limit(BATCH)
    )


def plan_anew(site: Site, tx: Connection) -> None:
    """Work the next times out again, after the city's days have changed; what is due stays due."""
    now = site.now()
    for row in tx.execute(select(PlannedStart.__table__).where(PlannedStart.due_at > now)).all():
        pack, start, element = _of(site, tx, row)
        functions = planned_starts.functions_of(city_days.Calendars(site, tx).of(pack))
        before = [row.since, *([row.last_due_at] if row.last_due_at else [])]
        due = planned_starts.next_start(element, start, row.since, now, functions, *before)
        if due != row.due_at:
            tx.execute(update(PlannedStart).where(PlannedStart.id == row.id).values(due_at=due))


def begin(site: Site, tx: Connection, payload: dict[str, Any], now: datetime) -> None:
    """Begin the case of a due start, and plan the next one; a start that is over is nothing.

    Raises Hopeless when nobody could own the case or its title cannot be worked out: somebody has
    to do something first.
    """
    row = _locked(tx, payload["start"])
    if row is None or row.due_at is None or row.due_at.isoformat() != payload["due"]:
        return
    pack, start, element = _of(site, tx, row)
    functions = planned_starts.functions_of(city_days.Calendars(site, tx).of(pack))
    try:
        started = _begin(
            site,
            tx,
            system_actor(local_date(now)),
            pack,
            start,
            element,
            local_date(row.due_at),
            last=row.last_case_id,
        )
        due = planned_starts.following(element, start, row.since, now, functions, row.due_at)
    except ValueError as wrong:
        raise Hopeless(str(wrong)) from wrong
    tx.execute(
        update(PlannedStart)
        .where(PlannedStart.id == row.id)
        .values(due_at=due, attempts=0, last_case_id=started.id, last_due_at=row.due_at)
    )


def begin_now(site: Site, actor: Actor, start_id: str, last_case: str, reason: str) -> Started:
    """Begin a case that would begin by itself, ahead of its time; the next time stays as it is.

    `last_case` is the case that began last as the person saw it: whoever sends twice, or comes
    second, is told. Raises NotAllowed, NotFound, Conflict, and Invalid without a reason.
    """
    actor.require_role("admin")
    given = reason.strip()
    if not given or len(given) > LONGEST_REASON:
        message = _("理由を {n} 文字以内で書いてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    with site.database.write() as tx:
        row = _locked(tx, start_id)
        if row is None:
            raise NotFound(_("この開始の予定はありません。"))
        if (row.last_case_id or "") != last_case:
            raise Conflict(_("この手続きの案件は、いま始まったところです。二つ目は始めません。"))
        pack, start, element = _of(site, tx, row)
        try:
            started = _begin(
                site, tx, actor, pack, start, element, actor.on, given, row.last_case_id
            )
        except (Hopeless, ValueError) as wrong:
            raise Conflict(str(wrong)) from wrong
        tx.execute(
            update(PlannedStart).where(PlannedStart.id == row.id).values(last_case_id=started.id)
        )
    return started


def owner(tx: Connection, who: Directory, groups: Iterable[str]) -> Owner | None:
    """Return who would own a case: a holder of the first group that has one in a section."""
    for group in map(who.present, groups):
        holders = who.holders(group)
        active = tx.execute(
            select(Person.id)
            .where(Person.id.in_(holders), Person.status == "active")
            .order_by(Person.id)
        ).scalars()
        for person in active:
            if unit := _unit(who, group, person):
                return Owner(person, group, unit)
    return None


def _unit(who: Directory, group: str, person: str) -> str:
    kind, _colon, key = group.partition(":")
    if kind == "post" and key in who.posts and who.posts[key].unit:
        return str(who.posts[key].unit)
    if named := unit_of_group(group):
        return named
    unit = who.unit_of(person)
    return unit.key if unit else ""


def _locked(tx: Connection, start_id: str) -> Any:
    return tx.execute(
        select(PlannedStart.__table__).where(PlannedStart.id == start_id).with_for_update()
    ).one_or_none()


def _of(site: Site, tx: Connection, row: Any) -> tuple[packs.Pack, TimedStart, Element]:
    pack = packs.load(site, tx, row.digest)
    element = pack.processes[row.process_key].elements[row.element]
    return pack, pack.settings.starts[row.process_key], element


def _begin(
    site: Site, tx: Connection, actor: Actor, pack: packs.Pack, start: TimedStart,
    element: Element, day: date, reason: str = "", last: str | None = None,
) -> Started:  # fmt: skip
    functions = pack.functions(site.now(), city_days.Calendars(site, tx).of(pack))
    who = organisation.directory(site, tx, actor.on)
    groups = start.owners(functions)
    found = owner(tx, who, groups)
    if found is None:
        raise Hopeless(nobody(naming.load(tx, who), groups))
    title = start.titled(day, functions)
    act = cases.new_act(
        site, tx, actor, pack, start.process, found.unit, title, applicant=found.person
    )
    holder = naming.load(tx, who, persons=[found.person])
    act.record(
        "case.begun",
        audit.Change("number", mark("番号"), None, act.case["number"]),
        audit.Change("title", mark("件名"), None, title),
        audit.Change("owner", mark("担当する職"), None, holder.group(found.group)),
        audit.Change("start", mark("開始イベント"), None, element.name or element.id),
        reason=reason,
        facts={"stage": act.case["stage"], "applicant": found.person},
    )
    continuing.go_on_from_last(act, last)
    act.flush()
    department = who.department_of(found.unit)
    step = engine.start(
        pack.definitions,
        start.process,
        {
            **start.values,
            "case_id": act.case_id,
            "applicant": f"user:{found.person}",
            "section": found.unit,
            "department": department.key if department else None,
            "started_on": day,
        },
        act.environment(),
        element.id,
    )
    write_step(act, step, ())
    leave_notice(
        act, [f"user:{found.person}"], mark("「{title}」が始まりました。", title=title), "begun"
    )
    act.finish(status="ended" if step.ended else "active")
    return Started(act.case_id, act.case["number"])


def nobody(names: naming.Names, groups: Iterable[str]) -> str:
    """Return the sentence that says why no case can begin."""
    words = _("、").join(names.group(one) for one in groups)
    return _(
        "案件を担当する人（{groups}）が、いまだれもいないため始められません。"
        "職に人を就けてから、もう一度試みてください。",
        groups=words,
    )
