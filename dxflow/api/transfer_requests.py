"""What callers may send about transfers: plans, their files, and how holes are filled."""

from marshmallow import fields, validate

from dxflow.api.fields import Day, Flag, Whole
from dxflow.api.requests import LONGEST_WORD, Request


class TransferVersion(Request):
    """The version of the plan that the caller has seen; refused when it has changed since."""

    version = Whole(load_default=None, allow_none=True, minimum=1)


class TransferFile(TransferVersion):
    """A file of a plan: CSV (CP932 or UTF-8) or Excel."""

    file = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_WORD))
    content = fields.String(
        required=True, validate=validate.Length(min=1), metadata={"description": "Base64"}
    )
    kind = fields.String(
        load_default="",
        validate=validate.OneOf(["", "transfers", "units", "posts"]),
        metadata={"description": "told by the headings when it is left out"},
    )
    columns = fields.Dict(
        keys=fields.String(validate=validate.Length(max=LONGEST_WORD)),
        values=fields.String(validate=validate.Length(max=LONGEST_WORD)),
        load_default=dict,
        metadata={"description": "heading of the file to column, where they are called otherwise"},
    )


class CaseSheet(TransferVersion):
    """A filled sheet of cases: CSV (CP932 or UTF-8) or Excel."""

    file = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_WORD))
    content = fields.String(
        required=True, validate=validate.Length(min=1), metadata={"description": "Base64"}
    )


class NewTransfer(TransferFile):
    """A plan with its first file."""

    title = fields.String(load_default="", validate=validate.Length(max=LONGEST_WORD))
    effective = Day(required=True)


class HoleFill(Request):
    """How a hole is filled."""

    hole = fields.String(required=True, validate=validate.Length(min=1, max=160))
    target = fields.String(load_default="", validate=validate.Length(max=160))
    reason = fields.String(load_default="", validate=validate.Length(max=500))


class CaseGift(Request):
    """The successor a case goes to; an empty one lets it follow the first, or stay, again."""

    case = fields.String(
        required=True, validate=validate.Length(min=1, max=64),
        metadata={"description": "id or number"},
    )  # fmt: skip
    to = fields.String(load_default="", validate=validate.Length(max=64))


class TransferredCases(TransferVersion):
    """Choices for cases; first, with `unit` and `all_to`, for every open case of a split section."""

    cases = fields.List(
        fields.Nested(CaseGift), load_default=list, validate=validate.Length(max=500)
    )
    unit = fields.String(load_default="", validate=validate.Length(max=64))
    all_to = fields.String(
        load_default="", validate=validate.Length(max=64),
        metadata={"description": "a successor, or `applicant`: where each applicant will work"},
    )  # fmt: skip


class TransferFills(TransferVersion):
    """Choices for holes; `accept_proposals` takes the first proposal of every other open one."""

    fills = fields.List(
        fields.Nested(HoleFill), load_default=list, validate=validate.Length(max=500)
    )
    accept_proposals = Flag(load_default=False)
