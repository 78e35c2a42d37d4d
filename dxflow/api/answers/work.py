"""Processes and tasks with their forms."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Outcome, Page, maybe_text, nested, text
from dxflow.api.fields import Anything, Day, FormField, Moment, Whole


class Process(Schema):
    """A way to begin a case. `key` names it, and `process` what it begins with.

    `about` says in a sentence what it is for; it may be empty.
    """

    key = text()
    process = text()
    title = text()
    about = text()
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
    """An open task. `assignee` is a person's id; groups are like `section:counter`.

    `held_until` and `held_for`, in lists: it has been laid aside (保留) until a day, for a reason.
    `standing`: for whom one would do it (「市民部長の代決」), empty when it is one's own.
    `suspended`: its case has been stopped for a while; completing it is refused until then.
    """

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
    suspended = fields.Boolean(required=True)
    held_until = Day(allow_none=True)
    held_for = fields.String()
    standing = fields.String()


class TaskInFull(Task):
    """A task with its form. `form` has `key, type, label, required, options, min, max, …`.

    `outcomes` are those that can be pressed over `values`.
    """

    form = fields.List(FormField(), required=True)
    values = Anything(required=True)
    outcomes = nested(Outcome, many=True)
    version = Whole(required=True)


class ProcessList(Page):
    """What can be started."""

    items = nested(Process, many=True)


class TaskPage(Page):
    """Open tasks."""

    items = nested(Task, many=True)
