"""A transfer taken back: everything it wrote is put back as it was, in one transaction.

Only while nothing was built on it: an act by somebody in a post that the transfer gave them, a
task that has gone on, a duty that was done, or a later change of the organisation prevents it.
"""

from dataclasses import replace

from sqlalchemy import Connection, delete, select, union_all

from dxflow import audit
from dxflow.authority.structure import Structure
from dxflow.db import case as tables
from dxflow.db.process import WorkItem
from dxflow.db.standing import StoodIn
from dxflow.db.transfer import Succession
from dxflow.errors import Conflict
from dxflow.services.administration.transfers import applying, case_events, plans, telling, writing
from dxflow.services.administration.transfers import obstacles as built_on
from dxflow.services.administration.transfers.obstacles import (
    Record,
    end_of,
    rank_of,
    record_of,
    restored,
)
from dxflow.services.administration.units import stored
from dxflow.services.administration.units.saving import save
from dxflow.services.people import events, naming, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

APPLIED = frozenset({"applied"})


class BuiltOn(Conflict):
    """Something was built on the transfer; `obstacles` say what, in words."""

    def __init__(self, obstacles: list[str]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__(
            _("この異動の上に次のことが行われたので、取り消せません。") + " ".join(obstacles[:5])
        )


def obstacles(site: Site, by: Actor, plan: str) -> list[str]:
    """Return what prevents an applied plan from being taken back, in words; empty when nothing."""
    plans.require_administrator(by)
    with site.database.read() as tx:
        row = plans.row_of(tx, plan)
        if row.status not in APPLIED:
            return []
        return built_on.obstacles(site, tx, row, record_of(row), stored.load(tx))


def undo(site: Site, by: Actor, plan: str, version: int | None = None) -> None:
    """Take an applied plan back. Raises BuiltOn, Conflict when it is not applied."""
    plans.require_administrator(by)
    with site.database.write() as tx:
        organisation.hold(tx)
        case_events.hold_open(tx)
        row = plans.changing(
            tx, plan, version, APPLIED, status="undone", ended_by=by.person_id, ended_at=site.now()
        )
        record = record_of(row)
        now = stored.load(tx)
        if found := built_on.obstacles(site, tx, row, record, now):
            raise BuiltOn(found)
        _restore(site, tx, by, plan, record, now)


def _restore(
    site: Site, tx: Connection, by: Actor, plan: str, record: Record, now: Structure
) -> None:
    case_events.append(site, tx, _told(site, tx, by, record))
    writing.tasks(tx, [(key, old[0], old[1]) for key, (old, _new) in record.tasks.items()])
    writing.duties(tx, {key: old for key, (old, _new) in record.duties.items()})
    writing.leading(tx, {case: (new, old) for case, (old, new) in record.led.items()})
    writing.heirs(tx, {case: old for case, (old, _new) in record.heirs.items()})
    writing.deputies(tx, {key: end_of(end) for key, end in record.deputies.items()})
    writing.lists(
        site,
        tx,
        {post: [rank_of(one) for one in old] for post, (old, _new) in record.lists.items()},
    )
    tx.execute(delete(Succession).where(Succession.plan_id == plan))
    before = restored(record, now)
    was, then = (writing.by_person(one.holdings) for one in (now, before))
    administered = person_rows.administrators(site, tx)
    recorded = writing.holdings(site, tx, by, was, then)
    recorded += writing.accounts(site, tx, by, record.closed, "active")
    recorded += writing.accounts(site, tx, by, record.opened, "disabled")
    organisation.raise_version(tx, site.now())
    save(site, tx, by, now, before, _("人事異動の取消し"))
    if administered and not person_rows.administrators(site, tx):
        raise Conflict(_("管理者がいなくなるため取り消せません。先に別の管理者を作ってください。"))
    telling.undone(site, tx, plan, record, before)
    writing.append_admin(tx, recorded)
    plans.record(
        site, tx, by, "transfer.undone", plan,
        audit.Change("persons", mark("異動する人"), len(record.holdings), None),
    )  # fmt: skip


def _told(
    site: Site, tx: Connection, by: Actor, record: Record
) -> dict[str, list[audit.Event]]:  # fmt: skip
    cases: dict[str, str] = {}
    of_tasks = select(WorkItem.id, WorkItem.case_id).where(WorkItem.id.in_(sorted(record.tasks)))
    duties = sorted(record.duties)
    read = select(StoodIn.submission_id, StoodIn.case_id).where(StoodIn.submission_id.in_(duties))
    met = select(tables.Duty.id, tables.Duty.case_id).where(tables.Duty.id.in_(duties))
    for key, case in tx.execute(union_all(of_tasks, read, met)):
        cases[key] = case
    people = [one.removeprefix("user:") for one in _groups(record) if one.startswith("user:")]
    told: dict[str, list[audit.Event]] = {}
    with to_be_stored():
        words = naming.load(tx, organisation.directory(site, tx, by.on), persons=people).group
        for key, (old, new) in record.tasks.items():
            change = applying.holder_change(words, new, old)
            subject = audit.Subject("task", key, cases[key])
            event = _event(site, by, "task.reassigned", subject, change)
            facts = {"tasks": {key: {"assignee": old[0]}}}
            told.setdefault(cases[key], []).append(replace(event, facts=facts))
        for key, (owed, owes) in record.duties.items():
            change = applying.owner_change(words, owes, owed)
            subject = audit.Subject("duty", key, cases[key])
            event = _event(site, by, "duty.handed_over", subject, change)
            told.setdefault(cases[key], []).append(replace(event, facts={"owner": owed}))
    for case, (old_unit, new_unit) in record.led.items():
        change = audit.Change("lead", mark("担当課"), new_unit, old_unit)
        subject = audit.Subject("case", case, case)
        told.setdefault(case, []).append(_event(site, by, "case.units_changed", subject, change))
    return told


def _groups(record: Record) -> set[str]:
    found = {owner for pair in record.duties.values() for owner in pair}
    for pair in record.tasks.values():
        for whose, groups in pair:
            found |= {*groups, *({f"user:{whose}"} if whose else ())}
    return found


def _event(
    site: Site, by: Actor, kind: str, subject: audit.Subject, change: audit.Change
) -> audit.Event:
    return audit.Event(
        type=kind, at=site.now(), actor=events.who(by), subject=subject,
        request=audit.Request(id=by.request_id), changes=(change,),
        reason=mark("人事異動の取消し"),
    )  # fmt: skip
