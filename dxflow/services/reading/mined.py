"""The log of cases as process mining reads it, with names for the ids of tasks and people."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from dxflow import audit
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.mining import Happening, Thing, to_ocel, to_xes
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem
from dxflow.services.packs import own_words
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

CHUNK = 500
#: The first text after every stream of a case.
_AFTER = CASE_STREAM[:-1] + chr(ord(CASE_STREAM[-1]) + 1)

_OBJECTS: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("case", ("number", "title"), select(Case.id, Case.number, Case.title).order_by(Case.id)),
    ("task", ("name", "element"),
     select(WorkItem.id, WorkItem.name, WorkItem.element, Case.pack_digest)
     .join(Case, Case.id == WorkItem.case_id).order_by(WorkItem.id)),
    ("person", ("name",), select(Person.id, Person.name).order_by(Person.id)),
)  # fmt: skip


def mined(
    site: Site, tx: Connection, actor: Actor, which: ColumnElement[bool], form: str
) -> Iterator[bytes]:
    """Yield the events that fulfil a condition, case by case: `form` is xes or ocel2."""
    found = _happenings(site, tx, actor, which)
    if form == "ocel2":
        yield from to_ocel(found, _things(site, tx))
        return
    numbered = ((_case(tx, key), of_case) for key, of_case in groupby(found, lambda one: one.case))
    yield from to_xes(numbered)


def _happenings(
    site: Site, tx: Connection, actor: Actor, which: ColumnElement[bool]
) -> Iterator[Happening]:
    rows = tx.execute(
        select(AuditEvent.id, AuditEvent.body)
        .where(and_(which, AuditEvent.stream >= CASE_STREAM, AuditEvent.stream < _AFTER))
        .order_by(AuditEvent.stream, AuditEvent.seq),
        execution_options={"yield_per": CHUNK},
    )
    who = organisation.directory(site, tx, actor.on)
    for part in rows.partitions(CHUNK):
        entries = [audit.describe(row.body) for row in part]
        names = naming.load(
            tx, who,
            persons=[one.person for one in entries], posts=[one.post for one in entries],
        )  # fmt: skip
        tasks = _tasks(site, tx, entries)
        for row, entry in zip(part, entries, strict=True):
            task = entry.object_id if entry.object_id in tasks else ""
            named = tasks[task] if task and entry.type.startswith("task.") else entry.label
            yield Happening(
                row.id, entry.stream.removeprefix(CASE_STREAM), entry.at, entry.type,
                named, task, entry.person,
                names.person(entry.person) if entry.person else "",
                names.post(entry.post) if entry.post else "",
                next((one.after for one in entry.changes if one.field == "outcome"), ""),
                entry.hash,
            )  # fmt: skip


def _tasks(site: Site, tx: Connection, entries: Sequence[audit.Entry]) -> dict[str, str]:
    wanted = {one.object_id for one in entries}
    rows = tx.execute(
        select(WorkItem.id, WorkItem.name, Case.pack_digest)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.id.in_(wanted))
    )
    return {row.id: own_words.said(site, tx, row.pack_digest, row.name) for row in rows}


def _case(tx: Connection, case_id: str) -> Thing:
    row: Any = tx.execute(
        select(Case.number, Case.title, Case.process_key).where(Case.id == case_id)
    ).one_or_none()
    values = () if row is None else zip(("number", "title", "process"), row, strict=True)
    return Thing(case_id, "case", tuple((name, str(value)) for name, value in values))


def _things(site: Site, tx: Connection) -> Iterator[Thing]:
    """Yield every case, task and person of the city, whether an event is about it or not."""
    for kind, names, statement in _OBJECTS:
        for key, *values in tx.execute(statement, execution_options={"yield_per": CHUNK}):
            if kind == "task":
                name, element, digest = values
                values = [own_words.said(site, tx, digest, name), element]
            yield Thing(key, kind, tuple(zip(names, values, strict=True)))
