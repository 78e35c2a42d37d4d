"""Late work: when somebody above is told, and who."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority import escalation
from dxflow.authority.escalation import EscalateTo, told
from dxflow.calendars.business_days import BusinessCalendar
from tests.unit.authority.city import HOLDINGS, directory

PEOPLE = sorted({holding.person for holding in HOLDINGS})


def test_days_are_business_days_and_none_is_never():
    calendar = BusinessCalendar()
    friday, thursday_after = date(2026, 5, 15), date(2026, 5, 21)
    assert not escalation.is_due(calendar, friday, thursday_after, 5)
    assert escalation.is_due(calendar, friday, date(2026, 5, 22), 5)
    assert not escalation.is_due(calendar, friday, date(2027, 5, 22), 0)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(1, 30), st.integers(0, 60))
def test_once_due_it_stays_due(day, days, more):
    calendar = BusinessCalendar()
    first = calendar.add_business_days(day, days)
    assert escalation.is_due(calendar, day, first, days)
    assert not escalation.is_due(calendar, day, first.fromordinal(first.toordinal() - 1), days)
    assert escalation.is_due(calendar, day, first.fromordinal(first.toordinal() + more), days)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(1, 30))
def test_the_last_day_that_is_told_is_due_and_the_one_after_it_is_not(today, days):
    calendar = BusinessCalendar()
    last = escalation.last_due(calendar, today, days)
    assert last is not None
    assert escalation.is_due(calendar, last, today, days)
    assert not escalation.is_due(calendar, last + timedelta(1), today, days)


@pytest.mark.parametrize("days", [0, -1])
def test_no_day_is_told_where_nobody_is_told(days):
    assert escalation.last_due(BusinessCalendar(), date(2026, 5, 22), days) is None


@pytest.mark.parametrize(
    ("groups", "assignee", "above"),
    [
        ({"section:kaigo"}, None, ("head:kaigo",)),
        ({"head:kaigo"}, None, ("head:fukushi",)),
        ({"section:kaigo"}, "p-kaigo", ("head:fukushi",)),
        ({"role:security"}, None, ("role:secretariat",)),
        ({"post:unknown"}, None, ("role:secretariat",)),
        ({"post:kaigo-head"}, None, ("head:fukushi",)),
        ({"post:kaigo-staff"}, None, ("head:kaigo",)),
        ({"post:mayor"}, None, ("role:secretariat",)),
        ({"head:kikaku"}, None, ("role:secretariat",)),
        ({"section:kaigo", "section:dx"}, None, ("head:kaigo", "head:keiei")),
        ((), "p-mayor", ("role:secretariat",)),
        ((), "p-staff", ("head:kaigo",)),
    ],
)
def test_the_nearest_head_above_is_told(groups, assignee, above):
    assert told(directory(), groups, assignee, EscalateTo.SUPERIOR) == above


def test_the_secretariat_instead_or_as_well():
    who = directory()
    assert told(who, {"head:kaigo"}, None, EscalateTo.SECRETARIAT) == ("role:secretariat",)
    both = told(who, {"head:kaigo"}, None, EscalateTo.BOTH)
    assert both == ("head:fukushi", "role:secretariat")


@given(st.sampled_from(PEOPLE), st.sampled_from(EscalateTo))
def test_somebody_is_always_told_and_never_only_who_has_the_work(person, to):
    who = directory()
    groups = told(who, (), person, to)
    assert groups
    for group in groups:
        if group.startswith("head:"):
            assert who.holders(group) - {person}
