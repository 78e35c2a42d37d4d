import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow import texts
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import Frequency, period_end, periods_of_year
from dxflow.kpi.achievement import Status, Thresholds, achievement_rate, assess, meets
from dxflow.kpi.measures import Actual, Aggregation, Direction, Measure

D = Decimal
CALENDAR = BusinessCalendar()


def measure(**changes):
    arguments = {
        "name": "申請書",
        "unit": "件",
        "baseline": D(8),
        "baseline_year": 2025,
        "targets": {2029: D(56)},
    }
    return Measure(**(arguments | changes))


RISING = measure()
FALLING = measure(
    unit="日",
    direction=Direction.DOWN,
    baseline=D("45.3"),
    baseline_year=2023,
    targets={2029: D(37)},
)
KEPT = measure(direction=Direction.KEEP, baseline=D(20), targets={2029: D(20)}, tolerance=D(1))
FLAT = measure(baseline=D(20), targets={2029: D(20)})
NEW = measure(baseline=None, baseline_year=None, targets={2029: D(100)})
NEW_DOWN = measure(
    direction=Direction.DOWN, baseline=None, baseline_year=None, targets={2029: D(10)}
)
YEARLY = measure(
    aggregation=Aggregation.PER_YEAR,
    baseline=None,
    baseline_year=None,
    targets={2026: D(100), 2027: D(100)},
    frequency=Frequency.QUARTER,
)
COMPLAINTS = measure(
    aggregation=Aggregation.PER_YEAR,
    direction=Direction.DOWN,
    baseline=D(80),
    targets={2026: D(40)},
    frequency=Frequency.QUARTER,
)
INCREMENT = measure(
    aggregation=Aggregation.INCREMENT, baseline=D(824), targets={2026: D(50), 2027: D(50)}
)
COMPLETE = measure(direction=Direction.COMPLETE, baseline=D(0), targets={2027: D(26)})


def judge(subject, actuals, day=date(2028, 4, 20), **changes):
    values = [Actual(period, D(v) if isinstance(v, int) else v) for period, v in actuals]
    return assess(subject, values, day, CALENDAR, **changes)


@pytest.mark.parametrize(
    ("subject", "actuals", "status", "rate"),
    [
        # lies on 8 + 12 a year
        (RISING, [("FY2026", 20)], Status.ON_TRACK, "25.0"),
        (RISING, [("FY2026", 19)], Status.ON_TRACK, "22.9"),
        (RISING, [("FY2026", 17)], Status.BEHIND, "18.8"),
        (RISING, [("FY2026", 12)], Status.AT_RISK, "8.3"),
        (RISING, [("FY2026", 5)], Status.AT_RISK, "-6.3"),
        (RISING, [("FY2026", 56)], Status.ACHIEVED, "100.0"),
        (RISING, [("FY2026", 80)], Status.ACHIEVED, "150.0"),
        (RISING, [("FY2026", 60), ("FY2027", 20)], Status.AT_RISK, "25.0"),
        (FALLING, [("FY2026", D("41.0"))], Status.ON_TRACK, "51.8"),
        (FALLING, [("FY2026", D("42.2"))], Status.BEHIND, "37.3"),
        (FALLING, [("FY2026", D("50.0"))], Status.AT_RISK, "-56.6"),
        (FALLING, [("FY2027", D("36.5"))], Status.ACHIEVED, "106.0"),
        (KEPT, [("FY2026", 20)], Status.ON_TRACK, "100.0"),
        (KEPT, [("FY2026", 19)], Status.ON_TRACK, "100.0"),
        (KEPT, [("FY2026", 23)], Status.ON_TRACK, "90.0"),
        (KEPT, [("FY2026", 15)], Status.BEHIND, "80.0"),
        (KEPT, [("FY2026", 10)], Status.AT_RISK, "55.0"),
        (KEPT, [("FY2029", 21)], Status.ACHIEVED, "100.0"),
        (FLAT, [("FY2026", 20)], Status.ACHIEVED, "100.0"),
        (FLAT, [("FY2026", 15)], Status.BEHIND, "75.0"),
        (NEW, [("FY2026", 30)], Status.ON_TRACK, "30.0"),
        (NEW, [("FY2026", 10), ("FY2027", 40)], Status.ON_TRACK, "40.0"),
        (NEW, [("FY2026", 10), ("FY2027", 20)], Status.AT_RISK, "20.0"),
        (NEW, [("FY2027", 100)], Status.ACHIEVED, "100.0"),
        (NEW_DOWN, [("FY2026", 20)], Status.ON_TRACK, "50.0"),
        (NEW_DOWN, [("FY2026", 8)], Status.ACHIEVED, "125.0"),
        (NEW_DOWN, [("FY2026", 0)], Status.ACHIEVED, "100.0"),
        (COMPLETE, [("FY2026", 13)], Status.ON_TRACK, "50.0"),
        (COMPLETE, [("FY2027", 26)], Status.ACHIEVED, "100.0"),
        (YEARLY, [("FY2026-Q1", 24)], Status.ON_TRACK, "24.0"),
        (YEARLY, [("FY2026-Q1", 24), ("FY2026-Q2", 14)], Status.BEHIND, "38.0"),
        (YEARLY, [("FY2026-Q1", 24), ("FY2026-Q2", 80)], Status.ON_TRACK, "104.0"),
        (YEARLY, [("FY2026-Q4", 100), ("FY2027-Q1", 10)], Status.AT_RISK, "10.0"),
        (YEARLY, [("FY2027-Q1", 50), ("FY2027-Q2", 50)], Status.ACHIEVED, "100.0"),
        (COMPLAINTS, [("FY2026-Q1", 10)], Status.ON_TRACK, "100.0"),
        (COMPLAINTS, [("FY2026-Q1", 18)], Status.AT_RISK, "20.0"),
        (COMPLAINTS, [(p, 9) for p in periods_of_year(2026, "quarter")], Status.ACHIEVED, "110.0"),
        (INCREMENT, [("FY2026", 50)], Status.ON_TRACK, "100.0"),
        (INCREMENT, [("FY2026", 40)], Status.BEHIND, "80.0"),
        (INCREMENT, [("FY2026", -10)], Status.AT_RISK, "-20.0"),
        (INCREMENT, [("FY2027", 55)], Status.ACHIEVED, "110.0"),
    ],
)
def test_a_measure_is_judged_by_where_its_path_says_it_should_be(subject, actuals, status, rate):
    soon_after = period_end(actuals[-1][0]) + timedelta(1)
    found = judge(subject, actuals, soon_after)
    assert (found.status, found.rate) == (status, D(rate))
    assert found.reason.endswith("。")


