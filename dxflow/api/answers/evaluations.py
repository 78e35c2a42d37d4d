"""What evaluators gave by criteria, as far as the caller may see it; the caller's own note."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import nested, text
from dxflow.api.fields import Whole
from dxflow.committee.seeing import Disclosure


class Criterion(Schema):
    """A criterion: whole scores from `lowest` to `highest`."""

    key = text()
    name = text()
    weight = Whole(required=True)
    lowest = Whole(required=True)
    highest = Whole(required=True)


class EvaluationLine(Schema):
    """A criterion with the scores in the order of the seats, "" for none or one unseen.

    Mean, median and spread are "" while the scores may not be seen.
    """

    criterion = nested(Criterion)
    scores = fields.List(fields.String(), required=True)
    mean = text()
    median = text()
    spread = text()
    apart = fields.Boolean(
        required=True, metadata={"description": "the evaluators are far apart on it"}
    )


class EvaluatedSeat(Schema):
    """A seat that takes part; `open`: the caller may give or change its scores now.

    `entered`: how the paper came from which the secretariat entered them, "" for the member's own;
    `enter`: the caller may enter them so now.
    """

    key = text()
    title = text()
    given = fields.Boolean(required=True)
    mine = fields.Boolean(required=True)
    open = fields.Boolean(required=True)
    total = text()
    remark = text()
    entered = text()
    enter = fields.Boolean(required=True)


class Consensus(Schema):
    """What the evaluators say together."""

    seats = nested(EvaluatedSeat, many=True)
    lines = nested(EvaluationLine, many=True)
    scores_seen = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    total = text(metadata={"description": "the mean of the totals, one digit"})
    most = Whole(required=True)
    missing = fields.List(fields.String(), required=True)


class CaseEvaluation(Schema):
    """The evaluation of a case's latest round; null for a body that judges by no criteria."""

    case = text()
    number = text()
    body = text()
    round = Whole(required=True)
    verdicts_seen = text(validate=validate.OneOf([one.value for one in Disclosure]))
    evaluation = fields.Nested(Consensus, required=True, allow_none=True)


class OwnNote(Schema):
    """The caller's own note on a case, "" without one."""

    text = text()
