"""A transfer taken back: everything it wrote is put back as it was, in one transaction.

Only while nothing was built on it: an act by somebody in a post that the transfer gave them, a
task that has gone on, a duty that was done, or a later change of the organisation prevents it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select, union_all

from dxflow import audit
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.structure import Structure
from dxflow.db import case as tables
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from dxflow.db.transfer import Succession, TransferPlan
from dxflow.errors import Conflict
from dxflow.services import plain
from dxflow.services.administration.transfers import applying, case_events, plans, writing
from dxflow.services.administration.units import stored
from dxflow.services.administration.units.saving import save
from dxflow.services.people import events, naming, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

APPLIED = frozenset({"applied"})
MOST_NAMED = 20


class BuiltOn(Conflict):
    """Something was built on the transfer; `obstacles` say what, in words."""

    def __init__(self, obstacles: list[str]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__(
            _("この異動の上に次のことが行われたので、取り消せません。") + " ".join(obstacles[:5])
        )


@dataclass(frozen=True)
class _Record:
    """What was kept with the plan: pairs of before and after by key."""

    units: Mapping[str, tuple[list[Any], list[Any]]]
    posts: Mapping[str, tuple[list[Any], list[Any]]]
    holdings: Mapping[str, tuple[list[Any], list[Any]]]
    tasks: Mapping[str, tuple[tuple[str | None, list[str]], tuple[str | None, list[str]]]]
    duties: Mapping[str, tuple[str, str]]
    deputies: Mapping[str, str]
    lists: Mapping[str, tuple[list[Any], list[Any]]]
    led: Mapping[str, tuple[str, str]]


def obstacles(site: Site, by: Actor, plan: str) -> list[str]:
    """Return what prevents an applied plan from being taken back, in words; empty when nothing."""
    plans.require_administrator(by)
    with site.database.read() as tx:
        row = plans.row_of(tx, plan)
        if row.status not in APPLIED:
            return []
        return _obstacles(tx, row, _record_of(row), stored.load(tx))


def undo(site: Site, by: Actor, plan: str, version: int | None = None) -> None:
    """Take an applied plan back. Raises BuiltOn, Conflict when it is not applied."""
    plans.require_administrator(by)
    with site.database.write() as tx:
        organisation.hold(tx)
        case_events.hold_open(tx)
        row = plans.changing(
            tx, plan, version, APPLIED, status="undone", ended_by=by.person_id, ended_at=site.now()
        )
        record = _record_of(row)
        now = stored.load(tx)
        if found := _obstacles(tx, row, record, now):
            raise BuiltOn(found)
        _restore(site, tx, by, plan, record, now)


def _record_of(row: Any) -> _Record:
    return _Record(**plain.loads(row.before))


def _restore(
    site: Site, tx: Connection, by: Actor, plan: str, record: _Record, now: Structure
) -> None:
    case_events.append(site, tx, _told(site, tx, by, record))
    writing.tasks(tx, [(key, old[0], old[1]) for key, (old, _new) in record.tasks.items()])
    writing.duties(tx, {key: old for key, (old, _new) in record.duties.items()})
    writing.leading(tx, {case: (new, old) for case, (old, new) in record.led.items()})
    writing.deputies(
        tx, {key: date.fromisoformat(str(end)) for key, end in record.deputies.items()}
    )
    writing.lists(
        site, tx, {post: [_rank(one) for one in old] for post, (old, _new) in record.lists.items()}
    )
    tx.execute(delete(Succession).where(Succession.plan_id == plan))
    was = writing.by_person(now.holdings)
    then = dict(was) | {
        person: [_held(one) for one in old] for person, (old, _new) in record.holdings.items()
    }
    before = replace(
        now,
        units={**now.units, **{key: _units(old) for key, (old, _new) in record.units.items()}},
        posts={**now.posts, **{key: _posts(old) for key, (old, _new) in record.posts.items()}},
        holdings=tuple(
            Holding(person, post, concurrent, valid_from=begin, valid_to=end)
            for person, rows in then.items()
            for post, begin, end, concurrent in rows
        ),
    )
    administered = person_rows.administrators(site, tx)
    recorded = writing.holdings(site, tx, by, was, then)
    organisation.raise_version(tx)
    save(site, tx, by, now, before, _("人事異動の取消し"))
    if administered and not person_rows.administrators(site, tx):
        raise Conflict(_("管理者がいなくなるため取り消せません。先に別の管理者を作ってください。"))
    writing.append_admin(tx, recorded)
    plans.record(
        site, tx, by, "transfer.undone", plan,
        audit.Change("persons", mark("異動する人"), len(record.holdings), None),
    )  # fmt: skip


def _obstacles(tx: Connection, row: Any, record: _Record, now: Structure) -> list[str]:
    found: list[str] = []
    changed = _changed_since(record, now)
    if changed:
        found.append(_("組織や職がその後に変わりました: {words}。", words=_listing(changed)))
    successor = tx.execute(
        select(TransferPlan.name).where(
            TransferPlan.status == "applied", TransferPlan.applied_at > row.applied_at
        )
    ).scalars().first()  # fmt: skip
    if successor is not None:
        found.append(_("あとの異動「{name}」が適用されています。", name=successor))
    found += _acts_since(tx, row, record)
    found += _work_since(tx, record)
    return found


def _changed_since(record: _Record, now: Structure) -> list[str]:
    held = writing.by_person(now.holdings)
    return [
        *(key for key, (_old, new) in record.units.items()
          if _units(new) != now.units.get(key, ())),
        *(key for key, (_old, new) in record.posts.items()
          if _posts(new) != now.posts.get(key, ())),
        *(person for person, (_old, new) in record.holdings.items()
          if [_held(one) for one in new] != held.get(person, [])),
    ]  # fmt: skip


def _acts_since(tx: Connection, row: Any, record: _Record) -> list[str]:
    """Name cases in which people acted in a post that the transfer gave them."""
    gained = {
        (person, rank[0])
        for person, (old, new) in record.holdings.items()
        for rank in new
        if rank[0] not in {one[0] for one in old}
    }
    acted = tx.execute(
        select(Submission.person_id, Submission.post, Case.number, Person.name)
        .join(Case, Case.id == Submission.case_id)
        .join(Person, Person.id == Submission.person_id)
        .where(Submission.at >= row.applied_at)
        .order_by(Submission.at)
    )
    words = [
        _("{name} さん（{number}）", name=one.name, number=one.number)
        for one in acted
        if (one.person_id, one.post) in gained
    ]
    if not words:
        return []
    return [_("新しい職での行為があります: {words}。", words=_listing(words))]


def _work_since(tx: Connection, record: _Record) -> list[str]:
    found = []
    items = {
        one.id: one
        for one in tx.execute(
            select(WorkItem.id, WorkItem.status, WorkItem.assignee_id, Case.number)
            .join(Case, Case.id == WorkItem.case_id)
            .where(WorkItem.id.in_(sorted(record.tasks)))
        )
    }
    groups: dict[str, set[str]] = {}
    for item, group in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key).where(
            WorkItemGroup.work_item_id.in_(sorted(record.tasks))
        )
    ):
        groups.setdefault(item, set()).add(group)
    gone_on = [
        items[key].number if key in items else key
        for key, (_old, new) in record.tasks.items()
        if key not in items
        or items[key].status != "open"
        or items[key].assignee_id != new[0]
        or groups.get(key, set()) != set(new[1])
    ]
    if gone_on:
        found.append(_("作業が先へ進んでいます: {words}。", words=_listing(gone_on)))
    now_led = tx.execute(
        select(Case.id, Case.number, Case.lead_unit).where(Case.id.in_(sorted(record.led)))
    )
    elsewhere = [one.number for one in now_led if one.lead_unit != record.led[one.id][1]]
    if elsewhere:
        found.append(_("案件の担当課がその後に変わりました: {words}。", words=_listing(elsewhere)))
    done = _duties_done(tx, record)
    if done:
        found.append(_("引き継いだ義務が {n} 件果たされています。", n=done))
    return found


def _duties_done(tx: Connection, record: _Record) -> int:
    owed = {
        one.submission_id: f"user:{one.owner_id}"
        for one in tx.execute(
            select(StoodIn.submission_id, StoodIn.owner_id).where(
                StoodIn.submission_id.in_(sorted(record.duties)), StoodIn.read_at.is_(None)
            )
        )
    } | {
        one.id: one.owner_group
        for one in tx.execute(
            select(tables.Duty.id, tables.Duty.owner_group).where(
                tables.Duty.id.in_(sorted(record.duties)), tables.Duty.status == "open"
            )
        )
    }
    return sum(owed.get(key) != new for key, (_old, new) in record.duties.items())


def _told(
    site: Site, tx: Connection, by: Actor, record: _Record
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
            told.setdefault(cases[key], []).append(
                _event(site, by, "task.reassigned", subject, change)
            )
        for key, (owed, owes) in record.duties.items():
            change = applying.owner_change(words, owes, owed)
            subject = audit.Subject("duty", key, cases[key])
            told.setdefault(cases[key], []).append(
                _event(site, by, "duty.handed_over", subject, change)
            )
    for case, (old_unit, new_unit) in record.led.items():
        change = audit.Change("lead", mark("担当課"), new_unit, old_unit)
        subject = audit.Subject("case", case, case)
        told.setdefault(case, []).append(_event(site, by, "case.units_changed", subject, change))
    return told


def _groups(record: _Record) -> set[str]:
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


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def _begin(text: Any) -> date:
    return date.fromisoformat(str(text))


def _held(row: Any) -> writing.Held:
    return row[0], _begin(row[1]), _day(row[2]), bool(row[3])


def _rank(row: Any) -> tuple[int, str, date, date | None]:
    return int(row[0]), str(row[1]), _begin(row[2]), _day(row[3])


def _units(rows: list[Any]) -> tuple[Unit, ...]:
    return tuple(Unit(**_dated(row)) for row in rows)


def _posts(rows: list[Any]) -> tuple[Post, ...]:
    return tuple(Post(**_dated(row) | {"roles": frozenset(row["roles"])}) for row in rows)


def _dated(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "valid_from": _begin(row["valid_from"]), "valid_to": _day(row["valid_to"])
    }  # fmt: skip


def _listing(words: list[str]) -> str:
    named = _("、").join(dict.fromkeys(words[:MOST_NAMED]))
    more = len(words) - MOST_NAMED
    return _("{words} ほか {n} 件", words=named, n=more) if more > 0 else named
