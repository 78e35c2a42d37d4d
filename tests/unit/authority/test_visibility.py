from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Holding, Post
from dxflow.authority.visibility import (
    CaseFacts,
    DraftReaders,
    LoggedViews,
    may_see,
    scope_of,
    units_of_drafts,
)
from tests.unit.authority.city import CHANGE, DAY, HOLDINGS, POSTS, UNITS, directory

CASE = CaseFacts("p-staff", "running", "kaigo", frozenset({"joho"}), frozenset({"user:p-staff2"}))
PEOPLE = [*sorted({holding.person for holding in HOLDINGS}), "p-audit", "nobody"]


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("p-staff", True),  # applicant
        ("p-kaigo", True),  # lead section
        ("p-fukushi", True),  # head of the lead section's department
        ("p-keiei", True),  # holds a concurrent post in the related section
        ("p-kikaku", True),  # head of the related section's department
        ("p-staff2", True),  # took part
        ("p-deputy", True),  # CIO
        ("p-mayor", True),
        ("p-audit", True),
        ("p-dx", False),  # another section of the same department
        ("p-kyu", False),
        ("nobody", False),
    ],
)
def test_a_case_handed_in_is_seen_by_those_concerned_only(person, sees):
    assert may_see(scope_of(person, directory()), CASE) is sees


@pytest.mark.parametrize("person", PEOPLE)
def test_a_draft_is_its_owners_alone(person):
    draft = replace(CASE, status="draft")
    assert may_see(scope_of(person, directory()), draft) is (person == "p-staff")


def test_a_group_that_was_asked_sees_the_case():
    case = CaseFacts("p-staff", "running", "kaigo", participants=frozenset({"role:security"}))
    assert may_see(scope_of("p-keiei", directory()), case)
    assert not may_see(scope_of("p-dx", directory()), case)


def test_after_a_transfer_the_old_section_is_closed_and_the_new_one_open():
    elsewhere = CaseFacts("p-staff2", "running", "keiei")
    here = CaseFacts("p-staff2", "running", "kaigo")
    before, after = scope_of("p-dx", directory()), scope_of("p-dx", directory(CHANGE))
    assert (may_see(before, elsewhere), may_see(before, here)) == (True, False)
    assert (may_see(after, elsewhere), may_see(after, here)) == (False, True)


def test_a_member_of_a_section_sees_the_cases_of_its_teams_and_back():
    assert scope_of("p-staff2", directory()).units == {"keiei", "dx"}
    assert scope_of("p-dx", directory()).units == {"keiei", "dx"}
    assert scope_of("p-kikaku", directory()).units == {"kikaku", "keiei", "dx", "joho"}
    assert scope_of("p-audit", directory()).units == frozenset()


def test_whoever_leads_two_departments_sees_both_and_their_staff_the_departments_own_cases():
    holdings = [
        Holding("p-two", "kikaku-head"),
        Holding("p-two", "fukushi-head", concurrent=True),
        Holding("p-clerk", "kikaku-clerk"),
    ]
    posts = [*POSTS, Post("kikaku-clerk", "企画部主事", "kikaku", "staff")]
    city = Directory(UNITS, posts, holdings, DAY)
    assert scope_of("p-two", city).units == {"kikaku", "keiei", "dx", "joho", "fukushi", "kaigo"}
    assert scope_of("p-clerk", city).units == {"kikaku"}


@pytest.mark.parametrize(
    ("rule", "units"),
    [
        (DraftReaders.AUTHOR, set()),
        (DraftReaders.HEAD, {"kaigo"}),
        (DraftReaders.SECTION, {"kaigo", "joho"}),
    ],
)
def test_drafts_are_read_by_nobody_else_or_by_the_head_or_by_the_section(rule, units):
    groups = ["head:kaigo", "section:joho", "post:kaigo-head", "role:secretariat", "user:p-kaigo"]
    assert units_of_drafts(rule, groups) == units


@pytest.mark.parametrize(
    ("rule", "restricted", "others"),
    [
        (LoggedViews.NEVER, False, False),
        (LoggedViews.RESTRICTED, True, False),
        (LoggedViews.ALL, True, True),
    ],
)
def test_the_log_says_who_opened_a_file_where_the_city_wants_it(rule, restricted, others):
    assert rule.asks(restricted=True) is restricted
    assert rule.asks(restricted=False) is others


def test_which_roles_see_everything_is_configuration():
    scope = scope_of("p-audit", directory(), all_seeing_roles=["cio"])
    assert not scope.all


UNIT_KEYS = ["shi", "kikaku", "keiei", "dx", "joho", "fukushi", "kaigo"]


@given(
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.sampled_from(["draft", "running", "completed", "withdrawn"]),
    st.sampled_from(UNIT_KEYS),
    st.frozensets(st.sampled_from(UNIT_KEYS), max_size=2),
)
def test_seeing_never_depends_on_more_than_the_scope_says(person, applicant, status, lead, related):
    scope = scope_of(person, directory())
    case = CaseFacts(applicant, status, lead, related)
    expected = applicant == person or (
        status != "draft" and (scope.all or bool(({lead} | related) & scope.units))
    )
    assert may_see(scope, case) is expected
    # more sections concerned never hide a case
    assert may_see(scope, replace(case, related_units=related | {"kaigo"})) >= expected


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("p-staff", True),  # applicant
        ("p-staff2", True),  # took part
        ("p-audit", True),  # keeps and checks the record
        ("p-kaigo", False),  # only of the lead section
        ("p-fukushi", False),
        ("p-deputy", False),  # CIO
        ("p-mayor", False),
        ("nobody", False),
    ],
)
def test_a_restricted_case_is_seen_by_who_took_part_and_who_keeps_the_record(person, sees):
    assert may_see(scope_of(person, directory()), replace(CASE, restricted=True)) is sees


@given(st.sampled_from(PEOPLE), st.sampled_from(["running", "rejected", "draft"]))
def test_restricting_never_shows_a_case_to_anybody_more(person, status):
    case = replace(CASE, status=status)
    scope = scope_of(person, directory())
    assert may_see(scope, case) or not may_see(scope, replace(case, restricted=True))
