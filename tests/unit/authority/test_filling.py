"""Holes of a rehearsal: what is proposed for each, and what filling them does."""

from dataclasses import replace

import pytest

from dxflow.authority.affairs import Affairs, Duty
from dxflow.authority.filling import (
    LEAVE,
    Fill,
    chosen_for_cases,
    filled,
    fits,
    moves_of,
    ranked,
    successions_of,
)
from dxflow.authority.moves import Move, MoveKind
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.proposals import MOST, Proposals
from dxflow.authority.rehearsal import Hole, Matter
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.standing_in import Rank
from dxflow.authority.structure import Structure
from dxflow.authority.succession import Kind, Succession
from tests.unit.authority.change import (
    APRIL,
    BEGIN,
    directory,
    held,
    structure,
    task,
    with_posts,
    with_units,
)

SECRETARIAT = Post("office", "事務局長", "c", "staff", frozenset({"secretariat"}))
MAYOR = Post("mayor", "市長", None, "mayor")
DEPUTY = Post("deputy", "副市長", None, "deputy_mayor")
CITY = with_posts(
    structure(
        [
            held("p-head", "head-a"),
            held("p-staff", "staff-a"),
            held("p-other", "staff-b"),
            held("p-chief", "chief"),
            held("p-office", "office"),
            held("p-mayor", "mayor"),
        ]
    ),
    SECRETARIAT,
    MAYOR,
    DEPUTY,
)


def without(*posts: str) -> Structure:
    """Return the city with nobody in some posts."""
    kept = [one for one in CITY.holdings if one.post not in posts]
    return Structure(CITY.units, CITY.posts, tuple(kept))


def proposed(hole: str, of: Structure = CITY, affairs: Affairs | None = None) -> tuple[str, ...]:
    """Return what is proposed for a hole in a city that was whole before."""
    affairs = affairs or Affairs()
    matter, _colon, key = hole.partition(":")
    proposals = Proposals(directory(CITY), directory(of, affairs), affairs)
    return proposals.of(Hole(Matter(matter), key, new=True))


# -- what fits


@pytest.mark.parametrize(
    ("matter", "target", "does"),
    [
        (Matter.POST, "user:p", True),
        (Matter.POST, "post:head-a", False),
        (Matter.TASK, "head:a", True),
        (Matter.TASK, "unit:a", False),
        (Matter.DUTY, "section:a", True),
        (Matter.UNIT, "unit:b", True),
        (Matter.UNIT, "section:b", False),
        (Matter.LIST, "post:chief", True),
        (Matter.CASE, "unit:b", True),
        (Matter.BODY, "user:p", False),
        (Matter.TASK, "user:", False),
        (Matter.TASK, "user", False),
        (Matter.TASK, "userp", False),
        (Matter.TASK, "", False),
    ],
)
def test_a_hole_is_filled_by_what_could_have_it(matter, target, does):
    assert fits(matter, target) is does
    assert fits(matter, LEAVE)


# -- what filling does


def test_whoever_is_chosen_gets_the_work_and_nobody_else_s_changes():
    affairs = Affairs(
        tasks=(
            task({"post:head-a"}, "p0", key="t"),
            task({"head:b"}, "p1", key="u"),
            task({"head:c"}, "p2", key="v"),
            task({"head:c"}, "p3", key="w"),
        ),
        duties=(Duty("d", "case", "user:p0"), Duty("e", "case", "section:b")),
    )
    fills = [
        Fill("task:t", "user:p5"), Fill("task:u", "head:c"), Fill("task:v", LEAVE),
        Fill("duty:d", "section:c"), Fill("post:e", "user:p6"), Fill("duty:w", "user:p6"),
    ]  # fmt: skip
    found = filled(affairs, fills, APRIL)
    assert [(one.id, one.groups, one.assignee) for one in found.tasks] == [
        ("t", {"user:p5"}, "p5"),
        ("u", {"head:c"}, None),
        ("v", {"head:c"}, "p2"),
        ("w", {"head:c"}, "p3"),
    ]
    assert found.duties == (Duty("d", "case", "section:c"), Duty("e", "case", "section:b"))


def test_what_is_given_to_somebody_goes_by_no_rule_any_more():
    ruled = replace(task({"post:head-a"}), follows=lambda _who, _closed: frozenset({"post:chief"}))
    (given,) = filled(Affairs(tasks=(ruled,)), [Fill("task:t", "user:p5")], APRIL).tasks
    assert given.follows is None
    (left,) = filled(Affairs(tasks=(ruled,)), [Fill("task:t", LEAVE)], APRIL).tasks
    assert left.follows is ruled.follows


