"""The same request twice at once, by a program: one act, and the same answer to both."""

from dxflow.services.acts import task_forms
from tests.web.api_client import Caller, application


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
