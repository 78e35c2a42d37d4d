from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.calendars.periods import Frequency
from dxflow.kpi.measures import Actual, Aggregation, Measure
from dxflow.kpi.series import axis_ticks, series_of

D = Decimal
RISING = Measure("申請書", "件", baseline=D(8), baseline_year=2025, targets={2029: D(56)})


def test_a_series_shows_values_path_and_target_of_every_period():
    series = series_of(RISING, [Actual("FY2026", D(25), "順調"), Actual("FY2027", D(30))])
    assert [point.short for point in series.points] == ["R8", "R9", "R10", "R11"]
    assert [point.value for point in series.points] == [D(25), D(30), None, None]
    assert [point.expected for point in series.points] == [D(20), D(32), D(44), D(56)]
    assert [point.target for point in series.points] == [None, None, None, D(56)]
    assert series.points[0].note == "順調"
    assert series.points[0].label == "令和8年度"
    assert (series.low, series.high, series.baseline) == (D(8), D(56), D(8))


def test_amounts_of_a_year_are_drawn_as_the_sum_so_far():
    yearly = Measure(
        "利用",
        "回",
        aggregation=Aggregation.PER_YEAR,
        targets={2026: D(100)},
        frequency=Frequency.QUARTER,
    )
    series = series_of(yearly, [Actual("FY2026-Q1", D(20)), Actual("FY2026-Q2", D(40))])
    assert [point.actual for point in series.points] == [D(20), D(40), None, None]
    assert [point.value for point in series.points] == [D(20), D(60), None, None]
    assert [point.expected for point in series.points] == [D(25), D(50), D(75), D(100)]
    assert [point.target for point in series.points] == [None, None, None, D(100)]


def test_states_in_words_have_a_table_but_no_numbers():
    states = Measure("方針", "", scale=("検討中", "策定"), targets={2027: "策定"})
    series = series_of(states, [Actual("FY2026", "検討中")], since=date(2026, 4, 1))
    assert [(p.actual, p.value, p.expected, p.target) for p in series.points] == [
        ("検討中", None, None, None),
        (None, None, None, "策定"),
    ]
    assert (series.low, series.high) == (D(0), D(0))


def test_a_measure_without_anything_gives_an_empty_series():
    assert series_of(Measure("なし", "件")).points == ()


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (D(0), D(100), ["0", "20", "40", "60", "80", "100"]),
        (D(8), D(124), ["0", "50", "100", "150"]),
        (D("36.2"), D("45.3"), ["36", "38", "40", "42", "44", "46"]),
        (D(-5), D(5), ["-6", "-4", "-2", "0", "2", "4", "6"]),
    ],
)
def test_an_axis_bears_round_numbers_around_the_range(low, high, ticks):
    most = 7 if low < 0 else 6
    assert axis_ticks(low, high, most) == tuple(D(tick) for tick in ticks)


VALUES = st.decimals(D(-1000000), D(1000000), places=2)


@given(VALUES, VALUES, st.integers(3, 10))
def test_an_axis_always_covers_the_range_with_even_steps(a, b, most):
    low, high = sorted([a, b])
    ticks = axis_ticks(low, high, most)
    assert ticks[0] <= low
    assert high <= ticks[-1]
    assert 2 <= len(ticks) <= most
    assert len({later - earlier for earlier, later in pairwise(ticks)}) == 1


def test_an_axis_upside_down_is_refused():
    with pytest.raises(ValueError, match="low"):
        axis_ticks(D(2), D(1))
