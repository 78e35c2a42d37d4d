"""Proposals that are not handed in."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Page, nested, text
from dxflow.api.fields import Anything, Moment, Whole


class Draft(Schema):
    """A draft of a proposal. `mine`: the caller is its author, and nobody else may change it."""

    id = text()
    process = text()
    title = text()
    author = text()
    author_name = text()
    mine = fields.Boolean(required=True)
    updated_at = Moment(required=True)


class DraftList(Page):
    """The caller's drafts and those the pack lets them read, the latest first of either."""

    items = nested(Draft, many=True)


class DraftFile(Schema):
    """A file that waits with a draft; handed in, it is a version of the case under its id."""

    id = text()
    name = text()
    size = Whole(required=True, metadata={"description": "bytes"})
    sha256 = text()
    scan = text(validate=validate.OneOf(["clean", "none", "failed"]))
    at = Moment(required=True)


class DraftInFull(Draft):
    """A draft with what was typed so far, as it was typed, and its files."""

    values = Anything(required=True)
    files = nested(DraftFile, many=True)
