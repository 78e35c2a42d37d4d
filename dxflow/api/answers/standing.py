"""Absences, deputies, substitutes, and what is to be read afterwards."""

from marshmallow import Schema, fields

from dxflow.api.answers.shared import nested, text
from dxflow.api.fields import Day, Moment, Whole


class Absence(Schema):
    """An absence that is not over; `last` counts, `now`: it has begun."""

    id = text()
    name = text()
    start = Day(required=True)
    last = Day(required=True)
    reason = text()
    now = fields.Boolean(required=True)


class Deputy(Schema):
    """A delegation (代理) that is not over; `given`: the caller gave it, else it is theirs to do."""

    id = text()
    giver = text()
    deputy = text()
    posts = text()
    start = Day(required=True)
    last = Day(required=True)
    reason = text()
    given = fields.Boolean(required=True)
    now = fields.Boolean(required=True)


class OwedReading(Schema):
    """What the caller has still to read (後閲), open for so many `days`.

    `by` is who did it, empty where the caller's place was passed over.
    """

    id = text(attribute="submission_id")
    case = text(attribute="case_id")
    number = text()
    title = text()
    task = text()
    by = text()
    way = text()
    post = text()
    at = Moment(required=True)
    days = Whole(required=True)


class StandingIn(Schema):
    """Everything about the caller's being away and standing in."""

    absences = nested(Absence, many=True)
    deputies = nested(Deputy, many=True)
    stands_in = fields.List(fields.String(), required=True)
    owed = nested(OwedReading, many=True)


class SubstitutePost(Schema):
    """A post on a list."""

    post = text()
    title = text()


class SubstituteList(Schema):
    """A post that leads or decides, who holds it, and who decides in their stead, in order."""

    post = text()
    title = text()
    unit = text()
    holders = text()
    substitutes = nested(SubstitutePost, many=True)


class SubstituteLists(Schema):
    """The lists of all posts."""

    posts = nested(SubstituteList, many=True)