def test_a_new_list_holds_from_the_day_and_those_of_other_posts_stay():
    ranks = (Rank("head-a", 1, "staff-a"), Rank("head-b", 1, "staff-b"))
    fills = [Fill("list:head-a", "post:chief"), Fill("list:head-b", LEAVE)]
    assert filled(Affairs(ranks=ranks), fills, APRIL).ranks == (
        Rank("head-b", 1, "staff-b"), Rank("head-a", 1, "chief", valid_from=APRIL),
    )  # fmt: skip
    assert ranked(ranks, {"head-a": ("chief", "staff-b")}, APRIL)[1:] == (
        Rank("head-a", 1, "chief", valid_from=APRIL),
        Rank("head-a", 2, "staff-b", valid_from=APRIL),
    )


def test_a_person_put_into_a_hole_gets_the_post_beside_their_own_by_no_line_of_a_file():
    fills = [
        Fill("post:head-c", "user:p6"), Fill("post:head-b", LEAVE), Fill("task:t", "user:p5"),
        Fill("post:chief", "user:p6"),
    ]  # fmt: skip
    assert moves_of(fills) == (
        Move("p6", MoveKind.CONCURRENT, "head-c", -1), Move("p6", MoveKind.CONCURRENT, "chief", -2),
    )  # fmt: skip


def test_units_and_cases_go_to_what_was_chosen_for_them():
    fills = [
        Fill("unit:a", "unit:b"), Fill("unit:c", LEAVE), Fill("case:1", "unit:b"),
        Fill("case:2", LEAVE),
    ]  # fmt: skip
    assert successions_of(fills, APRIL) == (
        Succession(kind=Kind.UNIT, old="a", new="b", valid_from=APRIL),
    )
    assert chosen_for_cases(fills) == {"1": "b"}


# -- what is proposed


def test_for_a_vacant_post_the_list_comes_first_then_whoever_leads_and_those_above():
    ranks = (Rank("staff-a", 1, "staff-b", valid_from=BEGIN),)
    found = proposed("post:staff-a", without("staff-a"), Affairs(ranks=ranks))
    assert found == ("user:p-other", "user:p-head", "user:p-chief", "user:p-mayor")


def test_for_a_head_those_above_come_before_the_section():
    found = proposed("post:head-a", without("head-a"))
    assert found == ("user:p-chief", "user:p-staff", "user:p-mayor")


def test_for_a_head_a_second_head_of_the_section_comes_first():
    second = with_posts(without("head-a"), Post("second", "担当課長", "a", "section_head"))
    led = Structure(second.units, second.posts, (*second.holdings, held("p-second", "second")))
    assert proposed("post:head-a", led)[:2] == ("user:p-second", "user:p-chief")


def test_the_nearest_of_several_deputy_mayors_is_proposed():
    far = Unit("far", "別の部", None, "department", valid_from=BEGIN)
    near = Post("deputy-near", "副市長", "dept", "deputy_mayor")
    other = Post("deputy-far", "副市長", "far", "deputy_mayor")
    of = with_posts(with_units(without("head-a", "staff-a"), far), near, other)
    held_by = (held("p-near", "deputy-near"), held("p-far", "deputy-far"))
    both = Structure(of.units, of.posts, (*of.holdings, *held_by))
    assert proposed("post:head-a", both) == ("user:p-chief", "user:p-near", "user:p-mayor")


def test_for_a_post_of_the_whole_city_those_of_the_whole_city():
    assert proposed("post:deputy") == ("user:p-mayor",)


def test_nobody_who_cannot_log_in_is_proposed_and_no_more_than_can_be_read():
    closed = Affairs(closed=frozenset({"p-chief"}))
    assert proposed("post:head-a", without("head-a"), closed) == ("user:p-staff", "user:p-mayor")
    many = [Holding(f"p-{number}", "staff-a") for number in range(9)]
    crowd = Structure(CITY.units, CITY.posts, (*without("head-a").holdings, *many))
    assert proposed("post:head-a", crowd) == (
        "user:p-chief", "user:p-0", "user:p-1", "user:p-2",
    )  # fmt: skip
    assert MOST == 4


