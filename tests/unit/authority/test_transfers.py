"""Rules of transfers: what orders do to holdings, what is left without anybody, who succeeds whom."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority import timelines
from dxflow.authority.affairs import Able, Affairs, Body, Duty, Task
from dxflow.authority.filling import Fill, filled, fits, moves_of
from dxflow.authority.moves import Move, MoveKind, Trouble, TroubleKind, moved
from dxflow.authority.organisation import Holding, Post
from dxflow.authority.proposals import Proposals
from dxflow.authority.rehearsal import Matter, rehearse
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.structure import Fault, FaultKind, Structure, faults
from dxflow.authority.succession import Kind, Succession, heirs
from tests.unit.authority.change import (
    APRIL,
    BEGIN,
    PEOPLE,
    POSTS,
    after,
    directory,
    held,
    leave,
    main,
    rehearsed,
    structure,
    task,
    with_posts,
)

JULY = date(2027, 7, 1)
MAIN, BESIDE, RELEASE, LEAVE = MoveKind
#: A row of somebody's posts: the post, whether beside another, from when, and the first day without.
Row = tuple[str, bool, date, date | None]


def posts_of_p0(rows: list[Row], *orders: tuple[MoveKind, str]) -> set[Row]:
    """Return the rows of one person after orders on the first of April that bring no trouble."""
    of = structure(
        Holding("p0", post, beside, valid_from=begin, valid_to=end)
        for post, beside, begin, end in rows
    )
    moves = [Move("p0", kind, post, line) for line, (kind, post) in enumerate(orders, start=2)]
    done = moved(of, moves, APRIL)
    assert done.troubles == ()
    return {(row.post, row.concurrent, row.valid_from, row.valid_to) for row in done.holdings}


NOW, ALSO = ("head-a", False, BEGIN, None), ("chief", True, BEGIN, None)


@pytest.mark.parametrize(
    ("orders", "rows"),
    [
        ([], {NOW, ALSO}),
        ([(MAIN, "head-a")], {NOW, ALSO}),
        (
            [(MAIN, "head-b")],
            {("head-a", False, BEGIN, APRIL), ALSO, ("head-b", False, APRIL, None)},
        ),
        (
            [(MAIN, "chief")],
            {
                ("head-a", False, BEGIN, APRIL),
                ("chief", True, BEGIN, APRIL),
                ("chief", False, APRIL, None),
            },
        ),
        ([(BESIDE, "chief")], {NOW, ALSO}),
        ([(BESIDE, "head-a")], {NOW, ALSO}),
        ([(BESIDE, "head-c")], {NOW, ALSO, ("head-c", True, APRIL, None)}),
        ([(RELEASE, "chief")], {NOW, ("chief", True, BEGIN, APRIL)}),
        ([(RELEASE, "head-a")], {("head-a", False, BEGIN, APRIL), ALSO}),
        ([(LEAVE, "")], {("head-a", False, BEGIN, APRIL), ("chief", True, BEGIN, APRIL)}),
        (
            [(RELEASE, "head-a"), (RELEASE, "chief"), (BESIDE, "head-c")],
            {
                ("head-a", False, BEGIN, APRIL),
                ("chief", True, BEGIN, APRIL),
                ("head-c", True, APRIL, None),
            },
        ),
        (
            [(MAIN, "head-b"), (RELEASE, "chief"), (BESIDE, "head-c"), (BESIDE, "staff-c")],
            {
                ("head-a", False, BEGIN, APRIL),
                ("chief", True, BEGIN, APRIL),
                ("head-b", False, APRIL, None),
                ("head-c", True, APRIL, None),
                ("staff-c", True, APRIL, None),
            },
        ),
    ],
)
def test_orders_change_what_they_name_and_nothing_else(orders, rows):
    assert posts_of_p0([NOW, ALSO], *orders) == rows


def test_whoever_has_no_post_yet_gets_what_is_ordered():
    assert posts_of_p0([], (MAIN, "head-b"), (BESIDE, "head-c")) == {
        ("head-b", False, APRIL, None), ("head-c", True, APRIL, None),
    }  # fmt: skip


def test_what_is_over_or_planned_stays_as_it_is():
    ended = ("staff-b", False, date(2019, 4, 1), BEGIN)
    until = ("head-b", True, BEGIN, APRIL)
    begins, later = ("head-c", True, APRIL, None), ("staff-c", True, JULY, None)
    planned_end = ("head-a", False, BEGIN, JULY)
    rows = [ended, until, planned_end, begins, later]
    assert posts_of_p0(rows) == set(rows)
    assert posts_of_p0(rows, (MAIN, "staff-a")) == {
        ended, until, begins, later, ("head-a", False, BEGIN, APRIL),
        ("staff-a", False, APRIL, None),
    }  # fmt: skip
    assert posts_of_p0(rows, (RELEASE, "head-a")) == {
        ended, until, begins, later, ("head-a", False, BEGIN, APRIL),
    }  # fmt: skip
    assert posts_of_p0([until]) == {until}


def test_a_post_that_ends_ends_whoever_holds_it_and_leaves_nobody_without_any_unsaid():
    closing = Post("head-a", "課長", "a", "section_head", valid_from=BEGIN, valid_to=APRIL)
    of = with_posts(structure([held("p0", "head-a"), held("p1", "head-b")]), closing)
    done = moved(of, [], APRIL)
    assert done.holdings == (
        Holding("p0", "head-a", valid_from=BEGIN, valid_to=APRIL), held("p1", "head-b"),
    )  # fmt: skip
    assert done.troubles == (Trouble(TroubleKind.NO_POST, "p0", "", 0),)
    assert moved(of, [main("p0", "head-c")], APRIL).troubles == ()


def test_what_is_planned_in_a_post_that_ends_is_left_to_be_told_as_a_fault():
    closing = Post("head-a", "課長", "a", "section_head", valid_from=BEGIN, valid_to=APRIL)
    planned = Holding("p0", "head-a", concurrent=True, valid_from=APRIL)
    of = with_posts(structure([held("p0", "head-b"), planned]), closing)
    done = moved(of, [], APRIL)
    assert (done.holdings, done.troubles) == (of.holdings, ())
    found = faults(Structure(of.units, of.posts, done.holdings))
    assert found == {Fault(FaultKind.NO_POST, "p0", "head-a", APRIL)}


PLANNED = [("staff-b", False, BEGIN, None), ("head-b", False, APRIL, None)]
PLANNED_BESIDE = [("staff-b", False, BEGIN, None), ("head-b", True, JULY, None)]


@pytest.mark.parametrize(
    ("rows", "orders", "kind", "wrong"),
    [
        ([NOW], [(MAIN, "head-b"), (MAIN, "head-c")], TroubleKind.TWICE, 1),
        ([NOW], [(MAIN, "head-b"), (BESIDE, "head-b")], TroubleKind.TWICE, 1),
        ([NOW], [(BESIDE, "head-b"), (MAIN, "head-b")], TroubleKind.TWICE, 1),
        ([NOW], [(BESIDE, "head-b"), (BESIDE, "head-b")], TroubleKind.TWICE, 1),
        ([NOW, ALSO], [(RELEASE, "chief"), (BESIDE, "chief")], TroubleKind.TWICE, 1),
        (
            [NOW],
            [(BESIDE, "head-b"), (BESIDE, "head-c"), (BESIDE, "head-b")],
            TroubleKind.TWICE,
            2,
        ),
        ([NOW], [(MAIN, "head-b"), (LEAVE, "")], TroubleKind.TWICE, 1),
        ([NOW], [(LEAVE, ""), (MAIN, "head-b")], TroubleKind.TWICE, 1),
        ([NOW], [(LEAVE, ""), (LEAVE, "")], TroubleKind.TWICE, 1),
        ([NOW], [(MAIN, "nowhere")], TroubleKind.NOT_THERE, 0),
        ([NOW], [(BESIDE, "nowhere")], TroubleKind.NOT_THERE, 0),
        ([NOW], [(RELEASE, "chief")], TroubleKind.NOT_HELD, 0),
        (PLANNED_BESIDE, [(RELEASE, "head-b")], TroubleKind.PLANNED, 0),
        (PLANNED, [(RELEASE, "head-b")], TroubleKind.PLANNED, 0),
        (PLANNED, [(RELEASE, "head-c")], TroubleKind.NOT_HELD, 0),
        ([], [(LEAVE, "")], TroubleKind.NOT_HELD, 0),
        (PLANNED, [(MAIN, "head-c")], TroubleKind.PLANNED, 0),
        (PLANNED, [(BESIDE, "head-b")], TroubleKind.PLANNED, 0),
        (PLANNED_BESIDE, [(MAIN, "head-b")], TroubleKind.PLANNED, 0),
        (PLANNED_BESIDE, [(BESIDE, "head-b")], TroubleKind.PLANNED, 0),
        (PLANNED_BESIDE, [(LEAVE, "")], TroubleKind.PLANNED, 0),
    ],
)
def test_an_order_that_cannot_be_is_named_with_its_line(rows, orders, kind, wrong):
    of = structure(
        Holding("p0", post, beside, valid_from=begin, valid_to=end)
        for post, beside, begin, end in rows
    )
    moves = [Move("p0", how, post, line) for line, (how, post) in enumerate(orders, start=2)]
    expected = Trouble(kind, "p0", orders[wrong][1], wrong + 2)
    assert moved(of, moves, APRIL).troubles == (expected,)


def test_an_order_that_cannot_be_is_not_carried_out_and_the_others_are():
    of = structure([held("p0", "head-a"), held("p1", "staff-b")])
    moves = [main("p0", "head-b"), main("p0", "head-c", 3), main("p1", "head-c", 4)]
    done = moved(of, moves, APRIL)
    assert {row.post for row in done.holdings if row.valid_on(APRIL)} == {"head-b", "head-c"}
    assert {row.person for row in done.holdings if row.post == "head-c"} == {"p1"}
    assert [one.line for one in done.troubles] == [3]


def test_what_is_planned_beside_another_post_stands_in_no_way_of_other_orders():
    assert ("head-c", False, APRIL, None) in posts_of_p0(PLANNED_BESIDE, (MAIN, "head-c"))
    assert ("head-c", True, APRIL, None) in posts_of_p0(PLANNED, (BESIDE, "head-c"))


@pytest.mark.parametrize("line", [2, 7])
def test_nobody_is_left_without_a_post_by_a_release_alone(line):
    of = structure([held("p0", "head-a")])
    done = moved(of, [Move("p0", RELEASE, "head-a", line)], APRIL)
    assert done.troubles == (Trouble(TroubleKind.NO_POST, "p0", "", line),)


@st.composite
def cities(draw):
    """Return a structure, affairs and moves without troubles among them."""
    places = draw(st.lists(st.sampled_from(POSTS), min_size=len(PEOPLE), max_size=len(PEOPLE)))
    of = structure(held(person, post) for person, post in zip(PEOPLE, places, strict=True))
    groups = st.sampled_from(
        [*(f"post:{post}" for post in POSTS), *(f"section:{key}" for key in "abc"),
         *(f"head:{key}" for key in "abc"), *(f"user:{person}" for person in PEOPLE)]
    )  # fmt: skip
    actions = st.sampled_from([None, *Action])
    people = st.sampled_from(PEOPLE)
    tasks = draw(
        st.lists(
            st.builds(
                lambda offered, assignee, action, applicant: task(
                    offered, assignee, action, Involvement(applicant)
                ),
                st.frozensets(groups, min_size=1, max_size=3),
                st.one_of(st.none(), people), actions, people,
            ),
            max_size=6,
        )
    )  # fmt: skip
    tasks = [
        Task(f"t{number}", "case", one.groups, one.assignee, one.action, one.involved, "a")
        for number, one in enumerate(tasks)
    ]
    duties = [
        Duty(f"d{number}", "case", owner, post)
        for number, (owner, post) in enumerate(
            draw(st.lists(st.tuples(groups, st.sampled_from(POSTS)), max_size=4))
        )
    ]
    closed = draw(st.frozensets(people, max_size=2))
    ordered = draw(st.lists(st.tuples(people, st.sampled_from((*POSTS, ""))), max_size=8,
                            unique_by=lambda one: one[0]))  # fmt: skip
    moves = [
        main(person, post, line) if post else leave(person, line)
        for line, (person, post) in enumerate(ordered, start=2)
    ]
    affairs = Affairs(tasks=tuple(tasks), duties=tuple(duties), closed=closed)
    return of, affairs, moves


@given(cities())
def test_nobody_holds_two_main_posts_or_one_twice_and_nobody_vanishes_unsaid(city):
    of, _affairs, moves = city
    done = moved(of, moves, APRIL)
    assert done.troubles == ()
    leaving = {move.person for move in moves if move.kind is MoveKind.LEAVE}
    for person in PEOPLE:
        rows = [row for row in done.holdings if row.person == person]
        assert timelines.first_overlap(row for row in rows if not row.concurrent) is None
        assert any(row.valid_on(APRIL) for row in rows) == (person not in leaving)


@given(cities())
def test_every_task_nobody_could_do_is_a_hole_and_no_claim_outlives_its_right(city):
    of, affairs, moves = city
    found = rehearsed(of, affairs, *moves)
    able = Able(directory(after(of, *moves), affairs), affairs.closed)
    holes = {one.key for one in found.holes if one.matter is Matter.TASK}
    for one in affairs.tasks:
        released = one.id in found.released
        assert released == (one.assignee is not None and one.assignee not in able.offered(one))
        doers = able.offered(one) if released or one.assignee is None else {one.assignee}
        assert all(not one.action or doer != one.involved.applicant for doer in doers)
        if not doers and one.action in (Action.DECIDE, Action.VOTE, Action.CONCLUDE, None):
            assert one.id in holes
        assert (one.id in holes) == (not able.doing(one))


@given(cities())
def test_nobody_loses_a_duty_or_a_post_silently(city):
    of, affairs, moves = city
    found = rehearsed(of, affairs, *moves)
    was, will = directory(of, affairs), directory(after(of, *moves), affairs)
    told = {(one.matter, one.key) for one in (*found.changes, *found.holes)}
    for duty in affairs.duties:
        if was.holders(duty.owner) - affairs.closed != will.holders(duty.owner) - affairs.closed:
            assert (Matter.DUTY, duty.id) in told
    for post in POSTS:
        group = f"post:{post}"
        if was.holders(group) - affairs.closed and not will.holders(group) - affairs.closed:
            assert f"post:{post}" in {one.id for one in found.new_holes}


@given(cities())
def test_accepted_proposals_fill_what_they_are_for_and_nobody_unauthorised_gets_work(city):
    of, affairs, moves = city
    made = after(of, *moves)
    was, will = directory(of, affairs), directory(made, affairs)
    base = rehearse(was, will, affairs)
    proposals = Proposals(was, will, affairs)
    fills = [Fill(hole.id, targets[0]) for hole in base.holes if (targets := proposals.of(hole))]
    assert all(fits(fill.matter, fill.target) for fill in fills)
    done = moved(made, moves_of(fills), APRIL)
    assert done.troubles == ()
    better = filled(affairs, fills, APRIL)
    later = directory(Structure(of.units, of.posts, done.holdings), better)
    left = {one.id for one in rehearse(was, later, better).holes}
    assert left.isdisjoint(fill.hole for fill in fills)
    able = Able(later, affairs.closed)
    for one in better.tasks:
        assert one.action is None or one.involved.applicant not in able.offered(one)


def test_a_line_of_successors_is_followed_to_the_first_that_is_there():
    line = [
        Succession(kind=Kind.POST, old=old, new=new, valid_from=BEGIN)
        for old, new in ("ab", "bc", "cd", "xy", "yx")
    ]
    assert heirs(line, Kind.POST, APRIL, {"c", "d"}) == {"a": "c", "b": "c"}
    assert heirs(line, Kind.POST, APRIL, {"b", "d"}) == {"a": "b", "c": "d"}
    assert heirs(line, Kind.POST, APRIL, ()) == {}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"), max_size=6),
    st.frozensets(st.sampled_from("abcdef")),
)
def test_an_heir_is_there_and_nothing_there_has_one(after_, there):
    named = [
        Succession(kind=Kind.UNIT, old=old, new=new, valid_from=BEGIN)
        for old, new in after_.items()
    ]
    found = heirs(named, Kind.UNIT, APRIL, there)
    assert set(found.values()) <= there
    assert there.isdisjoint(found)
    assert heirs(named, Kind.POST, APRIL, there) == {}
    assert heirs(named, Kind.UNIT, BEGIN - timedelta(1), there) == {}


def test_a_seat_goes_to_who_takes_over_its_holders_post_and_nobody_sits_twice():
    holdings = [
        held("p0", "head-a"), held("p0", "seat-1", concurrent=True),
        held("p1", "head-b"), held("p1", "seat-2", concurrent=True), held("p2", "staff-a"),
    ]  # fmt: skip
    of = structure(holdings)
    for key in ("seat-1", "seat-2"):
        seat = Post(key, "委員", "dept", "committee", frozenset({"member"}), valid_from=BEGIN)
        of.posts[key] = (seat,)
    affairs = Affairs(bodies=(Body("dx", "member", (), lambda _members: 1),))
    made = after(of, leave("p0"), main("p2", "head-a", 3))
    was, will = directory(of, affairs), directory(made, affairs)
    holes = {one.id: one for one in rehearse(was, will, affairs).holes}
    found = Proposals(was, will, affairs).of(holes["post:seat-1"])
    assert found[0] == "user:p2"
    assert "user:p1" not in found


def proposed(of, hole, *moves, roles=("member",)):
    """Return who is proposed for a post that the moves leave empty; seats are of these roles."""
    bodies = tuple(Body(role, role, (), lambda _members: 1) for role in roles)
    affairs = Affairs(bodies=bodies)
    was, will = directory(of, affairs), directory(after(of, *moves), affairs)
    holes = {one.id: one for one in rehearse(was, will, affairs).holes}
    return Proposals(was, will, affairs).of(holes[f"post:{hole}"])


def seat(key, role, unit="dept"):
    return Post(key, "委員", unit, "committee", frozenset({role}), valid_from=BEGIN)


def test_the_seat_of_one_body_does_not_follow_the_seat_of_another():
    holdings = [
        held("p0", "head-a"), held("p0", "seat-1", concurrent=True),
        held("p0", "seat-f", concurrent=True), held("p2", "staff-a"), held("p4", "staff-b"),
    ]  # fmt: skip
    of = with_posts(structure(holdings), seat("seat-1", "member"), seat("seat-f", "budget", "c"))
    moves = (leave("p0"), main("p2", "head-a", 3), main("p4", "seat-f", 4))
    found = proposed(of, "seat-1", *moves, roles=("member", "budget"))
    assert found[0] == "user:p2"
    assert "user:p4" not in found


def test_a_post_that_leads_is_no_seat_although_it_sits():
    holdings = [held("p0", "head-a"), held("p6", "chief")]
    leading = Post("head-a", "課長", "a", "section_head", frozenset({"member"}), valid_from=BEGIN)
    chief = Post(
        "chief", "部長", "dept", "department_head", frozenset({"member"}), valid_from=BEGIN
    )
    of = with_posts(structure(holdings), leading, chief)
    assert "user:p6" in proposed(of, "head-a", leave("p0"))


def test_a_post_does_not_follow_the_other_post_of_its_holder():
    holdings = [held("p0", "head-a"), held("p0", "head-b", concurrent=True), held("p2", "staff-c")]
    found = proposed(structure(holdings), "head-a", leave("p0"), main("p2", "head-b", 4))
    assert "user:p2" not in found