def test_the_judgement_shows_what_it_rests_on():
    found = judge(RISING, [("FY2026", 17)], date(2027, 4, 5))
    assert found.latest == Actual("FY2026", D(17))
    assert (found.value, found.expected, found.target, found.target_year) == (17, 20, 56, 2029)
    assert found.reason == "令和8年度の実績17件で、見込み20件にやや遅れています（75％）。"
    assert (found.owed, found.missing) == ((), ())


def test_without_values_there_is_no_judgement_but_what_is_late_is_named():
    found = judge(RISING, [], date(2028, 4, 20))
    assert (found.status, found.value, found.rate) == (Status.NO_DATA, None, None)
    assert [one.period for one in found.owed] == ["FY2026", "FY2027"]
    assert [one.period for one in found.missing] == ["FY2026", "FY2027"]
    assert found.reason == (
        "実績がまだ入力されていません。令和8年度、令和9年度の実績が未入力です。"
    )


def test_sentences_stand_apart_in_english_and_are_stored_in_japanese():
    token = texts.language.set("en")
    try:
        reason = judge(RISING, [], date(2028, 4, 20)).reason
    finally:
        texts.language.reset(token)
    assert re.fullmatch(r"No value.*\. No value entered for FY2026 .*, FY2027 .*\.", reason), reason
    assert texts.source(reason).startswith("実績がまだ入力されていません。")


def test_many_late_periods_are_counted_not_listed():
    monthly = measure(frequency=Frequency.MONTH)
    found = judge(monthly, [], date(2026, 10, 20))
    assert found.reason.endswith("令和8年4月、令和8年5月、令和8年6月ほか3期の実績が未入力です。")


def test_a_late_report_does_not_make_the_measure_look_worse():
    early = judge(RISING, [("FY2026", 20)], date(2027, 4, 5))
    late = judge(RISING, [("FY2026", 20)], date(2029, 12, 1))
    assert early.status is late.status is Status.ON_TRACK
    assert late.missing


