"""The formal decision of a case: documents with their stamps, additions, conditions, holds."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.cases import Decision, Duty
from dxflow.api.answers.shared import Page, maybe_text, nested, text
from dxflow.api.fields import Anything, Day, Moment, Whole


class Ruling(Schema):
    """By which row of which authority table it is decided; `own_right` is 専決."""

    row = text()
    table = text()
    valid_from = Day(required=True, allow_none=True)
    own_right = fields.Boolean(required=True)
    goes_up = fields.Boolean(required=True)
    explanation = text()


class StampPlace(Schema):
    """A place in the row of stamps. `since` and `due` are those of whoever has it now.

    `mark` is 代 or 代理 where it was done for another, `later` the state of 後閲. `state` is
    passed where a reviewer who was away is not waited for and reads it afterwards. `withheld` says
    why outcome and remark may not be read, empty when they may.
    """

    part = text(validate=validate.OneOf(["draft", "review", "agree", "provisional", "decide"]))
    part_name = text()
    title = text()
    person = text()
    mark = text()
    later = text()
    state = text(validate=validate.OneOf(["done", "now", "next", "passed"]))
    outcome = text()
    outcome_name = text()
    remark = text()
    dated = Day(required=True, allow_none=True)
    at = Moment(required=True, allow_none=True)
    withheld = text()
    since = Moment(required=True, allow_none=True)
    due = Moment(required=True, allow_none=True)


class Addition(Schema):
    """A text that was set beside a decided document (追記)."""

    text = fields.String(required=True)
    person = fields.String(required=True)
    post = fields.String(required=True)
    at = Moment(required=True)


class DocumentFile(Schema):
    """A version of a file that the document covers."""

    id = text()
    name = text()
    version = Whole(required=True)
    size = Whole(required=True)
    sha256 = text()


class Gone(Schema):
    """What the disposal of its case took out of a document: how many values and names of files."""

    at = Moment(required=True)
    values = Whole(required=True)
    names = Whole(required=True)


class Document(Schema):
    """A decision document. `digest` is the SHA-256 of its content; `intact`: it still matches.

    After the disposal of its case `gone` says what it has lost, null stands in `sections` where a
    value was, and `drawn_digest` is the hash of before, on which was decided; else it is `digest`.

    `provisional_on` is the day of a provisional decision (仮決裁) that awaits the final one.
    `sections` are the forms as they were written into it: `title` and `parts`.
    """

    id = text()
    revision = Whole(required=True)
    title = text()
    amount = Whole(required=True, allow_none=True)
    attachments = nested(DocumentFile, many=True)
    sections = fields.List(Anything(), required=True)
    digest = text()
    drawn_digest = text()
    intact = fields.Boolean(required=True)
    gone = fields.Nested(Gone, required=True, allow_none=True)
    ruling = nested(Ruling)
    drafter = text()
    drawn_at = Moment(required=True)
    outcome = text()
    outcome_name = text()
    decided_at = Moment(required=True, allow_none=True)
    provisional_on = Day(required=True, allow_none=True)
    stamps = nested(StampPlace, many=True)
    additions = nested(Addition, many=True)
    may_add = fields.Boolean(required=True)


class Hold(Schema):
    """A task laid aside (保留); `over`: its day has come."""

    task_id = text()
    task = text()
    person = text()
    reason = text()
    until = Day(required=True)
    over = fields.Boolean(required=True)
    at = Moment(required=True)


class OwedDuty(Schema):
    """An open condition that a group of the caller owes, of a case that goes on.

    `late_days`: for so many days its day has been over, 0 when it is not late.
    """

    id = fields.String(required=True)
    case = fields.String(
        required=True, attribute="case_id", metadata={"description": "id of the case"}
    )
    case_number = fields.String(required=True, attribute="number")
    case_title = fields.String(required=True, attribute="title")
    text = fields.String(required=True)
    due_on = Day(required=True, allow_none=True)
    late_days = Whole(required=True)


class DutyPage(Page):
    """Conditions that the caller owes."""

    items = nested(OwedDuty, many=True)


class CaseDecision(Schema):
    """Everything of the formal decision of a case, the latest document first."""

    case = text(metadata={"description": "id of the case"})
    number = text()
    status = maybe_text()
    documents = nested(Document, many=True)
    decisions = nested(Decision, many=True)
    duties = nested(Duty, many=True)
    holds = nested(Hold, many=True)
