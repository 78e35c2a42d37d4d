"""Geometry of a measure's chart, drawn on the server as SVG.

The page draws what stands here (`templates/macros/chart.html`): bars for actual values, a dashed
line with diamonds for the targets, a dotted line for the baseline. Two drawings of the same
values are made, one for wide and one for narrow screens, because text in a scaled SVG shrinks
with it; the style sheet shows one of them. Lengths are SVG user units (pixels at full size), y
grows downwards, and all coordinates are rounded to a tenth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property

from dxflow.texts import gettext as _

UP = "up"
DOWN = "down"

TOP = 28
BOTTOM = 34
LABEL_HEIGHT = 16
DIAMOND = 5.5
FIGURE_WIDTH = 8.2
WIDE_CHARACTER = 13.5


@dataclass(frozen=True)
class Period:
    """One period of a measure; `actual` and `target` are None while unknown."""

    label: str
    actual: Decimal | None = None
    target: Decimal | None = None


@dataclass(frozen=True)
class Tick:
    """A line of the value axis: its y and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Bar:
    """The actual value of a period; `missed` says that it did not reach its target."""

    x: float
    y: float
    width: float
    height: float
    missed: bool


@dataclass(frozen=True)
class Label:
    """A text centred on x with its baseline on y; `inside` means on the colour of a bar."""

    x: float
    y: float
    text: str
    inside: bool = False


@dataclass(frozen=True)
class Drawing:
    """Everything of one SVG; `name` is wide or narrow."""

    name: str
    width: int
    height: int
    left: float
    right: float
    zero: float
    baseline: float | None
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    target_path: str
    diamonds: tuple[str, ...]
    value_labels: tuple[Label, ...]
    period_labels: tuple[Label, ...]


@dataclass(frozen=True)
class ChartView:
    """A measure's series as the page shows it; `direction` is up when more is better, else down."""

    title: str
    unit: str
    periods: tuple[Period, ...]
    baseline: Decimal | None = None
    direction: str = UP

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """The same chart for wide and for narrow screens."""
        return (draw(self, "wide", 840, 300), draw(self, "narrow", 360, 260))

    @property
    def has_missed(self) -> bool:
        """Whether some period did not reach its target."""
        return any(self.met(period) is False for period in self.periods)

    @property
    def summary(self) -> str:
        """One sentence for people who do not see the drawing."""
        measured = [period for period in self.periods if period.actual is not None]
        planned = [period for period in self.periods if period.target is not None]
        parts = []
        if self.baseline is not None:
            parts.append(_("基準値は{value}。", value=self._with_unit(self.baseline)))
        if measured:
            last = measured[-1]
            value = self._with_unit(last.actual)
            parts.append(_("最新の実績は{period}の{value}。", period=last.label, value=value))
        else:
            parts.append(_("実績はまだありません。"))
        if planned:
            last = planned[-1]
            value = self._with_unit(last.target)
            parts.append(_("目標は{period}に{value}。", period=last.label, value=value))
        return "".join(parts)

    def met(self, period: Period) -> bool | None:
        """Whether the period reached its target; None while either value is unknown."""
        if period.actual is None or period.target is None:
            return None
        if self.direction == DOWN:
            return period.actual <= period.target
        return period.actual >= period.target

    def text(self, value: Decimal | None) -> str:
        """Write a value as people read it: thousands separated, no trailing zeros."""
        return "―" if value is None else written(value)

    def _with_unit(self, value: Decimal | None) -> str:
        return f"{self.text(value)}{self.unit}"


