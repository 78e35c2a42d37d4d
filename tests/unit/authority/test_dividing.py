"""The cases of a section that is split: which go where, and who is meant by the old section then."""

from datetime import date

from dxflow.authority.affairs import Affairs, Duty, Task
from dxflow.authority.directory import Directory
from dxflow.authority.dividing import (
    Heirs,
    Split,
    beside_applicants,
    divided,
    given,
    heirs_of,
    stored,
)
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.segregation import Involvement
from dxflow.authority.standing_in import Delegation
from dxflow.authority.succession import Kind, Succession

BEGIN, APRIL = date(2020, 4, 1), date(2027, 4, 1)
SPLIT = Split("old", ("first", "second"))


def directory(*, after: bool, heads: tuple[str, ...] = (), delegations=()) -> Directory:
    """Return the day without or with the split; `heads` lead the second section beside its head."""
    keys = ("first", "second") if after else ("old",)
    units = [Unit(key=key, name=key, kind="section", valid_from=BEGIN) for key in keys]
    posts = [
        Post(key=f"{kind}-{key}", title=key, unit=key, kind=kind, valid_from=BEGIN)
        for key in keys
        for kind in ("section_head", "staff")
    ]
    posts += [Post(key=key, title=key, unit="second", kind="section_head") for key in heads]
    holdings = [Holding(post.key, post.key, valid_from=BEGIN) for post in posts]
    named = [Succession(kind=Kind.UNIT, old="old", new="first", valid_from=APRIL)]
    return Directory(
        units, posts, holdings, APRIL, successions=named if after else (), delegations=delegations
    )


def task(case: str, *groups: str) -> Task:
    return Task(f"t-{case}", case, frozenset(groups), None, None, Involvement("x"), "old")


def test_a_case_nobody_gives_follows_the_first_successor():
    assert given([SPLIT], {"old": ("a", "b")}, {}).cases == {}
    assert given([SPLIT], {"old": ("a", "b")}, {"a": "first"}).cases == {}
    assert given([SPLIT], {}, {"a": "second"}).ended == ("a",)


def test_choices_hold_for_open_cases_and_for_successors_alone():
    cases = {"old": ("a", "b"), "else": ("c",)}
    found = given([SPLIT], cases, {"a": "second", "b": "else", "c": "second", "gone": "first"})
    assert found.cases == {"a": ("old", "second")}
    assert found.chosen == {"a": "second"}
    assert found.astray == {"b": "else"}
    assert found.ended == ("c", "gone")


def test_the_old_section_and_its_head_mean_the_chosen_one_in_a_given_case():
    before, after = directory(after=False), directory(after=True)
    heirs = heirs_of(before, after, "old", "second")
    assert heirs == Heirs({"old": "second"}, {"section_head-old": "section_head-second"})
    seen = heirs.seen(after)
    assert seen.holders("head:old") == {"section_head-second"}
    assert after.holders("head:old") == {"section_head-first"}
    assert seen.holders("section:old") == {"section_head-second", "staff-second"}
    assert seen.holders("post:section_head-old") == {"section_head-second"}
    assert seen.section_of("old").key == "second"
    assert seen.present("post:staff-old") == "post:staff-old"
    assert seen.present("section:old") == "section:second"
    assert seen.present("post:section_head-old") == "post:section_head-second"
    assert seen.present("user:section_head-old") == "user:section_head-old"
    assert stored(heirs.kept()) == heirs


def test_two_heads_or_none_mean_no_post_of_the_old_section():
    before, two = directory(after=False), directory(after=True, heads=("other",))
    assert heirs_of(before, two, "old", "second") == Heirs({"old": "second"})
    assert heirs_of(before, two, "old", "nowhere") == Heirs({"old": "nowhere"})


def test_a_deputy_stands_in_for_the_old_section_in_the_cases_of_the_giver_alone():
    named = [
        Delegation(f"section_head-{key}", f"staff-{key}", valid_from=BEGIN)
        for key in ("first", "second")
    ]
    before, after = directory(after=False), directory(after=True, delegations=named)
    assert after.standing.persons_for("head:old") == {"staff-first"}
    seen = heirs_of(before, after, "old", "second").seen(after)
    assert seen.standing.persons_for("head:old") == {"staff-second"}
    assert set(seen.standing.groups_of("staff-second")) == {
        "post:section_head-second", "post:section_head-old", "head:second", "head:old",
    }  # fmt: skip
    assert set(seen.standing.groups_of("staff-first")) == {
        "post:section_head-first", "head:first",
    }  # fmt: skip


def test_what_was_asked_of_the_day_before_changes_nothing_in_a_given_case():
    before, after = directory(after=False), directory(after=True)
    assert after.holders("head:old") == {"section_head-first"}
    seen = heirs_of(before, after, "old", "second").seen(after)
    assert seen.holders("head:old") == {"section_head-second"}


def test_open_work_of_given_cases_moves_and_that_of_others_stays():
    before, after = directory(after=False), directory(after=True)
    affairs = Affairs(
        tasks=(task("a", "head:old", "role:cio"), task("b", "head:old")),
        duties=(Duty("d", "a", "section:old"), Duty("e", "b", "section:old")),
        cases={"old": ("a", "b")},
    )
    found = divided(affairs, before, after, {"a": ("old", "second")})
    assert [one.groups for one in found.tasks] == [
        frozenset({"head:second", "role:cio"}),
        frozenset({"head:old"}),
    ]
    assert [one.unit for one in found.tasks] == ["second", "old"]
    assert [one.owner for one in found.duties] == ["section:second", "section:old"]
    assert found.given == {"a": "second"}
    assert divided(affairs, before, after, {}) is affairs


def test_posts_that_have_a_successor_of_their_own_keep_it_in_a_given_case():
    after = directory(after=True)
    own = Succession(kind=Kind.POST, old="clerk", new="staff-first", valid_from=APRIL)
    who = Directory(
        after.units.values(), after.posts.values(), [Holding("p", "staff-first")], APRIL,
        successions=[own],
    )  # fmt: skip
    seen = Heirs({"old": "second"}).seen(who)
    assert seen.heir_of_post("clerk") == "staff-first"
    assert seen.holders("post:clerk") == {"p"}


def test_a_case_given_once_follows_later_successors():
    heirs = Heirs({"older": "old"}).after(Heirs({"old": "second"}))
    assert heirs.seen(directory(after=True)).heir("older") == "second"
    assert Heirs({"older": "old"}).seen(directory(after=True)).heir("older") == "first"
    assert Heirs({"x": "nowhere"}).seen(directory(after=True)).heir("x") == "x"
    circle = Heirs({"x": "y", "y": "z", "z": "y"}).seen(directory(after=True))
    assert circle.heir("x") == "x"
    both = Heirs({}, {"chief": "head"}).after(Heirs({}, {"clerk": "staff"}))
    assert both.posts == {"chief": "head", "clerk": "staff"}


def test_cases_go_with_applicants_who_work_in_one_successor():
    cases = {"a": "staff-second", "b": "staff-first", "c": "nobody"}
    assert beside_applicants(SPLIT, cases, directory(after=True)) == {"a": "second", "b": "first"}
