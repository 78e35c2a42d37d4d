"""Measures with targets, actuals and achievement."""

from marshmallow import Schema, fields, validate

from dxflow.api.answers.shared import Page, nested, text
from dxflow.api.fields import Cell, Exact, Moment, Whole
from dxflow.services.reading.kpis import ORDER


class KpiTarget(Schema):
    """A target at the end of a fiscal year."""

    fiscal_year = Whole(required=True)
    value = Cell(
        required=True,
        allow_none=True,
        metadata={
            "description": "a number, or a step of the scale; null while a relative target's base "
            "is not measured"
        },
    )
    written = text(
        metadata={"description": "as it was written, such as 前年度比+5% for a relative target"}
    )
    base_year = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "the fiscal year a relative target starts from, else null"},
    )


class KpiActual(Schema):
    """A measured value of a period."""

    period = text()
    value = Cell(required=True)
    note = text()


class Kpi(Schema):
    """A measure. Numbers are decimal texts, values in words steps of `scale`; rates are percent."""

    id = text()
    case = text()
    case_number = text()
    case_title = text()
    name = text()
    unit = text()
    direction = text(validate=validate.OneOf(["up", "down", "keep", "complete"]))
    aggregation = text()
    frequency = text()
    scale = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "the steps of a measure in words, the lowest first; else empty"},
    )
    baseline = Cell(required=True, allow_none=True)
    baseline_year = Whole(required=True, allow_none=True)
    baseline_note = text(metadata={"description": "what stands in place of a baseline"})
    targets = nested(KpiTarget, many=True)
    status = text(validate=validate.OneOf(ORDER))
    status_name = text()
    reason = text()
    latest = fields.Nested(KpiActual, required=True, allow_none=True)
    value = Cell(required=True, allow_none=True)
    expected = Exact(required=True, allow_none=True)
    target = Cell(required=True, allow_none=True)
    target_year = Whole(required=True, allow_none=True)
    achievement = Exact(required=True, allow_none=True)
    missing = fields.List(fields.String(), required=True)
    doubts = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "what looks wrong about the measure; nothing is changed for it"},
    )


class KpiRevision(Schema):
    """A target as set or revised; `old` is empty for the first one."""

    fiscal_year = Whole(required=True)
    old = text()
    new = text()
    reason = text()
    person = text()
    at = Moment(required=True)


class KpiEntered(KpiActual):
    """A value as entered; a correction marks the one before as superseded."""

    person = text()
    at = Moment(required=True)
    superseded_at = Moment(required=True, allow_none=True)


class KpiInFull(Kpi):
    """A measure with every target and value it ever had."""

    revisions = nested(KpiRevision, many=True)
    actuals = nested(KpiEntered, many=True)
    why_not = text(
        metadata={"description": "why the caller may not enter values; empty when they may"}
    )


class KpiPage(Page):
    """Measures."""

    items = nested(Kpi, many=True)
