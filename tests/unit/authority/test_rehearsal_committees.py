"""A change of the organisation rehearsed: committees and their open rounds."""

from collections.abc import Callable
from dataclasses import replace

from dxflow.authority.affairs import Affairs, Body, Round
from dxflow.authority.rehearsal import Change, Hole, Matter
from dxflow.authority.structure import Structure
from tests.unit.authority.change import (
    FULL,
    about,
    compared,
    leave,
    rehearsed,
    with_posts,
)

BODY, ROUND = Matter.BODY, Matter.ROUND


def committee(*seats: str, chairs: tuple[str, ...] = ("chief",)) -> Structure:
    """Return the city with seats of a body and those who may preside."""
    posts = []
    for key in dict.fromkeys((*seats, *chairs)):
        (post,) = FULL.posts[key]
        given_ = (("member", seats), ("chair", chairs))
        roles = frozenset(role for role, keys in given_ if key in keys)
        posts.append(replace(post, roles=roles))
    return with_posts(FULL, *posts)


def body(need: Callable[[int], int]) -> Affairs:
    return Affairs(bodies=(Body("dx", "member", ("chair", "deputy-chair"), need),))


def more_than_half(members: int) -> int:
    return members // 2 + 1


def test_who_sits_on_a_committee_changes_with_the_seats():
    of = committee("head-a", "head-b", "chief")
    found = rehearsed(of, body(more_than_half), leave("p0"))
    assert about(BODY, found) == [Change(BODY, "dx", ("p0", "p1", "p6"), ("p1", "p6"))]
    assert about(BODY, rehearsed(of, body(more_than_half), leave("p2"))) == []
    one_less = compared(of, committee("head-b", "chief"), body(more_than_half))
    assert about(BODY, one_less) == [Change(BODY, "dx", ("p0", "p1", "p6"), ("p1", "p6"))]


def test_a_committee_without_enough_members_or_a_chair_is_a_hole():
    of = committee("head-a", "head-b", "chief")
    two = rehearsed(of, body(lambda _members: 2), leave("p0"))
    assert [one for one in two.holes if one.matter is BODY] == []
    for moves, empty in (
        ((leave("p0"), leave("p1", 4)), ("head-a", "head-b")),
        ((leave("p6"),), ("chief",)),
    ):
        found = [
            one for one in rehearsed(of, body(lambda _: 2), *moves).holes if one.matter is BODY
        ]
        assert [(one.id, one.new, one.about) for one in found] == [("body:dx", True, empty)]


def test_a_body_of_one_who_presides_is_whole_and_one_of_nobody_is_not():
    of = committee("chief")
    assert about(BODY, rehearsed(of, body(lambda _members: 1))) == []
    found = rehearsed(of, body(lambda _members: 0), leave("p6"))
    assert Hole(BODY, "dx", new=True) in found.holes
    apart = committee("head-a", chairs=("chief",))
    nobody = rehearsed(apart, body(lambda _members: 0), leave("p0"))
    assert Hole(BODY, "dx", new=True) in nobody.holes


def test_an_old_hole_of_a_committee_is_told_as_old_and_one_without_seats_is_none():
    closed = replace(body(more_than_half), closed=frozenset({"p6"}))
    assert about(BODY, rehearsed(committee("head-a", "head-b"), closed)) == [
        Hole(BODY, "dx", new=False)
    ]
    few = body(lambda _members: 3)
    assert about(BODY, rehearsed(committee("head-a", "chief"), few)) == [
        Hole(BODY, "dx", new=False)
    ]
    assert about(BODY, rehearsed(FULL, body(more_than_half))) == []
    dissolved = compared(committee("head-a"), FULL, body(more_than_half))
    assert about(BODY, dissolved) == [Change(BODY, "dx", ("p0",), ()), Hole(BODY, "dx", new=True)]
    founded = compared(FULL, committee("head-a", chairs=()), body(more_than_half))
    assert about(BODY, founded) == [Change(BODY, "dx", (), ("p0",)), Hole(BODY, "dx", new=False)]


def test_a_second_committee_is_looked_at_after_one_without_seats_or_one_that_is_whole():
    of = committee("chief")
    bodies = tuple(
        Body(key, role, ("chair",), lambda _members: 2)
        for key, role in (("none", "nowhere"), ("few", "member"))
    )
    found = rehearsed(of, Affairs(bodies=bodies))
    assert about(BODY, found) == [Hole(BODY, "few", new=False)]
    whole = Body("whole", "member", ("chair",), lambda _members: 1)
    again = rehearsed(of, Affairs(bodies=(whole, bodies[1])))
    assert about(BODY, again) == [Hole(BODY, "few", new=False)]


def test_a_round_that_loses_its_quorum_is_a_hole():
    affairs = Affairs(rounds=(Round("case", ("head-a", "head-b", "head-c"), 2),))
    assert about(ROUND, rehearsed(FULL, affairs, leave("p0"))) == []
    found = rehearsed(FULL, affairs, leave("p0"), leave("p2", 4))
    (hole,) = about(ROUND, found)
    assert hole == Hole(ROUND, "case", new=True)
    assert hole.about == ("head-a", "head-c")  # type: ignore[union-attr]
    both = Affairs(rounds=(Round("case", ("head-a", "head-b"), 2),))
    assert about(ROUND, rehearsed(FULL, both, leave("p0"))) == [Hole(ROUND, "case", new=True)]
    short = Affairs(rounds=(Round("case", ("head-a", "gone"), 2),))
    assert about(ROUND, rehearsed(FULL, short)) == [Hole(ROUND, "case", new=False)]
