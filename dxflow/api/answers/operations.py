"""Incidents, and what came of operations on running cases."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Page, maybe_text, nested, text
from dxflow.api.fields import Moment, Whole


class Standing(Schema):
    """Where a case stands after an operation. `suspended`: nobody can act on it for now."""

    id = text()
    number = text()
    status = text()
    suspended = fields.Boolean(required=True)
    suspend_reason = text()
    version = Whole(required=True)


class Incident(Schema):
    """A step that failed. `kind`: job (of the program) or act (of a person, which was undone)."""

    id = text(metadata={"description": "the number people quote"})
    status = text(validate=validate.OneOf(["open", "resolved"]))
    kind = text(validate=validate.OneOf(["job", "act"]))
    case = maybe_text()
    case_number = text()
    process = text()
    element = text()
    element_name = text()
    cause = text()
    person = maybe_text(metadata={"description": "id of the person who met it last"})
    occurrences = Whole(required=True)
    at = Moment(required=True)
    last_at = Moment(required=True)
    job_status = text(metadata={"description": "of its job now; empty without one"})
    resolved_at = Moment(required=True, allow_none=True)
    note = text()


class Retried(Schema):
    """What came of a retry. `works`: whether a person's step would go through now."""

    incident = text()
    queued = fields.Boolean(required=True)
    works = fields.Boolean(required=True, allow_none=True)
    message = text()


class IncidentPage(Page):
    """Incidents."""

    items = nested(Incident, many=True)


class IncidentGroup(Schema):
    """Incidents with one cause at one place of one version; `incident` is the latest of them."""

    incident = text(metadata={"description": "names the group, as any of its incidents does"})
    status = text(validate=validate.OneOf(["open", "resolved"]))
    kind = text(validate=validate.OneOf(["job", "act"]))
    process = text()
    element = text()
    element_name = text()
    cause = text()
    pack_version = Whole(required=True, allow_none=True)
    cases = Whole(required=True)
    incidents = Whole(required=True)
    occurrences = Whole(required=True)
    waiting = Whole(required=True, metadata={"description": "put back into the queue by now"})
    at = Moment(required=True)
    last_at = Moment(required=True)


class IncidentGroupPage(Page):
    """Groups of incidents."""

    items = nested(IncidentGroup, many=True)


class Tried(Schema):
    """What came of trying one incident of a group again."""

    incident = text()
    case_number = text()
    came = text(validate=validate.OneOf(["queued", "works", "fails", "unknown", "refused"]))
    message = text()


class TriedTogether(Schema):
    """What came of each; `left` were too many and are tried when this is asked again."""

    tried = nested(Tried, many=True)
    left = Whole(required=True)
