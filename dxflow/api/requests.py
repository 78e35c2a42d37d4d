"""What callers may send: query parameters and bodies. Undeclared members are refused."""

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from dxflow.api import wording
from dxflow.api.fields import Anything, Day, Flag, Measured, Whole
from dxflow.committee.entered import LONGEST_SOURCE, Way
from dxflow.committee.evaluation import LONGEST_REMARK
from dxflow.services.meetings.notes import LONGEST_NOTE
from dxflow.services.operations.migration_preview import MOST
from dxflow.services.paging import LAST_PAGE, MOST_PER_PAGE
from dxflow.services.reading.case_list import STATUSES
from dxflow.services.reading.inbox import SCOPES
from dxflow.services.reading.kpis import ORDER

LONGEST_WORD = 200
LONGEST_TEXT = 4000


class Request(Schema):
    """Refuses what it does not declare, in the reader's language."""

    class Meta:
        """Strict."""

        unknown = RAISE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages |= wording.of_schema()

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Reword what a field says."""
        wording.reword(field_obj)


def _optional(says: str, check: validate.Validator) -> fields.String:
    """Return a text that may be left out, and is empty then."""
    return fields.String(load_default="", validate=check, metadata={"description": says})


class Paging(Request):
    """Which part of a list."""

    page = Whole(minimum=1, maximum=LAST_PAGE, load_default=1)
    per_page = Whole(minimum=1, maximum=MOST_PER_PAGE, load_default=50)


class CaseQuery(Paging):
    """Which cases."""

    status = fields.String(validate=validate.OneOf(STATUSES))
    process = _optional(
        "key of the start by which they began, or id of their process",
        validate.Length(max=LONGEST_WORD),
    )
    q = _optional(
        "words of the number or the title, all of which must occur",
        validate.Length(max=LONGEST_WORD),
    )


class TaskQuery(Paging):
    """Which open tasks."""

    scope = fields.String(
        validate=validate.OneOf(SCOPES),
        load_default="mine",
        metadata={
            "description": "mine: what the caller may do now; group: also what a colleague has "
            "taken; all: every open task of the cases the caller may see"
        },
    )


class KpiQuery(Paging):
    """Which measures."""

    case = fields.String(validate=validate.Length(max=64), load_default="")
    status = fields.String(validate=validate.OneOf(ORDER))


class Revision(Request):
    """Which of the documents of a decision."""

    revision = Whole(
        minimum=1, maximum=999_999, metadata={"description": "its number; without it, the latest"}
    )


class AuditQuery(Paging):
    """Which events; `from` and `to` are days in Japan, both included."""

    case = _optional("id or number of a case", validate.Length(max=64))
    actor = _optional("id, user name or part of the name of a person", validate.Length(max=100))
    since = Day(data_key="from", metadata={"description": "first day, in Japan"})
    until = Day(data_key="to", metadata={"description": "last day, in Japan"})
    type = _optional(
        "type of event, such as task.completed, or its part before the dot",
        validate.Length(max=64),
    )


_KEY = validate.Length(max=128)
_ID_OR_NONE = validate.Regexp(r"^([0-9a-f]{32})?$")
_NAME = "key of a start, or id of a process: then its first start"


class NewCase(Request):
    """A case to be started. `title` may stand in `values` instead: 422 when the two differ."""

    process = _optional(f"{_NAME}; the city's first start without it", _KEY)
    start = _optional(
        "key of a start where `process` has several: 422 when it begins another process", _KEY
    )
    title = fields.String(validate=validate.Length(min=1, max=1000))
    values = Anything(required=True)
    outcome = fields.String(
        validate=validate.Length(min=1, max=64),
        metadata={"description": "key of the button; may be left out when the form has only one"},
    )
    recalled = _optional("id of the caller's pulled-back case to hand in again", _ID_OR_NONE)
    draft = _optional("id of the caller's draft that goes with it: 409 when it has", _ID_OR_NONE)


class DraftValues(Request):
    """What was typed of a proposal so far."""

    values = Anything(required=True)


class NewDraft(DraftValues):
    """A proposal that is begun and not handed in yet."""

    process = fields.String(
        required=True, validate=validate.Length(min=1, max=128), metadata={"description": _NAME}
    )


class Completion(Request):
    """A task to be completed."""

    values = Anything(load_default=dict)
    outcome = fields.String(
        validate=validate.Length(min=1, max=64),
        metadata={"description": "key of the button; may be left out when the form has only one"},
    )
    version = Whole(
        metadata={
            "description": "the version that GET /tasks/{task} gave: 409 when the case has moved "
            "on since then by more than what others did on tasks of their own"
        }
    )


class FileName(Request):
    """How the file in the body is called."""

    name = fields.String(
        validate=validate.Length(max=1000),
        load_default="",
        metadata={"description": "name with its ending, by which the kind of file is known"},
    )


class EnteredBallot(Completion):
    """A member's vote, entered for them: `source` says how the paper came, or who the proxy is."""

    way = fields.String(required=True, validate=validate.OneOf([one.value for one in Way]))
    source = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_SOURCE))


