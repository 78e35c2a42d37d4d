"""What the API says when it refuses: clean problem documents, and never a traceback."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from dxflow import engine
from dxflow.api.entrance import PREFIX
from dxflow.db.audit import AuditEvent
from dxflow.db.process import Incident
from dxflow.engine import StepFailed
from dxflow.errors import Unavailable
from dxflow.services.installation.bootstrap import operator
from dxflow.services.operations import case_acts
from dxflow.services.people import registry as people
from tests.factories import PASSWORD, SHEET, City
from tests.walks import to_sheet
from tests.web.api_client import Caller, application
from tests.web.test_api_main_job import IDEA, plain


@pytest.fixture
def app(sqlite_city: City):
    return application(sqlite_city)


def caller(app, name: str) -> Caller:
    return Caller.of(app, name)


def start(app) -> dict:
    return caller(app, "applicant").post("/cases", {"process": "proposal", "values": IDEA}).json


def problem(answer) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    assert {"type", "title", "status", "detail"} <= answer.json.keys()
    return answer.status_code, answer.json["type"].rpartition(":")[2]


@pytest.mark.parametrize("path", ["/nothing", "/cases/", "/me/", "//me", "/tasks/a/b/c"])
def test_an_unknown_address_is_a_problem_document(app, path):
    assert problem(Caller(app.test_client()).get(path)) == (404, "not_found")


def test_an_unknown_address_beside_the_version_is_one_too(app):
    answer = app.test_client().get("/api/v2/me")
    assert problem(answer) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/me"), ("DELETE", "/cases"), ("FOO", "/me")])
def test_an_unknown_method_says_which_are_there(app, method, path):
    answer = Caller(app.test_client()).send(method, path)
    assert problem(answer) == (405, "method")
    assert "GET" in answer.headers["Allow"]


def test_nobody_in_particular_is_asked_for_a_token(app):
    answer = Caller(app.test_client()).get("/me")
    assert problem(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", "", "Bearer \xe9"])
def test_a_wrong_authorization_is_401(app, header):
    answer = Caller(app.test_client()).get("/me", headers={"Authorization": header})
    assert problem(answer) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"\xff", b'{"a": NaN}', b'{"username": "\\ud800"}', b"[" * 5000],
    ids=["cut", "empty", "no-utf8", "nan", "lone-surrogate", "deep"],
)
def test_broken_json_is_400(app, body):
    answer = Caller(app.test_client()).send(
        "POST", "/token", data=body, content_type="application/json"
    )
    assert problem(answer) == (400, "malformed")
    assert answer.json["detail"].startswith("JSON として読めません")
    assert answer.json["detail"].count(" ") <= 4, "no sentence of a library"


def test_another_content_type_is_415(app):
    answer = Caller(app.test_client()).send("POST", "/token", data={"username": "a"})
    assert problem(answer) == (415, "media_type")


def test_a_body_too_large_is_413(app):
    answer = Caller(app.test_client()).post("/token", {"username": "a" * (1 << 20)})
    assert problem(answer) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "a"}, "password"),
        ({"username": "a", "password": 5}, "password"),
        ({"username": "a", "password": "b", "more": 1}, "more"),
        ({"username": "a\x00", "password": "b"}, "username"),
    ],
)
def test_members_that_do_not_pass_are_named(app, body, field):
    answer = Caller(app.test_client()).post("/token", body)
    assert problem(answer) == (422, "invalid")
    assert answer.json["errors"][field]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"), ("per_page=201", "per_page"), ("page=x", "page"),
        ("scope=other", "scope"), ("unknown=1", "unknown"), ("page=1&page=2", "page"),
        ("page=1.5", "page"), ("page=%EF%BC%91", "page"),
    ],
)  # fmt: skip
def test_query_parameters_that_do_not_pass_are_named(app, query, field):
    answer = caller(app, "applicant").get(f"/tasks?{query}")
    assert problem(answer) == (422, "invalid")
    assert list(answer.json["errors"]) == [field]


def test_a_wrong_password_and_an_unknown_name_read_alike_and_are_slowed_down(app):
    nobody = Caller(app.test_client())
    first = nobody.post("/token", {"username": "applicant", "password": "wrong-password"})
    other = nobody.post("/token", {"username": "nobody", "password": "wrong-password"})
    assert first.json["detail"] == other.json["detail"]
    for _attempt in range(4):
        nobody.post("/token", {"username": "applicant", "password": "wrong-password"})
    slowed = nobody.post("/token", {"username": "applicant", "password": PASSWORD})
    assert problem(slowed) == (429, "throttled")
    assert int(slowed.headers["Retry-After"]) > 0


def test_a_revoked_token_has_ended(app):
    program = caller(app, "applicant")
    assert program.send("DELETE", "/token").status_code == 204
    assert program.get("/me").status_code == 401


def test_a_token_ends_with_its_time_and_with_the_account(app, sqlite_city):
    program = caller(app, "applicant")
    people.disable(sqlite_city.site, operator(sqlite_city.site), "applicant")
    assert program.get("/me").status_code == 401
    other = caller(app, "head")
    sqlite_city.clock.moment += timedelta(minutes=481)
    assert other.get("/me").status_code == 401


def test_a_password_set_by_the_operator_gives_no_token(app, sqlite_city):
    site = sqlite_city.site
    people.set_password(site, operator(site), "head", password="another-horse-9")
    answer = Caller(app.test_client()).post(
        "/token", {"username": "head", "password": "another-horse-9"}
    )
    assert problem(answer) == (403, "forbidden")


def test_form_errors_are_422_with_the_fields(app):
    answer = caller(app, "applicant").post(
        "/cases", {"process": "proposal", "values": IDEA | {"title": "", "what": "?"}}
    )
    assert problem(answer) == (422, "invalid")
    assert set(answer.json["errors"]) == {"title", "what"}


def test_the_title_may_stand_beside_the_values(app):
    values = {key: value for key, value in IDEA.items() if key != "title"}
    answer = caller(app, "applicant").post(
        "/cases", {"process": "proposal", "title": "別の件名にする", "values": values}
    )
    assert (answer.status_code, answer.json["title"]) == (201, "別の件名にする")
    assert answer.headers["Location"] == f"{PREFIX}/cases/{answer.json['id']}"


def test_an_unknown_process_is_404(app):
    answer = caller(app, "applicant").post("/cases", {"process": "nothing", "values": IDEA})
    assert problem(answer) == (404, "not_found")


def test_somebody_without_a_section_may_not_start_a_case(app):
    answer = caller(app, "mayor").post("/cases", {"process": "proposal", "values": IDEA})
    assert problem(answer) == (403, "forbidden")


def test_who_may_not_see_a_case_learns_nothing_of_it(app):
    case = start(app)
    stranger = caller(app, "other")
    assert problem(stranger.get(f"/cases/{case['id']}")) == (404, "not_found")
    assert stranger.get("/cases").json["total"] == 0
    (task,) = case["open_tasks"]
    assert problem(stranger.get(f"/tasks/{task['id']}")) == (404, "not_found")
    assert problem(stranger.post(f"/tasks/{task['id']}/complete", {"values": {}})) == (
        404,
        "not_found",
    )


def test_who_may_see_but_not_do_is_told_why_and_it_is_recorded(app, sqlite_city):
    (task,) = start(app)["open_tasks"]
    answer = caller(app, "applicant").post(
        f"/tasks/{task['id']}/complete", {"values": {}, "outcome": "approve"}
    )
    assert problem(answer) == (403, "forbidden")
    assert "担当" in answer.json["detail"]
    with sqlite_city.site.database.read() as tx:
        denied = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "access.denied")
        ).scalar_one()
    assert f"POST /api/v1/tasks/{task['id']}/complete" in denied


def test_only_the_cio_and_auditors_read_the_log(app):
    assert problem(caller(app, "secretariat").get("/audit/events")) == (403, "forbidden")
    for name in ("cio", "auditor"):
        assert caller(app, name).get("/audit/events").status_code == 200


def test_the_second_of_two_learns_who_was_first_and_where_the_case_stands(app):
    case = start(app)
    (task,) = case["open_tasks"]
    head = caller(app, "head")
    assert head.complete("head_approval", "approve").status_code == 200
    late = head.post(f"/tasks/{task['id']}/complete", {"values": {}, "outcome": "approve"})
    assert problem(late) == (409, "conflict")
    assert "head さんが" in late.json["detail"]
    assert late.json["case"] == case["id"]


def test_an_old_version_is_a_conflict(app):
    start(app)
    head = caller(app, "head")
    task = head.task("head_approval")
    answer = head.post(
        f"/tasks/{task['id']}/complete",
        {"values": {}, "outcome": "approve", "version": task["version"] + 1},
    )
    assert problem(answer) == (409, "conflict")


def test_an_unknown_button_is_refused_with_those_that_are_there(app):
    start(app)
    answer = caller(app, "head").complete("head_approval", "nonsense")
    assert problem(answer) == (422, "invalid")
    assert "approve" in answer.json["errors"]["outcome"][0]


def test_an_unknown_button_is_not_answered_with_those_that_are_hidden(app, sqlite_city):
    """Only somebody who drafts together with others has the button that hands a draft on."""
    to_sheet(sqlite_city)
    answer = caller(app, "applicant").complete("project_sheet", "nonsense")
    assert problem(answer) == (422, "invalid")
    assert answer.json["errors"]["outcome"][0].endswith(": submit, share")


def test_a_suspended_case_offers_no_button(app, sqlite_city):
    case = start(app)["id"]
    head = caller(app, "head")
    assert head.task("head_approval")["outcomes"]
    case_acts.suspend(sqlite_city.site, sqlite_city.actor("admin"), case, "調べる")
    assert head.task("head_approval")["outcomes"] == []
    case_acts.resume(sqlite_city.site, sqlite_city.actor("admin"), case)
    assert head.task("head_approval")["outcomes"]


def test_the_same_key_does_a_task_once_and_answers_alike(app):
    start(app)
    head = caller(app, "head")
    task = head.task("head_approval")
    send = lambda **body: head.post(  # noqa: E731
        f"/tasks/{task['id']}/complete",
        {"values": {}, "outcome": "approve"} | body,
        headers={"Idempotency-Key": "k-1"},
    )
    first, again = send(), send()
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json == again.json
    other = send(outcome="reject")
    assert problem(other) == (409, "conflict")


def test_the_same_key_starts_a_case_once(app):
    applicant = caller(app, "applicant")
    send = lambda title: applicant.post(  # noqa: E731
        "/cases",
        {"process": "proposal", "values": IDEA | {"title": title}},
        headers={"Idempotency-Key": "start-1"},
    )
    first, again, other = send("一つ目の提案"), send("一つ目の提案"), send("二つ目の提案")
    assert first.json["id"] == again.json["id"]
    assert problem(other) == (409, "conflict")
    assert applicant.get("/cases").json["total"] == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "é"])
def test_a_key_that_cannot_be_kept_is_refused(app, key):
    answer = caller(app, "applicant").post(
        "/cases", {"process": "proposal", "values": IDEA}, headers={"Idempotency-Key": key}
    )
    assert problem(answer) == (422, "invalid")


def test_a_failing_step_is_an_incident_with_a_number(app, sqlite_city, monkeypatch):
    start(app)

    def fail(*_args, **_kwargs):
        raise StepFailed("proposal", "route", "1 / 0")

    monkeypatch.setattr(engine, "complete", fail)
    answer = caller(app, "head").complete("head_approval", "approve")
    assert problem(answer) == (500, "incident")
    with sqlite_city.site.database.read() as tx:
        incident = tx.execute(select(Incident.__table__)).one()
    assert incident.id == answer.json["incident"]
    assert incident.id in answer.json["detail"]
    assert (incident.element, incident.cause) == ("route", "1 / 0")
    assert incident.case_id
    assert "1 / 0" not in answer.text


def test_what_nobody_foresaw_is_500_without_a_word_of_the_inside(app, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("secret detail")

    program = caller(app, "head")
    monkeypatch.setattr("dxflow.services.reading.inbox.waiting", fail)
    answer = program.get("/tasks")
    assert problem(answer) == (500, "internal")
    assert "secret" not in answer.text


def test_a_database_that_is_away_is_503_with_a_time_to_come_back(app, monkeypatch):
    def fail(*_args, **_kwargs):
        raise Unavailable("いまデータベースを使えません。")

    program = caller(app, "head")
    monkeypatch.setattr("dxflow.services.reading.inbox.waiting", fail)
    answer = program.get("/tasks")
    assert problem(answer) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_numbers_travel_digit_by_digit(app, sqlite_city):
    applicant = caller(app, "applicant")
    start(app)
    caller(app, "head").complete("head_approval", "approve")
    caller(app, "secretariat").complete(
        "triage", "proceed", lead="counter", cost=3_000_000, sections_touched=2,
        personal_data=True, citizen_effect="large", importance=[],
    )  # fmt: skip
    task = applicant.task("project_sheet")
    values = plain(SHEET)
    values["kpis"][0]["target"] = "@"
    body = f'{{"outcome": "submit", "values": {_json(values)}}}'.replace(
        '"@"', "9007199254740993.25"
    )
    answer = applicant.send(
        "POST", f"/tasks/{task['id']}/complete", data=body, content_type="application/json"
    )
    assert answer.status_code == 200
    with sqlite_city.site.database.read() as tx:
        stored = tx.execute(
            text("SELECT body FROM submission WHERE form_key = 'project_sheet'")
        ).scalar_one()
    assert '"9007199254740993.25"' in stored


def _json(values) -> str:
    import json

    return json.dumps(values, ensure_ascii=False)
