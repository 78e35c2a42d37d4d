"""The organisation of all times, read whole, and written back as what differs from before.

Whoever changes it holds it first: two acts at once would each find their own change in order, and
overlap or close a circle together. What is written leaves one event for every change of a unit or
post, so that pages, files and commands are recorded in the same words.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from dxflow import audit
from dxflow.authority import organisation as values
from dxflow.authority import timelines
from dxflow.authority.structure import Structure
from dxflow.authority.timelines import S
from dxflow.db.identity import Holding, Post, Unit
from dxflow.ids import new_id
from dxflow.services.people import events, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import mark

_UNIT_FIELDS = (("name", mark("名前")), ("kind", mark("種別")), ("parent", mark("上位の組織")))
_POST_FIELDS = (
    ("title", mark("職名")), ("unit", mark("所属")), ("kind", mark("種別")), ("roles", mark("役割")),
)  # fmt: skip
_DAYS = ("valid_from", "valid_to")
#: So many values go into one statement; SQLite takes no more than 32,766.
_AT_A_TIME = 1_000


def load(tx: Connection) -> Structure:
    """Return units, posts and holdings of all times, in the city's order: three queries."""
    units: dict[str, list[values.Unit]] = {}
    for row in tx.execute(select(Unit.__table__).order_by(Unit.position, Unit.key)):
        units.setdefault(row.key, []).append(
            values.Unit(
                key=row.key, name=row.name, parent=row.parent, kind=row.kind,
                valid_from=row.valid_from, valid_to=row.valid_to,
            )
        )  # fmt: skip
    posts: dict[str, list[values.Post]] = {}
    for row in tx.execute(select(Post.__table__).order_by(Post.key)):
        posts.setdefault(row.key, []).append(
            values.Post(
                key=row.key, title=row.title, unit=row.unit or None, kind=row.kind,
                roles=frozenset(row.roles.split()),
                valid_from=row.valid_from, valid_to=row.valid_to,
            )
        )  # fmt: skip
    holdings = tuple(
        values.Holding(
            person=row.person_id, post=row.post, concurrent=row.concurrent,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in tx.execute(select(Holding.__table__))
    )  # fmt: skip
    return Structure(_in_order(units), _in_order(posts), holdings)


def hold(tx: Connection) -> Structure:
    """Return the organisation for an act on it; nobody else changes it until the act has ended."""
    organisation.hold(tx)
    return load(tx)


def state_of(structure: Structure, unit: str) -> str:
    """Name what is known of a unit and its posts, to tell later whether it is still so."""
    posts = [
        sorted(map(_plain, rows))
        for _key, rows in sorted(structure.posts.items())
        if any((row.unit or "") == unit for row in rows)
    ]
    known = repr(([_plain(row) for row in structure.units.get(unit, ())], posts))
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def state_of_post(structure: Structure, post: str) -> str:
    """Name what is known of a post, to tell later whether it is still so."""
    known = repr([_plain(row) for row in structure.posts.get(post, ())])
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def save(
    site: Site, tx: Connection, by: Actor, before: Structure, after: Structure, reason: str = ""
) -> int:
    """Write what differs, with its events; return how many changes there were."""
    recorded = [
        *_events(site, by, "unit", _UNIT_FIELDS, before.units, after.units, reason),
        *_events(site, by, "post", _POST_FIELDS, before.posts, after.posts, reason),
    ]
    units, posts = _differing(before.units, after.units), _differing(before.posts, after.posts)
    if not units and not posts:
        return 0
    moment = site.now()
    places = {row.key: row.position for row in tx.execute(select(Unit.key, Unit.position))}
    last = max(places.values(), default=-1)
    for key in units:
        places[key] = places[key] if key in places else (last := last + 1)
    _replace(tx, Unit.key, units, [
        vars(row) | {"id": new_id(moment), "position": places[key]}
        for key in units for row in after.units.get(key, ())
    ])  # fmt: skip
    _replace(tx, Post.key, posts, [
        vars(row) | {
            "id": new_id(moment), "unit": row.unit or "", "roles": " ".join(sorted(row.roles)),
        }
        for key in posts for row in after.posts.get(key, ())
    ])  # fmt: skip
    organisation.raise_version(tx, site.now())
    audit.append_system(tx, audit.SystemStream.ADMIN, *recorded)
    return len(recorded)


def _in_order(rows: Mapping[str, Sequence[S]]) -> dict[str, tuple[S, ...]]:
    return {key: tuple(sorted(of, key=lambda row: row.valid_from)) for key, of in rows.items()}


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [key for key in dict.fromkeys((*after, *before)) if before.get(key) != after.get(key)]


def _replace(
    tx: Connection, key: InstrumentedAttribute[str], keys: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    for begin in range(0, len(keys), _AT_A_TIME):
        tx.execute(delete(key.class_).where(key.in_(keys[begin : begin + _AT_A_TIME])))
    if rows:
        tx.execute(insert(key.class_), rows)


def _plain(row: Any) -> str:
    """Return the same text for the same value in every process; sets have no order."""
    said = {**vars(row), "roles": sorted(getattr(row, "roles", ()))}
    return repr(sorted(said.items()))


Fields = Sequence[tuple[str, str]]


def _events(
    site: Site, by: Actor, kind: str, fields: Fields,
    before: Mapping[str, tuple[Any, ...]], after: Mapping[str, tuple[Any, ...]], reason: str,
) -> Iterator[audit.Event]:  # fmt: skip
    for key in _differing(before, after):
        rows = after.get(key, ())
        # the days of a row can move without a day on which anything reads otherwise
        steps = list(_steps(fields, before.get(key, ()), rows)) or [("changed", _moved(rows))]
        for what, changes in steps:
            event = events.system_event(
                f"{kind}.{what}",
                site.now(),
                None if by.is_system else by.person_id,
                by.channel,
                subject=audit.Subject(kind, key),
                request_id=by.request_id,
                changes=(*changes, *_reason(reason)),
            )
            yield replace(event, facts={kind: {key: _held(fields, rows)}})


def facts(structure: Structure) -> audit.Facts:
    """Return what the log says of a whole organisation, so that a change past it is noticed."""
    return {
        "unit": {key: _held(_UNIT_FIELDS, rows) for key, rows in structure.units.items()},
        "post": {key: _held(_POST_FIELDS, rows) for key, rows in structure.posts.items()},
    }


def _held(fields: Fields, rows: Iterable[Any]) -> list[list[object]]:
    names = (*(name for name, _label in fields), *_DAYS)
    return [[_value(row, name) for name in names] for row in rows]


def _moved(rows: Sequence[Any]) -> list[audit.Change]:
    return [audit.Change("valid_from", mark("始まり"), None, rows[0].valid_from if rows else None)]


def _reason(reason: str) -> Iterable[audit.Change]:
    return (audit.Change("reason", mark("理由"), None, reason),) if reason else ()


def _steps(
    fields: Fields, before: Sequence[Any], after: Sequence[Any]
) -> Iterator[tuple[str, list[audit.Change]]]:
    """Give every change of one key: that it began, what it said from which day, when it ends."""
    if not before:
        first = after[0]
        begun = _differences(fields, None, first)
        yield (
            "created",
            [*begun, audit.Change("valid_from", mark("始まり"), None, first.valid_from)],
        )
        before = (replace(first, valid_to=None),)
    told: list[audit.Change] = []
    for day in sorted({row.valid_from for row in (*before, *after)}):
        old, new = timelines.standing(before, day), timelines.standing(after, day)
        changes = _differences(fields, old, new) if new is not None else []
        # A change that goes on behind one already planned is one change, not two.
        fresh = [one for one in changes if one not in told]
        told = changes
        if fresh:
            yield "changed", [*fresh, audit.Change("valid_from", mark("始まり"), None, day)]
    yield from _ends(before, after)


def _differences(fields: Fields, old: object, new: object) -> list[audit.Change]:
    return [
        audit.Change(name, label, _value(old, name), _value(new, name))
        for name, label in fields
        if _value(old, name) != _value(new, name)
    ]


def _ends(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[str, list[audit.Change]]]:
    old = timelines.end_of(before)
    new = timelines.end_of(after) if after else before[0].valid_from
    if old != new:
        yield "ended", [audit.Change("valid_to", mark("終わり"), old, new)]


def _value(row: object, name: str) -> object:
    found = getattr(row, name, None)
    return sorted(found) or None if isinstance(found, frozenset) else found or None