class Reason(Request):
    """Why something is done."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_TEXT))


class MaybeReason(Request):
    """Why something is done, when there is something to say."""

    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))


class IncidentQuery(Paging):
    """Which incidents."""

    status = fields.String(
        validate=validate.OneOf(("open", "resolved", "all")), load_default="open"
    )


class Evidence(Request):
    """What shows that a condition is met."""

    evidence = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class AddedText(Request):
    """A text to be set beside a decided document."""

    text = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class HandOver(Request):
    """Which section takes a condition over, and why."""

    unit = fields.String(required=True, validate=validate.Length(min=1, max=64))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class HoldUntil(Request):
    """Until when a task is laid aside, and why."""

    until = Day(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1, max=1000))


class Absent(Request):
    """From which day to which, both counted, and why."""

    start = Day(required=True)
    last = Day(required=True)
    reason = fields.String(validate=validate.Length(max=200))


class NewAbsence(Absent):
    """An absence; `username` is whose, the caller's own without."""

    username = fields.String(validate=validate.Length(max=64))


class NewDeputy(Absent):
    """Who acts for the caller (username), in one post or in all without."""

    deputy = fields.String(required=True, validate=validate.Length(min=1, max=64))
    post = fields.String(validate=validate.Length(max=64))


class Remark(Request):
    """A remark, perhaps."""

    remark = fields.String(validate=validate.Length(max=1000))


class NewSubstitutes(Request):
    """Keys of posts in their order; from `since` on, today without."""

    substitutes = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        required=True,
        validate=validate.Length(max=5),
    )
    since = Day()


class NewActual(Request):
    """A period's measured value."""

    period = fields.String(
        required=True,
        validate=validate.Length(min=1, max=16),
        metadata={
            "description": "FY2026, FY2026-H1, FY2026-Q1 or FY2026-04",
            "example": "FY2026-Q1",
        },
    )
    value = Measured(required=True)
    note = fields.String(validate=validate.Length(max=LONGEST_TEXT), load_default="")


class NewMeeting(Request):
    """A meeting to be planned; times are `14:00`. `written`: only a last day is needed."""

    body = fields.String(required=True, validate=validate.Length(min=1, max=64))
    held_on = Day(required=True)
    begins = fields.String(validate=validate.Length(max=5), load_default="")
    ends = fields.String(validate=validate.Length(max=5), load_default="")
    place = fields.String(validate=validate.Length(max=LONGEST_WORD), load_default="")
    written = Flag(load_default=False)


class NewMatter(Request):
    """A case for an agenda, by its id."""

    case = fields.String(required=True, validate=validate.Length(min=1, max=64))


class Seat(Request):
    """A seat of a body, by the key of its post."""

    seat = fields.String(required=True, validate=validate.Length(min=1, max=64))


class Attendance(Seat):
    """Whether the member of a seat is there from now on."""

    here = Flag(required=True)


class Consent(Seat):
    """Whether the member of a seat agrees to decide in writing."""

    agrees = Flag(required=True)


class Deferral(Request):
    """Why a matter is put off."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=1000))


class LateOpening(Request):
    """Why a meeting is opened after its day."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=1000))


class Recusal(Deferral, Seat):
    """A seat that takes no part, and why."""


class NewSeat(Request):
    """A seat for a person, from a day (today without one) until the first day without it."""

    username = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_WORD))
    title = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_WORD))
    since = Day(load_default=None, allow_none=True)
    until = Day(load_default=None, allow_none=True)


class Scores(Seat):
    """The scores of a seat by the key of the criterion, whole numbers."""

    scores = fields.Dict(
        keys=fields.String(validate=validate.Length(max=64)), values=Whole(), required=True
    )
    remark = fields.String(validate=validate.Length(max=LONGEST_REMARK), load_default="")


class EnteredScores(Scores):
    """The scores a member gave on paper; `source` says when and how the paper came."""

    source = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_SOURCE))


class Note(Request):
    """One's own note; empty deletes it."""

    text = fields.String(required=True, validate=validate.Length(max=LONGEST_NOTE))


class MigrationPlan(Request):
    """Which version running cases shall move to, and what their steps are called there."""

    pack = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_WORD),
        metadata={"description": "may be left out where only one pack is installed"},
    )
    to = Whole(required=True, minimum=1, metadata={"description": "number of a version"})
    map = fields.Dict(
        keys=fields.String(validate=validate.Length(max=LONGEST_WORD)),
        values=fields.String(validate=validate.Length(max=LONGEST_WORD)),
        load_default=dict,
        metadata={
            "description": "`process/element` of the old drawing to that of the new one; elements "
            "that keep their id need no line"
        },
    )


class MigrationCases(Request):
    """Which cases, by id or number; all of them when none is named."""

    cases = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        load_default=list,
        validate=validate.Length(max=MOST),
    )


class NewMigration(MigrationPlan, MigrationCases):
    """A batch to be begun: a plan, and either `cases` or `all`."""

    all = Flag(
        load_default=False,
        metadata={"description": "every running case of another version of the pack"},
    )
