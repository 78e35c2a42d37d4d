from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Holding, Post, RoleGrant, Unit, unit_kind_label
from tests.unit.authority.city import CHANGE, DAY, GRANTS, HOLDINGS, POSTS, UNITS, directory


@pytest.mark.parametrize(
    ("person", "groups"),
    [
        ("p-mayor", {"user:p-mayor", "post:mayor"}),
        ("p-deputy", {"user:p-deputy", "post:deputy", "role:cio"}),
        (
            "p-kikaku",
            {"user:p-kikaku", "post:kikaku-head", "section:kikaku", "head:kikaku"},
        ),
        (
            "p-keiei",
            {
                "user:p-keiei",
                "post:keiei-head",
                "section:keiei",
                "head:keiei",
                "role:secretariat",
                "role-in:keiei:secretariat",
                "post:joho-head",
                "section:joho",
                "head:joho",
                "role:security",
                "role-in:joho:security",
            },
        ),
        ("p-dx", {"user:p-dx", "post:dx-staff", "section:dx", "section:keiei"}),
        ("p-audit", {"user:p-audit", "role:auditor"}),
        ("p-kyu", {"user:p-kyu"}),
        ("nobody", {"user:nobody"}),
    ],
)
def test_groups_follow_from_posts_and_roles(person, groups):
    assert directory().groups_of(person) == groups
    assert directory().groups_of(f"user:{person}") == groups


def test_groups_change_on_the_day_of_the_transfer_not_before():
    before, after = directory(CHANGE - timedelta(1)), directory(CHANGE)
    assert "section:keiei" in before.groups_of("p-dx")
    assert after.groups_of("p-dx") == {"user:p-dx", "post:kaigo-staff", "section:kaigo"}
    assert "role:committee" not in before.groups_of("p-staff")
    assert "role:committee" in after.groups_of("p-staff")
    assert after.holders("head:kaigo") == frozenset()


@pytest.mark.parametrize(
    ("group", "persons"),
    [
        ("section:kaigo", {"p-kaigo", "p-staff"}),
        ("section:keiei", {"p-keiei", "p-dx", "p-staff2"}),
        ("head:kaigo", {"p-kaigo"}),
        ("post:joho-head", {"p-keiei"}),
        ("role:auditor", {"p-audit"}),
        ("user:p-dx", {"p-dx"}),
        ("user:nobody", set()),
        ("section:kyu", set()),
        ("post:kyu-head", set()),
        ("nonsense", set()),
    ],
)
def test_holders_are_the_people_a_group_means(group, persons):
    assert directory().holders(group) == persons


def test_the_main_post_comes_before_the_concurrent_one():
    assert [p.key for p in directory().posts_of("p-keiei")] == ["keiei-head", "joho-head"]
    assert directory().unit_of("p-keiei").key == "keiei"
    assert directory().unit_of("p-mayor") is None
    assert directory().unit_of("nobody") is None


def test_units_know_what_lies_around_and_within():
    city = directory()
    assert [u.key for u in city.ancestors("dx")] == ["keiei", "kikaku", "shi"]
    assert city.ancestors("unknown") == ()
    assert city.within("kikaku") == {"kikaku", "keiei", "dx", "joho"}
    assert city.within("unknown") == frozenset()
    assert city.section_of("dx").key == "keiei"
    assert city.section_of("kikaku") is None
    assert city.department_of("dx").key == "kikaku"
    assert city.department_of("unknown") is None


BRANCH = [
    Unit("shisho", "支所", parent="shi"),
    Unit("mado", "窓口係", parent="shisho", kind="team"),
    Unit("kansa", "監査事務局", parent="shi", kind="bureau"),
]


@pytest.mark.parametrize(
    ("person", "near"),
    [
        ("p-staff", {"p-staff", "p-kaigo", "p-fukushi"}),
        ("user:p-staff2", {"p-staff2", "p-keiei", "p-dx", "p-kikaku", "p-beside"}),
        ("p-mado", {"p-mado", "p-shisho"}),
        ("p-kansa", {"p-kansa"}),
        ("p-mayor", {"p-mayor"}),
        ("user:nobody", {"nobody"}),
    ],
)
def test_near_are_those_of_the_department_or_of_the_section_outside_of_one(person, near):
    places = {"p-shisho": "shisho", "p-mado": "mado", "p-kansa": "kansa"}
    posts = [*POSTS, *(Post(place, place, place, "staff") for place in places.values())]
    holdings = [
        *HOLDINGS,
        *(Holding(one, place) for one, place in places.items()),
        Holding("p-beside", "mayor"),
        Holding("p-beside", "keiei-staff", concurrent=True),
    ]
    city = Directory([*UNITS, *BRANCH], posts, holdings, DAY)
    assert city.persons_near(person) == near


