from decimal import Decimal

import pytest

from dxflow.calendars.periods import Frequency
from dxflow.kpi.doubts import doubts
from dxflow.kpi.measures import (
    Actual,
    Aggregation,
    Direction,
    Measure,
    finest,
    format_value,
)

D = Decimal
YEARLY = {year: D(n) for year, n in [(2029, 6), (2026, 5), (2027, 6)]}


@pytest.mark.parametrize(
    ("year", "target"),
    [(2025, (2026, D(5))), (2026, (2026, D(5))), (2028, (2029, D(6))), (2031, (2029, D(6)))],
)
def test_a_year_works_towards_the_next_target(year, target):
    assert Measure("件数", "件", targets=YEARLY).target_for(year) == target


def test_without_targets_there_is_nothing_to_work_towards():
    bare = Measure("件数", "件")
    assert bare.target_for(2026) is None
    assert bare.last_period is None
    assert doubts(bare) == ["目標値がありません。"]


def test_the_last_period_is_that_of_the_last_target():
    assert Measure("件数", "件", targets=YEARLY).last_period == "FY2029"
    quarterly = Measure("件数", "件", targets=YEARLY, frequency=Frequency.QUARTER)
    assert quarterly.last_period == "FY2029-Q4"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"baseline": D(1)}, "年度"),
        ({"decimals": 7}, "桁数"),
        ({"tolerance": D(-1)}, "許容"),
        ({"targets": {2029: "策定"}}, "数値"),
        ({"targets": {2029: D("NaN")}}, "桁"),
        ({"baseline": D("1E+18"), "baseline_year": 2025}, "桁"),
        ({"baseline": D("1E-13"), "baseline_year": 2025}, "桁"),
    ],
)
def test_contradictions_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        Measure("件数", "件", **changes)


@pytest.mark.parametrize("value", ["Infinity", "1E+400", "1E-400"])
def test_an_absurd_value_is_refused(value):
    with pytest.raises(ValueError, match="桁"):
        Actual("FY2026", D(value))


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (D(1234), "件", None, "1,234件"),
        (D("45.3"), "日", None, "45.3日"),
        (D("30.0"), "%", None, "30.0%"),
        (D("0.125"), "", 2, "0.13"),
        (D("-2.5"), "件", 0, "-3件"),
        (D("1E+5"), "円", None, "100,000円"),
        ("策定", "件", None, "策定"),
    ],
)
def test_values_are_written_with_separators_and_rounded_half_up(value, unit, decimals, text):
    assert format_value(value, unit, decimals) == text


def test_values_show_as_many_decimals_as_the_plan_prints():
    days = Measure("日数", "日", baseline=D("45.3"), baseline_year=2023, targets={2029: D(37)})
    assert days.places == 1
    assert Measure("面積", "km²", targets={2029: D("139.44")}).places == 2
    assert Measure("面積", "km²", targets={2029: D("139.44")}, decimals=1).places == 1
    assert Measure("件数", "件").places == 0


def test_the_finest_frequency_asks_most_often():
    assert finest([Frequency.YEAR, Frequency.QUARTER, Frequency.HALF]) is Frequency.QUARTER
    assert finest([]) is Frequency.YEAR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": {2029: D(3)}}, "小さい"),
        ({"direction": Direction.DOWN}, "大きい"),
        ({"unit": "%", "targets": {2029: D(120)}}, "100％"),
        ({"targets": {2025: D(10)}}, "基準値の年度"),
    ],
)
def test_what_looks_wrong_is_said(changes, words):
    arguments = {"baseline": D(5), "baseline_year": 2025, "targets": {2029: D(10)}} | changes
    measure = Measure(**({"name": "件数", "unit": "件"} | arguments))
    assert any(words in sentence for sentence in doubts(measure))


def test_a_sound_measure_raises_no_doubt():
    sound = Measure("件数", "件", baseline=D(5), baseline_year=2025, targets={2029: D(10)})
    assert doubts(sound) == []


def test_every_choice_has_a_word():
    assert [direction.label for direction in Direction] == [
        "増やす",
        "減らす",
        "維持する",
        "完了させる",
    ]
    assert [a.label for a in Aggregation] == [
        "時点の値",
        "累計",
        "年度ごとの合計",
        "前年度からの増減",
    ]
    assert not Measure("状態", "", scale=("未着手", "完了")).is_number
