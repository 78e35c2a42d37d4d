"""Rules of transfers: what orders do to holdings, what is left without anybody, who succeeds whom."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority import timelines
from dxflow.authority.affairs import Able, Affairs, Body, Duty, Round, Task
from dxflow.authority.directory import Directory
from dxflow.authority.filling import Fill, filled, fits, moves_of, ranked, successions_of
from dxflow.authority.moves import Move, MoveKind, TroubleKind, moved
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.proposals import Proposals
from dxflow.authority.rehearsal import Matter, Rehearsal, rehearse
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.standing_in import Delegation, Rank
from dxflow.authority.structure import Structure
from dxflow.authority.succession import Kind, Succession, heirs

BEGIN, APRIL = date(2020, 4, 1), date(2027, 4, 1)
UNITS = ("dept", "a", "b", "c")
POSTS = ("head-a", "head-b", "head-c", "staff-a", "staff-b", "staff-c", "chief")
PEOPLE = tuple(f"p{number}" for number in range(8))
NOBODY = Involvement("nobody")
NOTHING = Affairs()


def structure(holdings=()) -> Structure:
    units = {"dept": (Unit("dept", "部", None, "department", valid_from=BEGIN),)}
    posts = {"chief": (Post("chief", "部長", "dept", "department_head", valid_from=BEGIN),)}
    for key in "abc":
        units[key] = (Unit(key, f"{key}課", "dept", valid_from=BEGIN),)
        posts[f"head-{key}"] = (Post(f"head-{key}", "課長", key, "section_head", valid_from=BEGIN),)
        posts[f"staff-{key}"] = (Post(f"staff-{key}", "主事", key, "staff", valid_from=BEGIN),)
    return Structure(units, posts, tuple(holdings))


def directory(of: Structure, affairs: Affairs = NOTHING, named=()) -> Directory:
    return Directory(
        [row for rows in of.units.values() for row in rows],
        [row for rows in of.posts.values() for row in rows],
        of.holdings, APRIL,
        delegations=affairs.delegations.values(), ranks=affairs.ranks, successions=named,
    )  # fmt: skip


def held(person: str, post: str, *, concurrent: bool = False) -> Holding:
    return Holding(person, post, concurrent, valid_from=BEGIN)


def after(of: Structure, *moves: Move) -> Structure:
    done = moved(of, moves, APRIL)
    assert done.troubles == ()
    return Structure(of.units, of.posts, done.holdings)


def main(person: str, post: str, line: int = 2) -> Move:
    return Move(person, MoveKind.MAIN, post, line)


def leave(person: str, line: int = 3) -> Move:
    return Move(person, MoveKind.LEAVE, line=line)


def rehearsed(of: Structure, affairs: Affairs, *moves: Move, named=()) -> Rehearsal:
    return rehearse(
        directory(of, affairs), directory(after(of, *moves), affairs, named), affairs
    )  # fmt: skip


def task(groups, assignee=None, action=None, involved=NOBODY, key="t") -> Task:
    return Task(key, "case", frozenset(groups), assignee, action, involved, "a")


def test_a_move_ends_the_main_post_and_leaves_those_beside_it():
    of = structure([held("p0", "head-a"), held("p0", "chief", concurrent=True)])
    rows = moved(of, [main("p0", "head-b")], APRIL).holdings
    assert {(row.post, row.valid_from, row.valid_to) for row in rows} == {
        ("head-a", BEGIN, APRIL), ("chief", BEGIN, None), ("head-b", APRIL, None),
    }  # fmt: skip


def test_a_move_to_the_post_held_already_changes_nothing():
    of = structure([held("p0", "head-a")])
    assert moved(of, [main("p0", "head-a")], APRIL).holdings == of.holdings


def test_orders_that_cannot_be_are_named():
    coming = Holding("p1", "head-b", valid_from=APRIL + timedelta(30))
    of = structure([held("p0", "head-a"), held("p1", "staff-b"), coming])
    for moves, kind in (
        ((main("p0", "head-b"), main("p0", "head-c", 3)), TroubleKind.TWICE),
        ((main("p0", "nowhere"),), TroubleKind.NOT_THERE),
        ((Move("p0", MoveKind.RELEASE, "chief", 2),), TroubleKind.NOT_HELD),
        ((Move("p0", MoveKind.RELEASE, "head-a", 2),), TroubleKind.NO_POST),
        ((main("p1", "head-c"),), TroubleKind.PLANNED),
        ((leave("p5"),), TroubleKind.NOT_HELD),
    ):
        assert [one.kind for one in moved(of, moves, APRIL).troubles] == [kind]


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


def test_a_committee_without_enough_members_or_a_chair_is_a_hole():
    of = structure([held("p0", "head-a"), held("p1", "head-b"), held("p2", "chief")])
    roles = {"head-a": {"member"}, "head-b": {"member"}, "chief": {"member", "chair"}}
    posts = {
        key: tuple(Post(row.key, row.title, row.unit, row.kind, frozenset(roles.get(key, ())),
                        valid_from=BEGIN) for row in rows)
        for key, rows in of.posts.items()
    }  # fmt: skip
    of = Structure(of.units, posts, of.holdings)
    body = Body("dx", "member", ("chair",), lambda _members: 2)
    affairs = Affairs(bodies=(body,), rounds=(Round("case", ("head-a", "head-b"), 2),))
    found = {one.id: one.about for one in rehearsed(of, affairs, leave("p0"), leave("p1", 4)).holes}
    assert found["body:dx"] == ("head-a", "head-b")
    assert found["round:case"] == ("head-a", "head-b")
    alone = {one.id for one in rehearsed(of, affairs, leave("p2")).holes}
    assert "body:dx" in alone
    assert "round:case" not in alone
    assert rehearsed(of, affairs).holes == rehearsed(of, affairs, main("p0", "head-a")).holes


def test_deputies_of_people_who_move_end_and_a_list_without_anybody_is_a_hole():
    of = structure([held("p0", "head-a"), held("p1", "staff-a"), held("p2", "staff-b")])
    given_ = Delegation("p0", "p1", valid_from=BEGIN)
    ranks = (Rank("head-a", 1, "staff-a", valid_from=BEGIN),)
    affairs = Affairs(delegations={"d": given_}, ranks=ranks)
    found = rehearsed(of, affairs, main("p0", "head-b"), leave("p1"))
    assert found.ended == ("d",)
    assert {"list:head-a", "post:head-a", "post:staff-a"} <= {one.id for one in found.holes}
    kept = rehearsed(of, affairs, main("p1", "staff-b"))
    assert kept.ended == ()
    assert ("deputy", "d") in {(one.matter, one.key) for one in kept.changes}
    assert ranked(ranks, {"head-a": ("chief",)}, APRIL)[0].substitute == "chief"


def test_work_of_a_unit_that_ends_is_one_hole_until_a_successor_is_named():
    of = structure([held("p0", "staff-a"), held("p1", "head-b"), held("p2", "staff-b")])
    ended = Structure(
        {**of.units, "a": (Unit("a", "a課", "dept", valid_from=BEGIN, valid_to=APRIL),)},
        of.posts, (held("p1", "head-b"), held("p2", "staff-b")),
    )  # fmt: skip
    affairs = Affairs(
        tasks=(task({"section:a"}), task({"head:a"}, key="u")), cases={"a": ("case",)},
        tracked={"a": ("case",)},
    )  # fmt: skip
    was = directory(of, affairs)
    (hole,) = rehearse(was, directory(ended, affairs), affairs).new_holes
    assert (hole.id, hole.about) == ("unit:a", ("t", "u", "case"))
    will = directory(ended, affairs)
    assert Proposals(was, will, affairs).of(hole) == ("unit:b",)
    named = successions_of([Fill("unit:a", "unit:b")], APRIL)
    will = directory(ended, affairs, named)
    assert rehearse(was, will, affairs).new_holes == ()
    assert will.holders("section:a") == {"p1", "p2"}
    assert will.holders("head:a") == {"p1"}
    assert will.within("b") == {"a", "b"}
    assert will.post_for("section_head", "a").key == "head-b"
    assert was.holders("section:b") == {"p1", "p2"}


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
