"""What an act must know besides the locked case: read at once, after the lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, case, literal_column, null, select
from sqlalchemy import union_all as union

from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.db.process import Draft, Incident, Submission, Timer, WorkItem, WorkItemGroup
from dxflow.services.acts.act import Act
from dxflow.services.acts.history import DRAFT
from dxflow.services.people import organisation


@dataclass(frozen=True)
class FirstAnswer:
    """What a request with the same key was answered before, and what it asked for."""

    task_id: str | None
    digest: str
    answer: str


@dataclass(frozen=True)
class Surroundings:
    """The task's row, and what stands around it.

    `work` are the open tasks of the case with the groups they are offered to, `assignees` who has
    taken them; `drafted`: the person has a draft of the task; `failed`: what was pressed when the
    task failed before, by the incident that is open for it.
    """

    task: Any
    work: Mapping[str, set[str]]
    assignees: Mapping[str, str | None]
    timers: Mapping[str, datetime]
    drafters: frozenset[str]
    first: FirstAnswer | None
    drafted: bool
    failed: Mapping[str, str]
    organisation: str


def of_task(act: Act, task_id: str, idempotency_key: str | None) -> Surroundings:
    """Return what stands around a task of the locked case, which may be open or not."""
    rows = _ALL.all(
        act.tx,
        {
            "case": act.case_id,
            "task": task_id,
            "person": act.actor.person_id,
            "key": idempotency_key or None,
            "subject": f"task:{task_id}",
        },
    )
    kinds: dict[str, list[Any]] = {
        kind: []
        for kind in ("work", "timer", "drafter", "first", "draft", "failed", "organisation")
    }
    for row in rows:
        kinds[row.kind].append(row)
    work: dict[str, set[str]] = {}
    for row in kinds["work"]:
        if row.status == "open":
            work.setdefault(row.id, set()).update([row.group_key] if row.group_key else [])
    first = next(iter(kinds["first"]), None)
    return Surroundings(
        task=next(row for row in kinds["work"] if row.id == task_id),
        work=work,
        assignees={row.id: row.assignee_id for row in kinds["work"]},
        timers={row.id: row.due_at for row in kinds["timer"]},
        drafters=frozenset(row.id for row in kinds["drafter"]),
        first=FirstAnswer(first.id, first.form_key, first.variables) if first else None,
        drafted=bool(kinds["draft"]),
        failed={row.id: row.form_key for row in kinds["failed"]},
        organisation=kinds["organisation"][0].id or organisation.NONE_YET,
    )


def of_case(act: Act) -> tuple[list[Any], list[Any]]:
    """Return the locked case's open tasks, and its timers: id, element, due_at.

    Tasks have their name and process_key as well.
    """
    rows = _WAITING.all(act.tx, {"case": act.case_id})
    return (
        [row for row in rows if row.kind == "work"],
        [row for row in rows if row.kind == "timer"],
    )


_WORK, _GROUP, _TIMER = table(WorkItem), table(WorkItemGroup), table(Timer)
_SUBMISSION, _DRAFT, _INCIDENT = table(Submission), table(Draft), table(Incident)
_CASE, _TASK = bindparam("case", type_=String()), bindparam("task", type_=String())
# Written out, not parameters: where an index holds some rows only, SQLite would plan the statement
# anew for every value, and use no such index for a value it does not know.
_OPEN = literal_column("'open'", String())
_COLUMNS = (
    "id", "element", "process_key", "name", "form_key", "status", "assignee_id",
    "created_at", "ended_at", "ended_by", "due_at", "variables", "group_key",
)  # fmt: skip


def _part(kind: str, **columns: ColumnElement[Any]) -> Any:
    """Return one part of the statement; what it has no value for is NULL."""
    given = (columns.get(name, null()).label(name) for name in _COLUMNS)
    return select(literal_column(f"'{kind}'", String()).label("kind"), *given)


def _work(*which: ColumnElement[bool]) -> Any:
    columns: dict[str, Any] = {
        name: _WORK.c[name] for name in _COLUMNS if name not in ("variables", "group_key")
    }
    of_task = case((_WORK.c.id == _TASK, _WORK.c.variables), else_=null())
    return (
        _part("work", **columns, variables=of_task, group_key=_GROUP.c.group_key)
        .select_from(_WORK.outerjoin(_GROUP, _GROUP.c.work_item_id == _WORK.c.id))
        .where(_WORK.c.case_id == _CASE, *which)
    )


_ALL = Prepared(
    union(
        # two ways to two indices: neither walks through all that the case ever had
        _work(_WORK.c.status == _OPEN),
        _work(_WORK.c.id == _TASK, _WORK.c.status != _OPEN),
        _part("timer", id=_TIMER.c.id, due_at=_TIMER.c.due_at).where(_TIMER.c.case_id == _CASE),
        _part("drafter", id=_SUBMISSION.c.person_id)
        .where(
            _SUBMISSION.c.case_id == _CASE,
            _SUBMISSION.c.act == literal_column(f"'{DRAFT}'", String()),
        )
        .group_by(_SUBMISSION.c.person_id),
        _part(
            "first",
            id=_SUBMISSION.c.work_item_id,
            form_key=_SUBMISSION.c.request_digest,
            variables=_SUBMISSION.c.answer,
        ).where(
            _SUBMISSION.c.person_id == bindparam("person", type_=String()),
            _SUBMISSION.c.idempotency_key == bindparam("key", type_=String()),
        ),
        _part("draft", id=_DRAFT.c.id).where(
            _DRAFT.c.person_id == bindparam("person", type_=String()),
            _DRAFT.c.subject == bindparam("subject", type_=String()),
        ),
        _part("failed", id=_INCIDENT.c.id, form_key=_INCIDENT.c.outcome).where(
            _INCIDENT.c.case_id == _CASE,
            _INCIDENT.c.work_item_id == _TASK,
            _INCIDENT.c.status == _OPEN,
        ),
        _part("organisation", id=organisation.version_query()),
    )
)

_WAITING = Prepared(
    union(
        # the first part says of what kind the columns are
        _part(
            "work",
            id=_WORK.c.id,
            element=_WORK.c.element,
            process_key=_WORK.c.process_key,
            name=_WORK.c.name,
            due_at=_WORK.c.due_at,
        ).where(_WORK.c.case_id == _CASE, _WORK.c.status == _OPEN),
        _part("timer", id=_TIMER.c.id, element=_TIMER.c.element, due_at=_TIMER.c.due_at).where(
            _TIMER.c.case_id == _CASE
        ),
    )
)
