"""A measure as the chart macro draws it, and its status as a chip."""

from decimal import Decimal

from dxflow.kpi.measures import Direction, Measure, format_value
from dxflow.kpi.series import series_of
from dxflow.services.reading.kpis import KpiRow
from dxflow.web.chart import DOWN, UP, ChartView, Period

#: Chips by status: (kind of chip, own word wanted).
CHIPS = {
    "overdue": "late",
    "at_risk": "incident",
    "behind": "risk",
    "no_data": "pending",
    "on_track": "running",
    "achieved": "achieved",
    "planned": "open",
}


def chart_of(row: KpiRow) -> ChartView:
    """Return the chart of a measure: values entered against baseline and targets."""
    series = series_of(row.measure, row.tracked.actuals, row.since)
    return ChartView(
        title=row.measure.name,
        unit=row.measure.unit,
        periods=tuple(
            Period(
                label=point.short,
                actual=point.value,
                target=point.target if isinstance(point.target, Decimal) else None,
            )
            for point in series.points
        ),
        baseline=series.baseline,
        direction=DOWN if row.measure.direction is Direction.DOWN else UP,
    )


def written(value: object, measure: Measure) -> str:
    """Return a value of a measure with its unit; empty for nothing."""
    if isinstance(value, Decimal):
        return format_value(value, measure.unit)
    return str(value) if value is not None else ""
