"""A change of the organisation rehearsed: what changes hands, and every hole, matter by matter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dxflow.authority.affairs import Affairs, Duty
from dxflow.authority.filling import Fill, successions_of
from dxflow.authority.organisation import Post, Unit
from dxflow.authority.proposals import Proposals
from dxflow.authority.rehearsal import Change, Hole, Matter, Rehearsal, rehearse
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.standing_in import Delegation, Rank
from dxflow.authority.structure import Structure
from dxflow.authority.succession import Kind, Succession
from tests.unit.authority.change import (
    APRIL,
    BEGIN,
    FULL,
    NOTHING,
    about,
    compared,
    directory,
    ended,
    held,
    leave,
    main,
    rehearsed,
    structure,
    task,
    with_posts,
    with_units,
)

TASK, POST, SECTION, UNIT, BODY, ROUND, KPI, DUTY, DEPUTY, LIST, CASE = Matter


def test_where_nothing_changes_there_is_nothing_to_tell():
    assert rehearsed(FULL, NOTHING) == Rehearsal((), ())
    assert rehearsed(FULL, NOTHING, main("p0", "head-a")) == Rehearsal((), ())


# -- posts and sections


def test_posts_that_change_hands_are_told_in_order_and_are_no_holes():
    found = rehearsed(FULL, NOTHING, main("p0", "head-b"), main("p1", "head-a", 3))
    assert found.changes == (
        Change(POST, "head-a", ("p0",), ("p1",)), Change(POST, "head-b", ("p1",), ("p0",)),
    )  # fmt: skip
    assert found.holes == ()


def test_a_post_nobody_holds_any_more_is_a_new_hole_and_one_that_was_vacant_an_old_one():
    found = rehearsed(FULL, NOTHING, leave("p0"))
    assert found.changes == (Change(POST, "head-a", ("p0",), ()),)
    assert found.holes == (Hole(POST, "head-a", new=True),)
    vacant = structure(one for one in FULL.holdings if one.post != "staff-a")
    again = rehearsed(vacant, NOTHING)
    assert (again.changes, again.holes) == ((), (Hole(POST, "staff-a", new=False),))
    assert again.new_holes == ()
    assert found.new_holes == found.holes


def test_who_cannot_log_in_holds_nothing():
    found = rehearsed(FULL, Affairs(closed=frozenset({"p3"})))
    assert found.holes == (Hole(POST, "staff-a", new=False),)


def test_a_post_that_ends_is_no_hole_and_a_new_one_without_anybody_is():
    assert compared(FULL, ended(FULL, "staff-a")) == Rehearsal(
        (Change(POST, "staff-a", ("p3",), ()),), ()
    )
    more = with_posts(FULL, Post("more", "主査", "a", "staff"))
    assert compared(FULL, more).holes == (Hole(POST, "more", new=True),)


def test_a_section_that_loses_its_head_with_the_post_is_a_hole():
    found = compared(FULL, ended(FULL, "head-a", "chief"))
    assert found.holes == (
        Hole(SECTION, "a", new=True), Hole(SECTION, "dept", new=True),
    )  # fmt: skip
    headless = ended(FULL, "head-a")
    assert compared(headless, headless).holes == ()


def test_a_new_section_needs_a_head_and_a_new_team_does_not():
    team = Unit("team", "係", "a", "team")
    assert compared(FULL, with_units(FULL, team)).holes == ()
    section = Unit("d", "新しい課", "dept")
    assert compared(FULL, with_units(FULL, section)).holes == (Hole(SECTION, "d", new=True),)
    staff, head = Post("staff-d", "主事", "d", "staff"), Post("head-d", "課長", "d", "section_head")
    planned = with_posts(with_units(FULL, section), staff)
    assert compared(FULL, planned).holes == (
        Hole(POST, "staff-d", new=True), Hole(SECTION, "d", new=True),
    )  # fmt: skip
    led = with_posts(planned, head)
    assert compared(FULL, led).holes == (
        Hole(POST, "head-d", new=True), Hole(POST, "staff-d", new=True),
    )  # fmt: skip


# -- tasks


def test_a_task_goes_to_whoever_is_meant_afterwards():
    affairs = Affairs(tasks=(task({"head:a"}), task({"head:c"}, key="other")))
    found = rehearsed(FULL, affairs, main("p3", "head-a"), leave("p0"))
    assert about(TASK, found) == [Change(TASK, "t", ("p0",), ("p3",))]
    assert found.released == ()


def test_a_claim_ends_with_the_right_to_it():
    affairs = Affairs(tasks=(task({"section:a"}, "p3"), task({"section:a"}, "p0", key="u")))
    found = rehearsed(FULL, affairs, main("p3", "staff-b"))
    assert about(TASK, found) == [Change(TASK, "t", ("p3",), ("p0",), "released")]
    assert found.released == ("t",)


def test_a_task_nobody_can_do_is_a_hole():
    affairs = Affairs(tasks=(task({"post:staff-a"}, "p3"), task({"user:gone"}, key="u")))
    found = rehearsed(FULL, affairs, leave("p3"))
    assert about(TASK, found) == [
        Change(TASK, "t", ("p3",), (), "released"),
        Hole(TASK, "t", new=True), Hole(TASK, "u", new=False),
    ]  # fmt: skip
    offered = Affairs(tasks=(task({"post:staff-a"}),))
    assert about(TASK, rehearsed(FULL, offered, leave("p3"))) == [
        Change(TASK, "t", ("p3",), ()), Hole(TASK, "t", new=True),
    ]  # fmt: skip


def test_a_task_that_goes_by_a_rule_is_for_whom_the_rule_means_on_the_day():
    def heads(who, closed):
        held = who.holders("post:head-a") - closed
        return frozenset({"post:head-a"} if held else {"post:chief"})

    task_ = replace(task({"post:head-a"}, "p0", Action.CONCLUDE), follows=heads)
    assert about(TASK, rehearsed(FULL, Affairs(tasks=(task_,)), leave("p0"))) == [
        Change(TASK, "t", ("p0",), ("p6",), "released")
    ]
    closed = Affairs(tasks=(task_,), closed=frozenset({"p0"}))
    assert about(TASK, rehearsed(FULL, closed, leave("p6"))) == [
        Change(TASK, "t", ("p6",), (), "released"), Hole(TASK, "t", new=True),
    ]  # fmt: skip


def test_who_cannot_log_in_afterwards_has_nothing_then():
    affairs = Affairs(tasks=(task({"post:staff-a"}, "p3"),))
    then = replace(affairs, closed=frozenset({"p3"}))
    assert about(TASK, compared(FULL, FULL, affairs, later=then)) == [
        Change(TASK, "t", ("p3",), (), "released"), Hole(TASK, "t", new=True),
    ]  # fmt: skip


def test_who_stands_in_for_an_office_can_do_its_tasks_but_those_that_are_its_own():
    ranks = (Rank("head-a", 1, "staff-a", valid_from=BEGIN),)
    tasks = (task({"post:head-a"}), task({"post:head-a"}, None, Action.DECIDE, key="u"))
    found = rehearsed(FULL, Affairs(tasks=tasks, ranks=ranks), leave("p0"))
    assert about(TASK, found) == [
        Change(TASK, "t", ("p0",), ("p3",), "stand-in"), Change(TASK, "u", ("p0",), ()),
        Hole(TASK, "u", new=True),
    ]  # fmt: skip
    own = (task({"post:head-a"}, None, Action.APPROVE, Involvement("p3")),)
    assert about(TASK, rehearsed(FULL, Affairs(tasks=own, ranks=ranks), leave("p0"))) == [
        Change(TASK, "t", ("p0",), ()), Hole(TASK, "t", new=True),
    ]  # fmt: skip
    closed = Affairs(tasks=tasks[:1], ranks=ranks, closed=frozenset({"p3"}))
    assert Hole(TASK, "t", new=True) in rehearsed(FULL, closed, leave("p0")).holes


def test_nobody_judges_in_the_place_of_somebody_who_may_not():
    approval = task({"post:head-a"}, None, Action.APPROVE, Involvement("p0"))
    for one, holes in (
        (approval, [Hole(TASK, "t", new=False)]),
        (replace(approval, action=None), []),
    ):
        affairs = Affairs(tasks=(one,), delegations={"d": named("p0", "p4")})
        assert about(TASK, rehearsed(FULL, affairs)) == holes


def test_who_stands_in_for_somebody_who_cannot_log_in_can_do_their_tasks():
    approval = task({"post:head-a"}, None, Action.APPROVE, Involvement("p5"))
    given_ = {"d": named("p0", "p4")}
    closed = Affairs(tasks=(approval,), delegations=given_, closed=frozenset({"p0"}))
    assert about(TASK, rehearsed(FULL, closed)) == []


def test_a_claim_of_somebody_who_cannot_log_in_or_is_the_applicant_is_released():
    for affairs in (
        Affairs(tasks=(task({"section:a"}, "p3"),), closed=frozenset({"p3"})),
        Affairs(tasks=(task({"section:a"}, "p3", Action.APPROVE, Involvement("p3")),)),
    ):
        assert about(TASK, rehearsed(FULL, affairs)) == [
            Change(TASK, "t", ("p0",), ("p0",), "released")
        ]


# -- duties


def owed(owner: str, post: str = "", **more: object) -> Affairs:
    return Affairs(duties=(Duty("d", "case", owner, post, **more),))  # type: ignore[arg-type]


def test_a_duty_stays_with_a_person_who_moves_and_is_lost_with_one_who_leaves():
    affairs = owed("user:p0", "head-a")
    moved = rehearsed(FULL, affairs, main("p0", "head-b"), main("p3", "head-a", 4))
    assert about(DUTY, moved) == [Change(DUTY, "d", ("p0",), ("p0",), "stays")]
    left = rehearsed(FULL, affairs, leave("p0"))
    assert about(DUTY, left) == [Change(DUTY, "d", ("p0",), ()), Hole(DUTY, "d", new=True)]
    assert about(DUTY, rehearsed(FULL, affairs, main("p1", "head-c"))) == []
    assert about(DUTY, rehearsed(FULL, owed("user:p0"), main("p0", "head-b"))) == []
    never = rehearsed(FULL, owed("user:p0", "head-c"), main("p0", "head-b"))
    assert about(DUTY, never) == []


def test_a_condition_of_a_section_is_owed_by_whoever_is_in_it():
    found = rehearsed(FULL, owed("section:a"), main("p3", "staff-b"))
    assert about(DUTY, found) == [Change(DUTY, "d", ("p0", "p3"), ("p0",))]
    barred = rehearsed(FULL, owed("section:a", barred=frozenset({"p0"})), main("p3", "staff-b"))
    assert about(DUTY, barred) == [Change(DUTY, "d", ("p3",), ()), Hole(DUTY, "d", new=True)]
    old = owed("section:a", barred=frozenset({"p0", "p3"}))
    assert about(DUTY, rehearsed(FULL, old)) == [Hole(DUTY, "d", new=False)]
    of_the_post = rehearsed(FULL, owed("section:a", "head-a"), main("p0", "head-b"))
    assert about(DUTY, of_the_post) == [Change(DUTY, "d", ("p0", "p3"), ("p3",))]


# -- figures


def test_figures_are_entered_by_whoever_is_in_the_section_that_leads_the_case():
    affairs = Affairs(tracked={"a": ("1", "2"), "b": ("3",)})
    found = rehearsed(FULL, affairs, main("p3", "staff-c"))
    assert about(KPI, found) == [Change(KPI, "a", ("p0", "p3"), ("p0",))]
    (change, hole) = about(KPI, rehearsed(FULL, affairs, leave("p0"), leave("p3", 4)))
    assert change == Change(KPI, "a", ("p0", "p3"), ())
    assert hole == Hole(KPI, "a", new=True)
    assert hole.about == ("1", "2")  # type: ignore[union-attr]
    empty = structure(one for one in FULL.holdings if one.post[-1] != "a")
    assert about(KPI, rehearsed(empty, affairs)) == [Hole(KPI, "a", new=False)]


def test_figures_of_a_split_section_go_with_their_cases():
    affairs = Affairs(tracked={"a": ("1", "2", "3")}, cases={"a": ("1", "2", "3")})
    later = replace(affairs, given={"2": "c"})
    gone = ended(FULL, "a", "head-a", "staff-a")
    named = [Succession(kind=Kind.UNIT, old="a", new="b", valid_from=APRIL)]
    found = compared(FULL, gone, affairs, named, later)
    assert about(KPI, found) == [
        Change(KPI, "a", ("p0", "p3"), ("p1", "p4")), Change(KPI, "c", ("p0", "p3"), ("p2", "p5")),
    ]  # fmt: skip
    assert about(UNIT, found) == [Change(UNIT, "a", ("a",), ("b", "c"))]
    assert about(CASE, found) == [Change(CASE, "2", ("a",), ("c",))]


# -- deputies and lists


def deputies(**given_: Delegation) -> Affairs:
    return Affairs(delegations=given_)


def named(giver: str, deputy: str, post: str = "", days: int = 0) -> Delegation:
    until = APRIL + timedelta(days) if days else None
    return Delegation(giver, deputy, post, valid_from=BEGIN, valid_to=until)


def test_a_deputy_s_time_ends_with_the_posts_of_the_giver_or_with_the_deputy():
    affairs = deputies(d=named("p0", "p3"))
    over = Change(DEPUTY, "d", ("p3",), (), "ended")
    for moves in ((main("p0", "head-b"),), (leave("p0"),), (leave("p3"),)):
        found = rehearsed(FULL, affairs, *moves)
        assert about(DEPUTY, found) == [over]
        assert found.ended == ("d",)
    goes_on = rehearsed(FULL, affairs, main("p3", "staff-b"))
    assert about(DEPUTY, goes_on) == [Change(DEPUTY, "d", ("p3",), ("p3",))]
    assert goes_on.ended == ()
    assert about(DEPUTY, rehearsed(FULL, affairs, main("p1", "head-c"))) == []


def test_a_deputy_for_one_post_goes_on_while_the_giver_holds_that_one():
    of = structure([*FULL.holdings, held("p0", "staff-c", concurrent=True)])
    one, other, all_ = (deputies(d=named("p0", "p4", post)) for post in ("staff-c", "head-a", ""))
    move = main("p0", "head-b")
    assert about(DEPUTY, rehearsed(of, one, move)) == []
    over = [Change(DEPUTY, "d", ("p4",), (), "ended")]
    assert about(DEPUTY, rehearsed(of, other, move)) == over
    assert about(DEPUTY, rehearsed(of, all_, move)) == over


def test_a_deputy_whose_time_is_over_or_who_acts_in_no_post_is_not_told():
    affairs = deputies(
        a=replace(named("p0", "p3"), valid_to=APRIL), b=named("p0", "p4", "head-c"),
        c=named("p0", "p5"),
    )  # fmt: skip
    found = rehearsed(FULL, affairs, leave("p0"))
    assert about(DEPUTY, found) == [Change(DEPUTY, "c", ("p5",), (), "ended")]


def listed(**lists: tuple[str, ...]) -> Affairs:
    """Return the lists of substitutes of posts, whose keys are written with an underscore."""
    ranks = [
        Rank(post.replace("_", "-"), place, one, valid_from=BEGIN)
        for post, names in lists.items()
        for place, one in enumerate(names, start=1)
    ]
    return Affairs(ranks=tuple(ranks))


def test_a_list_changes_with_the_people_on_it_and_keeps_its_order():
    affairs = listed(head_a=("staff-b", "staff-a", "head-b"))
    found = rehearsed(FULL, affairs, leave("p3"))
    assert about(LIST, found) == [Change(LIST, "head-a", ("p4", "p3", "p1"), ("p4", "p1"))]
    assert about(LIST, rehearsed(FULL, affairs, leave("p2"))) == []
    assert found.lists == ()


def test_a_list_without_anybody_is_a_hole_if_somebody_was_on_it():
    affairs = listed(head_a=("staff-a",), head_b=("nowhere",))
    assert about(LIST, rehearsed(FULL, affairs, leave("p3"))) == [
        Change(LIST, "head-a", ("p3",), ()), Hole(LIST, "head-a", new=True),
    ]  # fmt: skip
    assert about(LIST, compared(FULL, FULL, NOTHING, later=listed(head_a=("staff-a",)))) == [
        Change(LIST, "head-a", (), ("p3",))
    ]
    emptied = compared(FULL, FULL, listed(head_a=("staff-a",)), later=NOTHING)
    assert about(LIST, emptied) == [
        Change(LIST, "head-a", ("p3",), ()), Hole(LIST, "head-a", new=True),
    ]  # fmt: skip
    without_it = compared(FULL, ended(FULL, "head-a", "staff-a"), affairs)
    assert about(LIST, without_it) == []


def test_the_successor_of_a_post_takes_its_place_on_the_lists():
    affairs = listed(head_b=("staff-a", "staff-c"), head_c=("head-b", "staff-a"), chief=("head-a",))
    gone = ended(FULL, "staff-a")
    assert compared(FULL, gone, affairs).lists == (
        ("head-b", ("staff-c",)),
        ("head-c", ("head-b",)),
    )
    for new, lists in (
        ("staff-b", (("head-b", ("staff-b", "staff-c")), ("head-c", ("head-b", "staff-b")))),
        ("staff-c", (("head-b", ("staff-c",)), ("head-c", ("head-b", "staff-c")))),
        ("head-c", (("head-b", ("head-c", "staff-c")), ("head-c", ("head-b",)))),
    ):
        heir = [Succession(kind=Kind.POST, old="staff-a", new=new, valid_from=APRIL)]
        assert compared(FULL, gone, affairs, heir).lists == lists
    stranger = listed(head_b=("nowhere", "staff-c"))
    assert compared(FULL, gone, stranger).lists == ()


# -- units that end


def test_work_of_a_unit_that_ends_is_one_hole_until_a_successor_is_named():
    of = structure([held("p0", "staff-a"), held("p1", "head-b"), held("p2", "staff-b")])
    gone = Structure(
        {**of.units, "a": (Unit("a", "a課", "dept", valid_from=BEGIN, valid_to=APRIL),)},
        of.posts, (held("p1", "head-b"), held("p2", "staff-b")),
    )  # fmt: skip
    affairs = Affairs(
        tasks=(task({"section:a"}), task({"head:a"}, key="u")), cases={"a": ("case",)},
        tracked={"a": ("case",)},
    )  # fmt: skip
    was = directory(of, affairs)
    (hole,) = rehearse(was, directory(gone, affairs), affairs).new_holes
    assert (hole.id, hole.about) == ("unit:a", ("t", "u", "case"))
    will = directory(gone, affairs)
    assert Proposals(was, will, affairs).of(hole) == ("unit:b",)
    named_ = successions_of([Fill("unit:a", "unit:b")], APRIL)
    will = directory(gone, affairs, named_)
    assert rehearse(was, will, affairs).new_holes == ()
    assert will.holders("section:a") == {"p1", "p2"}
    assert will.holders("head:a") == {"p1"}
    assert will.within("b") == {"a", "b"}
    assert will.post_for("section_head", "a").key == "head-b"
    assert was.holders("section:b") == {"p1", "p2"}


GONE = ended(FULL, "a", "head-a", "staff-a", "b", "head-b", "staff-b")


def test_every_unit_that_ends_is_told_and_is_a_hole_only_where_something_is_left():
    found = compared(FULL, GONE, Affairs(cases={"b": ("1", "2")}))
    assert about(UNIT, found) == [
        Change(UNIT, "a", ("a",), ()), Change(UNIT, "b", ("b",), ()), Hole(UNIT, "b", new=True),
    ]  # fmt: skip
    (hole,) = found.new_holes
    assert hole.about == ("1", "2")
    heirs = [Succession(kind=Kind.UNIT, old=old, new="c", valid_from=APRIL) for old in "ab"]
    then = compared(FULL, GONE, Affairs(cases={"b": ("1", "2")}), heirs)
    assert about(UNIT, then) == [
        Change(UNIT, "a", ("a",), ("c",)), Change(UNIT, "b", ("b",), ("c",)),
    ]  # fmt: skip


def test_what_waits_at_ended_units_belongs_to_them_and_what_waits_elsewhere_too_does_not():
    affairs = Affairs(
        tasks=(
            task({"section:a", "head:b"}),
            task({"section:a", "role:nobody"}, key="u"),
            task({"post:head-a"}, key="v"),
            task({"section:unknown"}, key="w"),
        ),
        duties=(Duty("d", "case", "section:b"), Duty("e", "case", "user:p0")),
        tracked={"a": ("1",)},
    )
    found = compared(FULL, GONE, affairs)
    holes = {one.id: (one.new, one.about) for one in found.holes}
    assert holes == {
        "task:u": (True, ()), "task:v": (True, ()), "task:w": (False, ()), "duty:e": (True, ()),
        "unit:a": (True, ("t", "1")), "unit:b": (True, ("t", "d")),
    }  # fmt: skip


@pytest.mark.parametrize("successor", ["c", "nowhere"])
def test_nobody_in_the_successor_is_a_hole_of_the_task_itself(successor):
    empty = Structure(GONE.units, GONE.posts, ())
    heir = [Succession(kind=Kind.UNIT, old="a", new=successor, valid_from=APRIL)]
    found = compared(FULL, empty, Affairs(tasks=(task({"section:a"}),)), heir)
    ids = {one.id for one in found.holes}
    assert ("task:t" in ids, "unit:a" in ids) == (successor == "c", successor != "c")


def test_a_case_that_is_given_leaves_its_successor_alone_where_none_is_named():
    affairs = Affairs(cases={"a": ("1", "2")})
    found = compared(FULL, GONE, affairs, (), replace(affairs, given={"1": "c"}))
    assert about(UNIT, found)[0] == Change(UNIT, "a", ("a",), ("c",))
