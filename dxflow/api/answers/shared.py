"""What every document is made of: texts, documents within documents, problems, pages."""

from typing import Any

from marshmallow import Schema, fields, validate

from dxflow.api.fields import Whole


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


class Change(Schema):
    """A field before and after, as text; `erased` where a personal value has been deleted."""

    field = text()
    label = text()
    before = text()
    after = text()
    personal = fields.Boolean(required=True)
    erased = fields.Boolean(required=True)


class Page(Schema):
    """A part of a list. `total` counts all entries."""

    page = Whole(required=True)
    per_page = Whole(required=True)
    total = Whole(required=True)
