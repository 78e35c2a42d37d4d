"""Running cases on their way to another version: what a plan would do, batches, their cases."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Page, nested, text
from dxflow.api.fields import Moment, Whole

OUTCOMES = ("waiting", "migrated", "blocked", "stopped", "reverting", "reverted", "kept")


class Blocker(Schema):
    """Why a case cannot be moved. `place` is `process/element`, empty for the case as a whole."""

    place = text()
    name = text()
    message = text()


class MovePreview(Schema):
    """What a plan would do to a case: where it stands, what would differ, what is in the way."""

    case = text()
    number = text()
    title = text()
    version = Whole(required=True)
    standing = fields.List(fields.String(), required=True)
    changes = fields.List(fields.String(), required=True)
    at_once = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "what is past as soon as it is moved: timers that fire, late tasks"
        },
    )
    movable = fields.Boolean(required=True)
    blockers = nested(Blocker, many=True)


class Counterpart(Schema):
    """A step of the new version an old one may be mapped to."""

    place = text()
    name = text()


class MapChoice(Schema):
    """A step that needs a line in `map`, or has one. `chosen` is empty while it has none."""

    place = text()
    name = text()
    chosen = text()
    offered = nested(Counterpart, many=True)


class MovePreviewPage(Page):
    """What a plan would do to the cases it could move, and what its map may say about these."""

    items = nested(MovePreview, many=True)
    choices = nested(MapChoice, many=True)


class Migration(Schema):
    """A batch of cases moved by one plan. `counts` is outcome to number of cases."""

    id = text()
    pack = text()
    title = text()
    to = Whole(required=True)
    map = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    status = text(validate=validate.OneOf(["running", "stopped", "done"]))
    person = text(metadata={"description": "id of the person who began it"})
    at = Moment(required=True)
    counts = fields.Dict(
        keys=fields.String(validate=validate.OneOf(OUTCOMES)), values=Whole(), required=True
    )


class MigrationPage(Page):
    """Batches, the newest first."""

    items = nested(Migration, many=True)


class MigrationResult(Schema):
    """What came of one case. `kept`: it was moved and has gone on since, so it stays moved."""

    case = text()
    number = text()
    title = text()
    outcome = text(validate=validate.OneOf(OUTCOMES))
    outcome_name = text()
    reason = text()


class MigrationResultPage(Page):
    """What came of the cases of a batch."""

    items = nested(MigrationResult, many=True)
