"""Authority rows by date: which table counts, what goes up, and who decides by which row."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.dating import Dating, dated, may_date, may_hold
from dxflow.authority.decision import may_decide
from dxflow.authority.directory import Directory
from dxflow.authority.tables import (
    DatedTable,
    higher_than,
    in_force,
    may_rule,
    raised,
    replaced_on,
    ruling_of,
    words_of,
)
from tests.unit.authority.city import CHANGE, DAY, HOLDINGS, POSTS, UNITS, directory

OLD = DatedTable("authority", date(2020, 4, 1))
NEW = DatedTable("authority_9", CHANGE)
SMALL = {"row": "第6号", "post_kind": "section_head", "own_right": True}


def test_the_table_of_the_date_counts_from_its_first_day_to_the_day_before_the_next():
    tables = (NEW, OLD)
    assert in_force(tables, CHANGE - timedelta(1)) is OLD
    assert in_force(tables, CHANGE) is NEW
    assert in_force(tables, date(2020, 3, 31)) is None
    assert replaced_on(tables, OLD) == CHANGE
    assert replaced_on(tables, NEW) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"row": "第1号"},
        {"row": "", "post_kind": "mayor"},
        {"row": "第1号", "post_kind": 3},
        {"row": "第1号", "post_kind": ""},
    ],
)
def test_a_table_that_does_not_say_who_decides_says_nothing(value):
    with pytest.raises(ValueError, match="決裁区分"):
        ruling_of(value, OLD, None)


def test_a_row_names_the_post_with_its_own_right():
    ruling = ruling_of(SMALL, OLD, CHANGE)
    verdict = may_rule(ruling, "kaigo-head", "kaigo", directory())
    assert verdict
    assert "専決" in verdict.reason
    assert "第6号" in verdict.reason
    assert not may_rule(ruling, "fukushi-head", "kaigo", directory())


def test_a_row_counts_on_no_day_on_which_its_table_is_replaced():
    ruling = ruling_of(SMALL, OLD, CHANGE)
    verdict = may_rule(ruling, "fukushi-head", "kaigo", directory(CHANGE))
    assert not verdict
    assert "有効ではありません" in verdict.reason


def test_a_row_without_a_right_of_its_own_has_nothing_to_add():
    assert words_of(ruling_of({"row": "第1号", "post_kind": "mayor"}, OLD, None)) == ""


def test_a_row_leads_past_a_post_whose_only_holder_drafted():
    ruling = ruling_of(SMALL, OLD, None)
    assert may_rule(ruling, "fukushi-head", "kaigo", directory(), {"p-kaigo"})
    assert not may_rule(ruling, "kaigo-head", "kaigo", directory(), {"p-kaigo"})


@pytest.mark.parametrize(
    ("kind", "goes_up", "leads"),
    [("section_head", False, True), ("mayor", False, False), ("section_head", True, False)],
)
def test_passing_up_leads_nowhere_from_the_head_and_from_what_went_up(kind, goes_up, leads):
    ruling = raised(ruling_of(SMALL, OLD, None), "mayor", goes_up=goes_up)
    assert higher_than(kind, ruling, "mayor") is leads


def test_a_ruling_tells_its_row_its_table_and_who_hears_of_the_result():
    found = ruling_of(SMALL | {"consult": ["role:finance"]}, OLD, CHANGE)
    assert (found.table, found.told) == ("authority", ("role:finance",))
    assert (found.row.key, found.row.title) == ("第6号", "第6号")
    assert (found.row.valid_from, found.row.valid_to) == (OLD.valid_from, CHANGE)


@pytest.mark.parametrize("given", [["a", "", 3, "b"], ("a", "b")])
def test_words_of_a_row_are_texts_and_nothing_else(given):
    value = SMALL | {"review": given, "agree": "role:finance", "consult": None}
    found = ruling_of(value, OLD, None)
    assert (found.review, found.agree, found.told) == (("a", "b"), ("role:finance",), ())


@pytest.mark.parametrize(
    ("days", "allowed"), [(None, False), (0, False), (1, True), (366, True), (367, False)]
)
def test_a_task_is_laid_aside_from_tomorrow_for_a_year_at_most(days, allowed):
    found = may_hold(None if days is None else DAY + timedelta(days), DAY)
    assert bool(found) is allowed
    assert found.reason == "" or not allowed


def test_the_refusal_of_a_date_names_the_days_that_may_be():
    reason = may_date(DAY + timedelta(9), DAY, Dating(31, 7)).reason
    assert "令和8年5月1日" in reason
    assert "令和8年6月8日" in reason
    assert not may_date(DAY - timedelta(1), DAY, Dating())
    assert may_date(DAY, DAY, Dating()).reason == ""
    last = may_hold(DAY, DAY).reason
    assert "令和9年6月2日" in last


def test_without_a_table_nobody_decides():
    assert not may_rule(None, "mayor", "kaigo", directory())


def test_what_is_grave_goes_to_the_head_whatever_the_table_names():
    ruling = raised(ruling_of(SMALL, OLD, None), "mayor", goes_up=True)
    assert (ruling.own_right, ruling.goes_up) == (False, True)
    assert words_of(ruling).startswith("重要、異例")
    assert raised(ruling_of(SMALL, OLD, None), "mayor", goes_up=False).own_right
    assert may_rule(ruling, "mayor", "kaigo", directory())
    assert not may_rule(ruling, "kaigo-head", "kaigo", directory())


@pytest.mark.parametrize(
    ("days", "allowed", "word"),
    [
        (0, True, ""),
        (-31, True, "遡及"),
        (-32, False, "遡及"),
        (7, True, "先付け"),
        (8, False, "先付け"),
    ],
)
def test_a_decision_is_dated_only_as_far_as_the_pack_allows(days, allowed, word):
    day = DAY + timedelta(days)
    assert bool(may_date(day, DAY, Dating(31, 7))) is allowed
    assert dated(day, DAY) == word


KINDS = ["section_head", "department_head", "deputy_mayor", "mayor"]
PEOPLE = sorted({holding.person for holding in HOLDINGS})


@given(
    person=st.sampled_from(PEOPLE),
    post=st.sampled_from(sorted({one.key for one in POSTS})),
    applicant=st.sampled_from(PEOPLE),
    drafters=st.frozensets(st.sampled_from(PEOPLE), max_size=3),
    old=st.sampled_from(KINDS),
    new=st.sampled_from(KINDS),
    goes_up=st.booleans(),
    day=st.dates(date(2019, 1, 1), date(2028, 1, 1)),
)
def test_nobody_decides_without_a_row_of_the_date_that_their_post_holds(
    person, post, applicant, drafters, old, new, goes_up, day
):
    city = Directory(UNITS, POSTS, HOLDINGS, day)
    rows = {OLD: {"row": "旧", "post_kind": old}, NEW: {"row": "新", "post_kind": new}}
    table = in_force(rows, day)
    ruling = table and raised(
        ruling_of(rows[table], table, replaced_on(rows, table)), "mayor", goes_up=goes_up
    )
    barred = {applicant, *drafters}
    decides = may_decide(person, post, applicant, drafters, city) and may_rule(
        ruling, post, "kaigo", city, barred
    )
    if not decides:
        return
    assert person not in barred
    assert person in city.holders(f"post:{post}")
    assert ruling.row.valid_on(day)
    kind = city.posts[post].kind
    named = "mayor" if goes_up else ruling.row.post_kind
    assert KINDS.index(kind) >= KINDS.index(named)
