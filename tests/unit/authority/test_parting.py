"""A section that goes on without a part of its work: what it means in a case that went to another."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.directory import Directory
from dxflow.authority.dividing import Heirs, Split, beside_applicants, heirs_of, stored
from dxflow.authority.dividing import given as given_to
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.succession import Kind, Succession, heirs

BEGIN, APRIL = date(2020, 4, 1), date(2027, 4, 1)
GOES_ON = Split("old", ("old", "new"))


def directory(
    *keys: str, named: tuple[tuple[str, str], ...] = (), below: tuple[str, str] = ("", "")
) -> Directory:
    units = [
        Unit(
            key=key,
            name=key,
            kind="section",
            parent="old" if key in below else None,
            valid_from=BEGIN,
        )
        for key in keys
    ]
    posts = [
        Post(key=f"{kind}-{key}", title=key, unit=key, kind=kind, valid_from=BEGIN)
        for key in keys
        for kind in ("section_head", "staff")
    ]
    holdings = [Holding(post.key, post.key, valid_from=BEGIN) for post in posts]
    successions = [
        Succession(kind=Kind.UNIT, old=old, new=new, valid_from=BEGIN) for old, new in named
    ]
    return Directory(units, posts, holdings, APRIL, successions=successions)


def test_cases_stay_unless_they_are_given():
    found = given_to([GOES_ON], {"old": ("a", "b", "c")}, {"a": "new", "b": "old"})
    assert GOES_ON.goes_on
    assert found.cases == {"a": ("old", "new")}
    assert found.chosen == {"a": "new", "b": "old"}


def test_the_section_and_its_head_mean_the_new_one_in_a_given_case_alone():
    who = directory("old", "new")
    seen = heirs_of(who, who, "old", "new").seen(who)
    assert (
        seen.holders("section:old")
        == seen.holders("section:new")
        == {"section_head-new", "staff-new"}
    )
    assert seen.holders("head:old") == {"section_head-new"}
    assert (seen.present("section:old"), seen.heir("old")) == ("section:new", "new")
    assert seen.post_for("section_head", "old").key == "section_head-new"
    assert seen.section_of("old").key == "new"
    assert seen.within("new") == {"new"}
    assert who.holders("section:old") == {"section_head-old", "staff-old"}
    assert who.within("old") == {"old"}


def test_members_of_the_section_mean_nothing_more_in_a_given_case_than_themselves():
    units = [
        Unit(key="around", name="around", kind="department", valid_from=BEGIN),
        Unit(key="old", name="old", kind="section", parent="around", valid_from=BEGIN),
        Unit(key="team", name="team", kind="team", parent="old", valid_from=BEGIN),
        Unit(key="new", name="new", kind="section", parent="around", valid_from=BEGIN),
    ]
    posts = [
        Post(key=f"staff-{one.key}", title=one.key, unit=one.key, kind="staff", valid_from=BEGIN)
        for one in units
    ]
    holdings = [Holding(post.key, post.key, valid_from=BEGIN) for post in posts]
    who = Directory(units, posts, holdings, APRIL)
    seen = Heirs(parted={"old": "new"}).seen(who)
    sections = {
        one: {group for group in seen.groups_of(one) if group.startswith("section:")}
        for one in ("staff-old", "staff-team", "staff-new")
    }
    assert sections == {
        "staff-old": set(), "staff-team": {"section:team"},
        "staff-new": {"section:new", "section:old"},
    }  # fmt: skip
    assert seen.holders("section:around") == {"staff-around"}


def test_posts_of_the_section_go_on_and_are_asked_by_their_name():
    who = directory("old", "new")
    seen = heirs_of(who, who, "old", "new").seen(who)
    assert seen.present("post:section_head-old") == "post:section_head-old"
    assert seen.holders("post:section_head-old") == {"section_head-old"}


def test_sections_that_had_become_the_old_one_follow_it():
    who = directory("old", "new", named=(("older", "old"),))
    seen = Heirs(parted={"old": "new"}).seen(who)
    assert (who.heir("older"), seen.heir("older")) == ("old", "new")
    seen = Heirs({"older": "old", "old": "new"}).seen(directory("new", "x", named=(("old", "x"),)))
    assert seen.heir("older") == "new"


def test_on_a_day_before_the_new_section_the_old_one_is_meant():
    seen = Heirs(parted={"old": "new"}).seen(directory("old", named=(("older", "old"),)))
    assert (seen.heir("old"), seen.heir("older")) == ("old", "old")
    assert seen.holders("head:old") == {"section_head-old"}


def test_what_comes_back_is_where_it_was_and_what_goes_on_is_followed():
    there, back = Heirs(parted={"a": "b"}), Heirs(parted={"b": "a"})
    assert there.after(back).parted == {"b": "a"}
    assert there.after(back).after(there).parted == {"a": "b"}
    assert there.after(Heirs(parted={"b": "c"})).parted == {"a": "c", "b": "c"}
    ended = there.after(Heirs({"b": "c"}))
    assert ended.seen(directory("a", "c", "d", named=(("b", "d"),))).heir("a") == "c"
    assert stored(ended.kept()) == ended
    assert stored({"units": {"x": "y"}, "posts": {}}) == Heirs({"x": "y"})


def test_an_office_within_the_section_counts_before_it():
    who = directory("old", "new", below=("new", ""))
    cases = {"a": "staff-new", "b": "staff-old", "c": "nobody"}
    assert beside_applicants(GOES_ON, cases, who) == {"a": "new", "b": "old"}


_KEYS = st.sampled_from("abcdef")


@given(st.lists(st.tuples(_KEYS, _KEYS), max_size=5), st.frozensets(_KEYS, min_size=1))
def test_a_case_that_is_given_on_and_on_is_where_it_was_given_last(gifts, there):
    where, kept = "a", Heirs()
    for _old, new in gifts:
        if new != where:
            kept = kept.after(Heirs(parted={where: new}))
            where = new
    every = frozenset("abcdef")
    assert heirs((), Kind.UNIT, APRIL, every, parted=kept.parted).get("a", "a") == where
    found = heirs((), Kind.UNIT, APRIL - timedelta(400), there, parted=kept.parted)
    assert set(found.values()) <= there
