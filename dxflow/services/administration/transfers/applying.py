"""A transfer carried out: rehearsed once more on the spot, then written in one transaction.

What is kept with the plan suffices to take it back. Nothing is written when the rehearsal finds a
hole that nobody has decided about.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dxflow import audit
from dxflow.authority.rehearsal import Matter
from dxflow.authority.structure import Structure
from dxflow.db.standing import SubstituteRank
from dxflow.db.transfer import Succession, TransferPlan
from dxflow.errors import Conflict, DxflowError, Invalid
from dxflow.ids import new_id
from dxflow.problems import Refused
from dxflow.services import plain
from dxflow.services.administration.transfers import (
    case_events,
    going,
    plans,
    telling,
    writing,
)
from dxflow.services.administration.transfers.rehearsing import Rehearsed, rehearsed
from dxflow.services.administration.transfers.wording import Wording
from dxflow.services.administration.units.saving import save
from dxflow.services.people import events, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: From these states a plan is applied by hand, from its day on.
APPLICABLE = frozenset({"draft", "scheduled", "blocked"})


class HolesOpen(Conflict):
    """Holes are left that nobody has decided about."""

    def __init__(self, number: int) -> None:
        super().__init__(
            _("決めていない穴が {n} 件あります。埋めるか、理由を書いて残してください。", n=number)
        )


@dataclass(frozen=True)
class Applied:
    """What was done: persons with other posts, accounts closed and opened, tasks, duties.

    Tasks are `released`, or given on.
    """

    persons: int
    closed: int
    opened: int
    released: int
    tasks: int
    duties: int


def apply(site: Site, by: Actor, plan: str, version: int | None = None) -> Applied:
    """Carry a plan out by hand, on its day or later.

    Raises Invalid before its day, Refused for problems of its files, HolesOpen, Conflict.
    """
    plans.require_administrator(by)
    with site.database.write() as tx:
        row = plans.row_of(tx, plan)
        if row.effective > site.today():
            raise Invalid(
                _("まだその日ではありません。その日の0時に適用するように予約してください。")
            )
        return apply_within(site, tx, by, plan, version, APPLICABLE)


def apply_within(
    site: Site, tx: Connection, by: Actor, plan: str, version: int | None, among: frozenset[str]
) -> Applied:
    """Carry a plan out in the caller's transaction. Raises Refused, HolesOpen, Conflict."""
    organisation.hold(tx)
    case_events.hold_open(tx)
    row = plans.changing(tx, plan, version, among)
    found = rehearsed(site, tx, plans.sheets_of(tx, plan), plans.fills_of(tx, plan), row.effective)
    require_sound(found)
    before, done = _written(site, tx, by, found, plan)
    tx.execute(
        update(TransferPlan)
        .where(TransferPlan.id == plan)
        .values(
            status="applied", applied_by=by.person_id, applied_at=site.now(), held_up="",
            before=plain.dumps(before),
        )
    )  # fmt: skip
    return done


def require_sound(found: Rehearsed) -> None:
    """Raise Refused or HolesOpen unless a rehearsed plan may be applied."""
    if found.prospect.problems:
        raise Refused(list(found.prospect.problems))
    if found.open:
        raise HolesOpen(len(found.open))


def why_not(refused: DxflowError) -> str:
    """Return in a few words why a plan was not applied."""
    if isinstance(refused, Refused):
        first = refused.problems[0]
        more = len(refused.problems) - 1
        return _("{first} ほか {n} 件", first=first, n=more) if more else str(first)
    return refused.message


