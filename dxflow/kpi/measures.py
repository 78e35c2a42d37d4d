"""Measures (指標): what is counted, in which direction it should go, from where to where.

Values are decimals in the measure's unit, or text for milestones and states. A measure's baseline
and targets stand at the end of their fiscal years.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from dxflow.calendars.fiscal import fiscal_short
from dxflow.calendars.periods import Frequency, period_label, periods_of_year
from dxflow.texts import gettext as _

Value = Decimal | str

MOST_DIGITS = 18
MOST_PLACES = 12
_WIDE = Context(prec=80)


def checked(value: Value) -> Value:
    """Return the value. Raises ValueError for a number that is not finite or absurdly long."""
    if isinstance(value, Decimal) and not (
        value.is_finite()
        and value.adjusted() < MOST_DIGITS
        and decimal_places(value) <= MOST_PLACES
    ):
        raise ValueError(_("値の桁が多すぎるか、数値ではありません。"))
    return value


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    KEEP = "keep"
    COMPLETE = "complete"

    @property
    def label(self) -> str:
        """Return the Japanese word."""
        return {
            "up": _("増やす"),
            "down": _("減らす"),
            "keep": _("維持する"),
            "complete": _("完了させる"),
        }[self.value]


class ValueKind(StrEnum):
    """What a value is: a number, a step reached, or a state in words."""

    NUMBER = "number"
    MILESTONE = "milestone"
    TEXT = "text"


class Aggregation(StrEnum):
    """How values of periods relate.

    level: the value at the period's end. cumulative: the running total since the start.
    per_year: the amount of the period; a fiscal year's amounts add up. increment: the change
    brought about in the period; a fiscal year's changes add up and compare with the year before.
    """

    LEVEL = "level"
    CUMULATIVE = "cumulative"
    PER_YEAR = "per_year"
    INCREMENT = "increment"

    @property
    def label(self) -> str:
        """Return the Japanese word."""
        return {
            "level": _("時点の値"),
            "cumulative": _("累計"),
            "per_year": _("年度ごとの合計"),
            "increment": _("前年度からの増減"),
        }[self.value]

    @property
    def adds_up(self) -> bool:
        """Return whether the periods of a fiscal year add up to the year's value."""
        return self in (Aggregation.PER_YEAR, Aggregation.INCREMENT)


@dataclass(frozen=True)
class Measure:
    """One measure. `baseline` None with a note such as 新規事業のためなし: there is none.

    `targets` map fiscal years to a number, or to text unless the kind is number. `decimals` None:
    as many as baseline and targets are written with. `tolerance`, in the unit, is how far a kept
    value may stray. Raises ValueError for contradictions.
    """

    name: str
    unit: str
    direction: Direction = Direction.UP
    value_kind: ValueKind = ValueKind.NUMBER
    aggregation: Aggregation = Aggregation.LEVEL
    decimals: int | None = None
    baseline: Decimal | None = None
    baseline_year: int | None = None
    baseline_note: str = ""
    targets: Mapping[int, Value] = field(default_factory=dict)
    frequency: Frequency = Frequency.YEAR
    tolerance: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.decimals is not None and not 0 <= self.decimals <= 6:
            raise ValueError(_("小数点以下の桁数は0から6までにしてください。"))
        if self.baseline is not None and self.baseline_year is None:
            raise ValueError(_("基準値の年度を指定してください。"))
        if self.tolerance < 0:
            raise ValueError(_("許容の幅は0以上にしてください。"))
        for value in (self.baseline, *self.targets.values()):
            if value is not None:
                checked(value)
        if self.is_number and any(isinstance(value, str) for value in self.targets.values()):
            raise ValueError(_("数値の指標の目標は数値にしてください。"))

    @property
    def is_number(self) -> bool:
        """Return whether the measure is judged by numbers."""
        return self.value_kind is ValueKind.NUMBER

    @property
    def target_years(self) -> tuple[int, ...]:
        """Return the fiscal years with a target, ascending."""
        return tuple(sorted(self.targets))

    @property
    def places(self) -> int:
        """Return how many decimals values are shown with."""
        if self.decimals is not None:
            return self.decimals
        written = [*self.numbers.values(), *([] if self.baseline is None else [self.baseline])]
        return min(max((decimal_places(value) for value in written), default=0), 6)

    @property
    def numbers(self) -> dict[int, Decimal]:
        """Return the targets that are numbers, by fiscal year, ascending."""
        return {
            year: value
            for year, value in sorted(self.targets.items())
            if isinstance(value, Decimal)
        }

    def target_for(self, fiscal_year: int) -> tuple[int, Value] | None:
        """Return year and value of the target that a fiscal year works towards.

        The next one, or the last when all lie behind; None without targets.
        """
        years = self.target_years
        if not years:
            return None
        year = next((y for y in years if y >= fiscal_year), years[-1])
        return year, self.targets[year]

    @property
    def last_period(self) -> str | None:
        """Return the last period to be measured; None without targets."""
        years = self.target_years
        return periods_of_year(years[-1], self.frequency)[-1] if years else None


@dataclass(frozen=True)
class Actual:
    """A measured value (実績値) of a period."""

    period: str
    value: Value
    note: str = ""

    def __post_init__(self) -> None:
        checked(self.value)

    @property
    def label(self) -> str:
        """Return the period in words."""
        return period_label(self.period)


def finest(frequencies: Iterable[Frequency]) -> Frequency:
    """Return the shortest of some frequencies; year when there are none."""
    return max(frequencies, key=lambda f: f.per_year, default=Frequency.YEAR)


def format_value(value: Value, unit: str = "", decimals: int | None = None) -> str:
    """Return `1,234件`, `45.3日`, or a text as it is. Rounds half up to `decimals` if given."""
    if isinstance(value, str):
        return value
    if decimals is not None:
        value = rounded(value, decimals)
    return f"{value:,f}{unit}"


def decimal_places(value: Decimal) -> int:
    """Return how many digits stand behind the point of a finite decimal."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Return a value rounded half up (四捨五入) to so many decimals."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_WIDE)


def doubts(measure: Measure) -> list[str]:
    """Return what looks wrong about a measure without being impossible, in sentences."""
    found = []
    if not measure.targets:
        found.append(_("目標値がありません。"))
    for year, target in measure.numbers.items():
        short = fiscal_short(year)
        base = measure.baseline
        if measure.aggregation is not Aggregation.INCREMENT and base is not None:
            if measure.direction is Direction.UP and target < base:
                found.append(
                    _("「増やす」指標ですが、{year}の目標が基準値より小さい値です。", year=short)
                )
            if measure.direction is Direction.DOWN and target > base:
                found.append(
                    _("「減らす」指標ですが、{year}の目標が基準値より大きい値です。", year=short)
                )
        if measure.unit in {"%", "％"} and target > 100:
            found.append(_("{year}の目標が100％を超えています。", year=short))
        if measure.baseline_year is not None and year <= measure.baseline_year and base is not None:
            found.append(_("{year}の目標は基準値の年度より後ではありません。", year=short))
    return found
