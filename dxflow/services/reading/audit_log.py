"""The audit log for those who may read it: search, one event in full, export.

Reading the log is itself an act: every view, export and verification leaves an event of its own
before the answer is given.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
)

from dxflow import audit
from dxflow.audit.event_types import EVENT_TYPES
from dxflow.audit.export import to_csv, to_jsonl
from dxflow.audit.plain import moment_text
from dxflow.audit.reading import private_values
from dxflow.audit.verify import references
from dxflow.clock import at_local
from dxflow.db.audit import OF_SYSTEM, AuditEvent
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services import plain
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.events import record_about_log
from dxflow.services.people.naming import Names
from dxflow.services.reading import audit_words, blinding, mined
from dxflow.services.reading.case_list import folded
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

ROLES = ("cio", "auditor")
#: What the log is handed out as: for reading, as it was hashed, and for process mining.
FORMATS = ("csv", "jsonl", "xes", "ocel2")
CHUNK = 500
#: So many persons may answer to a part of a name.
MOST_PERSONS = 100


@dataclass(frozen=True)
class Filters:
    """What the log is narrowed to; empty means everything.

    `person` is a part of a name or a whole user name, `case` a whole case number or id, `type` an
    event's type or its part before the dot, `since` and `until` days in Japan, both included.
    """

    person: str = ""
    case: str = ""
    type: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class LogLine:
    """An entry with names for its ids and its values in words. `id` is the event's address in this database."""

    id: int
    entry: audit.Entry
    person: str
    post: str
    on_behalf_of: str
    case_number: str


@dataclass(frozen=True)
class Proof:
    """An event in full: its exact text and the hashes that hold it in its chain."""

    line: LogLine
    body: str
    previous: str
    leaf: str
    stored_leaf: str

    @property
    def intact(self) -> bool:
        """Return whether the text is the one that was hashed."""
        return self.leaf == self.stored_leaf

    def plain(self) -> dict[str, Any]:
        """Return what somebody needs to compute the hash again, by its names for programs."""
        entry = self.line.entry
        return {
            "seq": self.line.id, "stream": entry.stream, "number": entry.seq, "body": self.body,
            "previous": self.previous, "hash": self.stored_leaf, "computed": self.leaf,
            "intact": self.intact,
        }  # fmt: skip


def search(
    site: Site,
    actor: Actor,
    filters: Filters,
    page: int = 1,
    per_page: int = 50,
    *,
    exact: bool = False,
) -> Page[LogLine]:
    """Return a page of the log, the latest first, after noting that it was read.

    All entries are counted only when that is asked for exactly. Raises NotAllowed without one of
    ROLES.
    """
    actor.require_role(*ROLES)
    offset, limit = bounds(page, per_page)
    note(
        site,
        actor,
        "audit.viewed",
        *_changes(filters),
        audit.Change("page", mark("ページ"), None, page),
    )
    with site.database.read() as tx:
        which = and_(_condition(tx, filters), not_(blinding.withheld(site, tx, actor)))
        newest = (AuditEvent.at.desc(), AuditEvent.id.desc())
        wanted = select(AuditEvent.id).where(which)
        # Counted along the index the page itself is read from, and no further than is shown.
        total, more = count(tx, wanted if exact else wanted.order_by(*newest), exact=exact)
        rows = tx.execute(
            select(AuditEvent.id, AuditEvent.body)
            .where(which)
            .order_by(*newest)
            .offset(offset)
            .limit(limit)
        ).all()
        lines = _lines(site, tx, actor, rows)
    return Page(lines, page, per_page, total, more)


