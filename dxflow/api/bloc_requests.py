"""What callers send for items of an agenda that are decided at once."""

from typing import Any

from marshmallow import fields, validate

from dxflow.api.fields import Anything, Whole
from dxflow.api.requests import Request
from dxflow.committee.blocs import MOST
from dxflow.services.meetings.planning import LONGEST_REASON


def _ids(**options: Any) -> fields.List[Any]:
    one = fields.String(validate=validate.Length(min=1, max=64))
    return fields.List(one, validate=validate.Length(min=1, max=MOST), **options)


class NewBloc(Request):
    """Items of one agenda that shall be decided at once, by the ids of the matters."""

    matters = _ids(required=True)
    version = Whole(
        metadata={"description": "the meeting's, as it was read: 409 when it has changed since"}
    )


class Separation(Request):
    """Why an item shall be taken out of its bloc; it may be left unsaid."""

    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))


class BlocForm(Request):
    """The form that is handed in for items of a bloc, the same for each of them."""

    values = Anything(load_default=dict)
    outcome = fields.String(
        validate=validate.Length(min=1, max=64),
        metadata={"description": "key of the button; may be left out when the form has only one"},
    )
    matters = _ids(
        load_default=None,
        allow_none=True,
        metadata={"description": "ids of the matters; left out: all that wait for the caller"},
    )