def written(value: Decimal) -> str:
    """Write a number with thousands separators and without trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def text_width(text: str) -> float:
    """Estimate the width of a text in units; Japanese characters are wider than figures."""
    return sum(FIGURE_WIDTH if ord(char) < 0x2000 else WIDE_CHARACTER for char in text)


def steps(low: Decimal, high: Decimal, wanted: int = 5) -> list[Decimal]:
    """Choose round values from at most `low` to at least `high`, about `wanted` of them."""
    span = high - low
    if span <= 0:
        span = abs(high) or Decimal(1)
        high = low + span
    rough = span / (wanted - 1)
    power = Decimal(10) ** rough.adjusted()
    step = next(power * n for n in (1, 2, Decimal("2.5"), 5, 10) if power * n >= rough)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return [step * n for n in range(int(first), int(last) + 1)]


def draw(chart: ChartView, name: str, width: int, height: int) -> Drawing:
    """Place everything of a chart on a sheet of the given size."""
    values = list(_values(chart))
    scale = steps(min(values), max(values))
    texts = [written(value) for value in scale]
    left = round(max(text_width(text) for text in [*texts, chart.unit]) + 14, 1)
    sheet = _Sheet(scale[0], scale[-1], left, width - 8.0, TOP, height - BOTTOM)
    slots = _slots(chart.periods, sheet)
    targets = [(x, sheet.y(period.target)) for x, period in slots if period.target is not None]
    return Drawing(
        name=name,
        width=width,
        height=height,
        left=left,
        right=sheet.right,
        zero=sheet.y(Decimal(0)),
        baseline=None if chart.baseline is None else sheet.y(chart.baseline),
        ticks=tuple(Tick(sheet.y(at), text) for at, text in zip(scale, texts, strict=True)),
        bars=tuple(_bars(chart, sheet, slots)),
        target_path=_path(targets),
        diamonds=tuple(_diamond(x, y) for x, y in targets),
        value_labels=tuple(_value_labels(chart, sheet, slots)),
        period_labels=tuple(_period_labels(slots, sheet, height)),
    )


@dataclass(frozen=True)
class _Sheet:
    """The rectangle that values are drawn in."""

    low: Decimal
    high: Decimal
    left: float
    right: float
    top: float
    bottom: float

    def y(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.high - self.low))
        return round(self.bottom - share * (self.bottom - self.top), 1)


_Slots = Sequence[tuple[float, Period]]


def _values(chart: ChartView) -> Iterator[Decimal]:
    """Every value that must fit; bars grow from zero, so zero is always on the axis."""
    yield Decimal(0)
    if chart.baseline is not None:
        yield chart.baseline
    for period in chart.periods:
        yield from (value for value in (period.actual, period.target) if value is not None)


def _slots(periods: Sequence[Period], sheet: _Sheet) -> _Slots:
    share = (sheet.right - sheet.left) / max(len(periods), 1)
    return [(round(sheet.left + share * (n + 0.5), 1), each) for n, each in enumerate(periods)]


def _bar_width(slots: _Slots, sheet: _Sheet) -> float:
    return round(min((sheet.right - sheet.left) / max(len(slots), 1) * 0.56, 56), 1)


def _bars(chart: ChartView, sheet: _Sheet, slots: _Slots) -> Iterator[Bar]:
    width = _bar_width(slots, sheet)
    zero = sheet.y(Decimal(0))
    for x, period in slots:
        if period.actual is not None:
            y = sheet.y(period.actual)
            left, top, height = round(x - width / 2, 1), min(y, zero), round(abs(zero - y), 1)
            yield Bar(left, top, width, height, chart.met(period) is False)


def _value_labels(chart: ChartView, sheet: _Sheet, slots: _Slots) -> Iterator[Label]:
    """Values stand inside their bar; where it is too small they stand above everything there."""
    width = _bar_width(slots, sheet)
    room = (sheet.right - sheet.left) / max(len(slots), 1)
    zero = sheet.y(Decimal(0))
    for x, period in slots:
        if period.actual is None:
            continue
        text = written(period.actual)
        if text_width(text) > room:
            continue  # too many periods for figures; the table below the chart has them
        top, foot = sorted((sheet.y(period.actual), zero))
        marker = None if period.target is None else sheet.y(period.target)
        line = top + LABEL_HEIGHT + 3
        if marker is not None and abs(marker - (line - 5)) < LABEL_HEIGHT - 3:
            line = marker + LABEL_HEIGHT + 6
        if text_width(text) <= width and line + 4 <= foot and chart.met(period) is not False:
            yield Label(x, round(line, 1), text, inside=True)
            continue
        above = top - 6
        if marker is not None and abs(marker - (above - 5)) < LABEL_HEIGHT - 3:
            above = marker - DIAMOND - 5
        yield Label(x, round(max(above, 12), 1), text)


def _period_labels(slots: _Slots, sheet: _Sheet, height: int) -> Iterator[Label]:
    """Name every period, or every n-th one when they would run into each other."""
    if not slots:
        return
    room = (sheet.right - sheet.left) / len(slots)
    widest = max(text_width(period.label) for _x, period in slots)
    every = max(1, -(-int(widest + 8) // max(int(room), 1)))
    for number, (x, period) in enumerate(slots):
        if (len(slots) - 1 - number) % every == 0:
            yield Label(x, height - BOTTOM + 22, period.label)


def _path(points: Sequence[tuple[float, float]]) -> str:
    if len(points) < 2:
        return ""
    return "M" + " L".join(f"{x} {y}" for x, y in points)


def _diamond(x: float, y: float) -> str:
    size = DIAMOND
    corners = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    return "M" + " L".join(f"{round(a, 1)} {round(b, 1)}" for a, b in corners) + "Z"
