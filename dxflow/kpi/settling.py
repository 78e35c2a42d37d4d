"""Relative targets put into figures, as far as what they start from has been measured."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from dxflow.kpi.measures import Actual, Measure, Target
from dxflow.kpi.path import value_of_year
from dxflow.kpi.relative import Relative


def settled(measure: Measure, actuals: Sequence[Actual]) -> Measure:
    """Return the measure with its targets in figures; those whose base is not known stay as they are.

    The base is what was measured for its year, else the baseline if that is of the year.
    """
    waiting = {y: one for y, one in measure.targets.items() if isinstance(one, Relative)}
    if not waiting:
        return measure
    targets: dict[int, Target] = dict(measure.targets)
    bases: dict[int, tuple[int, Decimal]] = {}
    for year, target in waiting.items():
        base_year = target.base_for(year)
        base = value_of_year(measure, actuals, base_year)
        if base is None and measure.baseline_year == base_year:
            base = measure.baseline_number
        if base is not None:
            targets[year] = target.figure(base)
            bases[year] = base_year, base
    return replace(measure, targets=targets, bases=bases)
