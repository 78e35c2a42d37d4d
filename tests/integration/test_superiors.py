"""Who steps in for a head who may not judge: the post above that head, not above the applicant."""

import pytest

from dxflow.services.operations import unattended
from dxflow.services.people import appointments
from tests.factories import City
from tests.integration.histories import ANSWERS
from tests.walks import do, task_of, to_sheet


@pytest.fixture
def led_elsewhere(city: City) -> str:
    """A small improvement that somebody in 市民課 proposed and 経営企画課 leads."""
    return to_sheet(city, lead="management", cost=100_000, sections_touched=1, personal_data=False,
                    citizen_effect="some")  # fmt: skip


def written(city: City, case: str, by: str) -> None:
    sheet = ANSWERS["small_sheet"] | {"lead": "management"}
    do(city, case, by, "small_sheet", "submit", **sheet)


def having(city: City, case: str, element: str) -> list[str]:
    return [
        name
        for name in city.person
        if any(t.case_id == case and t.element == element for t in city.open_tasks(name))
    ]


def test_what_the_head_of_the_lead_wrote_is_checked_by_the_post_above_that_head(
    city, led_elsewhere
):
    written(city, led_elsewhere, "mgmt_head")
    assert having(city, led_elsewhere, "sheet_approval") == ["planning_head"]
    do(city, led_elsewhere, "planning_head", "sheet_approval", "approve")
    assert task_of(city, "planning_head", led_elsewhere, "decide")


def test_a_check_that_nobody_can_do_is_proposed_to_the_post_above_the_one_it_waits_for(
    city, led_elsewhere
):
    written(city, led_elsewhere, "secretariat")
    assert having(city, led_elsewhere, "sheet_approval") == ["mgmt_head"]
    appointments.end_post(city.site, city.actor("admin"), "mgmt_head", "head-management")
    (one,) = unattended.unattended(city.site, city.actor("admin")).entries
    assert (one.case_id, one.proposal) == (led_elsewhere, "post:head-planning")
    assert one.advice == "上位の職「企画部長」に渡せます。"