def event(site: Site, actor: Actor, event_id: int) -> Proof:
    """Return one event in full, after noting that it was read. Raises NotFound or NotAllowed."""
    actor.require_role(*ROLES)
    note(site, actor, "audit.viewed", audit.Change("event", mark("記録"), None, event_id))
    with site.database.read() as tx:
        row = tx.execute(
            select(AuditEvent.__table__).where(AuditEvent.id == event_id)
        ).one_or_none()
        if row is None:
            raise NotFound(_("この記録はありません。"))
        _require_seen(site, tx, actor, AuditEvent.id == event_id)
        (line,) = _lines(site, tx, actor, [row])
    return Proof(
        line=line,
        body=row.body,
        previous=bytes(row.prev_hash).hex(),
        leaf=line.entry.hash,
        stored_leaf=bytes(row.leaf_hash).hex(),
    )


def export(site: Site, actor: Actor, filters: Filters, form: str) -> Iterator[bytes]:
    """Note the export, then return the file piece by piece, in one of FORMATS.

    Raises NotAllowed, and Invalid for another format, before anything is handed out.
    """
    actor.require_role(*ROLES)
    if form not in FORMATS:
        message = _("形式は csv、jsonl、xes、ocel2 のどれかです。")
        raise Invalid(message, {"format": [message]})
    with site.database.read() as tx:
        _require_seen(site, tx, actor, _condition(tx, filters))
    note(
        site,
        actor,
        "audit.exported",
        *_changes(filters),
        audit.Change("format", mark("形式"), None, form),
    )
    return _exported(site, actor, filters, form)


def _require_seen(site: Site, tx: Connection, actor: Actor, which: ColumnElement[bool]) -> None:
    """Raise Conflict when something of it is withheld from the reader until a body has resolved."""
    hidden = and_(which, blinding.withheld(site, tx, actor))
    if tx.execute(select(AuditEvent.id).where(hidden).limit(1)).first() is not None:
        raise Conflict(
            _(
                "ご自分が加わっている審議の判断や評価が含まれています。"
                "ほかの人のものを見られるようになってから読んでください。"
            )
        )


def types() -> list[tuple[str, str]]:
    """Return every type of event with its words."""
    return [(key, _(words)) for key, words in EVENT_TYPES.items()]


def note(site: Site, actor: Actor, event_type: str, *changes: audit.Change) -> None:
    """Leave an event about the reading of the log; without it nothing is answered."""
    with site.database.write() as tx:
        record_about_log(site, tx, actor, event_type, *changes)


def _changes(filters: Filters) -> list[audit.Change]:
    """Return the filters as fields; a name that was searched for is personal."""
    given = (
        ("person", _("人"), filters.person, True),
        ("case", _("案件"), filters.case, False),
        ("type", _("種類"), filters.type, False),
        ("since", _("いつから"), filters.since, False),
        ("until", _("いつまで"), filters.until, False),
    )
    return [
        audit.Change(name, label, None, value, personal)
        for name, label, value, personal in given
        if value
    ]


def _condition(tx: Connection, filters: Filters) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if filters.person.strip():
        parts.append(AuditEvent.actor.in_(_persons(tx, filters.person.strip())))
    if filters.case.strip():
        parts.append(_about(_case(tx, filters.case.strip())))
    if filters.type:
        exact = filters.type in EVENT_TYPES
        part = AuditEvent.type.startswith(f"{filters.type}.", autoescape=True)
        parts.append(AuditEvent.type == filters.type if exact else part)
    if filters.since is not None:
        parts.append(AuditEvent.at >= moment_text(at_local(filters.since)))
    if filters.until is not None:
        parts.append(AuditEvent.at < moment_text(at_local(filters.until + timedelta(days=1))))
    return and_(*parts)


def _about(case_id: str) -> ColumnElement[bool]:
    """Return the condition on events about a case: its own chain, and the system's few of it."""
    own = select(AuditEvent.id).where(AuditEvent.stream == audit.case_stream(case_id))
    of_system = select(AuditEvent.id).where(text(OF_SYSTEM), AuditEvent.case_id == case_id)
    return AuditEvent.id.in_(union_all(own, of_system))


