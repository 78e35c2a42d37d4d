"""The order of an agenda."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee import ordering
from dxflow.committee.sitting import State
from dxflow.errors import Conflict

orders = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@given(orders, st.data(), st.booleans())
def test_one_place_and_back_changes_nothing_and_nothing_is_lost(order, data, up):
    one = data.draw(st.sampled_from(order))
    found = ordering.moved(order, one, up=up)
    assert sorted(found) == sorted(order)
    assert abs(found.index(one) - order.index(one)) <= 1
    assert [x for x in found if x != one] == [x for x in order if x != one] or found != order
    if found != order:
        assert ordering.moved(found, one, up=not up) == order


def test_the_first_stays_first_and_a_stranger_is_refused():
    assert ordering.moved("ab", "a", up=True) == ["a", "b"]
    assert ordering.moved("ab", "a", up=False) == ["b", "a"]
    with pytest.raises(Conflict, match="外されて"):
        ordering.moved("ab", "c", up=True)


@pytest.mark.parametrize("state", list(State))
def test_an_agenda_is_put_in_order_until_the_meeting_is_over(state):
    if state in (State.PLANNED, State.OPEN):
        ordering.reorder(state)
    else:
        with pytest.raises(Conflict, match="終わっている"):
            ordering.reorder(state)