@pytest.mark.parametrize(
    ("unit", "barred", "post"),
    [
        ("kaigo", set(), "post:kaigo-head"),
        ("dx", set(), "post:keiei-head"),
        ("kaigo", {"p-kaigo"}, "post:fukushi-head"),
        ("kaigo", {"p-kaigo", "p-fukushi"}, "post:deputy"),
        ("kaigo", {"p-kaigo", "p-fukushi", "p-deputy"}, "post:mayor"),
        ("kaigo", {"p-kaigo", "p-fukushi", "p-deputy", "p-mayor"}, ""),
        ("kikaku", set(), "post:kikaku-head"),
    ],
)
def test_the_superior_is_the_nearest_leading_post_with_somebody_not_barred(unit, barred, post):
    assert directory().superior(unit, frozenset(barred)) == post
    if not barred:
        assert directory().superior(unit) == post


def test_the_superior_of_a_team_is_the_head_of_its_section_unless_its_own_head_was_asked():
    posts = [*POSTS, Post("dx-head", "DX推進係長", "dx", "team_head")]
    city = Directory(UNITS, posts, [*HOLDINGS, Holding("p-team", "dx-head")], DAY)
    assert city.superior("dx") == "post:keiei-head"
    assert city.superior("dx", of=["post:dx-head"]) == "post:dx-head"
    assert city.superior("dx", frozenset({"p-team"}), ["head:dx"]) == "post:keiei-head"


def test_every_kind_of_unit_has_a_word_and_an_unknown_one_is_named_as_it_is():
    kinds = ["city", "department", "section", "office", "team", "committee", "bureau"]
    assert [unit_kind_label(kind) for kind in kinds] == [
        "市全体", "部", "課", "室", "係", "委員会", "bureau",
    ]  # fmt: skip


def test_a_renamed_unit_keeps_its_key_and_bears_the_name_of_the_day():
    assert directory(DAY).units["joho"].name == "情報政策課"
    assert directory(CHANGE).units["joho"].name == "デジタル推進課"


@pytest.mark.parametrize(
    ("kind", "unit", "post"),
    [
        ("section_head", "dx", "keiei-head"),
        ("section_head", "kaigo", "kaigo-head"),
        ("department_head", "dx", "kikaku-head"),
        ("department_head", "kaigo", "fukushi-head"),
        ("mayor", "dx", "mayor"),
        ("deputy_mayor", "kaigo", "deputy"),
        ("section_head", "kikaku", None),
        ("section_head", "unknown", None),
        ("treasurer", "kaigo", None),
        ("staff", "kikaku", None),  # two in the city, none around: not settled
    ],
)
def test_the_nearest_post_of_a_kind_is_found_up_the_tree(kind, unit, post):
    found = directory().post_for(kind, unit)
    assert (found.key if found else None) == post


@pytest.mark.parametrize(
    ("unit", "of", "barred", "superior"),
    [
        ("dx", [], [], "post:keiei-head"),
        ("dx", ["user:p-gone"], ["p-keiei"], "post:kikaku-head"),
        ("dx", ["head:keiei"], ["p-keiei"], "post:kikaku-head"),
        ("dx", ["post:kikaku-head"], ["p-kikaku"], "post:deputy"),
        ("kaigo", ["post:deputy"], ["p-deputy"], "post:mayor"),
        ("kaigo", ["role:cio"], ["p-deputy"], "post:mayor"),
        ("kaigo", ["post:kaigo-head", "post:mayor"], ["p-mayor"], ""),
    ],
)
def test_a_superior_is_nobody_below_those_who_were_asked(unit, of, barred, superior):
    assert directory().superior(unit, frozenset(barred), of=of) == superior