def _persons(tx: Connection, text: str) -> list[str]:
    found = tx.execute(
        select(Person.id)
        .where(
            or_(
                Person.id == text,
                Person.username == text.casefold(),
                Person.name.contains(text, autoescape=True),
            )
        )
        .limit(MOST_PERSONS)
    )
    return list(found.scalars())


def _case(tx: Connection, text: str) -> str:
    number = folded(text)
    written = {text, number, number.upper()}
    for which in (
        or_(Case.id == text, Case.number.in_(written)),
        func.lower(Case.number) == number,  # looks at every case
    ):
        found = tx.execute(select(Case.id).where(which)).scalar_one_or_none()
        if found:
            return str(found)
    return text


def _lines(site: Site, tx: Connection, actor: Actor, rows: Sequence[Any]) -> list[LogLine]:
    private = private_values(tx, [digest for row in rows for digest in _committed(row.body)])
    entries = [audit.describe(row.body, private) for row in rows]
    posts, units = audit_words.keys(entries)
    names = _names(site, tx, actor, entries, posts, units)
    numbers = _numbers(tx, entries)
    sources = audit_words.sources(site, tx, [row.body for row in rows])
    return [
        LogLine(
            id=row.id,
            entry=audit_words.worded(entry, source, names),
            person=names.person(entry.person),
            post=names.post(entry.post),
            on_behalf_of=names.person(entry.on_behalf_of) if entry.on_behalf_of else "",
            case_number=numbers.get(entry.case_id, ""),
        )
        for row, entry, source in zip(rows, entries, sources, strict=True)
    ]


def _names(
    site: Site,
    tx: Connection,
    actor: Actor,
    entries: Sequence[audit.Entry],
    posts: Collection[str] = (),
    units: Collection[str] = (),
) -> Names:
    persons = [person for entry in entries for person in (entry.person, entry.on_behalf_of)]
    persons += audit_words.persons(entries)
    who = organisation.directory(site, tx, actor.on)
    acting = [entry.post for entry in entries]
    return naming.load(tx, who, persons=persons, posts=[*acting, *posts], units=units)


def _numbers(tx: Connection, entries: Sequence[audit.Entry]) -> Mapping[str, str]:
    wanted = {entry.case_id for entry in entries if entry.case_id}
    rows = tx.execute(select(Case.id, Case.number).where(Case.id.in_(wanted)))
    return {row.id: row.number for row in rows}


def _committed(body: str) -> list[bytes]:
    """Return the commitments of an event; a damaged body has none."""
    try:
        found = plain.loads(body)
    except ValueError:
        return []
    return list(references(found)) if isinstance(found, dict) else []


def _exported(site: Site, actor: Actor, filters: Filters, form: str) -> Iterator[bytes]:
    with site.database.read() as tx:
        which = _condition(tx, filters)
        if form in ("xes", "ocel2"):
            yield from mined.mined(site, tx, actor, which, form)
            return
        rows = tx.execute(
            select(AuditEvent.id, AuditEvent.body).where(which).order_by(AuditEvent.id),
            execution_options={"yield_per": CHUNK},
        )
        if form == "jsonl":
            for part in rows.partitions(CHUNK):
                yield from to_jsonl(row.body for row in part)
            return
        everybody: dict[str, str] = {}
        yield from to_csv(_described(site, tx, actor, rows.partitions(CHUNK), everybody), everybody)


def _described(
    site: Site,
    tx: Connection,
    actor: Actor,
    parts: Iterator[Sequence[Any]],
    everybody: dict[str, str],
) -> Iterator[audit.Entry]:
    """Yield entries in their order and fill in the names before they are needed."""
    for part in parts:
        private = private_values(tx, [digest for row in part for digest in _committed(row.body)])
        entries = [audit.describe(row.body, private) for row in part]
        everybody |= _names(site, tx, actor, entries).everybody() | dict(_numbers(tx, entries))
        yield from entries
