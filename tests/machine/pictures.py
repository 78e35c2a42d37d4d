"""What the database says at one moment, read in one snapshot: the rows an oracle looks at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from dxflow.db.audit import AuditEvent
from dxflow.db.base import table
from dxflow.db.case import Ballot, Case, DecisionRecord, Deliberation, Duty
from dxflow.db.document import Addendum, DecisionDocument, Stamp
from dxflow.db.engine import Database
from dxflow.db.identity import Holding, Person, Post, Unit
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter, Minutes, WrittenConsent
from dxflow.db.prepared import Prepared, send
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import Absence, Delegation, StoodIn, SubstituteRank
from dxflow.db.transfer import Succession, TransferFill, TransferPlan

#: Columns that are long and that no invariant asks for.
_LONG = {
    ProcessInstance: {"state", "undo_state"}, TransferPlan: {"before"},
    Submission: {"answer", "request_digest"}, WorkItem: {"variables"}, Person: {"password_hash"},
}  # fmt: skip
#: Whatever tells who is who, and what they do: a new table is looked at once it stands here.
ORGANISATION = (Person, Unit, Post, Holding, Absence, Delegation, SubstituteRank, Succession)
AFFAIRS = (
    Case, ProcessInstance, WorkItem, WorkItemGroup, Submission, StoodIn, Duty, Deliberation, Ballot,
    DecisionRecord, DecisionDocument, Stamp, Addendum, Meeting, MeetingMatter, Attendance,
    WrittenConsent, Minutes, TransferPlan, TransferFill,
)  # fmt: skip


def _reading(model: Any) -> tuple[Prepared, tuple[int, ...]]:
    columns = [one for one in table(model).c if one.name not in _LONG.get(model, ())]
    keys = tuple(place for place, one in enumerate(columns) if one.primary_key)
    return Prepared(select(*columns)), keys


_READ = {model: _reading(model) for model in (*ORGANISATION, *AFFAIRS)}
_EVENTS = Prepared(
    select(AuditEvent.id, AuditEvent.stream, AuditEvent.type, AuditEvent.case_id, AuditEvent.body)
    .where(AuditEvent.id > bindparam("last"))
    .order_by(AuditEvent.id)
)
Rows = Mapping[Any, Any]
MOST_KNOWN = 50_000


@dataclass
class Picture:
    """All rows by table and key, the events since the picture before, and the organisation."""

    tables: dict[Any, Rows] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    last_event: int = 0

    def of(self, model: Any) -> Rows:
        """Return the rows of a table by their key."""
        return self.tables.get(model, {})

    def same_as(self, other: "Picture") -> bool:
        """Return whether nothing was written in between, not even an event."""
        return not self.events and self.tables == other.tables


#: Rows that were read before, by what the driver gave: most are the same again.
_KNOWN: dict[Any, dict[Any, Any]] = {}


def _rows(tx: Any, model: Any, statement: Prepared) -> list[Any]:
    known = _KNOWN.setdefault((model, tx.dialect.name), {})
    if len(known) > MOST_KNOWN:
        known.clear()
    read = statement._reader(tx.dialect)
    cursor = send(tx, statement.compiled(tx.dialect, {}).sent, [])
    found = []
    for raw in cursor.fetchall():
        row = known.get(raw)
        if row is None:
            row = known[raw] = read(raw)
        found.append(row)
    cursor.close()
    return found


def take(database: Database, before: Picture | None = None) -> Picture:
    """Return what the database says now."""
    now = Picture(last_event=before.last_event if before else 0)
    with database.read() as tx:
        for model, (statement, keys) in _READ.items():
            rows = _rows(tx, model, statement)
            if len(keys) == 1:
                now.tables[model] = {row[keys[0]]: row for row in rows}
            else:
                now.tables[model] = {tuple(row[place] for place in keys): row for row in rows}
        now.events = _EVENTS.all(tx, {"last": now.last_event})
    if now.events:
        now.last_event = now.events[-1].id
    return now


def fresh(before: Picture, now: Picture, model: Any) -> Iterator[Any]:
    """Yield the rows of a table that were not there before."""
    earlier = before.of(model)
    return (row for key, row in now.of(model).items() if key not in earlier)


def changed(before: Picture, now: Picture, model: Any) -> Iterator[tuple[Any, Any]]:
    """Yield rows that read otherwise than before: as they were, as they are (None when gone)."""
    later = now.of(model)
    for key, row in before.of(model).items():
        if later.get(key) != row:
            yield row, later.get(key)
