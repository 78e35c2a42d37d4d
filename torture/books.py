"""Everything a database says after a run, read at once in one snapshot."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from dxflow.db.audit import AuditEvent
from dxflow.db.case import Actual, Case, Notice, NumberSeries
from dxflow.db.job import Job
from dxflow.db.process import (
    Draft,
    ElementVisit,
    Incident,
    ProcessInstance,
    Submission,
    Timer,
    WorkItem,
    WorkItemGroup,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """An event of a case's chain. `moved` is the version of the case its act led to."""

    case: str
    seq: int
    type: str
    actor: str
    object: str
    key: str
    version: int | None
    moved: int | None
    changes: tuple[Row, ...]


@dataclass
class Books:
    """The tables, by the names the checks use."""

    cases: dict[str, Row] = field(default_factory=dict)
    instances: dict[str, Row] = field(default_factory=dict)
    work: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    timers: list[Row] = field(default_factory=list)
    submissions: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    drafts: list[Row] = field(default_factory=list)
    actuals: list[Row] = field(default_factory=list)
    visits: dict[tuple[str, str], Row] = field(default_factory=dict)
    series: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def by_case(self, name: str) -> dict[str, list[Any]]:
        """Return rows of a list by their case."""
        found: dict[str, list[Any]] = defaultdict(list)
        rows = getattr(self, name)
        for row in rows.values() if isinstance(rows, dict) else rows:
            found[row.case if isinstance(row, Event) else row["case_id"]].append(row)
        return found


def read(tx: Connection) -> Books:
    """Read the books."""
    groups: dict[str, set[str]] = defaultdict(set)
    for row in _rows(tx, WorkItemGroup):
        groups[row["work_item_id"]].add(row["group_key"])
    return Books(
        cases={row["id"]: row for row in _rows(tx, Case)},
        instances={row["case_id"]: row for row in _rows(tx, ProcessInstance)},
        work={row["id"]: row for row in _rows(tx, WorkItem)},
        groups=dict(groups),
        timers=list(_rows(tx, Timer)),
        submissions=list(_rows(tx, Submission)),
        jobs=list(_rows(tx, Job)),
        notices=list(_rows(tx, Notice)),
        incidents=list(_rows(tx, Incident)),
        drafts=list(_rows(tx, Draft)),
        actuals=list(_rows(tx, Actual)),
        visits={(row["case_id"], row["element"]): row for row in _rows(tx, ElementVisit)},
        series=list(_rows(tx, NumberSeries)),
        events=_events(tx),
    )


def _rows(tx: Connection, table: Any) -> Iterator[Row]:
    for row in tx.execute(select(table.__table__)).mappings():
        yield dict(row)


def _events(tx: Connection) -> list[Event]:
    rows = tx.execute(
        select(AuditEvent.stream, AuditEvent.seq, AuditEvent.body)
        .where(AuditEvent.case_id.is_not(None), AuditEvent.stream.like("case:%"))
        .order_by(AuditEvent.stream, AuditEvent.seq)
    ).all()
    bodies = [json.loads(row.body) for row in rows]
    moved: int | None = None
    following = ""
    found: list[Event] = []
    for row, body in zip(reversed(rows), reversed(bodies), strict=True):
        if row.stream != following:
            following, moved = row.stream, None
        moved = body.get("version", moved)
        found.append(
            Event(
                case=row.stream.partition(":")[2],
                seq=row.seq,
                type=body["type"],
                actor=body["actor"].get("person") or "",
                object=body["object"]["id"],
                key=body.get("request", {}).get("idempotency", ""),
                version=body.get("version"),
                moved=moved,
                changes=tuple(body.get("changes", ())),
            )
        )
    found.reverse()
    return found
