"""A role within one section: who has its work, who has it while nobody holds the role."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dxflow.authority.directory import Directory
from dxflow.authority.dividing import Heirs
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.roles_within import group_of, unit_and_role
from dxflow.authority.standing_in import Absence, Rank
from dxflow.authority.succession import Kind, Succession
from tests.unit.authority.city import CHANGE, DAY, HOLDINGS, POSTS, UNITS

LEADER = frozenset({"leader"})
#: 経営企画課 has its leader in a team, 情報政策課 a vacant post, 介護保険課 none before April.
LEADERS = [
    Post("dx-leader", "DX推進係 推進リーダー", "dx", "staff", LEADER),
    Post("joho-leader", "情報政策課 推進リーダー", "joho", "staff", LEADER),
    Post("kaigo-leader", "介護保険課 推進リーダー", "kaigo", "staff", LEADER, valid_from=CHANGE),
]
HELD = [Holding("p-leader", "dx-leader"), Holding("p-next", "kaigo-leader", valid_from=CHANGE)]
KEIEI, JOHO, KAIGO = (group_of("leader", unit) for unit in ("keiei", "joho", "kaigo"))


def city(day=DAY, units=(), held=(), without="", **more) -> Directory:
    holdings = [one for one in (*HOLDINGS, *HELD, *held) if one.person != without]
    return Directory([*UNITS, *units], [*POSTS, *LEADERS], holdings, day, **more)


def test_the_group_names_unit_and_role_whatever_the_role_is_called():
    assert unit_and_role(group_of("推進:員", "keiei")) == ("keiei", "推進:員")
    assert unit_and_role("role:leader") is None


def test_it_means_those_of_the_section_who_hold_the_role_and_no_colleague():
    who = city()
    assert who.holders(KEIEI) == {"p-leader"}
    assert who.holders(group_of("leader", "dx")) == {"p-leader"}
    assert who.holders("section:keiei") > {"p-leader"}
    assert who.is_held(KEIEI)


def test_while_nobody_holds_it_the_head_has_it_and_the_nearest_above_without_a_head():
    who = city()
    # the head of 経営企画課 leads 情報政策課 as well
    assert (who.is_held(JOHO), who.holders(JOHO)) == (False, {"p-keiei"})
    assert who.roles_within.instead("joho") == "joho"
    without = city(without="p-keiei")
    assert without.holders(JOHO) == {"p-kikaku"}
    assert without.roles_within.instead("joho") == "kikaku"


def test_whoever_comes_has_it_from_that_day_and_the_head_no_more():
    eve, day = city(CHANGE - timedelta(1)), city(CHANGE, held=[Holding("p-new", "kaigo-head")])
    assert (eve.is_held(KAIGO), eve.holders(KAIGO)) == (False, {"p-kaigo"})
    assert (day.is_held(KAIGO), day.holders(KAIGO)) == (True, {"p-next"})


def test_a_role_that_no_post_of_the_section_ever_had_means_nobody_by_itself():
    who = city()
    assert who.holders(group_of("leader", "fukushi")) == frozenset()
    assert who.holders(group_of("master", "keiei")) == frozenset()
    assert not who.is_held(group_of("master", "keiei"))


@pytest.mark.parametrize("group", ["role:secretariat", "head:keiei", "section:kaigo"])
def test_other_groups_are_held_by_whom_they_mean(group):
    assert city().is_held(group)
    assert not city().is_held("head:kyu")


def test_the_work_of_a_merged_section_is_its_successors():
    named = [Succession(kind=Kind.UNIT, old="kyu", new="keiei")]
    who = city(successions=named)
    old = group_of("leader", "kyu")
    assert who.present(old) == KEIEI
    assert who.holders(old) == {"p-leader"}
    assert who.is_held(old)
    vacant = city(successions=named, without="p-leader")
    assert (vacant.holders(old), vacant.is_held(old)) == ({"p-keiei"}, False)


def test_a_leader_who_goes_down_with_the_section_leaves_it_to_the_head_of_the_successor():
    gone = replace(LEADERS[0], key="kyu-leader", unit="kyu")
    who = Directory(
        UNITS, [*POSTS, gone], [*HOLDINGS, Holding("p-leader", "kyu-leader")], DAY,
        successions=[Succession(kind=Kind.UNIT, old="kyu", new="kaigo")],
    )  # fmt: skip
    assert who.holders(group_of("leader", "kyu")) == {"p-kaigo"}


def test_in_a_case_that_was_given_away_it_is_the_other_sections():
    who = Heirs(parted={"keiei": "joho"}).seen(city(held=[Holding("p-joho", "joho-leader")]))
    assert who.present(KEIEI) == JOHO
    assert who.holders(KEIEI) == {"p-joho"}
    vacant = Heirs(parted={"keiei": "kaigo"}).seen(city(CHANGE, without="p-next"))
    assert vacant.holders(KEIEI) == {"p-fukushi"}  # 介護保険課 has no head that day either
    assert vacant.present(KEIEI) == KAIGO


def test_whoever_stands_in_for_the_leader_has_it_and_no_power_of_the_role():
    ranks = [Rank("dx-leader", 1, "keiei-staff")]
    who = city(absences=[Absence("p-leader", valid_from=DAY)], ranks=ranks)
    groups = who.standing.groups_of("p-staff2")
    assert KEIEI in groups
    assert not [group for group in groups if group.startswith("role:")]


def test_a_superior_is_looked_for_from_the_section_of_the_role():
    assert city().superior("kaigo", of=[KEIEI]) == "post:keiei-head"
    assert city().superior("kaigo", of=[group_of("master", "joho")]) == "post:joho-head"
    assert city().superior("kaigo", frozenset({"p-keiei"}), of=[JOHO]) == "post:kikaku-head"


def test_a_section_within_a_section_has_its_own():
    inner = Unit("inner", "分室", parent="keiei")
    post = Post("inner-leader", "分室 推進リーダー", "inner", "staff", LEADER)
    who = Directory(
        [*UNITS, inner], [*POSTS, post], [*HOLDINGS, Holding("p-inner", "inner-leader")], DAY
    )
    assert who.holders(group_of("leader", "inner")) == {"p-inner"}
    assert not who.is_held(KEIEI)
