"""The chart of a measure: what a reader is promised to see."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dxflow.web.chart import BOTTOM, DOWN, ChartView, Drawing, Period, draw, steps, written

amounts = st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=2
)
periods = st.builds(
    Period,
    label=st.text(alphabet="令和年度第四半期0123456789", min_size=1, max_size=8),
    actual=st.none() | amounts,
    target=st.none() | amounts,
)
charts = st.builds(
    ChartView,
    title=st.just("窓口の平均待ち時間"),
    unit=st.sampled_from(["", "分", "％", "千円"]),
    periods=st.lists(periods, max_size=30).map(tuple),
    baseline=st.none() | amounts,
    direction=st.sampled_from(["up", "down"]),
)


def waiting_time(*pairs: tuple[str | None, str | None], direction: str = DOWN) -> ChartView:
    series = tuple(
        Period(
            f"Q{number}",
            None if actual is None else Decimal(actual),
            None if target is None else Decimal(target),
        )
        for number, (actual, target) in enumerate(pairs, start=1)
    )
    return ChartView("窓口の平均待ち時間", "分", series, Decimal(52), direction)


def wide(chart: ChartView) -> Drawing:
    return chart.drawings[0]


@given(charts)
def test_everything_drawn_lies_on_the_sheet(chart: ChartView) -> None:
    for drawing in chart.drawings:
        assert drawing.left < drawing.right <= drawing.width
        for bar in drawing.bars:
            assert bar.height >= 0
            assert drawing.left <= bar.x
            assert bar.x + bar.width <= drawing.right
            assert bar.y >= 0
            assert bar.y + bar.height <= drawing.height - BOTTOM + 0.2
        for label in (*drawing.value_labels, *drawing.period_labels):
            assert 0 <= label.x <= drawing.width
            assert 0 < label.y <= drawing.height


@given(charts)
def test_a_period_without_a_value_has_no_bar_and_one_without_a_target_no_diamond(
    chart: ChartView,
) -> None:
    measured = [period for period in chart.periods if period.actual is not None]
    planned = [period for period in chart.periods if period.target is not None]
    assert len(wide(chart).bars) == len(measured)
    assert len(wide(chart).diamonds) == len(planned)


@given(charts)
def test_the_higher_value_stands_higher(chart: ChartView) -> None:
    ticks = wide(chart).ticks
    assert all(lower.at > upper.at for lower, upper in pairwise(ticks))


@given(amounts, amounts)
def test_the_axis_covers_the_values_with_few_round_steps(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    scale = steps(low, high)
    assert scale[0] <= low
    assert scale[-1] >= high
    assert 2 <= len(scale) <= 7
    assert len({upper - lower for lower, upper in pairwise(scale)}) == 1


def test_an_empty_series_is_an_empty_sheet_not_an_error() -> None:
    drawing = draw(ChartView("件数", "件", ()), "wide", 840, 300)
    assert drawing.bars == ()
    assert drawing.target_path == ""
    assert drawing.baseline is None


def test_reaching_the_target_depends_on_the_direction() -> None:
    less_is_better = waiting_time(("40", "46"), ("50", "40"))
    more_is_better = waiting_time(("40", "46"), ("50", "40"), direction="up")
    assert [less_is_better.met(period) for period in less_is_better.periods] == [True, False]
    assert [more_is_better.met(period) for period in more_is_better.periods] == [False, True]
    assert [bar.missed for bar in wide(less_is_better).bars] == [False, True]


def test_a_period_that_meets_its_target_exactly_has_reached_it() -> None:
    for direction in ("up", "down"):
        chart = waiting_time(("40", "40"), direction=direction)
        assert chart.met(chart.periods[0]) is True


def test_unknown_values_are_neither_reached_nor_missed() -> None:
    chart = waiting_time((None, "46"), ("40", None))
    assert [chart.met(period) for period in chart.periods] == [None, None]
    assert not chart.has_missed


def test_the_summary_names_baseline_latest_value_and_last_target() -> None:
    chart = waiting_time(("48", "46"), ("41.50", "40"), (None, "15"))
    assert chart.summary == "基準値は52分。最新の実績はQ2の41.5分。目標はQ3に15分。"


def test_the_summary_says_when_nothing_was_measured_yet() -> None:
    assert "実績はまだありません" in waiting_time((None, "46")).summary


def test_negative_values_hang_below_the_zero_line() -> None:
    chart = ChartView("増減", "件", (Period("4月", Decimal(-5)), Period("5月", Decimal(5))))
    below, above = wide(chart).bars
    assert below.y == wide(chart).zero
    assert above.y + above.height == wide(chart).zero


def test_period_names_never_run_into_each_other() -> None:
    names = tuple(Period(f"令和{8 + n // 12}年{n % 12 + 1}月", Decimal(n)) for n in range(36))
    for drawing in ChartView("件数", "件", names).drawings:
        places = [label.x for label in drawing.period_labels]
        assert len(places) >= 2
        assert min(b - a for a, b in pairwise(places)) > 60
        assert drawing.period_labels[-1].text == names[-1].label


def test_numbers_are_written_as_people_read_them() -> None:
    assert written(Decimal("1234567.50")) == "1,234,567.5"
    assert written(Decimal("1E+3")) == "1,000"
    assert written(Decimal("100")) == "100"
    assert ChartView("件数", "件", ()).text(None) == "―"
