"""What an applied transfer writes beside units and posts, and what taking it back restores.

Everything is written in bulk: the number of statements does not grow with the number of people or
cases. Each part returns its events; the caller appends them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dxflow import audit
from dxflow.authority.organisation import Holding
from dxflow.db import case as tables
from dxflow.db.case import Case, CaseUnit
from dxflow.db.identity import Holding as HoldingRow
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.db.standing import Delegation, StoodIn, SubstituteRank
from dxflow.ids import new_id
from dxflow.services.people import events, powers
from dxflow.services.people.accounts import end_all
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import mark

_AT_A_TIME = 1_000
#: A row of a holding as it is compared and kept: post, from, to, concurrent.
Held = tuple[str, date, date | None, bool]


def by_person(holdings: Iterable[Holding]) -> dict[str, list[Held]]:
    """Return the holdings of each person in a fixed order."""
    found: dict[str, list[Held]] = defaultdict(list)
    for one in holdings:
        found[one.person].append((one.post, one.valid_from, one.valid_to, one.concurrent))
    return {
        person: sorted(rows, key=lambda row: (row[0], row[1])) for person, rows in found.items()
    }


def holdings(
    site: Site, tx: Connection, by: Actor,
    before: Mapping[str, Sequence[Held]], after: Mapping[str, Sequence[Held]],
) -> list[audit.Event]:  # fmt: skip
    """Write the holdings of persons that differ, end their logins, tell who gains a watched role."""
    persons = [one for one in dict.fromkeys((*before, *after)) if before.get(one) != after.get(one)]
    if not persons:
        return []
    moment = site.now()
    for some in _chunks(persons):
        tx.execute(delete(HoldingRow).where(HoldingRow.person_id.in_(some)))
    rows = [
        {"id": new_id(moment), "person_id": person, "post": post, "valid_from": begin,
         "valid_to": end, "concurrent": concurrent}
        for person in persons
        for post, begin, end, concurrent in after.get(person, ())
    ]  # fmt: skip
    if rows:
        tx.execute(insert(HoldingRow), rows)
    for some in _chunks(persons):
        tx.execute(update(Person).where(Person.id.in_(some)).values(epoch=Person.epoch + 1))
    found: list[audit.Event] = []
    turns = _Turns([], [])
    for person in persons:
        found += _told(site, by, person, before.get(person, ()), after.get(person, ()), turns)
    powers.tell_given(site, tx, turns.gained)
    powers.tell_ended(site, tx, turns.lost)
    return found


def accounts(
    site: Site, tx: Connection, by: Actor, persons: Collection[str], status: str
) -> list[audit.Event]:
    """Open or close the accounts of persons that are not so already; their logins end."""
    found = []
    kind = "person.reactivated" if status == "active" else "person.deactivated"
    for some in _chunks(sorted(persons)):
        changed = select(Person.id, Person.status).where(
            Person.id.in_(some), Person.status != status
        )
        rows = tx.execute(changed.order_by(Person.id)).all()
        keys = [row.id for row in rows]
        tx.execute(update(Person).where(Person.id.in_(keys)).values(status=status))
        end_all(tx, *keys)
        found += [
            _event(
                site, by, kind, row.id, audit.Change("status", mark("状態"), row.status, status)
            )
            for row in rows
        ]  # fmt: skip
    return found


class _Turns(NamedTuple):
    gained: list[powers.Turn]
    lost: list[powers.Turn]


def _told(
    site: Site, by: Actor, person: str, before: Sequence[Held], after: Sequence[Held], turns: _Turns
) -> Iterator[audit.Event]:
    """Give the events of one person's posts, and note them for those who watch over roles."""
    was, now = set(before), set(after)
    ends = {(post, begin): end for post, begin, end, _beside in now}
    for post, begin, end, _beside in sorted(was - now, key=lambda row: (row[0], row[1])):
        last = ends.get((post, begin), begin)
        if last == end:
            continue
        if last is not None:
            turns.lost.append(powers.Turn(person, post, last))
        yield _event(
            site, by, "membership.ended", person,
            audit.Change("post", mark("職"), post, None),
            audit.Change("valid_to", mark("終わり"), end, last),
        )  # fmt: skip
    begun = {(post, begin) for post, begin, _end, _beside in was}
    for post, begin, end, beside in sorted(now - was, key=lambda row: (row[0], row[1])):
        if (post, begin) in begun:
            continue
        turns.gained.append(powers.Turn(person, post, begin))
        yield _event(
            site, by, "membership.granted", person,
            audit.Change("post", mark("職"), None, post),
            audit.Change("concurrent", mark("兼務"), None, beside or None),
            audit.Change("valid_from", mark("始まり"), None, begin),
            audit.Change("valid_to", mark("終わり"), None, end),
        )  # fmt: skip


