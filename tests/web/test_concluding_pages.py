"""A conclusion whose chair steps back: the deputy finds it, opens it and does it; the log says why."""

import re

import pytest

from dxflow.services.people import appointments
from tests.factories import City
from tests.integration.test_concluding import look
from tests.walks import task_of, to_committee, vote
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of


@pytest.fixture
def handed_on(sqlite_city: City) -> tuple[str, str]:
    """The proposal's own author became the chair while the conclusion waited: case and task."""
    city = sqlite_city
    case = to_committee(city)
    vote(city, case)
    task = task_of(city, "cio", case, "conclude").id
    by = city.actor("admin")
    appointments.end_post(city.site, by, "cio", "cio")
    appointments.grant_post(city.site, by, "applicant", "cio", concurrent=True)
    look(city)
    return case, task


def test_the_deputy_does_it_on_the_page_and_the_log_says_who_stepped_back(
    sqlite_city, browse, handed_on
):
    case, task = handed_on
    deputy = browse("planning_head")
    assert f"/tasks/{task}" in deputy.get("/").text
    told = text_of(deputy.get("/notices"))
    assert "に代わって" in told
    assert "就いている人がこの案件の申請者か起案者であるため" in told
    assert f"/tasks/{task}" not in browse("applicant").get("/").text
    assert browse("applicant").get(f"/tasks/{task}").status_code == 403
    way = f"/tasks/{task}"
    values = deputy.controls(way) | {"reason": "賛成多数", "_outcome": "approve"}
    assert deputy.post(way, values).status_code == 303
    log = text_of(browse("auditor").get(f"/audit?case={case}"))
    for words in (
        "議長を交代",
        "副市長",
        "企画部長",
        "申請者か起案者であるため",
        "最初の席が議長となる",
    ):
        assert words in log, words


def test_the_deputy_does_it_over_rest(sqlite_city, handed_on):
    case, task = handed_on
    app = application(sqlite_city)
    deputy, former = Caller.of(app, "planning_head"), Caller.of(app, "applicant")
    assert task in [one["id"] for one in deputy.get("/tasks").json["items"]]
    assert former.get("/tasks").json["items"] == []
    said = {"values": {"reason": "賛成多数"}, "outcome": "approve"}
    assert former.post(f"/tasks/{task}/complete", said).status_code == 403
    assert deputy.post(f"/tasks/{task}/complete", said).status_code == 200
    assert deputy.get(f"/cases/{case}").json["stage"] != "committee"
    events = Caller.of(app, "auditor").get("/audit/events?type=committee.chair_changed").json
    (event,) = events["items"]
    assert event["type"] == "committee.chair_changed"


def test_programs_are_offered_the_buttons_of_the_page(sqlite_city, browse, handed_on):
    _case, task = handed_on
    page = browse("planning_head").get(f"/tasks/{task}").text
    buttons = re.findall(r'name="_outcome" value="([^"]+)"', page)
    told = Caller.of(application(sqlite_city), "planning_head").get(f"/tasks/{task}").json
    assert {one["key"] for one in told["outcomes"]} == set(buttons)
    assert "approve" in buttons
    assert "reject" not in buttons, "the count binds the chair"
