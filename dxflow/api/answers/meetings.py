"""Meetings of bodies, their agenda, their members, their minutes."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.evaluations import Consensus
from dxflow.api.answers.shared import Page, nested, text
from dxflow.api.fields import Day, Moment, Whole
from dxflow.committee.minutes import Stage
from dxflow.committee.sitting import Matter, State


class Meeting(Schema):
    """A meeting; `written`: a deliberation in writing, whose last day is `held_on`."""

    id = text()
    body = text()
    number = Whole(required=True)
    written = fields.Boolean(required=True)
    held_on = Day(required=True)
    begins = text()
    place = text()
    status = text(validate=validate.OneOf([one.value for one in State]))
    status_name = text()
    matters = Whole(required=True)
    passed = fields.Boolean(
        required=True, metadata={"description": "its day is over and it was not opened"}
    )
    minutes = text(validate=validate.OneOf(["", *(one.value for one in Stage)]))
    missing = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "what is not ready, for the secretariat in the week before"},
    )


class MeetingSeat(Schema):
    """A seat: its members, and whether they are there; `agrees` to decide in writing."""

    key = text()
    title = text()
    names = fields.List(fields.String(), required=True)
    here = fields.Boolean(required=True)
    chairs = fields.Boolean(required=True)
    agrees = fields.Boolean(required=True, allow_none=True)


class SeatMade(Schema):
    """A seat of a person; `until` is the first day without it."""

    seat = text()
    title = text()
    username = text()
    since = Day(required=True)
    until = Day(required=True, allow_none=True)


class MeetingMatter(Schema):
    """A case on the agenda. `attending` counts who takes part and is there."""

    id = text()
    item = Whole(
        required=True, metadata={"description": "its number on the agenda; 0: it was taken off"}
    )
    case = text(attribute="case_id")
    number = text()
    title = text()
    status = text(validate=validate.OneOf([one.value for one in Matter]))
    status_name = text()
    quorum = Whole(required=True)
    taking_part = Whole(required=True)
    attending = Whole(required=True)
    cast = Whole(required=True)
    result = text()
    reason = text()
    read = Whole(required=True)
    bloc = Whole(
        required=True,
        metadata={"description": "the bloc with which it is decided at once; 0: it stands alone"},
    )
    evaluation = fields.Nested(
        Consensus,
        required=True,
        allow_none=True,
        metadata={"description": "null for a body that judges by no criteria"},
    )


class MeetingInFull(Schema):
    """A meeting with agenda and members."""

    meeting = nested(Meeting)
    version = Whole(required=True)
    chair = text()
    needed = Whole(required=True)
    present = Whole(required=True)
    opened_at = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    distributed_at = Moment(required=True, allow_none=True)
    seats = nested(MeetingSeat, many=True)
    agenda = nested(MeetingMatter, many=True)


class BlocDone(Schema):
    """An item on which it was done. `matter` and `case` are ids, `item` counts on the agenda."""

    matter = text()
    case = text(attribute="case_id")
    number = text()
    item = Whole(required=True)


class BlocLeft(BlocDone):
    """An item on which nothing was done, and why."""

    why = text()


class BlocOutcome(Schema):
    """What came of an act on a bloc, item by item; what refused one held up no other."""

    done = nested(BlocDone, many=True)
    left = nested(BlocLeft, many=True)


class MeetingPage(Page):
    """Meetings."""

    items = nested(Meeting, many=True)


class MinutesCorrection(Schema):
    """A correction appended to sealed minutes."""

    number = Whole(required=True)
    reason = text()
    by = text()
    at = Moment(required=True)
    digest = text()
    text = text()


class MeetingMinutes(Schema):
    """Minutes; `unbroken`: they are what the log says was sealed."""

    stage = text(validate=validate.OneOf([one.value for one in Stage]))
    digest = text()
    approved_at = Moment(required=True, allow_none=True)
    sealed_at = Moment(required=True, allow_none=True)
    corrections = nested(MinutesCorrection, many=True)
    unbroken = fields.Boolean(required=True)
    text = text(metadata={"description": "the JSON whose SHA-256 is `digest`, byte by byte"})
