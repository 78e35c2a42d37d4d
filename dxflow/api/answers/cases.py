"""Cases, where they stand, and what came of an act on them."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.measures import Kpi
from dxflow.api.answers.shared import Change, Page, maybe_text, nested, text
from dxflow.api.answers.work import Task
from dxflow.api.fields import Day, Moment, Whole
from dxflow.services.reading import case_list


class Case(Schema):
    """A case. `version` is that of the process, `instance_version` counts the acts on it.

    `recalled`: pulled back by the applicant, who alone sees it until it is handed in again.

    `suspended`: administrators have stopped it for a while; it can be read, nothing goes on.
    `restricted`: only who took part and who keeps the record reads it.
    """

    id = text()
    number = text()
    title = text()
    process = text()
    start = text(
        metadata={"description": "key of the start by which somebody began it; empty without one"}
    )
    pack = text()
    version = Whole(required=True)
    instance_version = Whole(required=True)
    status = text(validate=validate.OneOf(case_list.STATUSES))
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
    suspended = fields.Boolean(required=True)
    restricted = fields.Boolean(required=True)


class CaseListed(Schema):
    """A case in a list."""

    id = text()
    number = text()
    title = text()
    status = text(validate=validate.OneOf(case_list.STATUSES))
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
    suspended = fields.Boolean(required=True)
    restricted = fields.Boolean(required=True)


class Stage(Schema):
    """A phase of a case and how far it is."""

    key = text()
    name = text()
    state = text(validate=validate.OneOf(["done", "current", "returned", "stopped", "open"]))
    note = text()


class Act(Schema):
    """One act on a case and what came of it. `withheld`: the caller may not know what was said.

    `standing`: how and for whom it was done (代理・代決), empty when in one's own right.
    """

    seq = Whole(required=True)
    at = Moment(required=True)
    what = text()
    outcome = text()
    person = text()
    post = text()
    standing = text()
    channel = text()
    reason = text()
    changes = nested(Change, many=True)
    consequences = fields.List(fields.String(), required=True)
    withheld = fields.Boolean(required=True)


class Duty(Schema):
    """A condition. `mine`: the caller may report it as met.

    `late_days`: for so many days its day has been over, 0 when it is not late.
    """

    id = text()
    text = fields.String(required=True)
    owner = fields.String(required=True)
    due_on = Day(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(["open", "met", "void"]))
    met_at = Moment(required=True, allow_none=True)
    met_by = fields.String(required=True)
    evidence = fields.String(required=True)
    late = fields.Boolean(required=True)
    late_days = Whole(required=True)
    mine = fields.Boolean(required=True)


class Milestone(Schema):
    """A step of the execution."""

    name = text()
    due_on = Day(required=True, allow_none=True)
    status = text(validate=validate.OneOf(["planned", "doing", "done", "dropped"]))
    note = text()
    late = fields.Boolean(required=True)


class Decision(Schema):
    """A 決裁: who decided in which post, by which row of the authority table.

    `about` is the item of the case that was decided, empty where it was decided as a whole.
    """

    about = text()
    outcome = text()
    outcome_name = text()
    reason = text()
    person = text()
    post = text()
    row = text()
    decided_on = Day(required=True)
    at = Moment(required=True)
    digest = text()


class CaseInFull(Case):
    """A case, where it stands and its timeline, the latest act first.

    `suspended_at`, `suspended_by` (a name) and `suspend_reason` say since when, by whom and why it
    is suspended; null and empty when it is not.
    """

    suspended_at = Moment(required=True, allow_none=True)
    suspended_by = text()
    suspend_reason = text()

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


class CasePage(Page):
    """Cases."""

    items = nested(CaseListed, many=True)
