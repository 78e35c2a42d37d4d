"""How long an ended case is kept, what holds it, and that nobody decides alone."""

from datetime import date

import pytest

from dxflow.authority import retention
from dxflow.authority.retention import RetentionRule, Standing

LAST = date(2032, 3, 31)
FREE = Standing(running=False, kept_until=LAST)


@pytest.mark.parametrize(
    ("ended", "years", "last"),
    [
        (date(2026, 4, 1), 5, LAST),
        (date(2027, 3, 31), 5, LAST),
        (date(2027, 4, 1), 5, date(2033, 3, 31)),
        (date(2026, 12, 28), 1, date(2028, 3, 31)),
        (date(2998, 4, 1), 100, date(3000, 3, 31)),
    ],
)
def test_years_count_from_the_april_after_the_fiscal_year_of_the_end(ended, years, last):
    assert RetentionRule(years).kept_until("completed", ended) == last


def test_a_way_of_ending_may_have_years_of_its_own_or_none():
    rule = RetentionRule(10, {"withdrawn": 1, "completed": None})
    assert rule.kept_until("rejected", date(2026, 5, 1)) == date(2037, 3, 31)
    assert rule.kept_until("withdrawn", date(2026, 5, 1)) == date(2028, 3, 31)
    assert rule.kept_until("completed", date(2026, 5, 1)) is None
    assert RetentionRule(None).kept_until("stopped", date(2026, 5, 1)) is None


def test_a_case_is_due_in_the_fiscal_year_of_its_last_day_and_disposed_of_after_it():
    assert not retention.may_propose_disposal(FREE, date(2031, 3, 31))
    assert retention.may_propose_disposal(FREE, date(2031, 4, 1))
    assert not retention.may_dispose(FREE, LAST)
    assert retention.may_dispose(FREE, date(2032, 4, 1))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Standing(running=True, kept_until=None), "進行中の案件です"),
        (Standing(running=False, kept_until=None), "永年保存"),
        (Standing(running=False, kept_until=None, disposed=True), "もう廃棄"),
        (Standing(running=False, kept_until=LAST, suspended=True), "一時停止"),
        (Standing(running=False, kept_until=LAST, conditions=2), "条件が 2 件"),
        (Standing(running=False, kept_until=LAST, readings=1), "後閲が 1 件"),
        (Standing(running=False, kept_until=LAST, linked=("R8-1", "R8-2")), "R8-1、R8-2"),
    ],
)
def test_what_holds_a_case_is_said(held, said):
    verdict = retention.may_dispose(held, date(2033, 4, 1))
    assert not verdict
    assert said in verdict.reason


def test_nobody_decides_on_their_own_proposal():
    assert not retention.may_decide("a", "a")
    assert retention.may_decide("a", "b")


def test_an_extension_counts_from_the_end_of_the_period():
    assert retention.extended(LAST, 3) == date(2035, 3, 31)
