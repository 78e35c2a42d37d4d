from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.decision import (
    AuthorityRow,
    deciding_post,
    may_decide,
    post_kind_label,
    row_names,
)
from dxflow.authority.directory import Directory
from dxflow.authority.standing_in import StandIn, Way
from dxflow.errors import NotAllowed
from tests.unit.authority.city import CHANGE, DAY, HOLDINGS, POSTS, UNITS, directory


@pytest.mark.parametrize(
    ("kind", "unit", "barred", "post", "words"),
    [
        ("section_head", "dx", [], "keiei-head", "経営企画課長が決裁します（令和8年6月1日現在）。"),
        ("department_head", "kaigo", [], "fukushi-head", "福祉部長が決裁します"),
        ("mayor", "kaigo", [], "mayor", "市長が決裁します"),
        (
            "section_head",
            "kaigo",
            ["user:p-kaigo"],
            "fukushi-head",
            "介護保険課長は申請者または起案者であるため、上位の福祉部長が決裁します",
        ),
        ("section_head", "kikaku", [], "kikaku-head", "課長の職が一つに定まらないため"),
        ("section_head", "kaigo", ["p-kaigo", "p-fukushi"], "deputy", "上位の副市長"),
    ],
)
def test_the_deciding_post_is_found_with_its_reason(kind, unit, barred, post, words):
    found = deciding_post(kind, unit, directory(), barred)
    assert found.post.key == post
    assert found.group == f"post:{post}"
    assert found.holders
    assert words in found.explanation


def test_a_vacant_post_leaves_the_decision_to_the_next_higher():
    found = deciding_post("section_head", "kaigo", directory(CHANGE))
    assert found.post.key == "fukushi-head"
    assert "介護保険課長は欠員である" in found.explanation


def test_when_everybody_is_barred_nobody_decides_and_it_says_why():
    found = deciding_post("deputy_mayor", "kaigo", directory(), ["p-deputy", "p-mayor"])
    assert (found.post, found.holders, found.group) == (None, frozenset(), "")
    assert found.explanation.startswith("決裁できる職がありません")
    assert deciding_post("treasurer", "kaigo", directory()).post is None


ROW = AuthorityRow("r3", "100万円未満の改善", "section_head", valid_from=date(2026, 4, 1))


@pytest.mark.parametrize(
    ("row", "post", "barred", "allowed", "words"),
    [
        (ROW, "kaigo-head", [], True, "決裁区分「100万円未満の改善」による"),
        (ROW, "fukushi-head", [], False, "この職は決裁できません"),
        (ROW, "fukushi-head", ["p-kaigo"], True, "上位の福祉部長"),
        (ROW, "keiei-head", [], False, "この職は決裁できません"),
        (
            AuthorityRow("r3", "旧区分", "section_head", valid_to=DAY),
            "kaigo-head",
            [],
            False,
            "令和8年6月1日には有効ではありません",
        ),
    ],
)
def test_an_authority_row_must_be_in_force_and_lead_to_the_post(row, post, barred, allowed, words):
    verdict = row_names(row, post, "kaigo", directory(), barred)
    assert verdict.allowed is allowed
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("person", "post", "applicant", "drafters", "words"),
    [
        ("p-kaigo", "kaigo-head", "p-staff", [], None),
        ("user:p-kaigo", "kaigo-head", "p-staff", ["p-dx"], None),
        ("p-kaigo", "kaigo-head", "user:p-kaigo", [], "申請者"),
        ("p-kaigo", "kaigo-head", "p-staff", ["user:p-kaigo"], "起案者"),
        ("p-fukushi", "kaigo-head", "p-staff", [], "介護保険課長の職にない"),
        ("p-kyu", "kyu-head", "p-staff", [], "ありません"),
        ("p-kaigo", "unknown", "p-staff", [], "ありません"),
    ],
)
def test_only_an_uninvolved_holder_of_the_post_decides(person, post, applicant, drafters, words):
    verdict = may_decide(person, post, applicant, drafters, directory())
    assert verdict.allowed is (words is None)
    assert words is None or words in verdict.reason


def test_a_person_decides_only_within_the_dates_of_the_post():
    assert may_decide("p-kaigo", "kaigo-head", "p-staff", [], directory(CHANGE - timedelta(1)))
    assert not may_decide("p-kaigo", "kaigo-head", "p-staff", [], directory(CHANGE))


def test_a_refusal_can_be_raised_with_its_reason():
    with pytest.raises(NotAllowed, match="申請者"):
        may_decide("p-kaigo", "kaigo-head", "p-kaigo", [], directory()).require()
    may_decide("p-kaigo", "kaigo-head", "p-staff", [], directory()).require()


PEOPLE = sorted({holding.person for holding in HOLDINGS})
POST_KEYS = sorted({post.key for post in POSTS})


@given(
    st.sampled_from(PEOPLE),
    st.sampled_from(POST_KEYS),
    st.sampled_from(PEOPLE),
    st.sets(st.sampled_from(PEOPLE)),
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
)
def test_nobody_ever_decides_their_own_proposal(person, post, applicant, drafters, day):
    city = Directory(UNITS, POSTS, HOLDINGS, day)
    verdict = may_decide(person, post, applicant, drafters, city)
    if person == applicant or person in drafters:
        assert not verdict
    if verdict:
        assert f"post:{post}" in city.groups_of(person)


@given(
    st.sampled_from(["section_head", "department_head", "deputy_mayor", "mayor"]),
    st.sampled_from(["dx", "kaigo", "joho", "kikaku"]),
    st.sets(st.sampled_from(PEOPLE)),
)
def test_whoever_the_deciding_post_names_may_decide(kind, unit, barred):
    city = directory()
    found = deciding_post(kind, unit, city, barred)
    assert found.holders.isdisjoint(barred)
    assert bool(found.post) is bool(found.holders)
    for person in found.holders:
        assert may_decide(person, found.post.key, "p-somebody", barred, city)


def test_whoever_holds_the_post_decides_in_it_and_not_as_a_stand_in_for_another():
    other = StandIn("p-kaigo", Way.DEPUTY, "fukushi-head", "福祉部長", "p-fukushi", frozenset())
    verdict = may_decide("p-kaigo", "kaigo-head", "p-staff", [], directory(), other)
    assert verdict.reason == "介護保険課長として決裁できます。"
    assert may_decide("p-kaigo", "fukushi-head", "p-staff", [], directory(), other).reason == (
        "福祉部長から代理を任されています。"
    )


def test_everybody_who_was_passed_over_is_named_with_the_reason():
    found = deciding_post("section_head", "kaigo", directory(), ["p-kaigo", "p-fukushi"])
    assert found.explanation.startswith(
        "介護保険課長は申請者または起案者である、福祉部長は申請者または起案者であるため、"
    )
    nobody = deciding_post("deputy_mayor", "kaigo", directory(), ["p-deputy", "p-mayor"])
    assert nobody.explanation == (
        "決裁できる職がありません（副市長は申請者または起案者である、"
        "市長は申請者または起案者である）。"
    )


def test_every_kind_of_post_has_a_word_and_an_unknown_one_is_named_as_it_is():
    kinds = ["staff", "member", "team_head", "section_head", "department_head", "deputy_mayor"]
    assert [post_kind_label(one) for one in [*kinds, "mayor", "treasurer"]] == [
        "職員", "委員", "係長", "課長", "部長", "副市長", "市長", "treasurer",
    ]  # fmt: skip
