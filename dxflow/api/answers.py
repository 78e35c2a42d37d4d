"""What the API answers: one schema per document, the source of its part of the OpenAPI."""

from typing import Any

from marshmallow import Schema, fields, validate

from dxflow.api.fields import Anything, Day, Exact, FormField, Moment, Whole
from dxflow.services import case_list, cases
from dxflow.services.kpis import ORDER

#: `recalled`: pulled back by the applicant, who alone sees it until it is handed in again.
STATUSES = (*case_list.STATUSES, cases.RECALLED)


def text(**kwargs: Any) -> fields.String:
    """Return a text that is always there."""
    return fields.String(required=True, **kwargs)


def maybe_text(**kwargs: Any) -> fields.String:
    """Return a text or null."""
    return fields.String(required=True, allow_none=True, **kwargs)


def nested(schema: type[Schema], *, many: bool = False) -> fields.Field[Any]:
    """Return a document within a document, or a list of them."""
    return fields.Nested(schema, many=many, required=True)


class Problem(Schema):
    """RFC 9457. `errors` maps a field's path to its messages."""

    type = text(metadata={"description": "urn:dxflow:problem:<kind>"})
    title = text()
    status = Whole(required=True, minimum=400, maximum=599)
    detail = text()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    incident = fields.String(metadata={"description": "the number to give to the administrator"})
    case = fields.String(metadata={"description": "the case a task that is done belongs to"})
    request_id = fields.String()


class Token(Schema):
    """A bearer token. It is shown once; only its hash is stored."""

    token = text()
    expires_at = Moment(required=True)


class Post(Schema):
    """A post that is held today."""

    key = text()
    title = text()
    unit = text()
    unit_name = text()
    kind = text()
    concurrent = fields.Boolean(required=True)


class Me(Schema):
    """Who calls."""

    id = text()
    username = text()
    name = text()
    posts = nested(Post, many=True)
    acting_post = maybe_text()
    unit = maybe_text(metadata={"description": "key of the unit the person acts for"})
    department = maybe_text()
    groups = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(
        fields.String(validate=validate.OneOf(["cases.start", "cases.read_all", "audit.read"])),
        required=True,
    )


class Outcome(Schema):
    """A button: how a form may be handed in."""

    key = text()
    label = text()
    tone = text(validate=validate.OneOf(["primary", "secondary", "danger"]))
    require = fields.List(fields.String(), required=True)
    keeps = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        data_key="only",
        attribute="only",
        metadata={"description": "the only fields that count for this button; null for all"},
    )


class Process(Schema):
    """A process that can be started."""

    key = text()
    title = text()
    pack = text()
    version = Whole(required=True)
    digest = text()
    form_key = text()
    published_at = Moment(required=True)


class Version(Schema):
    """A published version of the pack a process belongs to."""

    version = Whole(required=True)
    digest = text()
    status = text(validate=validate.OneOf(["current", "superseded"]))
    title = text()
    published_at = Moment(required=True)


class ProcessInFull(Process):
    """A process with its versions and its start form."""

    versions = nested(Version, many=True)
    form = fields.List(FormField(), required=True)
    values = Anything(required=True)
    outcomes = nested(Outcome, many=True)


class Task(Schema):
    """An open task. `assignee` is a person's id; groups are like `section:counter`."""

    id = text()
    name = text()
    element = text()
    case = text(metadata={"description": "id of the case"})
    case_number = text()
    case_title = text()
    form_key = text()
    assignee = maybe_text()
    assignee_name = text()
    candidate_groups = fields.List(fields.String(), required=True)
    due_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)


class TaskInFull(Task):
    """A task with its form. `form` has `key, type, label, required, options, min, max, …`."""

    form = fields.List(FormField(), required=True)
    values = Anything(required=True)
    outcomes = nested(Outcome, many=True)
    version = Whole(required=True)


class Case(Schema):
    """A case. `version` is that of the process, `instance_version` counts the acts on it."""

    id = text()
    number = text()
    title = text()
    process = text()
    pack = text()
    version = Whole(required=True)
    instance_version = Whole(required=True)
    status = text(validate=validate.OneOf(STATUSES))
    stage = text()
    stage_name = text()
    applicant = text(metadata={"description": "id of a person"})
    applicant_name = text()
    unit = text()
    lead_unit = text()
    fiscal_year = Whole(required=True)
    amount = Whole(required=True, allow_none=True, metadata={"description": "whole yen"})
    parent = maybe_text()
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    open_tasks = nested(Task, many=True)


