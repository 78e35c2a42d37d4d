"""Files attached to cases."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import nested, text
from dxflow.api.fields import Moment, Whole


class AttachmentVersion(Schema):
    """A version of a file. `beside`: attached when a decision of the case had been made.

    `in_document` is the number of the latest decision document that covers it, 0 for none.
    """

    id = text()
    number = Whole(required=True)
    name = text()
    size = Whole(required=True, metadata={"description": "bytes"})
    sha256 = text()
    media = text(metadata={"description": "media type it is served as"})
    scan = text(validate=validate.OneOf(["clean", "none", "failed"]))
    beside = fields.Boolean(required=True)
    in_document = Whole(required=True)
    person = text()
    post = text()
    at = Moment(required=True)


class Attachment(Schema):
    """A file with its versions, the latest first. `locked`: a decided document covers it."""

    id = text()
    versions = nested(AttachmentVersion, many=True)
    locked = fields.Boolean(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = text()
    withdraw_reason = text()
    may_replace = fields.Boolean(required=True)
    may_withdraw = fields.Boolean(required=True)


class AttachmentList(Schema):
    """The files of a case, and what the caller may attach to it. Limits are bytes."""

    case = text()
    may_attach = fields.Boolean(required=True)
    refusal = text(metadata={"description": "why nothing may be attached, empty when it may"})
    largest = Whole(required=True)
    largest_in_all = Whole(required=True)
    kinds = fields.List(fields.String(), required=True)
    files = nested(Attachment, many=True)


class AttachmentStored(Schema):
    """What was attached."""

    case = text()
    attachment = text()
    version = text()
    number = Whole(required=True)
