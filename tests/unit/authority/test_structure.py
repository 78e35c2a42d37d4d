"""The organisation over time: rows never overlap, circles are found on any day, gaps are named."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority import timelines
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.structure import (
    DEEPEST,
    Fault,
    FaultKind,
    Structure,
    faults,
    held_after,
    new_faults,
)

BEGIN, APRIL, JULY = date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)


def unit(key: str, parent: str | None = None, begin: date = BEGIN, end: date | None = None) -> Unit:
    return Unit(key=key, name=key, parent=parent, valid_from=begin, valid_to=end)


def built(*units: Unit, posts: tuple[Post, ...] = (), held: tuple[Holding, ...] = ()) -> Structure:
    found: dict[str, tuple[Unit, ...]] = {}
    for one in units:
        found[one.key] = (*found.get(one.key, ()), one)
    return Structure(found, {one.key: (one,) for one in posts}, held)


def test_a_new_name_begins_on_its_day_and_leaves_a_later_one_alone():
    rows = timelines.changed([unit("a")], JULY, name="七月の課")
    rows = timelines.changed(rows, APRIL, name="四月の課")
    assert [(row.name, row.valid_from, row.valid_to) for row in rows] == [
        ("a", BEGIN, APRIL), ("四月の課", APRIL, JULY), ("七月の課", JULY, None),
    ]  # fmt: skip


def test_a_new_name_goes_on_behind_a_planned_move():
    rows = timelines.changed([unit("a")], JULY, parent="above")
    rows = timelines.changed(rows, APRIL, name="四月の課")
    assert [(row.name, row.parent) for row in rows] == [
        ("a", None), ("四月の課", None), ("四月の課", "above"),
    ]  # fmt: skip


def test_a_change_taken_back_on_its_own_day_leaves_one_row():
    rows = timelines.changed([unit("a")], APRIL, name="b")
    assert timelines.changed(rows, APRIL, name="a") == (unit("a"),)


def test_ending_drops_what_was_planned_behind_it_and_can_be_taken_back():
    rows = timelines.changed([unit("a")], JULY, name="b")
    ended = timelines.ended(rows, APRIL)
    assert ended == (unit("a", end=APRIL),)
    assert timelines.reopened(ended) == (unit("a"),)
    assert timelines.ended(rows, BEGIN) == ()


def test_ending_leaves_alone_what_had_ended_before():
    rows = (unit("a", end=APRIL), unit("a", "above", begin=JULY))
    later = date(2026, 10, 1)
    assert timelines.ended(rows, JULY) == (unit("a", end=APRIL),)
    assert timelines.ended(rows, later) == (
        unit("a", end=APRIL), unit("a", "above", begin=JULY, end=later),
    )  # fmt: skip


def test_a_new_name_does_not_reach_over_a_gap():
    rows = (unit("a", end=APRIL), unit("a", begin=JULY))
    march = date(2026, 3, 1)
    changed = timelines.changed(rows, march, name="三月の課")
    assert [(row.name, row.valid_from, row.valid_to) for row in changed] == [
        ("a", BEGIN, march), ("三月の課", march, APRIL), ("a", JULY, None),
    ]  # fmt: skip


def test_the_end_is_the_first_day_without_whatever_order_the_rows_are_in():
    assert timelines.end_of([unit("a", end=APRIL)]) == APRIL
    assert timelines.end_of([unit("a", begin=APRIL, end=JULY), unit("a", end=APRIL)]) == JULY
    assert timelines.end_of([unit("a", end=APRIL), unit("a", begin=JULY)]) is None


@pytest.mark.parametrize(
    ("begin", "end", "word"),
    [
        (APRIL, None, "now"),
        (APRIL, JULY, "now"),
        (BEGIN, APRIL + timedelta(1), "now"),
        (BEGIN, APRIL, "past"),
        (BEGIN, APRIL - timedelta(1), "past"),
        (APRIL + timedelta(1), JULY, "coming"),
        (JULY, None, "coming"),
    ],
)
def test_a_span_is_past_on_its_end_and_now_on_its_first_day(begin, end, word):
    assert timelines.when((begin, end), APRIL) == word


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from("xyz"), st.sampled_from(["name", "parent"])),
        max_size=12,
    ),
    st.integers(0, 400),
)
def test_whatever_is_changed_there_is_one_value_on_every_day(changes, ends):
    rows = (unit("a"),)
    for after, value, field in changes:
        day = BEGIN + timedelta(days=after)
        rows = timelines.changed(rows, day, **{field: value})
        assert getattr(timelines.standing(rows, day), field) == value
    for after in range(-1, 402, 7):
        day = BEGIN + timedelta(days=after)
        assert sum(row.valid_on(day) for row in rows) == (1 if day >= BEGIN else 0)
    assert timelines.first_overlap(rows) is None
    assert rows == timelines.joined(rows)
    ended = timelines.ended(rows, BEGIN + timedelta(days=ends))
    assert all(row.valid_to is not None for row in ended)


def test_no_value_is_no_value_to_change():
    with pytest.raises(LookupError) as refused:
        timelines.changed([unit("a", begin=APRIL)], BEGIN, name="b")
    assert refused.value.args == (BEGIN,)


def test_two_moves_that_are_harmless_today_close_a_circle_in_july():
    before = built(unit("a"), unit("b"))
    first = before.with_unit("a", timelines.changed(before.units["a"], JULY, parent="b"))
    assert faults(first) == frozenset()
    second = first.with_unit("b", timelines.changed(first.units["b"], APRIL, parent="a"))
    assert new_faults(first, second) == [
        Fault(FaultKind.CIRCLE, "a", "b", JULY), Fault(FaultKind.CIRCLE, "b", "a", JULY),
    ]  # fmt: skip
    only_until = first.with_unit(
        "b", (*timelines.changed(first.units["b"], APRIL, parent="a")[:1],
              unit("b", "a", APRIL, JULY), unit("b", None, JULY))
    )  # fmt: skip
    assert new_faults(first, only_until) == []


def test_a_unit_below_itself_is_a_circle():
    below = unit("c", "a")
    assert faults(built(unit("a", "a"), below)) == {Fault(FaultKind.CIRCLE, "a", "a", BEGIN)}


def test_every_circle_of_a_unit_is_named_with_its_own_day():
    once, later, out = (
        unit("a", "a", end=APRIL), unit("a", "b", APRIL, JULY), unit("a", begin=JULY),
    )  # fmt: skip
    assert faults(built(once, later, out, unit("b", "a"))) == {
        Fault(FaultKind.CIRCLE, "a", "a", BEGIN),
        Fault(FaultKind.CIRCLE, "a", "b", APRIL),
        Fault(FaultKind.CIRCLE, "b", "a", APRIL),
    }


def test_the_first_day_without_a_parent_a_unit_or_a_post_is_named():
    post = Post(key="p", title="p", unit="b", kind="staff", valid_from=BEGIN)
    held = Holding(person="someone", post="p", valid_from=BEGIN, valid_to=JULY)
    before = built(unit("a"), unit("b", "a"), posts=(post,), held=(held,))
    assert faults(before) == frozenset()
    gone = before.with_unit("a", timelines.ended(before.units["a"], APRIL))
    assert new_faults(before, gone) == [Fault(FaultKind.NO_PARENT, "b", "a", APRIL)]
    gone = before.with_unit("b", timelines.ended(before.units["b"], APRIL))
    assert new_faults(before, gone) == [Fault(FaultKind.NO_UNIT, "p", "b", APRIL)]
    gone = before.with_post("p", timelines.ended(before.posts["p"], APRIL))
    assert new_faults(before, gone) == [Fault(FaultKind.NO_POST, "someone", "p", APRIL)]
    gone = before.with_post("p", timelines.ended(before.posts["p"], JULY))
    assert new_faults(before, gone) == []


def test_a_post_before_its_unit_is_a_fault_and_one_of_the_whole_city_needs_none():
    early = Post(key="p", title="p", unit="a", kind="staff", valid_from=BEGIN)
    mayor = Post(key="m", title="市長", unit=None, kind="mayor", valid_from=BEGIN)
    found = faults(built(unit("a", begin=APRIL), posts=(early, mayor)))
    assert found == {Fault(FaultKind.NO_UNIT, "p", "a", BEGIN)}


def test_a_unit_without_any_row_is_gone():
    before = built(unit("a"), unit("b"))
    assert before.with_unit("a", ()).units == {"b": (unit("b"),)}


def test_whoever_holds_a_post_on_the_day_or_later_is_known():
    past, last, coming, other = (
        Holding("past", "p", valid_from=BEGIN, valid_to=APRIL),
        Holding("last", "p", valid_from=BEGIN, valid_to=APRIL + timedelta(1)),
        Holding("coming", "p", valid_from=JULY),
        Holding("other", "q", valid_from=BEGIN),
    )
    assert held_after(built(held=(past, last, coming, other)), "p", APRIL) == [last, coming]


def test_two_values_on_one_day_are_an_overlap():
    found = faults(built(unit("a", end=JULY), unit("a", begin=APRIL)))
    assert found == {Fault(FaultKind.OVERLAP, "a", "", APRIL)}


def test_an_old_fault_forbids_no_other_act():
    before = built(unit("a", "nowhere"), unit("b"))
    after = before.with_unit("b", timelines.changed(before.units["b"], APRIL, name="c"))
    assert faults(before)
    assert new_faults(before, after) == []


def test_a_line_of_units_without_end_is_refused():
    line = [unit("0"), *(unit(str(n), str(n - 1)) for n in range(1, DEEPEST + 5))]
    assert FaultKind.DEEP in {one.kind for one in faults(built(*line))}
    assert faults(built(*line[: DEEPEST + 1])) == frozenset()
    innermost = str(DEEPEST + 1)
    deep = Fault(FaultKind.DEEP, innermost, "0", BEGIN)
    assert faults(built(*line[: DEEPEST + 2])) == {deep}
    moved = [
        *line[: DEEPEST + 1],
        unit(innermost, innermost, end=APRIL),
        unit(innermost, str(DEEPEST), APRIL, JULY),
    ]
    assert faults(built(*moved)) == {
        Fault(FaultKind.CIRCLE, innermost, innermost, BEGIN),
        Fault(FaultKind.DEEP, innermost, "0", APRIL),
    }