def _written(
    site: Site, tx: Connection, by: Actor, found: Rehearsed, plan: str
) -> tuple[dict[str, Any], Applied]:
    prospect, base = found.prospect, found.base
    if base is None or found.final is None or found.will is None:
        raise AssertionError
    day = prospect.day
    tasks = going.tasks(found)
    duties = going.duties(found)
    led = going.led(found)
    heirs = going.heirs(tx, found)
    ends = {
        key: found.underway.affairs.delegations[key].valid_to
        for key in found.final.ended
    }  # fmt: skip
    lists = _lists(tx, found, day)
    case_events.append(site, tx, _told(site, by, found, plan, tasks, duties, led))
    writing.tasks(tx, [(key, new[0], new[1]) for key, (_old, new) in tasks.items()])
    writing.duties(tx, {key: new for key, (_old, new) in duties.items()})
    writing.leading(tx, led)
    writing.heirs(tx, {case: new for case, (_old, new) in heirs.items()})
    writing.deputies(tx, dict.fromkeys(ends, day))
    writing.lists(site, tx, {post: new for post, (_old, new) in lists.items()})
    was, will = (writing.by_person(one.holdings) for one in (prospect.before, prospect.after))
    administered = person_rows.administrators(site, tx)
    moved = {one for one in (*was, *will) if was.get(one) != will.get(one)} | prospect.opening
    said = _("人事異動による")
    recorded = writing.holdings(site, tx, by, was, will)
    recorded += writing.accounts(site, tx, by, prospect.closing, "disabled")
    recorded += writing.accounts(site, tx, by, prospect.opening, "active")
    _succeed(site, tx, found, plan)
    organisation.raise_version(tx, site.now())
    save(site, tx, by, prospect.before, prospect.after, said)
    if administered and not person_rows.administrators(site, tx):
        raise Conflict(
            _("きょうの管理者がいなくなるため適用できません。先に別の管理者を作ってください。")
        )
    telling.applied(site, tx, plan, found, duties, ends)
    released = sum(old[0] is not None and new[0] is None for old, new in tasks.values())
    given_on = len(tasks) - released
    done = Applied(
        len(moved), len(prospect.closing), len(prospect.opening), released, given_on, len(duties)
    )
    writing.append_admin(
        tx,
        [
            *recorded,
            *_of_deputies(site, by, found, ends, day),
            *_of_lists(site, by, lists, day),
            _of_plan(site, by, found, plan, done),
        ],
    )
    return {
        "units": _rows(prospect.before, prospect.after, "units"),
        "posts": _rows(prospect.before, prospect.after, "posts"),
        "holdings": {one: [was.get(one, []), will.get(one, [])] for one in sorted(moved)},
        "tasks": tasks, "duties": duties, "deputies": ends, "lists": lists, "led": led,
        "heirs": heirs, "hands": _hands(found),
        "accounts": dict.fromkeys(sorted(prospect.closing), ("active", "disabled"))
        | dict.fromkeys(sorted(prospect.opening), ("disabled", "active")),
    }, done  # fmt: skip


