"""What programs read: themselves, processes, cases, tasks, measures, the log, the metrics."""

import hashlib
from datetime import date

import pytest
from sqlalchemy import update

from dxflow.api.entrance import OPERATIONS
from dxflow.db.case import Case
from dxflow.errors import Unavailable
from dxflow.services.administration import checkpointing
from dxflow.services.installation.bootstrap import operator
from tests.factories import City
from tests.integration.test_main_job import to_kpi
from tests.web.api_client import Caller, application, document
from tests.web.test_api_main_job import IDEA
from tests.web.test_api_refusals import problem


@pytest.fixture
def app(sqlite_city: City):
    return application(sqlite_city)


def caller(app, name: str) -> Caller:
    return Caller.of(app, name)


def start(app, by: str = "applicant", **values) -> dict:
    answer = caller(app, by).post("/cases", {"process": "proposal", "values": IDEA | values})
    assert answer.status_code == 201
    return answer.json


def test_the_document_describes_every_call_and_nothing_else():
    described = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }
    offered = {(operation.method, operation.path) for operation in OPERATIONS}
    assert described == offered | {("GET", "/openapi.json")}
    assert document()["openapi"] == "3.1.0"
    assert "audit/checkpoint" in document()["info"]["description"]


def test_the_contract_is_served(app):
    contract = {
        "POST /token", "DELETE /token", "GET /me", "GET /processes", "GET /processes/{process}",
        "POST /cases", "GET /cases", "GET /cases/{case}", "GET /tasks", "GET /tasks/{task}",
        "POST /tasks/{task}/claim", "POST /tasks/{task}/release", "POST /tasks/{task}/complete",
        "GET /audit/events", "GET /audit/checkpoints", "GET /kpis", "GET /kpis/{kpi}", "POST /kpis/{kpi}/actuals",
    }  # fmt: skip
    assert contract <= {f"{operation.method} {operation.path}" for operation in OPERATIONS}
    served = app.test_client().get("/api/v1/openapi.json")
    assert served.json == document()


def test_a_person_learns_who_they_are(app):
    me = caller(app, "cio").get("/me").json
    assert me["roles"] == ["cio", "committee", "committee-chair", "committee-member"]
    assert me["permissions"] == ["cases.read_all", "portfolio.read", "audit.read"]
    applicant = caller(app, "applicant").get("/me").json
    assert applicant["permissions"] == ["cases.start"]
    assert (applicant["unit"], applicant["department"]) == ("counter", "civic")
    assert applicant["posts"][0]["unit_name"] == "市民課"


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("admin", {"cases.operate", "absences.record", "people.manage"}),
        ("it_head", {"cases.read_all"}),  # has a seat in the committee
        ("mayor", {"cases.read_all"}),
        ("secretariat", {"cases.read_all", "meetings.manage", "absences.record"}),
        ("head", set()),
    ],
)
def test_permissions_are_what_a_person_can_do(app, name, may):
    case = start(app)
    person = caller(app, name)
    told = set(person.get("/me").json["permissions"]) - {"cases.start", "portfolio.read"}
    assert told == may
    assert person.get("/incidents").status_code == (200 if "cases.operate" in may else 403)
    assert person.get("/transfers").status_code == (200 if "people.manage" in may else 403)
    if name != "head":  # whose own work it is
        seen = [one["id"] for one in person.get("/cases").json["items"]]
        assert seen == ([case["id"]] if "cases.read_all" in may else [])


def test_a_case_is_not_given_two_titles(app):
    applicant = caller(app, "applicant")
    body = {"process": "proposal", "title": "外の題名", "values": IDEA}
    refused = applicant.post("/cases", body)
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["title"]
    assert applicant.get("/cases").json["total"] == 0
    same = applicant.post("/cases", body | {"title": IDEA["title"]}).json
    assert same["title"] == IDEA["title"]
    inside = {key: value for key, value in IDEA.items() if key != "title"}
    alone = applicant.post("/cases", body | {"values": inside}).json
    assert alone["title"] == "外の題名"


def test_processes_come_with_their_start_form(app):
    program = caller(app, "applicant")
    (listed,) = program.get("/processes").json["items"]
    process = program.get(f"/processes/{listed['key']}").json
    fields = {field["key"]: field for field in process["form"]}
    assert (fields["title"]["type"], fields["title"]["required"]) == ("textfield", True)
    assert fields["beneficiary"]["options"][0].keys() == {"value", "label"}
    assert [version["version"] for version in process["versions"]] == [1]
    assert process["outcomes"]