@pytest.mark.parametrize(
    ("of", "barred", "superior"),
    [
        (["head:keiei"], ["p-keiei"], "post:kikaku-head"),
        (["post:keiei-head"], ["p-keiei"], "post:kikaku-head"),
        (["role:security"], ["p-keiei"], "post:kikaku-head"),
        (["post:keiei-head"], ["p-keiei", "p-kikaku"], "post:deputy"),
        (["section:dx"], ["p-dx"], "post:keiei-head"),
        (["section:keiei"], ["p-keiei", "p-dx", "p-staff2"], "post:kikaku-head"),
        (["post:keiei-staff"], ["p-staff2"], "post:keiei-head"),
        (["user:p-dx"], ["p-dx"], "post:keiei-head"),
        (["role:finance"], [], "post:kaigo-head"),  # nobody has it: the section of the case
    ],
)
def test_a_superior_is_above_those_who_were_asked_wherever_the_case_comes_from(
    of, barred, superior
):
    assert directory().superior("kaigo", frozenset(barred), of=of) == superior


def test_a_post_that_is_the_only_one_of_its_kind_is_found_anywhere():
    posts = [*POSTS, Post("treasurer", "会計管理者", "kaigo", "treasurer")]
    city = Directory(UNITS, posts, HOLDINGS, DAY)
    assert city.post_for("treasurer", "dx").key == "treasurer"


def test_of_two_posts_the_one_that_is_held_counts():
    posts = [*POSTS, Post("keiei-head2", "経営企画課長", "keiei", "section_head")]
    assert Directory(UNITS, posts, HOLDINGS, DAY).post_for("section_head", "dx").key == "keiei-head"
    both = [*HOLDINGS, Holding("p-x", "keiei-head2")]
    assert Directory(UNITS, posts, both, DAY).post_for("section_head", "dx") is None


def test_two_units_of_one_key_on_one_day_are_refused():
    with pytest.raises(ValueError, match="二つ有効"):
        Directory([*UNITS, Unit("keiei", "経営企画室")], POSTS, HOLDINGS, DAY)


def test_units_that_contain_each_other_are_refused():
    units = [Unit("a", "甲", parent="b"), Unit("b", "乙", parent="a")]
    with pytest.raises(ValueError, match="元に戻ります"):
        Directory(units, [], [], DAY)
    with pytest.raises(ValueError, match="「below」の上位をたどると元に戻ります"):
        Directory([Unit("below", "丙", parent="a"), *units], [], [], DAY)


def test_a_span_must_end_after_it_begins():
    with pytest.raises(ValueError, match="有効期間"):
        Holding("p", "mayor", valid_from=DAY, valid_to=DAY)


DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@st.composite
def holdings(draw):
    start = draw(DAYS)
    end = draw(st.none() | st.integers(1, 400).map(lambda n: start + timedelta(n)))
    return Holding(
        draw(st.sampled_from(["a", "b", "c"])),
        draw(st.sampled_from([post.key for post in POSTS])),
        draw(st.booleans()),
        valid_from=start,
        valid_to=end,
    )


@given(st.lists(holdings(), max_size=6), DAYS)
def test_groups_and_holders_always_agree(held, day):
    city = Directory(UNITS, POSTS, held, day)
    for person in city.persons:
        for group in city.groups_of(person):
            assert person in city.holders(group)
    for post in POSTS:
        for person in city.holders(f"post:{post.key}"):
            assert f"post:{post.key}" in city.groups_of(person)


@given(holdings(), DAYS)
def test_a_post_gives_groups_only_within_its_dates(holding, day):
    city = Directory(UNITS, POSTS, [holding], day)
    in_force = holding.valid_from <= day and (holding.valid_to is None or day < holding.valid_to)
    if not in_force:
        assert city.groups_of(holding.person) == {f"user:{holding.person}"}
    elif holding.post != "kyu-head":
        assert f"post:{holding.post}" in city.groups_of(holding.person)


@given(st.lists(holdings(), max_size=5), DAYS)
def test_nobody_gains_a_group_by_losing_a_post(held, day):
    full = Directory(UNITS, POSTS, held, day)
    less = Directory(UNITS, POSTS, held[1:], day)
    for person in full.persons:
        gained = less.groups_of(person) - full.groups_of(person)
        # but what nobody is left to do within a section falls to whoever leads it
        assert not any(map(less.is_held, gained))


def test_role_grants_end_like_posts_do():
    ended = [replace(GRANTS[0], valid_to=DAY), RoleGrant("user:p-kyu", "finance")]
    city = Directory(UNITS, POSTS, HOLDINGS, DAY, ended)
    assert city.groups_of("p-audit") == {"user:p-audit"}
    assert city.groups_of("p-kyu") == {"user:p-kyu", "role:finance"}