def _hands(found: Rehearsed) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Return who has each task or duty that changes hands, before and after, by the ids of persons.

    A task that stays with a post goes to whoever comes into it: nothing of the task is written, and
    nobody could tell afterwards.
    """
    return {
        one.key: (one.before, one.after, one.note)
        for one in found.changes
        if one.matter in (Matter.TASK, Matter.DUTY)
    }


Ranks = list[tuple[int, str, date, date | None]]


def _lists(tx: Connection, found: Rehearsed, day: date) -> dict[str, tuple[Ranks, Ranks]]:
    """Return the lists that change, with the rows of all times before and after."""
    new: dict[str, list[str]] = defaultdict(list)
    old: dict[str, list[str]] = defaultdict(list)
    for ranks, lists in ((found.affairs.ranks, new), (found.underway.affairs.ranks, old)):
        for rank in sorted(ranks, key=lambda one: one.place):
            lists[rank.post].append(rank.substitute)
    changed = [post for post in {**old, **new} if old[post] != new[post]]
    if not changed:
        return {}
    rows: dict[str, Ranks] = {post: [] for post in changed}
    for row in tx.execute(
        select(SubstituteRank.__table__)
        .where(SubstituteRank.post.in_(changed))
        .order_by(SubstituteRank.post, SubstituteRank.valid_from, SubstituteRank.place)
    ):
        rows[row.post].append((row.place, row.substitute, row.valid_from, row.valid_to))
    found_lists = {}
    for post in changed:
        kept: Ranks = [
            (place, substitute, begin, day if end is None or end > day else end)
            for place, substitute, begin, end in rows[post]
            if begin < day
        ]
        for place, substitute in enumerate(new[post], start=1):
            kept.append((place, substitute, day, None))
        found_lists[post] = (rows[post], kept)
    return found_lists


def _succeed(site: Site, tx: Connection, found: Rehearsed, plan: str) -> None:
    rows = [
        {"id": new_id(site.now()), "kind": one.kind.value, "old": one.old, "new": one.new,
         "valid_from": one.valid_from, "plan_id": plan}
        for one in found.prospect.successions
    ]  # fmt: skip
    if rows:
        tx.execute(insert(Succession), rows)


def _told(
    site: Site, by: Actor, found: Rehearsed, plan: str,
    tasks: Mapping[str, tuple[going.Task, going.Task]], duties: Mapping[str, tuple[str, str]],
    led: Mapping[str, tuple[str, str]],
) -> dict[str, list[audit.Event]]:  # fmt: skip
    """Return the events on cases: claims that end, tasks and duties that go to somebody else."""
    by_rule = {one.key for one in found.changes if one.note == "heir"}
    reasons = {one.hole.id: one.reason for one in found.holes}
    told: dict[str, list[audit.Event]] = defaultdict(list)
    with to_be_stored():
        words = Wording(found)
        for key, (old, new) in tasks.items():
            about = found.underway.about[key]
            kind = "task.reassigned" if old[1] != new[1] else "task.released"
            change = holder_change(words.group, old, new)
            subject = audit.Subject("task", key, about.case_id)
            event = _event(site, by, kind, subject, plan, change)
            facts = {"tasks": {key: {"assignee": new[0]}}}
            told[about.case_id].append(replace(event, facts=facts))
        for key, (owed, owes) in duties.items():
            about = found.underway.about[key]
            changes = (
                owner_change(words.group, owed, owes),
                audit.Change(
                    "reason",
                    mark("理由"),
                    None,
                    reasons.get(f"duty:{key}")
                    or (mark("職の後任が後閲する決まり") if key in by_rule else None),
                ),
            )
            subject = audit.Subject("duty", key, about.case_id)
            event = _event(site, by, "duty.handed_over", subject, plan, *changes)
            told[about.case_id].append(replace(event, facts={"owner": owes}))
    for case, (old_unit, new_unit) in led.items():
        told[case].append(
            _event(
                site, by, "case.units_changed", audit.Subject("case", case, case), plan,
                audit.Change("lead", mark("担当課"), old_unit, new_unit),
            )
        )  # fmt: skip
    return told


def holder_change(words: Callable[[str], str], old: going.Task, new: going.Task) -> audit.Change:
    """Return who had a task and who has it, by name, as it is recorded."""
    before, after = (
        _("、").join(words(one) for one in ([f"user:{whose}"] if whose else groups))
        for whose, groups in (old, new)
    )
    return audit.Change("holder", mark("担当"), before, after, personal=True)


def owner_change(words: Callable[[str], str], owed: str, owes: str) -> audit.Change:
    """Return who owed a duty and who owes it, by name, as it is recorded."""
    return audit.Change("owner", mark("負う人"), words(owed), words(owes), personal=True)


def _of_deputies(
    site: Site, by: Actor, found: Rehearsed, ends: Mapping[str, object], day: date
) -> list[audit.Event]:
    given = found.underway.affairs.delegations
    return [
        _event(
            site, by, "delegation.ended", audit.Subject("person", given[key].giver), "",
            audit.Change("deputy", mark("代理の人"), given[key].deputy, None),
            audit.Change("post", mark("職"), given[key].post or None, None),
            audit.Change("valid_from", mark("始まり"), given[key].valid_from, None),
            audit.Change("valid_to", mark("終わり"), given[key].valid_to, day),
        )
        for key in ends
    ]  # fmt: skip


def _of_lists(
    site: Site, by: Actor, lists: Mapping[str, tuple[Ranks, Ranks]], day: date
) -> list[audit.Event]:
    return [
        _event(
            site, by, "substitutes.changed", audit.Subject("post", post), "",
            audit.Change(
                "substitutes", mark("代決順位"),
                [one[1] for one in old if one[3] is None or one[3] > day],
                [one[1] for one in new if one[2] == day],
            ),
            audit.Change("valid_from", mark("始まり"), None, day),
        )
        for post, (old, new) in lists.items()
    ]  # fmt: skip


def _of_plan(site: Site, by: Actor, found: Rehearsed, plan: str, done: Applied) -> audit.Event:
    left = [f"{one.hole.id} {one.reason}" for one in found.holes if one.state == "left"]
    return _event(
        site, by, "transfer.applied", audit.Subject("transfer", plan), "",
        audit.Change("valid_from", mark("始まり"), None, found.prospect.day),
        audit.Change("persons", mark("異動する人"), None, done.persons),
        audit.Change("closed", mark("無効にした利用者"), None, done.closed or None),
        audit.Change("opened", mark("有効に戻した利用者"), None, done.opened or None),
        audit.Change("released", mark("解除した引受け"), None, done.released),
        audit.Change("tasks", mark("渡した作業"), None, done.tasks),
        audit.Change("duties", mark("引き継いだ義務"), None, done.duties),
        audit.Change("given", mark("引継先を選んだ案件"), None, len(found.given.cases) or None),
        audit.Change("left", mark("残した穴"), None, left or None),
    )  # fmt: skip


def _event(
    site: Site, by: Actor, kind: str, subject: audit.Subject, plan: str, *changes: audit.Change
) -> audit.Event:
    return audit.Event(
        type=kind, at=site.now(), actor=events.who(by), subject=subject,
        request=audit.Request(id=by.request_id), changes=changes,
        reason=mark("人事異動による") if plan else "",
    )  # fmt: skip


def _rows(before: Structure, after: Structure, what: str) -> dict[str, Any]:
    """Return the rows of units or posts that differ, before and after, as plain values."""
    old, new = getattr(before, what), getattr(after, what)
    return {
        key: [plain_rows(old.get(key, ())), plain_rows(new.get(key, ()))]
        for key in dict.fromkeys((*old, *new))
        if old.get(key, ()) != new.get(key, ())
    }


def plain_rows(rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Return rows of units or posts as they are kept with a plan."""
    return [
        {name: sorted(value) if isinstance(value, frozenset) else value
         for name, value in vars(row).items()}
        for row in rows
    ]  # fmt: skip
