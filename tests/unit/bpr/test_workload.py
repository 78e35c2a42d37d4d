from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.bpr.workload import Ecrs, Step, compare, total_hours

D = Decimal


def step(name, count=0, minutes=0, people=1, actor="担当", ecrs=None):
    return Step(name, actor, D(count), D(minutes), D(people), ecrs)


AS_IS = [
    step("受付", 1200, 10),
    step("入力", 1200, 15),
    step("押印", 1200, 2, people=3),
    step("通知", 1200, 5),
]
TO_BE = [
    step("受付", 1200, 10),
    step("入　力", 1200, 3, ecrs=Ecrs.SIMPLIFY),
    step("自動照合", 12, 30, actor="情報政策課"),
    step("通知", 600, 5),
]


def test_the_sheet_shows_what_a_change_saves():
    result = compare(AS_IS, TO_BE, D(3000))
    assert (result.as_is_hours, result.to_be_hours) == (D("720.0"), D("316.0"))
    assert (result.saved_hours, result.rate) == (D("404.0"), D("56.1"))
    assert result.saved_yen == D(1212000)
    assert [
        (row.name, row.as_is_hours, row.to_be_hours, row.saved_hours, row.mark)
        for row in result.rows
    ] == [
        ("受付", D("200.0"), D("200.0"), D("0.0"), Ecrs.KEEP),
        ("入力", D("300.0"), D("60.0"), D("240.0"), Ecrs.SIMPLIFY),
        ("押印", D("120.0"), D("0.0"), D("120.0"), Ecrs.ELIMINATE),
        ("通知", D("100.0"), D("50.0"), D("50.0"), None),
        ("自動照合", D("0.0"), D("6.0"), D("-6.0"), None),
    ]
    assert result.saved_by_mark == {
        Ecrs.ELIMINATE: D("120.0"),
        Ecrs.SIMPLIFY: D("240.0"),
        Ecrs.KEEP: D("0.0"),
    }


@pytest.mark.parametrize(
    ("count", "minutes", "hours"),
    [
        ("1", "3", "0.1"),  # 0.05 goes up
        ("1", "2.9", "0.0"),
        ("12", "30", "6.0"),
        ("1", "20", "0.3"),
        ("0.5", "60", "0.5"),
        ("0", "60", "0.0"),
    ],
)
def test_hours_are_rounded_half_up_to_a_tenth(count, minutes, hours):
    assert total_hours([step("手順", count, minutes)]) == D(hours)


def test_totals_are_rounded_once_not_row_by_row():
    small = [step(f"手順{n}", 1, 2) for n in range(3)]  # 0.033 hours each
    result = compare(small, [], D(0))
    assert result.as_is_hours == D("0.1")
    assert [row.as_is_hours for row in result.rows] == [D("0.0")] * 3


def test_yen_are_whole_and_follow_from_the_hours_shown():
    result = compare([step("手順", 1, 20)], [], D("2505"))
    assert (result.saved_hours, result.saved_yen) == (D("0.3"), D(752))


def test_a_change_that_costs_time_saves_less_than_nothing():
    result = compare([step("手順", 60, 1)], [step("手順", 60, 2)], D(1000))
    assert (result.saved_hours, result.rate, result.saved_yen) == (D("-1.0"), D("-100.0"), D(-1000))


def test_of_no_work_no_rate_is_reckoned():
    result = compare([], [step("新規", 60, 1)], D(1000))
    assert (result.rate, result.saved_hours) == (None, D("-1.0"))
    assert compare([], [], D(0)).rows == ()


def test_steps_of_one_name_are_matched_in_their_order():
    result = compare([step("確認", 60, 10), step("確認", 60, 20)], [step("確認", 60, 5)], D(1))
    assert [(row.as_is_hours, row.to_be_hours) for row in result.rows] == [
        (D("10.0"), D("5.0")),
        (D("20.0"), D("0.0")),
    ]


def test_the_mark_after_counts_before_the_mark_before():
    before = step("転記", 60, 10, ecrs=Ecrs.ELIMINATE)
    after = step("転記", 60, 10, ecrs=Ecrs.COMBINE)
    assert compare([before], [after], D(1)).rows[0].mark is Ecrs.COMBINE
    assert compare([before], [step("転記", 60, 1)], D(1)).rows[0].mark is Ecrs.ELIMINATE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", -1),
        ("minutes", -1),
        ("people", -1),
        ("count", "NaN"),
        ("minutes", "Infinity"),
        ("count", "1E+30"),
        ("minutes", 100001),
        ("people", 10001),
    ],
)
def test_impossible_numbers_are_refused(field, value):
    with pytest.raises(ValueError, match="0以上の無理のない数"):
        step("手順", **{field: value})


def test_a_step_needs_a_name_and_a_cost_is_not_negative():
    with pytest.raises(ValueError, match="名前"):
        step(" ")
    with pytest.raises(ValueError, match="単価"):
        compare([], [], D(-1))
    with pytest.raises(ValueError, match="1,000,000円"):
        compare([], [], D(1000001))


def test_the_largest_sheet_is_still_reckoned_to_the_yen():
    most = [step(f"手順{n}", 10**9, 10**5, 10**4) for n in range(100)]
    result = compare(most, [], D(10**6))
    assert result.saved_hours == D("1666666666666666666.7")
    assert result.saved_yen == result.saved_hours * 10**6


def test_every_mark_has_a_word():
    assert [mark.label for mark in Ecrs] == [
        "なくす",
        "まとめる",
        "入れ替える",
        "簡単にする",
        "変えない",
    ]


STEPS = st.lists(
    st.builds(
        Step,
        name=st.sampled_from(["受付", "入力", "照合", "通知"]),
        actor=st.just("担当"),
        yearly_count=st.decimals(0, 10000, places=1),
        minutes=st.decimals(0, 600, places=1),
        people=st.integers(0, 5).map(D),
        ecrs=st.none() | st.sampled_from(list(Ecrs)),
    ),
    max_size=6,
)


@given(STEPS, STEPS, st.decimals(0, 10000, places=0))
def test_the_figures_shown_agree_with_each_other(as_is, to_be, unit_cost):
    result = compare(as_is, to_be, unit_cost)
    back = compare(to_be, as_is, unit_cost)
    assert result.saved_hours == result.as_is_hours - result.to_be_hours == -back.saved_hours
    assert abs(result.saved_yen - result.saved_hours * unit_cost) <= D("0.5")
    drift = D("0.05") * (len(as_is) + len(to_be) + 2)
    assert abs(sum((row.saved_hours for row in result.rows), D(0)) - result.saved_hours) <= drift


@given(STEPS, STEPS)
def test_every_step_stands_in_exactly_one_row(as_is, to_be):
    rows = compare(as_is, to_be, D(1)).rows
    assert [row.as_is for row in rows if row.as_is] == as_is
    after = [row.to_be for row in rows if row.to_be]
    assert sorted(map(repr, after)) == sorted(map(repr, to_be))
    for row in rows:
        assert row.as_is is None or row.to_be is None or row.as_is.name == row.to_be.name
