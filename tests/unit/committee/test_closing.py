"""A vote closed while seats are silent: who they are, and what the rule makes of them."""

from dataclasses import replace

import pytest

from dxflow.committee.closing import unheard
from dxflow.committee.sitting import Matter, Sitting, State

ROOM = Sitting(State.OPEN, Matter.VOTING, frozenset("abcde"), present=frozenset("abcx"), quorum=3)


def test_the_silent_are_told_apart_by_whether_they_are_there():
    found = unheard(ROOM, {"a"})
    assert (found.there, found.away, found.seats) == (("b", "c"), ("d", "e"), ("b", "c", "d", "e"))
    assert (found.cast, found.counting) == (1, 3)


def test_a_recused_seat_is_not_waited_for_and_its_ballot_is_none():
    found = unheard(replace(ROOM, taking_part=frozenset("abc")), {"a", "b", "x"})
    assert (found.seats, found.cast) == (("c",), 2)


def test_a_ballot_on_paper_of_an_absent_seat_is_heard_and_makes_no_quorum():
    found = unheard(ROOM, {"a", "b", "c", "d"})
    assert (found.there, found.away) == ((), ("e",))
    assert (found.cast, found.counting) == (4, 3)


def test_a_chair_who_only_breaks_ties_is_not_waited_for():
    found = unheard(ROOM, {"a", "b"}, silent="c")
    assert found.there == ()
    written = unheard(replace(ROOM, written=True), {"a", "b"}, silent="c")
    assert (written.there, written.counting) == (("d", "e"), 3)


@pytest.mark.parametrize(
    ("sitting", "cast", "said"),
    [
        (ROOM, "ab", ["出席（定足数）には数え、賛否には数えません", "3席で、定足数3席を満たし", "2席の判断だけで"]),
        (ROOM, "abc", ["欠席の席は、出席（定足数）にも賛否にも数えません", "満たし", "3席の判断だけで"]),
        (ROOM, "", ["棄権にもなりません。欠席の席は、どちらにも", "満たし", "一つも出ていない"]),
        (replace(ROOM, quorum=4), "ab", ["数え", "3席で定足数4席に足りない"]),
        (replace(ROOM, written=True), "ab", ["にも賛否にも", "2席で定足数3席に足りない"]),
    ],
)  # fmt: skip
def test_what_becomes_of_the_vote_is_said(sitting, cast, said):
    words = unheard(sitting, set(cast)).becomes()
    assert len(words) == len(said)
    for sentence, part in zip(words, said, strict=True):
        assert part in sentence
