"""Entries of the audit log."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Change, Page, maybe_text, nested, text
from dxflow.api.fields import Moment, Whole


class Event(Schema):
    """An entry of the log. `actor` is a person's id, null for the system itself."""

    id = Whole(required=True)
    stream = text()
    seq = Whole(required=True)
    at = Moment(required=True)
    type = text()
    label = text()
    actor = maybe_text()
    actor_name = text()
    post = text()
    authority = text()
    on_behalf_of = text()
    channel = text()
    object_kind = text()
    object = text()
    case = maybe_text()
    case_number = text()
    result = text(validate=validate.OneOf(["ok", "denied"]))
    reason = text()
    request_id = text()
    version = Whole(required=True, allow_none=True)
    changes = nested(Change, many=True)
    hash = text()


class Checkpoint(Schema):
    """A checkpoint of the log. `sha256` is its file's, `key` the fingerprint of the public key."""

    event = Whole(required=True, metadata={"description": "id of the entry that tells of it"})
    number = Whole(required=True)
    at = Moment(required=True)
    events = Whole(required=True, metadata={"description": "how many entries the log had"})
    sha256 = text()
    key = text()


class LastCheckpoint(Checkpoint):
    """The latest checkpoint, and the public key in use (PEM)."""

    public_key = text()
    fingerprint = text()


class EventProof(Schema):
    """An entry as it was hashed: SHA-256 of a byte 00 and `body` (UTF-8) is `computed`."""

    seq = Whole(required=True, metadata={"description": "id of the entry"})
    stream = text()
    number = Whole(required=True, metadata={"description": "number within its stream"})
    body = text()
    previous = text()
    hash = text()
    computed = text()
    intact = fields.Boolean(required=True)


class CheckpointPage(Page):
    """Checkpoints of the log, and the public key in use (PEM; empty before there is one)."""

    items = nested(Checkpoint, many=True)
    public_key = text()
    fingerprint = text()


class EventPage(Page):
    """Entries of the log."""

    items = nested(Event, many=True)
