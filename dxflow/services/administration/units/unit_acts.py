"""What administrators do to one unit from its page; each act is one transaction with its events.

A day gone by needs a reason, which is recorded. What the page showed is sent along: an act on what
has changed meanwhile is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority import timelines
from dxflow.authority.organisation import Unit
from dxflow.authority.structure import FaultKind, Structure, held_after, new_faults
from dxflow.calendars.wareki import wareki_date
from dxflow.db.identity import Person
from dxflow.errors import Conflict, NotFound
from dxflow.services.administration.units import rules, stored, waiting
from dxflow.services.administration.units.rules import Blocker, StillNeeded
from dxflow.services.administration.units.saving import save
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class UnitText:
    """What somebody typed about a unit; `parent` "" is the top."""

    name: str
    kind: str
    parent: str = ""


def create(
    site: Site, by: Actor, key: str, typed: UnitText, since: date | None, reason: str = ""
) -> str:
    """Make a unit from a day on (today unless said); return its key.

    Raises Invalid, Conflict for a key that is taken, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    day = since or site.today()
    said = rules.require_reason(day, site.today(), reason)
    new = rules.require_key(key)
    with site.database.write() as tx:
        before = stored.hold(tx)
        if new in before.units:
            raise Conflict(_("組織のコード「{key}」はすでに使われています。", key=new))
        unit = Unit(key=new, valid_from=day, **_values(typed, before))
        after = before.with_unit(new, [unit])
        rules.require_sound(new_faults(before, after), after)
        save(site, tx, by, before, after, said)
    return new


def change(
    site: Site, by: Actor, key: str, typed: UnitText, day: date, *, seen: str, reason: str = ""
) -> bool:
    """Rename a unit, move it below another, or both, from a day on; return whether it changed.

    Raises Invalid (a circle on that day or later), Conflict, NotFound, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    said = rules.require_reason(day, site.today(), reason)
    with site.database.write() as tx:
        before, rows = _held(tx, key, seen)
        standing = timelines.standing(rows, day)
        if standing is None:
            raise rules.invalid("day", _("この組織は {day} にはありません。", day=wareki_date(day)))
        values = {
            name: value
            for name, value in _values(typed, before).items()
            if value != getattr(standing, name)
        }
        if not values:
            return False
        after = before.with_unit(key, timelines.changed(rows, day, **values))
        rules.require_sound(new_faults(before, after), after)
        save(site, tx, by, before, after, said)
    return True


def close(
    site: Site, by: Actor, key: str, day: date | None, *, seen: str, reason: str = ""
) -> None:
    """Close a unit; `day` is the first without it, None takes a planned closing back.

    Raises StillNeeded while it has posts, people, units below it or work nobody else can do after
    that day; Invalid, Conflict, NotFound, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    said = rules.require_reason(day or site.today(), site.today(), reason)
    with site.database.write() as tx:
        before, rows = _held(tx, key, seen)
        after = before.with_unit(key, closed(rows, day, site.today()))
        if day is None:
            rules.require_sound(new_faults(before, after), after, "day")
        else:
            _require_empty(site, tx, key, day, before, after)
        save(site, tx, by, before, after, said)


def closed(rows: tuple[timelines.S, ...], day: date | None, today: date) -> tuple[timelines.S, ...]:
    """Return the rows with their end on a day, or without the end that was planned.

    Raises Invalid when there is nothing to end or to take back.
    """
    end = timelines.end_of(rows)
    if day is None:
        if end is None or end <= today:
            raise rules.invalid("day", _("取り消せる廃止の予定はありません。"))
        return timelines.reopened(rows)
    if end is not None and end <= day:
        raise rules.invalid("day", _("{day} にはもうありません。", day=wareki_date(day)))
    return timelines.ended(rows, day)


def persons(tx: Connection, ids: Iterable[str], words: str = "") -> list[Blocker]:
    """Return people as what is in the way, by name."""
    rows = tx.execute(
        select(Person.id, Person.name).where(Person.id.in_(sorted(set(ids)))).order_by(Person.name)
    )
    return [Blocker("person", row.id, row.name + words) for row in rows]


def tasks(found: Iterable[waiting.WaitingTask]) -> list[Blocker]:
    """Return the work that nobody could do, as what is in the way."""
    return [
        Blocker("case", one.case_id, f"{one.name}（{one.case_number}）")
        for one in found
        if not one.people
    ]


def _require_empty(
    site: Site, tx: Connection, key: str, day: date, before: Structure, after: Structure
) -> None:
    found = new_faults(before, after)
    units = [one.key for one in found if one.kind is FaultKind.NO_PARENT and one.other == key]
    posts = [one.key for one in found if one.kind is FaultKind.NO_UNIT and one.other == key]
    held = {one.person for post in posts for one in held_after(before, post, day)}
    who = organisation.directory(site, tx, max(day, site.today()))
    blockers = [
        *(Blocker("unit", one, rules.name_of(before.units[one], day, one)) for one in units),
        *(Blocker("post", one, rules.name_of(before.posts[one], day, one)) for one in posts),
        *persons(tx, held),
        *tasks(waiting.tasks(site, tx, who, waiting.groups_of_unit(key))),
    ]
    if blockers:
        raise StillNeeded(
            _(
                "「{name}」には {day} のあとも次のものがあるので廃止できません。先に移すか終えてください。",
                name=rules.name_of(before.units[key], day, key), day=wareki_date(day),
            ),
            blockers,
        )  # fmt: skip
    rules.require_sound(found, after, "day")


def _held(tx: Connection, key: str, seen: str) -> tuple[Structure, tuple[Unit, ...]]:
    before = stored.hold(tx)
    rows = before.units.get(key)
    if rows is None:
        raise NotFound(_("組織「{key}」はありません。", key=key))
    rules.require_same(seen, stored.state_of(before, key))
    return before, rows


def _values(typed: UnitText, structure: Structure) -> dict[str, Any]:
    """Return the values of a unit as they are kept. Raises Invalid."""
    known = {row.kind for rows in structure.units.values() for row in rows}
    if typed.parent and typed.parent not in structure.units:
        raise rules.invalid("parent", _("組織「{key}」はありません。", key=typed.parent))
    return {
        "name": rules.require_name(typed.name),
        "kind": rules.require_kind(typed.kind, {*rules.UNIT_KINDS, *known}),
        "parent": typed.parent or None,
    }
