"""From what the services give to the documents of `answers`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from dxflow import forms
from dxflow.audit import ChangeLine
from dxflow.kpi.cells import as_written
from dxflow.kpi.measures import Target
from dxflow.kpi.relative import Relative
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.paging import Page
from dxflow.services.reading.audit_log import LogLine
from dxflow.services.reading.case_list import CaseRow
from dxflow.services.reading.case_record import CaseRecord, FullCase, TaskRecord
from dxflow.services.reading.inbox import Listed
from dxflow.services.reading.kpis import KpiDetail, KpiRow
from dxflow.services.reading.timeline import Entry
from dxflow.services.reading.verification import Listed as ListedCheckpoint


def page(found: Page[Any], entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a part of a list."""
    return {
        "items": list(entries),
        "page": found.page,
        "per_page": found.per_page,
        "total": found.total,
    }


def task(record: TaskRecord) -> dict[str, Any]:
    """Return an open task of a case."""
    return vars(record) | {"case": record.case_id, "candidate_groups": record.groups}


def task_listed(row: Listed) -> dict[str, Any]:
    """Return an open task of a list."""
    return {
        "id": row.id,
        "name": row.name,
        "element": row.element,
        "case": row.case_id,
        "case_number": row.case_number,
        "case_title": row.case_title,
        "form_key": row.form_key,
        "assignee": row.assignee_id,
        "assignee_name": row.assignee,
        "candidate_groups": row.groups,
        "due_at": row.due_at,
        "created_at": row.created_at,
        "suspended": row.suspended,
        "held_until": row.held_until,
        "held_for": row.held_for,
        "standing": row.standing,
    }


def form(ready: TaskForm, outcomes: Iterable[forms.Outcome]) -> dict[str, Any]:
    """Return a form as programs fill it in: fields, values to begin with, buttons."""
    return {
        "form": forms.describe(ready.definition, ready.context),
        "values": forms.to_plain(ready.values),
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def case(record: CaseRecord) -> dict[str, Any]:
    """Return a case with its open tasks."""
    return vars(record) | {"open_tasks": [task(one) for one in record.open_tasks]}


def case_listed(row: CaseRow) -> dict[str, Any]:
    """Return a case of a list."""
    return asdict(row) | {
        "lead_name": row.lead,
        "applicant_name": row.applicant,
        "created_at": row.started_at,
    }


def case_in_full(found: FullCase) -> dict[str, Any]:
    """Return a case with where it stands and its timeline."""
    top, whole = found.head, found.page
    stopped = top.suspension
    return case(found.record) | {
        "suspended_at": stopped.at if stopped else None,
        "suspended_by": stopped.by if stopped else "",
        "suspend_reason": stopped.reason if stopped else "",
        "status_name": top.status_name,
        "lead_name": top.lead,
        "related": list(top.related),
        "stages": [asdict(stage) for stage in top.stages],
        "waits_for_a_date": top.timers,
        "may_withdraw": top.may_withdraw,
        "may_pull_back": top.may_pull_back,
        "timeline": [act(entry) for entry in found.timeline.entries],
        "timeline_total": found.timeline.total,
        "duties": [asdict(duty) for duty in whole.duties],
        "milestones": [asdict(milestone) for milestone in whole.milestones],
        "decisions": [asdict(decision) for decision in whole.decisions],
        "kpis": [kpi(row) for row in whole.measures],
    }


def act(entry: Entry) -> dict[str, Any]:
    """Return an entry of the timeline."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "what": entry.what,
        "outcome": entry.outcome,
        "person": entry.person,
        "post": entry.post,
        "standing": entry.standing,
        "channel": entry.channel,
        "reason": entry.reason,
        "changes": changes(entry.changes),
        "consequences": [one.label for one in entry.consequences],
        "withheld": bool(entry.withheld),
    }


def changes(lines: Iterable[ChangeLine]) -> list[dict[str, Any]]:
    """Return fields before and after."""
    return [asdict(line) for line in lines]


def event(line: LogLine) -> dict[str, Any]:
    """Return an entry of the log."""
    entry = line.entry
    return {
        "id": line.id,
        "stream": entry.stream,
        "seq": entry.seq,
        "at": entry.at,
        "type": entry.type,
        "label": entry.label,
        "actor": entry.person or None,
        "actor_name": line.person,
        "post": line.post,
        "authority": entry.authority,
        "on_behalf_of": line.on_behalf_of,
        "channel": entry.channel,
        "object_kind": entry.kind,
        "object": entry.object_id,
        "case": entry.case_id or None,
        "case_number": line.case_number,
        "result": "denied" if entry.denied else "ok",
        "reason": entry.reason,
        "request_id": entry.request_id,
        "version": entry.version,
        "changes": changes(entry.changes),
        "hash": entry.hash,
    }


def checkpoint(one: ListedCheckpoint) -> dict[str, Any]:
    """Return a checkpoint of the log."""
    return {
        "event": one.event_id, "number": one.number, "at": one.at, "events": one.events,
        "sha256": one.sha256, "key": one.fingerprint,
    }  # fmt: skip


def kpi(row: KpiRow) -> dict[str, Any]:
    """Return a measure as it stands today."""
    measure, standing = row.measure, row.achievement
    latest = standing.latest
    return {
        "id": row.id,
        "case": row.case_id,
        "case_number": row.case_number,
        "case_title": row.case_title,
        "name": measure.name,
        "unit": measure.unit,
        "direction": measure.direction.value,
        "aggregation": measure.aggregation.value,
        "frequency": measure.frequency.value,
        "scale": list(measure.scale),
        "baseline": measure.baseline,
        "baseline_year": measure.baseline_year,
        "baseline_note": measure.baseline_note,
        "targets": [_target(row, year) for year in measure.target_years],
        "status": row.status,
        "status_name": row.status_name,
        "reason": standing.reason,
        "latest": {"period": latest.period, "value": latest.value, "note": latest.note}
        if latest
        else None,
        "value": standing.value,
        "expected": standing.expected,
        "target": _figure(standing.target),
        "target_year": standing.target_year,
        "achievement": standing.rate,
        "missing": [one.period for one in standing.missing],
        "doubts": row.doubts,
    }


def _target(row: KpiRow, year: int) -> dict[str, Any]:
    written = row.measure.targets[year]
    return {
        "fiscal_year": year,
        "value": _figure(row.achievement.targets[year]),
        "written": as_written(written),
        "base_year": written.base_for(year) if isinstance(written, Relative) else None,
    }


def _figure(target: Target | None) -> Target | None:
    """Return a target that is known, None for one whose base is not measured."""
    return None if isinstance(target, Relative) else target


def kpi_in_full(detail: KpiDetail) -> dict[str, Any]:
    """Return a measure with every target and value it ever had."""
    return kpi(detail.row) | {
        "revisions": [asdict(one) for one in detail.targets],
        "actuals": [asdict(one) for one in detail.entered],
        "why_not": detail.why_not,
    }