class CaseListed(Schema):
    """A case in a list."""

    id = text()
    number = text()
    title = text()
    status = text(validate=validate.OneOf(STATUSES))
    status_name = text()
    stage = text()
    stage_name = text()
    lead_name = text()
    applicant_name = text()
    fiscal_year = Whole(required=True)
    amount = Whole(required=True, allow_none=True)
    due_at = Moment(required=True, allow_none=True)
    late = fields.Boolean(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class Stage(Schema):
    """A phase of a case and how far it is."""

    key = text()
    name = text()
    state = text(validate=validate.OneOf(["done", "current", "returned", "stopped", "open"]))
    note = text()


class Change(Schema):
    """A field before and after, as text; `erased` where a personal value has been deleted."""

    field = text()
    label = text()
    before = text()
    after = text()
    personal = fields.Boolean(required=True)
    erased = fields.Boolean(required=True)


class Act(Schema):
    """One act on a case and what came of it. `withheld`: the caller may not know the vote yet."""

    seq = Whole(required=True)
    at = Moment(required=True)
    what = text()
    outcome = text()
    person = text()
    post = text()
    channel = text()
    reason = text()
    changes = nested(Change, many=True)
    consequences = fields.List(fields.String(), required=True)
    withheld = fields.Boolean(required=True)


class Duty(Schema):
    """A condition. `mine`: the caller may report it as met."""

    id = text()
    text = fields.String(required=True)
    owner = fields.String(required=True)
    due_on = Day(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(["open", "met", "void"]))
    met_at = Moment(required=True, allow_none=True)
    met_by = fields.String(required=True)
    evidence = fields.String(required=True)
    late = fields.Boolean(required=True)
    mine = fields.Boolean(required=True)


class Milestone(Schema):
    """A step of the execution."""

    name = text()
    due_on = Day(required=True, allow_none=True)
    status = text(validate=validate.OneOf(["planned", "doing", "done", "dropped"]))
    note = text()
    late = fields.Boolean(required=True)


class Decision(Schema):
    """A 決裁: who decided in which post, by which row of the authority table."""

    outcome = text()
    outcome_name = text()
    reason = text()
    person = text()
    post = text()
    row = text()
    decided_on = Day(required=True)
    at = Moment(required=True)
    digest = text()


class KpiTarget(Schema):
    """A target at the end of a fiscal year."""

    fiscal_year = Whole(required=True)
    value = Exact(required=True)


class KpiActual(Schema):
    """A measured value of a period."""

    period = text()
    value = Exact(required=True)
    note = text()


class Kpi(Schema):
    """A measure. Numbers are decimal texts; rates are percent."""

    id = text()
    case = text()
    case_number = text()
    case_title = text()
    name = text()
    unit = text()
    direction = text(validate=validate.OneOf(["up", "down", "keep", "complete"]))
    aggregation = text()
    frequency = text()
    baseline = Exact(required=True, allow_none=True)
    baseline_year = Whole(required=True, allow_none=True)
    targets = nested(KpiTarget, many=True)
    status = text(validate=validate.OneOf(ORDER))
    status_name = text()
    reason = text()
    latest = fields.Nested(KpiActual, required=True, allow_none=True)
    value = Exact(required=True, allow_none=True)
    expected = Exact(required=True, allow_none=True)
    target = Exact(required=True, allow_none=True)
    target_year = Whole(required=True, allow_none=True)
    achievement = Exact(required=True, allow_none=True)
    missing = fields.List(fields.String(), required=True)


class KpiRevision(Schema):
    """A target as set or revised; `old` is empty for the first one."""

    fiscal_year = Whole(required=True)
    old = text()
    new = text()
    reason = text()
    person = text()
    at = Moment(required=True)


class KpiEntered(KpiActual):
    """A value as entered; a correction marks the one before as superseded."""

    person = text()
    at = Moment(required=True)
    superseded_at = Moment(required=True, allow_none=True)


class KpiInFull(Kpi):
    """A measure with every target and value it ever had."""

    revisions = nested(KpiRevision, many=True)
    actuals = nested(KpiEntered, many=True)
    why_not = text(
        metadata={"description": "why the caller may not enter values; empty when they may"}
    )


class CaseInFull(Case):
    """A case, where it stands and its timeline, the latest act first."""

    status_name = text()
    lead_name = text()
    related = fields.List(fields.String(), required=True)
    stages = nested(Stage, many=True)
    waits_for_a_date = fields.Boolean(required=True)
    may_withdraw = fields.Boolean(required=True)
    may_pull_back = fields.Boolean(required=True)
    timeline = nested(Act, many=True)
    timeline_total = Whole(required=True)
    duties = nested(Duty, many=True)
    milestones = nested(Milestone, many=True)
    decisions = nested(Decision, many=True)
    kpis = nested(Kpi, many=True)


class Completed(Schema):
    """What came of a task: the case, and the caller's next open tasks on it."""

    case = nested(Case)
    next_tasks = nested(Task, many=True)


class PulledBack(Schema):
    """What came of taking the last act back: the task that is open again.

    `task` is null when the start was taken back; `recalled` of `POST /cases` hands it in again.
    """

    case = nested(Case)
    task = maybe_text()


class Event(Schema):
    """An entry of the log. `actor` is a person's id, null for the system itself."""

    id = Whole(required=True)
    stream = text()
    seq = Whole(required=True)
    at = Moment(required=True)
    type = text()
    label = text()
    actor = maybe_text()
    actor_name = text()
    post = text()
    authority = text()
    on_behalf_of = text()
    channel = text()
    object_kind = text()
    object = text()
    case = maybe_text()
    case_number = text()
    result = text(validate=validate.OneOf(["ok", "denied"]))
    reason = text()
    request_id = text()
    version = Whole(required=True, allow_none=True)
    changes = nested(Change, many=True)
    hash = text()


class Page(Schema):
    """A part of a list. `total` counts all entries."""

    page = Whole(required=True)
    per_page = Whole(required=True)
    total = Whole(required=True)


class CasePage(Page):
    """Cases."""

    items = nested(CaseListed, many=True)


class TaskPage(Page):
    """Open tasks."""

    items = nested(Task, many=True)


class KpiPage(Page):
    """Measures."""

    items = nested(Kpi, many=True)


class EventPage(Page):
    """Entries of the log."""

    items = nested(Event, many=True)


class ProcessList(Page):
    """What can be started."""

    items = nested(Process, many=True)