def test_for_a_task_the_head_of_its_section_the_posts_above_and_at_last_the_secretariat():
    """The case is of section a; a task of section b begins there."""
    for group in ("post:head-b", "head:b", "section:b", "user:p-other"):
        one = task({group}, "p-gone")
        assert proposed("task:t", CITY, Affairs(tasks=(one,))) == (
            "post:chief", "post:mayor", "head:a", "post:head-a",
        ), group  # fmt: skip
        alone = without("head-a", "chief", "mayor")
        assert proposed("task:t", alone, Affairs(tasks=(one,))) == ("role:secretariat",)
    led = Structure(CITY.units, CITY.posts, (*CITY.holdings, held("p-new", "head-b")))
    (first, *_rest) = proposed("task:t", led, Affairs(tasks=(task({"user:p-other"}, "p-gone"),)))
    assert first == "head:b"
    of_nobody = task({"user:p-nobody"}, "p-gone")
    assert proposed("task:t", CITY, Affairs(tasks=(of_nobody,))) == (
        "head:a", "post:head-a", "post:chief", "post:mayor",
    )  # fmt: skip


def test_no_task_is_proposed_to_who_may_not_do_it():
    own = task({"post:head-b"}, None, Action.APPROVE, Involvement("p-head"))
    assert proposed("task:t", CITY, Affairs(tasks=(own,))) == (
        "post:chief", "post:mayor", "role:secretariat",
    )  # fmt: skip
    decision = task({"post:head-b"}, None, Action.DECIDE)
    assert proposed("task:t", CITY, Affairs(tasks=(decision,))) == ()


def test_a_reading_goes_to_the_post_it_comes_from_else_to_who_could_fill_it():
    owed = Duty("d", "case", "user:p-gone", "head-a")
    assert proposed("duty:d", CITY, Affairs(duties=(owed,))) == (
        "user:p-head", "user:p-chief", "user:p-staff", "user:p-mayor",
    )  # fmt: skip
    of_staff = Affairs(duties=(Duty("d", "case", "user:p-gone", "staff-a"),))
    assert proposed("duty:d", CITY, of_staff) == (
        "user:p-staff", "user:p-head", "user:p-chief", "user:p-mayor",
    )  # fmt: skip
    barred = Duty("d", "case", "user:p-gone", "head-a", frozenset({"p-head", "p-staff"}))
    assert proposed("duty:d", CITY, Affairs(duties=(barred,))) == ("user:p-chief", "user:p-mayor")
    free = Duty("d", "case", "user:p-gone")
    assert proposed("duty:d", CITY, Affairs(duties=(free,))) == ()


def test_a_condition_of_a_group_goes_to_the_secretariat_where_there_is_one():
    owed = Affairs(duties=(Duty("d", "case", "section:b", "head-a"),))
    assert proposed("duty:d", CITY, owed) == ("role:secretariat",)
    assert proposed("duty:d", without("office"), owed) == ()


def test_for_an_ended_unit_those_beside_it_that_do_such_work_and_have_a_head():
    more = [
        Unit("room", "室", "dept", "office", valid_from=BEGIN),
        Unit("far", "遠い課", "elsewhere", valid_from=BEGIN),
        Unit("elsewhere", "別の部", None, "department", valid_from=BEGIN),
        Unit("team-1", "一係", "b", "team", valid_from=BEGIN),
        Unit("team-2", "二係", "b", "team", valid_from=BEGIN),
    ]
    led = ("b", "room", "far", "elsewhere", "team-1", "team-2")
    posts = [Post(f"lead-{unit}", "長", unit, "section_head") for unit in led]
    whole = with_posts(with_units(CITY, *more), *posts)
    holdings = [held(f"p-{one.unit}", one.key) for one in posts]
    whole = Structure(whole.units, whole.posts, tuple(holdings))
    gone = ("a", "dept", "team-1")
    left = Structure(
        {key: rows for key, rows in whole.units.items() if key not in gone}, whole.posts,
        whole.holdings,
    )  # fmt: skip
    proposals = Proposals(directory(whole), directory(left), Affairs())

    def of(unit: str) -> tuple[str, ...]:
        return proposals.of(Hole(Matter.UNIT, unit, new=True))

    assert of("a") == ("unit:b", "unit:room")
    assert of("team-1") == ("unit:team-2",)
    assert of("dept") == ("unit:elsewhere",)
    assert of("unknown") == ()


def test_for_an_empty_list_the_posts_above_that_somebody_holds():
    assert proposed("list:head-a") == ("post:chief", "post:mayor")
    assert proposed("list:staff-a") == ("post:head-a", "post:chief", "post:mayor")
    assert proposed("list:staff-a", without("chief")) == ("post:head-a", "post:mayor")


@pytest.mark.parametrize("matter", [Matter.BODY, Matter.ROUND, Matter.KPI])
def test_for_what_only_people_fill_nothing_is_proposed(matter):
    assert proposed(f"{matter}:any") == ()
