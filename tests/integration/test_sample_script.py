"""How the sample is read, and when its people get to something."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import TOKYO
from dxflow.config import root
from dxflow.services.sample import office, script
from dxflow.services.sample.beginning import first_moment

CALENDAR = BusinessCalendar()
PLANS = script.read("standard").plans
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 8 * 365 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))


@settings(deadline=None)  # the first case computes the holidays of its year
@given(MOMENTS, st.floats(0, 60), st.integers(0, 400))
def test_people_get_to_something_in_working_hours_and_never_earlier(
    moment: datetime, days: float, minutes: int
) -> None:
    later = office.after(CALENDAR, moment, days, minutes)
    local = later.astimezone(TOKYO)
    assert CALENDAR.is_business_day(local.date())
    assert 9 <= local.hour < 17
    assert later >= moment


def test_half_a_day_after_three_in_the_afternoon_is_the_next_morning() -> None:
    friday = office.at(date(2026, 11, 20), 6 * 60)
    assert office.after(CALENDAR, friday, 0.5) == office.at(date(2026, 11, 24), 2 * 60)


@settings(deadline=None)
@given(st.dates(date(2025, 1, 1), date(2031, 12, 31)))
def test_every_case_begins_on_a_business_day_before_today_whatever_the_day(day: date) -> None:
    end = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    for plan in PLANS:
        begin = first_moment(plan, end, CALENDAR).astimezone(TOKYO)
        assert CALENDAR.is_business_day(begin.date())
        assert date(2020, 4, 1) <= begin.date() < day


def test_days_become_dates_from_the_beginning_of_the_case() -> None:
    value = {"rows": [{"due": {"$days": 30}}], "n": 3}
    assert script.dated(value, date(2026, 11, 1)) == {"rows": [{"due": "2026-12-01"}], "n": 3}
    assert script.days_of(value) == [30]


@pytest.mark.parametrize("damage", ["{", "[]", '{"units": []}'])
def test_a_sample_that_cannot_be_read_is_refused_with_its_file(damage: str, tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text(damage)
    with pytest.raises(script.SampleBroken, match=r"sample\.json"):
        script.read(str(tmp_path))


def test_a_plan_without_a_beginning_is_refused_by_its_key(tmp_path: Path) -> None:
    raw = json.loads((root() / "processes" / "standard" / "sample.json").read_text())
    del raw["cases"][3]["plan"]["begins"]
    (tmp_path / "sample.json").write_text(json.dumps(raw))
    with pytest.raises(script.SampleBroken, match=raw["cases"][3]["key"]):
        script.read(str(tmp_path))


def test_the_linked_case_enters_what_its_plan_changes() -> None:
    plan = next(one for one in PLANS if one.linked)
    assert plan.linked is not None
    assert plan.linked.forms["triage"]["lead"] == "tax"
    assert plan.linked.forms["project_sheet"]["tools"] == plan.forms["project_sheet"]["tools"]
