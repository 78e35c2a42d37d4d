"""The same request twice at once, by a program: one act, and the same answer to both."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.event import listen

from dxflow.db.case import Actual
from dxflow.db.document import Addendum
from dxflow.db.meeting import Meeting
from dxflow.db.transfer import TransferPlan
from dxflow.services.acts import task_forms
from dxflow.services.keyed import Keyed, made_before
from tests.factories import City
from tests.integration.test_large_lists import plan
from tests.integration.transfers import ROUND
from tests.walks import do, to_decision, to_kpi
from tests.web.api_client import Caller, application
from tests.web.test_api_transfers import body


def test_the_slower_of_two_equal_requests_gets_the_answer_of_the_faster(sqlite_city, monkeypatch):
    sqlite_city.start()
    caller = Caller.of(application(sqlite_city), "head")
    task = next(one for one in caller.tasks() if one["element"] == "head_approval")
    look = task_forms.hand_in
    answers = []

    def send():
        return caller.post(
            f"/tasks/{task['id']}/complete",
            {"values": {}, "outcome": "approve"},
            headers={"Idempotency-Key": "one-key"},
        )

    def look_too_late(*given, **options):
        monkeypatch.setattr(task_forms, "hand_in", look)
        answers.append(send())  # the other one comes in between, and is faster
        return look(*given, **options)

    monkeypatch.setattr(task_forms, "hand_in", look_too_late)
    answers.append(send())
    faster, slower = answers
    assert (faster.status_code, slower.status_code) == (200, 200)
    assert faster.json == slower.json


def test_another_key_for_a_task_that_is_done_is_still_refused(sqlite_city):
    sqlite_city.start()
    caller = Caller.of(application(sqlite_city), "head")
    task = next(one for one in caller.tasks() if one["element"] == "head_approval")
    statuses = [
        caller.post(
            f"/tasks/{task['id']}/complete",
            {"values": {}, "outcome": "approve"},
            headers={"Idempotency-Key": key},
        ).status_code
        for key in ("one-key", "another-key")
    ]
    assert statuses == [200, 409]


def an_actual(city: City) -> tuple[str, str, dict]:
    to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    (measure,) = Caller.of(application(city), "applicant").get("/kpis").json["items"]
    return "applicant", f"/kpis/{measure['id']}/actuals", {"period": "FY2026", "value": "21"}


def a_meeting(city: City) -> tuple[str, str, dict]:
    wanted = {"body": "dx_committee", "held_on": str(city.site.today()), "begins": "14:00"}
    return "secretariat", "/meetings", wanted


def an_addition(city: City) -> tuple[str, str, dict]:
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "approve", reason="決裁する")
    found = Caller.of(application(city), "applicant").get(f"/cases/{case}/decision").json
    return "applicant", f"/documents/{found['documents'][0]['id']}/additions", {"text": "補う"}


def a_transfer(_city: City) -> tuple[str, str, dict]:
    return "admin", "/transfers", body(*ROUND)


@pytest.mark.parametrize(
    ("made", "rows", "other"),
    [
        (an_actual, Actual, {"value": "22"}),
        (a_meeting, Meeting, {"begins": "15:00"}),
        (an_addition, Addendum, {"text": "別の文"}),
        (a_transfer, TransferPlan, {"title": "別の異動"}),
    ],
)
def test_what_is_made_with_a_key_is_made_once(sqlite_city, made, rows, other):
    name, path, sent = made(sqlite_city)
    caller = Caller.of(application(sqlite_city), name)

    def send(values: dict, key: str):
        return caller.post(path, values, headers={"Idempotency-Key": key})

    def number() -> int:
        with sqlite_city.site.database.read() as tx:
            return tx.execute(select(func.count()).select_from(rows)).scalar_one()

    first, second = send(sent, "one-key"), send(sent, "one-key")
    assert first.status_code == second.status_code
    assert first.status_code in (200, 201)
    assert first.json == second.json
    assert first.headers.get("Location") == second.headers.get("Location")
    assert number() == 1
    refused = send(sent | other, "one-key")
    assert (refused.status_code, number()) == (409, 1)
    assert send(sent | other, "another-key").status_code == first.status_code
    assert number() == 2


def test_a_meeting_that_was_planned_is_given_again_on_a_later_day(sqlite_city):
    app, (name, path, sent) = application(sqlite_city), a_meeting(sqlite_city)
    answers = []
    for _day in range(2):
        caller = Caller.of(app, name)
        answers.append(caller.post(path, sent, headers={"Idempotency-Key": "one-key"}))
        sqlite_city.clock.advance(days=1)
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


@pytest.mark.parametrize("rows", [Actual, Addendum, Meeting, TransferPlan])
def test_what_was_made_with_a_key_is_found_without_reading_all_there_is(sqlite_city, rows):
    asked: list[tuple] = []
    engine = sqlite_city.site.database.engine
    listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    with sqlite_city.site.database.write() as tx:
        keyed = Keyed("one-key", "digest")
        assert made_before(tx, rows.id, sqlite_city.person["applicant"], keyed) is None
    steps = [step for one in asked for step in plan(sqlite_city, *one)]
    assert any(step.startswith(f"SEARCH {rows.__tablename__} ") for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []
