"""Tokens, and who calls."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import maybe_text, nested, text
from dxflow.api.fields import Moment
from dxflow.services.operations import permissions


class Token(Schema):
    """A bearer token. It is shown once; only its hash is stored."""

    token = text()
    expires_at = Moment(required=True)


class Post(Schema):
    """A post that is held today."""

    key = text()
    title = text()
    unit = text()
    unit_name = text()
    kind = text()
    concurrent = fields.Boolean(required=True)


class Me(Schema):
    """Who calls."""

    id = text()
    username = text()
    name = text()
    posts = nested(Post, many=True)
    acting_post = maybe_text()
    unit = maybe_text(metadata={"description": "key of the unit the person acts for"})
    department = maybe_text()
    groups = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(
        fields.String(validate=validate.OneOf(permissions.NAMES)),
        required=True,
        metadata={
            "description": "what the caller may do beside their own tasks: start a case; read every "
            "case (unless its reading is restricted); suspend, cancel and migrate cases and retry "
            "incidents; read the portfolio; plan and keep meetings; enter absences of others; keep "
            "people, units and transfers; read the log"
        },
    )
