"""Who stands in for whom: substitutes while an officer is away, deputies whom a person names."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.decision import may_decide
from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.standing_in import (
    PASSED_OVER,
    PERSONAL,
    Absence,
    Delegation,
    Rank,
    StandIn,
    Way,
    check_span,
    may_stand_in,
    way_label,
)
from tests.unit.authority.city import DAY, GRANTS, HOLDINGS, POSTS, UNITS

STRANGERS = Involvement("p-staff2")
LIST = (Rank(post="kaigo-head", place=1, substitute="kaigo-staff"),)
DEPUTIES = (Delegation(giver="p-kikaku", deputy="p-keiei"),)


def city(absent=(), delegations=(), ranks=(), day=DAY) -> Directory:
    away = [
        Absence(person=person, valid_from=DAY, valid_to=DAY + timedelta(5)) for person in absent
    ]
    return Directory(
        UNITS, POSTS, HOLDINGS, day, GRANTS, absences=away, delegations=delegations, ranks=ranks
    )


def test_the_first_on_the_list_who_is_there_substitutes():
    ranks = (
        Rank(post="kikaku-head", place=2, substitute="joho-head"),
        Rank(post="kikaku-head", place=1, substitute="fukushi-head"),
    )
    assert city(ranks=ranks).standing.of("p-fukushi") == ()
    (one,) = city({"p-kikaku"}, ranks=ranks).standing.of("p-fukushi")
    assert (one.way, one.post, one.absent) == (Way.SUBSTITUTE, "kikaku-head", "p-kikaku")
    both = city({"p-kikaku", "p-fukushi"}, ranks=ranks).standing
    assert both.of("p-fukushi") == ()
    assert [two.post for two in both.of("p-keiei")] == ["kikaku-head"]


def test_nobody_substitutes_who_is_not_on_the_list():
    assert not city({"p-kaigo"}).standing.persons_for("head:kaigo")


def test_a_substitute_has_the_post_and_the_unit_it_leads_and_nothing_else():
    standing = city({"p-kaigo"}, ranks=LIST).standing
    assert set(standing.groups_of("p-staff")) == {"post:kaigo-head", "head:kaigo"}
    ranks = (Rank(post="keiei-head", place=1, substitute="keiei-staff"),)
    groups = city({"p-keiei"}, ranks=ranks).standing.groups_of("p-staff2")
    # the secretariat's role stays; what is asked of whoever has it in this section does not
    assert set(groups) == {"post:keiei-head", "head:keiei", "role-in:keiei:secretariat"}


def test_the_days_of_an_absence_count_and_no_others():
    for day, there in ((DAY - timedelta(1), False), (DAY + timedelta(4), True),
                       (DAY + timedelta(5), False)):  # fmt: skip
        found = city({"p-kaigo"}, ranks=LIST, day=day).standing.persons_for("head:kaigo")
        assert bool(found) is there


def test_a_vacant_post_is_kept_by_its_substitute_without_an_absent_person():
    holdings = [one for one in HOLDINGS if one.post != "kaigo-head"]
    who = Directory(UNITS, POSTS, holdings, DAY, GRANTS, ranks=LIST)
    (one,) = who.standing.of("p-staff")
    assert (one.absent, one.way) == ("", Way.SUBSTITUTE)
    assert "欠員" in may_stand_in(one, Action.DECIDE, STRANGERS).reason


def test_a_deputy_acts_while_the_giver_is_there_too():
    groups = city(delegations=DEPUTIES).standing.groups_of("p-keiei")
    assert {one.way for one in groups.values()} == {Way.DEPUTY}
    assert set(groups) == {"post:kikaku-head", "head:kikaku"}


def test_a_deputy_may_be_named_for_one_post_only():
    only = (Delegation(giver="p-keiei", deputy="p-dx", post="joho-head"),)
    groups = {"post:joho-head", "head:joho", "role-in:joho:security"}
    assert set(city(delegations=only).standing.groups_of("p-dx")) == groups


def test_what_somebody_has_as_a_stand_in_is_not_passed_on():
    chain = (*DEPUTIES, Delegation(giver="p-keiei", deputy="p-dx"))
    assert "post:kikaku-head" not in city(delegations=chain).standing.groups_of("p-dx")


def test_nobody_is_their_own_deputy_and_strangers_are_none():
    odd = (
        Delegation(giver="p-kikaku", deputy="p-kikaku"),
        Delegation(giver="p-kikaku", deputy="gone"),
    )
    standing = city(delegations=odd).standing
    assert standing.of("p-kikaku") == standing.of("gone") == ()


@pytest.mark.parametrize("action", sorted(PERSONAL))
def test_a_vote_is_nobody_elses(action):
    (one,) = city(delegations=DEPUTIES).standing.of("p-keiei")
    assert not may_stand_in(one, action, STRANGERS)


def test_who_may_not_judge_cannot_have_it_judged_by_a_deputy():
    (one,) = city(delegations=DEPUTIES).standing.of("p-keiei")
    for involved in (Involvement("p-kikaku"), Involvement("x", frozenset({"p-kikaku"}))):
        assert not may_stand_in(one, Action.APPROVE, involved)
    assert may_stand_in(one, None, Involvement("p-kikaku"))  # drafting for them is another thing
    assert may_stand_in(one, Action.APPROVE, STRANGERS)


def test_a_forbidden_matter_waits_for_the_holder():
    (one,) = city({"p-kaigo"}, ranks=LIST).standing.of("p-staff")
    verdict = may_stand_in(one, Action.DECIDE, STRANGERS, forbidden=True)
    assert not verdict
    assert "介護保険課長" in verdict.reason


def test_deciding_for_a_post_needs_that_post():
    who = city(delegations=DEPUTIES)
    (one,) = who.standing.of("p-keiei")
    assert may_decide("p-keiei", "kikaku-head", "a", (), who, one)
    assert not may_decide("p-keiei", "kikaku-head", "a", (), who)
    assert not may_decide("p-keiei", "fukushi-head", "a", (), who, one)
    assert not may_decide("p-keiei", "kikaku-head", "p-keiei", (), who, one)
    assert not may_decide("p-keiei", "kikaku-head", "p-kikaku", (), who, one)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        (DAY, DAY + timedelta(1), True),
        (DAY - timedelta(1), DAY + timedelta(1), False),
        (DAY, DAY, False),
        (DAY, None, False),
    ],
)
def test_a_time_begins_today_or_later_and_has_an_end(start, end, fits):
    assert (check_span(start, end, DAY) == []) is fits


PERSONS = sorted({one.person for one in HOLDINGS})
KEYS = sorted({one.key for one in POSTS})


@given(
    away=st.sets(st.sampled_from(PERSONS)),
    given_=st.lists(
        st.builds(
            Delegation,
            giver=st.sampled_from(PERSONS),
            deputy=st.sampled_from(PERSONS),
            post=st.sampled_from(["", *KEYS]),
        ),
        max_size=8,
    ),
    ranks=st.lists(
        st.builds(
            Rank,
            post=st.sampled_from(KEYS),
            place=st.integers(1, 3),
            substitute=st.sampled_from(KEYS),
        ),
        max_size=12,
    ),
    day=st.dates(date(2026, 5, 1), date(2027, 6, 1)),
)
def test_whatever_is_entered_nobody_gains_a_role_or_another_persons_name(away, given_, ranks, day):
    who = Directory(
        UNITS, POSTS, HOLDINGS, day, GRANTS,
        absences=[Absence(person=one) for one in away], delegations=given_, ranks=ranks,
    )  # fmt: skip
    for person in PERSONS:
        own = who.groups_of(person)
        for group, one in who.standing.groups_of(person).items():
            assert group.partition(":")[0] in ("post", "head", "role-in")
            assert group not in own
            assert isinstance(one, StandIn)
            assert one.person == person != one.absent
            holders = who.holders(f"post:{one.post}")
            assert one.absent in holders or (not holders and one.absent == "")
            if one.way is Way.SUBSTITUTE:
                assert holders <= away
                assert person not in away


def _stands(way: Way, absent: str = "p-kikaku") -> StandIn:
    return StandIn("p-keiei", way, "kikaku-head", "企画部長", absent, frozenset())


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (_stands(Way.DEPUTY), "企画部長から代理を任されています。"),
        (_stands(Way.SUBSTITUTE), "企画部長の不在による代決。"),
        (_stands(Way.SUBSTITUTE, ""), "企画部長の欠員による代決。"),
    ],
)
def test_the_record_says_by_what_right_somebody_stands_in(one, reason):
    verdict = may_stand_in(one, Action.DECIDE, STRANGERS)
    assert (verdict.allowed, verdict.reason) == (True, reason)
    assert may_stand_in(one, None, Involvement("p-kikaku"), forbidden=True)


@pytest.mark.parametrize(
    ("way", "word"),
    [("substitute", "代決"), ("deputy", "代理"), (PASSED_OVER, "不在のため後閲")],
)
def test_the_record_has_a_word_for_how_a_place_was_kept(way, word):
    assert way_label(way) == word


@pytest.mark.parametrize(
    ("action", "involved", "forbidden", "said"),
    [
        (Action.VOTE, STRANGERS, False, "表決は本人だけ"),
        (Action.CONCLUDE, STRANGERS, False, "議決の確定は本人だけ"),
        (Action.APPROVE, Involvement("p-kikaku"), False, "企画部長はこの案件の申請または起案"),
        (Action.DECIDE, STRANGERS, True, "代理はできません。企画部長が戻る"),
    ],
)
def test_the_refusal_says_what_is_in_the_way(action, involved, forbidden, said):
    verdict = may_stand_in(_stands(Way.DEPUTY), action, involved, forbidden=forbidden)
    assert not verdict
    assert said in verdict.reason


def test_each_fault_of_a_time_is_told():
    assert check_span(DAY, DAY + timedelta(1), DAY) == []
    (early,) = check_span(DAY - timedelta(1), DAY, DAY)
    assert early.startswith("始まりの日は今日以後")
    (endless,) = check_span(DAY, None, DAY)
    assert endless == "終わりの日を入れてください。"
    (backwards,) = check_span(DAY, DAY, DAY)
    assert backwards.startswith("終わりの日は始まりの日以後")
