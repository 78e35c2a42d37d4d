"""Which matters of an agenda may be decided at once, and when one may be taken out."""

import pytest

from dxflow.committee import blocs
from dxflow.committee.blocs import Joining
from dxflow.committee.sitting import Matter, State
from dxflow.errors import Conflict, Invalid


def joining(
    number: str, stands: Matter = Matter.WAITING, bloc: int = 0, question: str = "verdict 1"
) -> Joining:
    return Joining(number, stands, bloc, question)


def test_matters_whose_vote_is_not_closed_become_a_bloc_before_and_in_the_meeting():
    chosen = [joining("R8-1"), joining("R8-2", Matter.VOTING)]
    blocs.join(State.PLANNED, chosen)
    blocs.join(State.OPEN, chosen)
    with pytest.raises(Conflict, match="終わっています"):
        blocs.join(State.CLOSED, chosen)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (joining("R8-2", Matter.CLOSED), "R8-2 は、委員の判断を待っていない"),
        (joining("R8-2", Matter.RESOLVED), "R8-2 は、委員の判断を待っていない"),
        (joining("R8-2", question=""), "R8-2 は、委員の判断を待っていない"),
        (joining("R8-2", bloc=3), "「一括3」"),
        (joining("R8-2", question="verdict 2"), "問うことが違う.*R8-2"),
    ],
)
def test_a_matter_that_cannot_be_asked_about_with_the_others_is_named(other, words):
    with pytest.raises(Conflict, match=words):
        blocs.join(State.OPEN, [joining("R8-1"), other])


def test_a_bloc_has_two_to_a_hundred_matters():
    many = [joining(str(n)) for n in range(101)]
    blocs.join(State.OPEN, many[:100])
    for wrong in (many, many[:1], []):
        with pytest.raises(Invalid) as refused:
            blocs.join(State.OPEN, wrong)
        assert refused.value.fields["matters"]


def test_a_matter_is_taken_out_until_its_vote_is_closed():
    blocs.part(State.PLANNED, Matter.WAITING)
    blocs.part(State.OPEN, Matter.VOTING)
    for state, stands in [
        (State.OPEN, Matter.CLOSED), (State.OPEN, Matter.RESOLVED),
        (State.CLOSED, Matter.WAITING), (State.CANCELLED, Matter.WAITING),
    ]:  # fmt: skip
        with pytest.raises(Conflict):
            blocs.part(state, stands)


def test_an_act_with_a_bloc_is_refused_for_a_matter_that_has_left_it():
    blocs.belongs(2, 2)
    blocs.belongs(None, 0)
    blocs.belongs(2, 0)  # whoever deals with one matter alone may do so
    for there in (None, 1):
        with pytest.raises(Conflict, match="「一括2」から分離"):
            blocs.belongs(there, 2)


def test_numbers_that_follow_one_another_are_told_as_a_span():
    assert blocs.items([3, 1, 2, 5]) == "1～3、5"
    assert blocs.items([4]) == "4"
    assert blocs.items([]) == ""