@pytest.mark.parametrize(
    ("actuals", "day", "status"),
    [
        ([("FY2029", 50)], date(2030, 3, 31), Status.BEHIND),
        ([("FY2029", 50)], date(2030, 4, 1), Status.OVERDUE),
        ([("FY2029", 56)], date(2030, 4, 1), Status.ACHIEVED),
        ([("FY2028", 44)], date(2030, 4, 12), Status.ON_TRACK),  # the last value may still come
        ([("FY2028", 44)], date(2030, 4, 16), Status.OVERDUE),
    ],
)
def test_after_the_last_year_a_missed_target_is_overdue(actuals, day, status):
    assert judge(RISING, actuals, day).status is status


def test_a_measure_without_target_is_not_judged():
    found = judge(measure(targets={}), [("FY2026", 9)])
    assert (found.status, found.rate, found.target) == (Status.ON_TRACK, None, None)
    assert "目標値がない" in found.reason


def test_where_the_lines_lie_is_configuration():
    strict = Thresholds(on_track=D(1), behind=D("0.95"))
    assert judge(RISING, [("FY2026", 19)], thresholds=strict).status is Status.AT_RISK


def test_measuring_starts_when_the_case_says():
    found = judge(RISING, [], date(2028, 4, 20), since=date(2027, 6, 1))
    assert [one.period for one in found.owed] == ["FY2027"]


def test_every_status_has_a_word():
    assert [status.label for status in Status] == [
        "達成",
        "順調",
        "やや遅れ",
        "達成が危うい",
        "実績なし",
        "判定待ち",
        "期限を過ぎて未達成",
    ]


@pytest.mark.parametrize(
    ("direction", "value", "target", "base", "rate"),
    [
        (Direction.UP, -20, -10, None, "0.5"),
        (Direction.DOWN, -20, -10, None, "2"),
        (Direction.UP, 5, -10, None, "1"),
        (Direction.UP, -5, 10, None, "0"),
        (Direction.UP, 0, 0, None, "1"),
        (Direction.DOWN, 5, 0, None, "0"),
        (Direction.UP, 110, 80, 100, "1"),  # the target lies below the start
        (Direction.UP, 60, 80, 100, "0.75"),
        (Direction.KEEP, 5, 0, None, "0"),
        (Direction.KEEP, 90, 20, None, "0"),
    ],
)
def test_rates_stay_meaningful_at_zero_and_below(direction, value, target, base, rate):
    subject = measure(direction=direction)
    base = None if base is None else D(base)
    assert achievement_rate(subject, D(value), D(target), base) == D(rate)


def test_the_most_extreme_values_are_still_judged():
    subject = measure(baseline=D(0), targets={2029: D("1E-12")})
    found = judge(subject, [("FY2026", D("9E+17"))], date(2027, 4, 5))
    assert (found.status, found.rate) == (Status.ACHIEVED, D("9E+31"))


NUMBERS = st.integers(-500, 500).map(D)
SUBJECTS = st.builds(
    measure,
    direction=st.sampled_from(list(Direction)),
    aggregation=st.sampled_from(list(Aggregation)),
    baseline=NUMBERS,
    targets=st.dictionaries(st.integers(2026, 2029), NUMBERS, max_size=3),
    frequency=st.sampled_from([Frequency.YEAR, Frequency.QUARTER]),
)
ACTUALS = st.lists(
    st.tuples(
        st.sampled_from([*periods_of_year(2026, "quarter"), "FY2026", "FY2027", "FY2029"]), NUMBERS
    ),
    max_size=5,
)
DAYS = st.dates(date(2026, 4, 1), date(2031, 4, 1))


@given(SUBJECTS, ACTUALS, DAYS)
def test_any_measure_gets_a_judgement_with_a_reason(subject, actuals, day):
    found = judge(subject, actuals, day)
    assert found.reason.endswith("。")
    assert (found.status is Status.NO_DATA) == (not actuals)
    assert set(found.missing) <= set(found.owed)
    if found.status is Status.ACHIEVED:
        last = subject.targets[subject.target_years[-1]]
        assert meets(subject, found.value, last)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from([Direction.UP, Direction.DOWN]), NUMBERS)
def test_a_better_value_never_has_a_lower_rate(base, target, value, direction, gain):
    subject = measure(direction=direction)
    better = value + abs(gain) if direction is Direction.UP else value - abs(gain)
    if base != target and (direction is Direction.UP) == (target > base):
        rate = achievement_rate(subject, value, target, base)
        assert achievement_rate(subject, better, target, base) >= rate
        assert (rate >= 1) == meets(subject, value, target)