def test_a_started_case_is_what_the_contract_says(app, sqlite_city):
    case = start(app)
    contract = {"id", "number", "title", "process", "version", "status", "applicant"}
    assert contract | {"created_at", "open_tasks"} <= case.keys()
    assert case["number"] == "R8-市民-0001"
    assert case["applicant"] == sqlite_city.person["applicant"]
    assert case["created_at"] == "2026-05-11T10:00:00+09:00"
    (task,) = case["open_tasks"]
    assert task["candidate_groups"] == ["head:civic", "head:counter"]
    assert (task["case"], task["assignee"]) == (case["id"], None)


def test_cases_are_found_by_words_and_status_page_by_page(app):
    for number in range(3):
        start(app, title=f"提案その{number}")
    program = caller(app, "secretariat")
    assert program.get("/cases?q=その２").json["total"] == 1
    assert program.get("/cases?status=completed").json["items"] == []
    page = program.get("/cases?per_page=2&page=2").json
    assert (len(page["items"]), page["page"], page["per_page"], page["total"]) == (1, 2, 2, 3)


def test_a_case_says_where_it_stands_and_what_happened(app):
    case = start(app)
    returned = caller(app, "head").complete("head_approval", "send_back", reason="具体的に")
    assert returned.status_code == 200, returned.text
    found = caller(app, "applicant").get(f"/cases/{case['id']}").json
    assert found["stages"][0]["state"] == "current"
    assert [act["person"] for act in found["timeline"]] == ["head", "applicant"]
    sent_back = found["timeline"][0]
    assert sent_back["outcome"]
    assert "具体的に" in [sent_back["reason"], *(one["after"] for one in sent_back["changes"])]


def test_a_case_says_whether_its_reading_is_restricted(app, sqlite_city):
    usual, secret = start(app)["id"], start(app, title="人事のこと")["id"]
    with sqlite_city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == secret).values(restricted=True))
    reader = caller(app, "applicant")
    for case, restricted in ((usual, False), (secret, True)):
        assert reader.get(f"/cases/{case}").json["restricted"] is restricted
    listed = reader.get("/cases").json["items"]
    assert {one["id"]: one["restricted"] for one in listed} == {usual: False, secret: True}


def test_a_task_is_claimed_and_given_back(app, sqlite_city):
    start(app)
    program = caller(app, "secretariat")
    caller(app, "head").complete("head_approval", "approve")
    task = program.task("triage")
    claimed = program.post(f"/tasks/{task['id']}/claim").json
    assert claimed["assignee"] == sqlite_city.person["secretariat"]
    assert claimed["assignee_name"] == "secretariat"
    released = program.post(f"/tasks/{task['id']}/release").json
    assert released["assignee"] is None
    assert released["candidate_groups"] == ["role:secretariat"]


def test_a_task_comes_with_form_values_buttons_and_version(app):
    start(app)
    task = caller(app, "head").task("head_approval")
    assert {outcome["key"] for outcome in task["outcomes"]} >= {"approve", "reject"}
    assert task["version"] >= 1
    assert all({"key", "type", "label", "required"} <= field.keys() for field in task["form"])


def test_completing_names_the_callers_next_tasks(app):
    start(app)
    caller(app, "head").complete("head_approval", "approve")
    values = {
        "lead": "counter", "cost": 3_000_000, "sections_touched": 2, "personal_data": True,
        "citizen_effect": "large", "importance": [],
    }  # fmt: skip
    caller(app, "secretariat").complete("triage", "proceed", **values)
    applicant = caller(app, "applicant")
    sheet = applicant.task("project_sheet")
    assert sheet["candidate_groups"] == ["section:counter"]
    assert {option["value"] for option in _field(sheet, "lead")["options"]} >= {"counter", "tax"}
    # nobody writes it with another section: there is nothing to hand over as written
    assert [one["key"] for one in sheet["outcomes"]] == ["submit", "share"]


def _field(task: dict, key: str) -> dict:
    found = list(task["form"])
    while found:
        field = found.pop()
        if field["key"] == key:
            return field
        found += field.get("fields", [])
    raise AssertionError(key)


def test_the_applicant_withdraws_with_a_reason(app):
    case = start(app)
    applicant = caller(app, "applicant")
    assert applicant.post(f"/cases/{case['id']}/withdraw", {"reason": ""}).status_code == 422
    assert (
        caller(app, "head").post(f"/cases/{case['id']}/withdraw", {"reason": "x"}).status_code
        == 403
    )
    ended = applicant.post(f"/cases/{case['id']}/withdraw", {"reason": "別の方法で済んだ"}).json
    assert (ended["status"], ended["open_tasks"]) == ("withdrawn", [])
    again = applicant.post(f"/cases/{case['id']}/withdraw", {"reason": "もう一度"})
    assert again.status_code == 409


def test_the_last_act_is_pulled_back(app):
    case = start(app)
    head = caller(app, "head")
    task = head.task("head_approval")
    head.complete("head_approval", "approve")
    back = head.post(f"/cases/{case['id']}/pull-back").json
    assert back["task"] == task["id"]
    assert [one["element"] for one in back["case"]["open_tasks"]] == ["head_approval"]
    assert head.post(f"/cases/{case['id']}/pull-back").status_code == 409


