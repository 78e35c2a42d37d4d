"""Transfers of personnel: plans, what a rehearsal of one says, holes and what may fill them."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Page, nested, text
from dxflow.api.fields import Day, Flag, Moment, Whole

STATES = ("draft", "scheduled", "blocked", "applied", "undone", "discarded")


class PlannedTransfer(Schema):
    """A plan in the list; `files` are the kinds of its files."""

    id = text()
    name = text()
    effective = Day(required=True)
    status = text(validate=validate.OneOf(STATES))
    made_at = Moment(required=True)
    files = fields.List(fields.String(), required=True)


class TransferPage(Page):
    """Plans of transfers, the latest day first."""

    items = nested(PlannedTransfer, many=True)


class TransferredLine(Schema):
    """What changes hands: `before` and `after` are names, `case` empty when it is of no case."""

    matter = text(
        metadata={"description": "person, post, task, duty, deputy, list, body, kpi, led, ..."}
    )
    what = text()
    case = text(attribute="case_id")
    before = text()
    after = text()
    note = text()


class Filling(Schema):
    """What may fill a hole."""

    target = text()
    label = text()


class TransferHole(Schema):
    """Where nobody could act. `state` is open, filled, left, gone, or old: it was there before."""

    id = text()
    matter = text()
    what = text()
    case = text(attribute="case_id")
    state = text()
    choices = nested(Filling, many=True)
    target = text()
    reason = text()


class SplitCase(Schema):
    """An open case of a section that is split or parted. `unit` is where it goes, or stays."""

    id = text()
    number = text()
    title = text()
    state = text()
    applicant = text()
    holders = text(metadata={"description": "who has its open work now"})
    kpi = text(metadata={"description": "who enters its figures afterwards"})
    unit = text()
    chosen = Flag(required=True, metadata={"description": "false: it follows the first successor"})
    beside = text(
        metadata={"description": "the successor in which its applicant will work, if one"}
    )


class SplitSection(Schema):
    """A section that is split, its successors, the first before the others, and its open cases.

    One that goes on without a part of its work is the first of them itself.
    """

    unit = text()
    name = text()
    successors = nested(Filling, many=True)
    kpi = text(metadata={"description": "who enters the figures of its cases now"})
    goes_on = Flag(required=True, metadata={"description": "true: its cases stay unless given"})
    cases = nested(SplitCase, many=True)


class TransferProblem(Schema):
    """What is wrong with a line of a file."""

    file = text()
    line = Whole(required=True)
    message = text()
    hint = text()


class Transfer(Schema):
    """A plan as it is now, rehearsed while it is not applied. `open_holes` stand in its way.

    `changes` of one that was applied are those that were made, as they were kept then, also when it
    was taken back: who moved, and what went to others.
    """

    id = text()
    name = text()
    effective = Day(required=True)
    status = text(validate=validate.OneOf(STATES))
    version = Whole(required=True)
    moment = Moment(required=True, metadata={"description": "when it is applied, once scheduled"})
    held_up = text(metadata={"description": "why it was not applied at its hour"})
    files = fields.List(fields.String(), required=True)
    problems = nested(TransferProblem, many=True)
    changes = nested(TransferredLine, many=True)
    holes = nested(TransferHole, many=True)
    splits = nested(SplitSection, many=True)
    left_out = fields.List(
        fields.String(), required=True,
        metadata={"description": "choices for cases that do nothing any more, in words"},
    )  # fmt: skip
    awaited = fields.List(
        fields.String(), required=True,
        metadata={"description": "cases given away whose decision waits for the head of a section that goes on"},
    )  # fmt: skip
    open_holes = Whole(required=True, attribute="left")
    obstacles = fields.List(
        fields.String(), required=True, metadata={"description": "what prevents taking it back"}
    )
    acts = fields.List(
        fields.String(), required=True, metadata={"description": "what may be done with it now"}
    )
