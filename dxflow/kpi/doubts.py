"""What looks wrong about a measure without being impossible: it is said, and nothing is changed."""

from collections.abc import Iterator
from decimal import Decimal

from dxflow.calendars.fiscal import fiscal_short
from dxflow.kpi.measures import Aggregation, Direction, Measure
from dxflow.kpi.relative import Relative
from dxflow.texts import gettext as _

_PERCENT = frozenset({"%", "％"})
#: Means of answers on a scale of points, which plans sometimes print as percent.
_RATINGS = ("満足度", "評価点", "平均点", "評点", "理解度", "スコア")
_MOST_POINTS = 10


def doubts(measure: Measure) -> list[str]:
    """Return what looks wrong, in sentences."""
    found = [] if measure.targets else [_("目標値がありません。")]
    found += _about_unit(measure)
    found += _about_points(measure)
    for year, target in measure.targets.items():
        if isinstance(target, Decimal):
            found += _about_number(measure, year, target)
        elif isinstance(target, Relative):
            found += _about_change(measure, year, target)
        elif measure.baseline is not None and measure.rank(target) < measure.rank(measure.baseline):
            found.append(_("{year}の目標が基準値より前の段階です。", year=fiscal_short(year)))
    return found


def _about_unit(measure: Measure) -> Iterator[str]:
    base = measure.baseline_number
    values = [*([] if base is None else [base]), *measure.numbers.values()]
    if (
        measure.unit in _PERCENT
        and any(word in measure.name for word in _RATINGS)
        and values
        and all(0 <= value <= _MOST_POINTS for value in values)
    ):
        yield _(
            "「{name}」の値は {values} です。5点満点などの平均なら、"
            "単位は「{unit}」ではなく「ポイント」ではありませんか。",
            name=measure.name,
            values=_("、").join(f"{value:f}" for value in values),
            unit=measure.unit,
        )


def _about_points(measure: Measure) -> Iterator[str]:
    """Yield how +5% was read where the unit itself is percent, once for each way of writing it."""
    changes = [one for one in measure.targets.values() if isinstance(one, Relative)]
    for target in {one.written: one for one in changes}.values():
        if measure.unit in _PERCENT and not target.percent and "%" in _plain(target.written):
            yield _(
                "目標「{target}」は、{amount}ポイントの増減と読みました。"
                "割合の増減なら「0.5割増」のように書いてください。",
                target=target.written,
                amount=f"{target.amount:+f}",
            )


def _plain(text: str) -> str:
    return text.replace("％", "%").replace("%ポイント", "")


def _about_number(measure: Measure, year: int, target: Decimal) -> Iterator[str]:
    short, base = fiscal_short(year), measure.baseline_number
    if measure.aggregation is not Aggregation.INCREMENT and base is not None:
        if measure.direction is Direction.UP and target < base:
            yield _("「増やす」指標ですが、{year}の目標が基準値より小さい値です。", year=short)
        if measure.direction is Direction.DOWN and target > base:
            yield _("「減らす」指標ですが、{year}の目標が基準値より大きい値です。", year=short)
    if measure.unit in _PERCENT and target > 100:
        yield _("{year}の目標が100％を超えています。", year=short)
    if measure.baseline_year is not None and year <= measure.baseline_year and base is not None:
        yield _("{year}の目標は基準値の年度より後ではありません。", year=short)


def _about_change(measure: Measure, year: int, target: Relative) -> Iterator[str]:
    if measure.direction is Direction.UP and target.amount < 0:
        yield _("「増やす」指標ですが、{year}の目標「{target}」は減です。",
                year=fiscal_short(year), target=target.written)  # fmt: skip
    if measure.direction is Direction.DOWN and target.amount > 0:
        yield _("「減らす」指標ですが、{year}の目標「{target}」は増です。",
                year=fiscal_short(year), target=target.written)  # fmt: skip
    if target.base_for(year) >= year:
        yield _("{year}の目標「{target}」の基準が、目標より前の年度ではありません。",
                year=fiscal_short(year), target=target.written)  # fmt: skip