def test_short_lists_are_paged_like_long_ones(app):
    applicant = caller(app, "applicant")
    for number in range(3):
        applicant.post("/drafts", {"process": "proposal", "values": {"title": f"案{number}"}})
    every = applicant.get("/drafts").json
    assert (every["page"], every["total"], len(every["items"])) == (1, 3, 3)
    pages = [applicant.get(f"/drafts?per_page=2&page={page}").json for page in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert [one for page in pages for one in page["items"]] == every["items"]
    assert applicant.get("/processes?per_page=1").json["per_page"] == 1
    beyond = applicant.get("/processes?page=2&per_page=1").json
    assert (beyond["items"], beyond["page"], beyond["total"]) == ([], 2, 1)


def test_a_start_that_is_pulled_back_is_private_and_keeps_its_number(app):
    case = start(app)
    applicant = caller(app, "applicant")
    back = applicant.post(f"/cases/{case['id']}/pull-back").json
    assert (back["task"], back["case"]["status"]) == (None, "recalled")
    listed = [one["id"] for one in applicant.get("/cases?status=recalled").json["items"]]
    assert listed == [case["id"]]
    assert caller(app, "secretariat").get("/cases?status=recalled").json["items"] == []
    assert caller(app, "secretariat").get(f"/cases/{case['id']}").status_code == 404
    again = applicant.post(
        "/cases", {"process": "proposal", "values": IDEA, "recalled": case["id"]}
    ).json
    assert (again["id"], again["number"], again["status"]) == (
        case["id"],
        case["number"],
        "running",
    )


def test_measures_are_read_and_values_recorded(app, sqlite_city):
    case = to_kpi(sqlite_city)
    sqlite_city.clock.at(date(2027, 4, 20))
    sqlite_city.run_jobs()
    applicant = caller(app, "applicant")
    (listed,) = applicant.get(f"/kpis?case={case}").json["items"]
    (target,) = listed["targets"]
    assert (listed["baseline"], target["fiscal_year"], target["value"]) == ("0", 2027, "50")
    path = f"/kpis/{listed['id']}"
    assert (
        caller(app, "secretariat")
        .post(f"{path}/actuals", {"period": "FY2026", "value": 20})
        .status_code
        == 403
    )
    assert applicant.post(f"{path}/actuals", {"period": "2026", "value": 1}).status_code == 422
    assert applicant.post(f"{path}/actuals", {"period": "FY2026", "value": "?"}).status_code == 422
    for value in (20.5, "21"):
        sent = {"period": "FY2026", "value": value, "note": "速報"}
        sqlite_city.clock.advance(seconds=1)
        recorded = applicant.post(f"{path}/actuals", sent)
        assert recorded.status_code == 201
    kpi = applicant.get(path).json
    assert kpi["latest"] == {"period": "FY2026", "value": "21", "note": "速報"}
    assert kpi["achievement"] == "42.0"
    assert [(one["value"], one["superseded_at"] is None) for one in kpi["actuals"]] == [
        ("21", True),
        ("20.5", False),
    ]


def test_what_was_saved_before_the_database_went_away_is_not_called_unchanged(
    app, sqlite_city, monkeypatch
):
    case = to_kpi(sqlite_city)
    sqlite_city.clock.at(date(2027, 4, 20))
    applicant = caller(app, "applicant")
    (measure,) = applicant.get(f"/kpis?case={case}").json["items"]
    path, sent = f"/kpis/{measure['id']}", {"period": "FY2026", "value": "21"}

    def away(*_given: object, **_named: object) -> None:
        raise Unavailable("何も変更されていません。")

    with monkeypatch.context() as before:
        before.setattr("dxflow.api.kpis.kpis.record_actual", away)
        assert problem(applicant.post(f"{path}/actuals", sent)) == (503, "unavailable")
    assert applicant.get(path).json["actuals"] == []
    with monkeypatch.context() as after:
        after.setattr("dxflow.api.kpis.kpis.one", away)
        answer = applicant.post(f"{path}/actuals", sent)
        assert problem(answer) == (503, "outcome-unknown")
        assert "保存は済みました" in answer.json["detail"]
        assert problem(applicant.get(path)) == (503, "unavailable")
    assert [one["value"] for one in applicant.get(path).json["actuals"]] == ["21"]

    def fails(*_given: object) -> None:
        raise RuntimeError

    sent = {"period": "FY2026", "value": "22"}
    with monkeypatch.context() as before:
        before.setattr("dxflow.api.kpis.kpis.record_actual", fails)
        answer = applicant.post(f"{path}/actuals", sent)
        assert problem(answer) == (500, "internal")
        assert "何も変更されていません" in answer.json["detail"]
    # what nobody foresaw comes while the answer is read, or while it is written out
    for place in ("dxflow.api.kpis.kpis.one", "dxflow.api.entrance._written"):
        with monkeypatch.context() as after:
            after.setattr(place, fails)
            answer = applicant.post(f"{path}/actuals", sent)
            assert problem(answer) == (500, "outcome-unknown")
            assert "何も変更されていません" not in answer.json["detail"]
            assert problem(applicant.get(path)) == (500, "internal")
        sqlite_city.clock.advance(seconds=1)
    assert applicant.get(path).json["actuals"][0]["value"] == "22"


def test_the_log_is_filtered_by_case_person_type_and_day(app):
    case = start(app)
    caller(app, "head").complete("head_approval", "approve")
    auditor = caller(app, "auditor")
    read = lambda query: auditor.get(f"/audit/events?{query}").json  # noqa: E731
    assert {event["case"] for event in read(f"case={case['id']}")["items"]} == {case["id"]}
    assert read("actor=head&type=task.completed")["total"] == 1
    assert read("actor=applicant&type=task.completed")["total"] == 0
    assert read(f"from=2026-05-12&case={case['id']}")["total"] == 0
    assert read(f"to=2026-05-11&case={case['number']}")["total"] > 0
    viewed = read("type=audit.viewed")
    assert viewed["total"] >= 5


def test_the_session_of_the_pages_works_with_the_csrf_header(app):
    from tests.factories import PASSWORD

    client = app.test_client()
    page = client.get("/login")
    token = page.text.split('name="_csrf" value="')[1].split('"')[0]
    client.post("/login", data={"_csrf": token, "username": "applicant", "password": PASSWORD})
    assert client.get("/api/v1/me").json["username"] == "applicant"
    body = {"process": "proposal", "values": IDEA}
    for headers in ({}, {"X-CSRFToken": "wrong"}, {"X-CSRF-Token": "wrong"}):
        refused = client.post("/api/v1/cases", json=body, headers=headers)
        assert refused.content_type == "application/problem+json"
        assert refused.json["type"] == "urn:dxflow:problem:forbidden"
        assert refused.json["status"] == refused.status_code == 403
        assert "X-CSRFToken" in refused.json["detail"]
        assert refused.json["request_id"] == refused.headers["X-Request-Id"]
    home = client.get("/").text
    csrf = home.split('name="_csrf" value="')[1].split('"')[0]
    assert client.post("/api/v1/cases", json=body, headers={"X-CSRFToken": csrf}).status_code == 201
    # who brings a token is nobody else beside it
    wrong = client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401


def test_metrics_are_for_this_machine_or_with_a_token(app, sqlite_city):
    start(app)
    client = app.test_client()
    lines = client.get("/metrics").text.splitlines()
    assert "dxflow_tasks_open 1" in lines
    assert "dxflow_up 1" in lines
    assert "dxflow_incidents_open 0" in lines
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    wrong = {"Authorization": "Bearer "}
    assert client.get("/metrics", environ_base=elsewhere, headers=wrong).status_code == 403


def test_metrics_with_the_token_are_given_to_anybody(sqlite_city):
    from dataclasses import replace

    site = sqlite_city.site
    settings = replace(site.settings, metrics_token="a-long-token")
    sqlite_city.site = replace(site, settings=settings)
    client = application(sqlite_city).test_client()
    answer = client.get(
        "/metrics",
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
        headers={"Authorization": "Bearer a-long-token"},
    )
    assert answer.status_code == 200


def test_one_entry_of_the_log_can_be_hashed_again(sqlite_city: City) -> None:
    auditor = Caller.of(application(sqlite_city), "auditor")
    seq = auditor.get("/audit/events").json["items"][0]["id"]
    proof = auditor.get(f"/audit/proofs/{seq}").json
    assert proof["hash"] == hashlib.sha256(b"\x00" + proof["body"].encode()).hexdigest()
    assert (proof["seq"], proof["intact"]) == (seq, True)
    for nothing in ("999999999", "x", "-1"):
        assert auditor.get(f"/audit/proofs/{nothing}").status_code == 404
    assert (
        Caller.of(application(sqlite_city), "head").get(f"/audit/proofs/{seq}").status_code == 403
    )


def test_the_latest_checkpoint_of_the_log_is_read(sqlite_city: City) -> None:
    app = application(sqlite_city)
    auditor = Caller.of(app, "auditor")
    assert auditor.get("/audit/checkpoint").status_code == 404
    for _time in range(2):
        checkpointing.make(sqlite_city.site, operator(sqlite_city.site))
    latest = auditor.get("/audit/checkpoint").json
    assert (latest["number"], latest["public_key"][:10]) == (2, "-----BEGIN")
    assert Caller.of(app, "head").get("/audit/checkpoint").status_code == 403
