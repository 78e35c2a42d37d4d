"""Measures (指標): what is counted, in which direction it should go, from where to where.

Values are decimals in the measure's unit, or steps of its scale in words. A measure's baseline
and targets stand at the end of their fiscal years. A target may be a change from something that
is measured later; `settled` of `dxflow.kpi.settling` puts it into figures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from dxflow.calendars.periods import Frequency, period_label, periods_of_year
from dxflow.kpi.relative import Relative
from dxflow.kpi.scale import rank_of
from dxflow.texts import gettext as _

Value = Decimal | str
Target = Decimal | str | Relative

MOST_DIGITS = 18
MOST_PLACES = 12
_WIDE = Context(prec=80)


def checked(value: Target) -> Target:
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

    With a `scale` every value is one of its steps; otherwise values are numbers and `targets` may
    be changes from something measured. `bases`: the fiscal year and value that a target in figures
    was computed from. `decimals` None: as many as baseline and targets are written with.
    `tolerance`, in the unit, is how far a kept value may stray. Raises ValueError for
    contradictions.
    """

    name: str
    unit: str
    direction: Direction = Direction.UP
    aggregation: Aggregation = Aggregation.LEVEL
    decimals: int | None = None
    baseline: Value | None = None
    baseline_year: int | None = None
    baseline_note: str = ""
    targets: Mapping[int, Target] = field(default_factory=dict)
    frequency: Frequency = Frequency.YEAR
    tolerance: Decimal = Decimal(0)
    scale: tuple[str, ...] = ()
    bases: Mapping[int, tuple[int, Decimal]] = field(default_factory=dict)

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
                self._require_kind(value)

    def _require_kind(self, value: Target) -> None:
        if self.scale and (not isinstance(value, str) or value not in self.scale):
            raise ValueError(_("「{value}」は段階のことばではありません。", value=value))
        if not self.scale and isinstance(value, str):
            raise ValueError(_("数値の指標の値は数値にしてください。"))

    @property
    def is_number(self) -> bool:
        """Return whether the measure is judged by numbers."""
        return not self.scale

    @property
    def baseline_number(self) -> Decimal | None:
        """Return the baseline of a measure in numbers, None without one."""
        return self.baseline if isinstance(self.baseline, Decimal) else None

    def rank(self, value: object) -> Decimal:
        """Return how far up the scale a value is, the first step being 0, as is no value."""
        return Decimal(rank_of(self.scale, value)) if isinstance(value, str) else Decimal(0)

    @property
    def target_years(self) -> tuple[int, ...]:
        """Return the fiscal years with a target, ascending."""
        return tuple(sorted(self.targets))

    @property
    def places(self) -> int:
        """Return how many decimals values are shown with."""
        if self.decimals is not None:
            return self.decimals
        base = self.baseline_number
        written = [*self.numbers.values(), *([] if base is None else [base])]
        return min(max((decimal_places(value) for value in written), default=0), 6)

    @property
    def numbers(self) -> dict[int, Decimal]:
        """Return the targets that are numbers, by fiscal year, ascending."""
        return {
            year: value
            for year, value in sorted(self.targets.items())
            if isinstance(value, Decimal)
        }

    def target_for(self, fiscal_year: int) -> tuple[int, Target] | None:
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


def format_value(value: Target, unit: str = "", decimals: int | None = None) -> str:
    """Return `1,234件`, `45.3日`, or a text as it is. Rounds half up to `decimals` if given."""
    if not isinstance(value, Decimal):
        return str(value)
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
