from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.errors import Invalid
from dxflow.kpi.targets import Revision, history, revise, targets_on

D = Decimal
INITIAL = {2029: D(100), 2027: D(50)}
FIRST = Revision(2029, D(100), D(80), "利用が伸びないため", date(2027, 5, 1), "推進本部")
SECOND = Revision(2029, D(80), D(90), "回復したため", date(2028, 5, 1))
NEW_YEAR = Revision(2030, None, D(120), "計画の延長", date(2028, 6, 1))
DROPPED = Revision(2027, D(50), None, "中間目標の廃止", date(2026, 12, 1))


@pytest.mark.parametrize(
    ("day", "targets"),
    [
        (date(2026, 4, 1), {2027: D(50), 2029: D(100)}),
        (date(2026, 12, 1), {2029: D(100)}),
        (date(2027, 4, 30), {2029: D(100)}),
        (date(2027, 5, 1), {2029: D(80)}),
        (date(2028, 5, 1), {2029: D(90)}),
        (date(2030, 1, 1), {2029: D(90), 2030: D(120)}),
    ],
)
def test_the_targets_of_a_day_follow_from_the_revisions_until_then(day, targets):
    assert targets_on(INITIAL, [NEW_YEAR, SECOND, FIRST, DROPPED], day) == targets


def test_a_revision_that_does_not_join_the_one_before_is_refused():
    with pytest.raises(ValueError, match="つながりません"):
        targets_on(INITIAL, [SECOND], date(2029, 1, 1))
    assert targets_on(INITIAL, [SECOND], date(2028, 1, 1)) == dict(sorted(INITIAL.items()))


def test_the_history_of_a_target_keeps_old_and_new_with_reasons():
    assert history(INITIAL, [SECOND, FIRST], 2029) == [
        (None, D(100), ""),
        (date(2027, 5, 1), D(80), "利用が伸びないため"),
        (date(2028, 5, 1), D(90), "回復したため"),
    ]


def test_a_revision_records_what_it_replaces():
    revision = revise(INITIAL, 2029, D(80), " 見直し ", date(2027, 5, 1), "推進本部")
    assert revision == Revision(2029, D(100), D(80), "見直し", date(2027, 5, 1), "推進本部")


@pytest.mark.parametrize(
    ("new", "reason", "field"), [(D(80), " ", "reason"), (D(100), "見直し", "target")]
)
def test_a_revision_needs_a_reason_and_a_change(new, reason, field):
    with pytest.raises(Invalid) as refused:
        revise(INITIAL, 2029, new, reason, date(2027, 5, 1))
    assert list(refused.value.fields) == [field]


@given(st.lists(st.tuples(st.sampled_from([2027, 2028, 2029]), st.integers(0, 9)), max_size=8))
def test_revisions_made_in_turn_always_join(changes):
    day, current, revisions = date(2026, 4, 1), dict(INITIAL), []
    for year, value in changes:
        day += timedelta(1)
        if current.get(year) == D(value):
            continue
        revisions.append(revise(current, year, D(value), "見直し", day))
        current[year] = D(value)
    assert targets_on(INITIAL, revisions, day) == dict(sorted(current.items()))
    assert targets_on(INITIAL, revisions, date(2026, 4, 1)) == dict(sorted(INITIAL.items()))
