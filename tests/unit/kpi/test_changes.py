"""Measures in words, and targets that wait for what they start from."""

from datetime import date
from decimal import Decimal

import pytest

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import Frequency
from dxflow.kpi.achievement import Status, assess
from dxflow.kpi.cells import Column, read_yearly
from dxflow.kpi.doubts import doubts
from dxflow.kpi.measures import Actual, Aggregation, Direction, Measure
from dxflow.kpi.series import series_of

D = Decimal
STEPS = Measure(
    "ツールの導入", "", Direction.COMPLETE, baseline="未着手", baseline_year=2025,
    targets={2026: "一部導入", 2028: "完了"}, scale=("未着手", "準備", "一部導入", "完了"),
)  # fmt: skip


def judge(measure, actuals, day=date(2027, 4, 20)):
    found = [Actual(p, v if isinstance(v, str) else D(str(v))) for p, v in actuals]
    return assess(measure, found, day, BusinessCalendar(), date(2026, 4, 1))


@pytest.mark.parametrize(
    ("actuals", "day", "status", "rate"),
    [
        ([], date(2027, 4, 20), Status.NO_DATA, None),
        ([("FY2026", "一部導入")], date(2027, 4, 20), Status.ON_TRACK, "100.0"),
        ([("FY2026", "準備")], date(2027, 4, 20), Status.BEHIND, "50.0"),
        ([("FY2026", "未着手")], date(2027, 4, 20), Status.AT_RISK, "0.0"),
        ([("FY2027", "一部導入")], date(2028, 4, 20), Status.ON_TRACK, "66.7"),
        ([("FY2026", "完了")], date(2027, 4, 20), Status.ACHIEVED, "150.0"),
        ([("FY2028", "一部導入")], date(2029, 4, 20), Status.OVERDUE, "66.7"),
    ],
)
def test_states_are_judged_by_their_place_on_the_scale(actuals, day, status, rate):
    found = judge(STEPS, actuals, day)
    assert found.status is status
    assert found.rate == (None if rate is None else D(rate))
    assert found.expected is None


def changing(text, unit="件", **changes):
    column = Column(unit, changes.get("direction", Direction.UP))
    return Measure("手続数", unit, targets=read_yearly(text, column), **changes)


YEARLY = changing("R8〜R10 前年度比+50件", baseline=D(824), baseline_year=2025)


def test_a_change_on_the_year_before_counts_from_what_was_measured():
    first = judge(YEARLY, [("FY2026", 900)])
    assert (first.status, first.target, first.rate) == (Status.ON_TRACK, D(874), D("152.0"))
    second = judge(YEARLY, [("FY2026", 900), ("FY2027", 936)], date(2028, 4, 20))
    assert (second.target, second.rate, second.status) == (D(950), D("72.0"), Status.BEHIND)
    last = judge(YEARLY, [("FY2026", 900), ("FY2027", 950), ("FY2028", 1000)], date(2029, 4, 20))
    assert (last.target, last.status) == (D(1000), Status.ACHIEVED)


def test_within_a_year_the_way_begins_at_the_value_of_the_year_before():
    quarters = changing(
        "R8〜R9 前年度比+40件", baseline=D(100), baseline_year=2025, frequency=Frequency.QUARTER
    )
    entered = [(f"FY2026-Q{n}", 100 + 20 * n) for n in (1, 2, 3, 4)]
    found = judge(quarters, [*entered, ("FY2027-Q2", 200)], date(2027, 10, 10))
    assert (found.expected, found.target) == (D(200), D(220))
    assert found.status is Status.ON_TRACK


def test_a_target_whose_base_is_not_measured_is_not_known_yet():
    rate = changing("R8〜R9 前年度比+5%", unit="%")
    found = judge(rate, [("FY2026", 30)])
    assert (found.status, found.rate, found.expected) == (Status.UNKNOWN, None, None)
    assert "令和7年度の値が入ると決まります" in found.reason
    assert str(found.target) == "前年度比+5%"
    later = judge(rate, [("FY2026", 30), ("FY2027", 35)], date(2028, 4, 20))
    assert (later.status, later.target) == (Status.ACHIEVED, D(35))


def test_a_last_target_that_was_never_known_is_not_called_missed():
    once = changing("R8 10件\nR10 前年度比+5件")
    found = judge(once, [("FY2026", 10)], date(2029, 6, 1))
    assert found.status is Status.UNKNOWN


def test_a_reduction_against_a_named_year_is_lower_is_better():
    costs = changing(
        "R12 R7年度比3割減", unit="千円", direction=Direction.DOWN, baseline=D(1000),
        baseline_year=2025,
    )  # fmt: skip
    on_the_way = judge(costs, [("FY2026", 940)])
    assert (on_the_way.target, on_the_way.rate) == (D(700), D("20.0"))
    assert on_the_way.status is Status.ON_TRACK
    assert judge(costs, [("FY2026", 1000)]).status is Status.AT_RISK
    assert judge(costs, [("FY2030", 690)], date(2031, 4, 20)).status is Status.ACHIEVED


def test_a_yearly_sum_is_a_base_only_when_the_year_is_complete():
    visits = changing(
        "R9 前年度比1割増", unit="回", aggregation=Aggregation.PER_YEAR,
        frequency=Frequency.HALF,
    )  # fmt: skip
    half = [("FY2026-H2", 60), ("FY2027-H1", 60)]
    assert judge(visits, half, date(2027, 10, 20)).status is Status.UNKNOWN
    whole = judge(visits, [("FY2026-H1", 40), *half], date(2027, 10, 20))
    assert (whole.target, whole.expected) == (D(110), D(55))


def test_the_series_shows_targets_in_figures_once_they_are_known():
    points = series_of(YEARLY, [Actual("FY2026", D(900))]).points
    assert [str(point.target) for point in points] == ["874", "950", "前年度比+50件"]


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (Measure("職員満足度", "%", baseline=D("2.59"), baseline_year=2025,
                 targets={2027: D("3.20")}), "ポイント"),
        (changing("R8 前年度比+5%", unit="%"), "5ポイントの増減と読みました"),
        (changing("R8 前年度比3割減"), "増やす"),
        (changing("R8 前年度比3割増", direction=Direction.DOWN), "減らす"),
        (changing("R7 R8年度比+5件"), "前の年度"),
        (Measure("導入", "", baseline="完了", baseline_year=2025, targets={2026: "未着手"},
                 scale=("未着手", "完了")), "前の段階"),
    ],
)  # fmt: skip
def test_what_looks_wrong_is_said_and_left_as_it_is(measure, words):
    assert any(words in sentence for sentence in doubts(measure))


@pytest.mark.parametrize(
    ("name", "unit", "target"),
    [("職員満足度", "%", "80"), ("利用者満足度", "ポイント", "4.2"), ("利用率", "%", "3.2")],
)
def test_a_unit_that_may_be_right_raises_no_doubt(name, unit, target):
    assert doubts(Measure(name, unit, targets={2027: D(target)})) == []
