"""A measure as pages write and draw it: its values, its targets by year, its chart, its chip."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from dxflow.calendars.periods import period_short
from dxflow.kpi.measures import Direction, Measure, format_value
from dxflow.kpi.relative import Relative, not_known
from dxflow.kpi.scale import ARROW
from dxflow.kpi.series import series_of
from dxflow.kpi.years import by_year
from dxflow.services.reading.kpis import KpiRow
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web.chart import DOWN, UP, ChartView, Period

#: Chips by status.
CHIPS = {
    "overdue": "late",
    "at_risk": "incident",
    "behind": "risk",
    "no_data": "pending",
    "unknown": "waiting",
    "on_track": "running",
    "achieved": "achieved",
    "planned": "open",
}


@dataclass(frozen=True)
class Shown:
    """A target as shown: in figures or words, with what was written or is waited for beside it."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class Year:
    """A fiscal year with its target and what was measured, as far as it was.

    `met` says whether that reaches the target; None until the year is measured and it is known.
    """

    label: str
    target: Shown
    actual: str
    met: bool | None


def chart_of(row: KpiRow) -> ChartView:
    """Return the chart of a measure: values entered against baseline and targets.

    For a measure in words it has no periods: they are no heights.
    """
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
        )
        if row.measure.is_number
        else (),
        baseline=series.baseline,
        direction=DOWN if row.measure.direction is Direction.DOWN else UP,
    )


def written(value: object, measure: Measure) -> str:
    """Return a value of a measure with its unit, or its word; empty for nothing."""
    if isinstance(value, str) and not measure.scale:
        try:
            return format_value(Decimal(value), measure.unit)
        except InvalidOperation:
            return value
    if isinstance(value, Decimal):
        return format_value(value, measure.unit)
    if value is None:
        return ""
    return translated(next((step for step in measure.scale if step == value), str(value)))


def baseline_of(measure: Measure) -> str:
    """Return the baseline, or what was written instead of it."""
    return written(measure.baseline, measure) or measure.baseline_note


def target_of(row: KpiRow, year: int) -> Shown:
    """Return the target of a fiscal year."""
    asked, figure = row.measure.targets[year], row.achievement.targets[year]
    if isinstance(figure, Relative):
        return Shown(figure.written, not_known(figure, year))
    note = asked.written if isinstance(asked, Relative) else ""
    return Shown(written(figure, row.measure), note)


def year_of(row: KpiRow) -> int | None:
    """Return the year whose target stands for the measure: the last one whose figure is known.

    That of the year worked towards, when the last is not known; None without targets.
    """
    years = row.measure.target_years
    if not years or not isinstance(row.achievement.targets[years[-1]], Relative):
        return years[-1] if years else None
    return row.achievement.target_year or years[0]


def years_of(row: KpiRow) -> list[Year]:
    """Return the years with a target, where one line cannot say them all."""
    measure = row.measure
    several = len(measure.targets) > 1 or measure.scale
    if not several and not any(isinstance(one, Relative) for one in measure.targets.values()):
        return []
    return [
        Year(
            period_short(f"FY{line.year}"),
            target_of(row, line.year) if line.asked is not None else Shown("―"),
            written(line.actual, measure),
            line.met,
        )
        for line in by_year(measure, row.tracked.actuals)
    ]


def choices_of(measure: Measure) -> list[tuple[str, str]] | None:
    """Return what may be entered for a measure in words: the word to store, the one to show."""
    if not measure.scale:
        return None
    return [("", _("選んでください")), *((step, translated(step)) for step in measure.scale)]


def scale_of(measure: Measure) -> str:
    """Return the steps of a measure in words, the lowest first."""
    return ARROW.join(map(translated, measure.scale))


def steps_of(row: KpiRow) -> list[tuple[str, bool, bool]]:
    """Return the steps of a measure in words: the word, whether it is reached, whether it is now."""
    measure, value = row.measure, row.achievement.value
    now = value if value is not None else measure.baseline
    return [
        (translated(step), now is not None and measure.rank(step) <= measure.rank(now), step == now)
        for step in measure.scale
    ]