def tasks(tx: Connection, rows: Sequence[tuple[str, str | None, Sequence[str]]]) -> None:
    """Give open tasks a claim and groups: (id, assignee, groups)."""
    if not rows:
        return
    tx.execute(
        update(WorkItem.__table__)  # type: ignore[arg-type]
        .where(WorkItem.id == bindparam("task"))
        .values(assignee_id=bindparam("whose")),
        [{"task": key, "whose": assignee} for key, assignee, _groups in rows],
    )
    dates = {}
    for some in _chunks([key for key, *_rest in rows]):
        tx.execute(delete(WorkItemGroup).where(WorkItemGroup.work_item_id.in_(some)))
        items = select(WorkItem.id, WorkItem.due_at, WorkItem.created_at)
        for row in tx.execute(items.where(WorkItem.id.in_(some))):
            dates[row.id] = {"due_at": row.due_at, "created_at": row.created_at}
    offers = [
        {"work_item_id": key, "group_key": group} | dates[key]
        for key, _assignee, groups in rows
        for group in groups
    ]
    if offers:
        tx.execute(insert(WorkItemGroup), offers)


def duties(tx: Connection, owners: Mapping[str, str]) -> None:
    """Give duties to other owners: `user:<person>` for a later reading, a group for a condition."""
    if not owners:
        return
    rows = [{"duty": key, "whose": owner} for key, owner in owners.items()]
    tx.execute(
        update(tables.Duty.__table__)  # type: ignore[arg-type]
        .where(tables.Duty.id == bindparam("duty"))
        .values(owner_group=bindparam("whose")),
        rows,
    )
    people = [
        {"duty": key, "whose": owner.removeprefix("user:")}
        for key, owner in owners.items()
        if owner.startswith("user:")
    ]
    if people:
        tx.execute(
            update(StoodIn.__table__)  # type: ignore[arg-type]
            .where(StoodIn.submission_id == bindparam("duty"), StoodIn.read_at.is_(None))
            .values(owner_id=bindparam("whose")),
            people,
        )


def leading(tx: Connection, units: Mapping[str, tuple[str, str]]) -> None:
    """Give cases to another leading section: (old, new) by case."""
    if not units:
        return
    tx.execute(
        update(CaseUnit.__table__)  # type: ignore[arg-type]
        .where(
            CaseUnit.case_id == bindparam("which"), CaseUnit.unit == bindparam("was_led_by"),
            CaseUnit.part == "lead",
        )
        .values(unit=bindparam("led_by")),
        [
            {"which": case, "was_led_by": old, "led_by": new}
            for case, (old, new) in units.items()
        ],
    )  # fmt: skip
    tx.execute(
        update(Case.__table__)  # type: ignore[arg-type]
        .where(Case.id == bindparam("which"))
        .values(lead_unit=bindparam("led_by")),
        [{"which": case, "led_by": new} for case, (_old, new) in units.items()],
    )


def heirs(tx: Connection, kept: Mapping[str, str]) -> None:
    """Give cases what they keep of who does the work of ended sections: JSON, or nothing."""
    if kept:
        tx.execute(
            update(Case.__table__)  # type: ignore[arg-type]
            .where(Case.id == bindparam("which"))
            .values(heirs=bindparam("kept")),
            [{"which": case, "kept": text} for case, text in kept.items()],
        )


def deputies(tx: Connection, ends: Mapping[str, date]) -> None:
    """Let deputies' times end on a day: the first without."""
    if ends:
        tx.execute(
            update(Delegation.__table__)  # type: ignore[arg-type]
            .where(Delegation.id == bindparam("given"))
            .values(valid_to=bindparam("last")),
            [{"given": key, "last": last} for key, last in ends.items()],
        )


def lists(
    site: Site, tx: Connection, rows: Mapping[str, Sequence[tuple[int, str, date, date | None]]]
) -> None:
    """Write lists of substitutes whole: (place, substitute, from, to) by post."""
    for some in _chunks(list(rows)):
        tx.execute(delete(SubstituteRank).where(SubstituteRank.post.in_(some)))
    new = [
        {"id": new_id(site.now()), "post": post, "place": place, "substitute": substitute,
         "valid_from": begin, "valid_to": end}
        for post, of in rows.items()
        for place, substitute, begin, end in of
    ]  # fmt: skip
    if new:
        tx.execute(insert(SubstituteRank), new)


def append_admin(tx: Connection, found: Sequence[audit.Event]) -> None:
    """Append events to the stream of administration."""
    for some in _chunks(list(found)):
        audit.append_system(tx, audit.SystemStream.ADMIN, *some)


def _event(
    site: Site, by: Actor, event_type: str, person: str, *changes: audit.Change
) -> audit.Event:  # fmt: skip
    return events.system_event(
        event_type, site.now(), None if by.is_system else by.person_id, by.channel,
        subject=audit.Subject("person", person), request_id=by.request_id, changes=changes,
    )  # fmt: skip


def _chunks(values: list[Any]) -> Iterable[list[Any]]:
    return (values[begin : begin + _AT_A_TIME] for begin in range(0, len(values), _AT_A_TIME))
