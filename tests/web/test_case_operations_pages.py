"""Pages, API and commands of operations: what administrators do, what everybody else is told."""

import json

import pytest
from sqlalchemy import func, select

from dxflow.cli import main
from dxflow.db.case import Case
from dxflow.db.process import Draft, Incident, ProcessInstance, WorkItem
from dxflow.services.acts import incidents
from dxflow.services.operations import case_acts
from tests.walks import task_of, to_triage
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of


def scalar(city, statement):
    with city.site.database.read() as tx:
        return tx.execute(statement).scalar_one()


def status_of(city, case: str) -> str:
    return scalar(city, select(ProcessInstance.status).where(ProcessInstance.case_id == case))


def suspend(city, case: str, reason: str = "調べるため") -> None:
    case_acts.suspend(city.site, city.actor("admin"), case, reason)


def test_only_administrators_find_the_operations(browse, sqlite_city):
    case = sqlite_city.start().id
    for name in ("applicant", "secretariat", "cio", "auditor"):
        browser = browse(name)
        for path in ("/admin/cases", f"/admin/cases/{case}", "/admin/incidents"):
            assert browser.get(path).status_code == 403, (name, path)
        assert browser.post(f"/admin/cases/{case}/suspend", {"reason": "x"}).status_code == 403
    assert status_of(sqlite_city, case) == "active"
    for name, found in (("secretariat", 200), ("cio", 200), ("applicant", 403), ("auditor", 403)):
        assert browse(name).get("/admin/steps").status_code == found


def test_a_case_is_suspended_read_and_resumed(browse, sqlite_city):
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", case, "head_approval").id
    admin, head = browse("admin"), browse("head")
    refused = admin.post(f"/admin/cases/{case}/suspend", {"reason": " "})
    assert refused.status_code == 422
    assert "理由を書いてください" in text_of(refused)
    assert admin.post(f"/admin/cases/{case}/suspend", {"reason": "調べるため"}).status_code == 303
    page = head.get(f"/tasks/{task}")
    assert "調べるため" in text_of(page)
    assert 'name="_outcome"' not in page.text
    assert 'name="_save"' in page.text
    assert "一時停止されています" in text_of(head.get(f"/cases/{case}"))
    # somebody who had opened the form before
    late = head.post(f"/tasks/{task}", {"reason": "承認します", "_outcome": "approve"})
    assert late.status_code == 409
    assert "admin さんが止めています" in text_of(late)
    assert "承認します" in head.get(f"/tasks/{task}").text
    assert scalar(sqlite_city, select(func.count()).select_from(Draft)) == 1
    again = admin.post(f"/admin/cases/{case}/suspend", {"reason": "もう一度"})
    assert again.status_code == 409
    assert admin.post(f"/admin/cases/{case}/resume").status_code == 303
    assert head.post(f"/tasks/{task}", {"_outcome": "approve"}).status_code == 303


def test_several_are_chosen_from_the_list(browse, sqlite_city):
    first, second = sqlite_city.start().id, sqlite_city.start().id
    admin = browse("admin")
    assert admin.post("/admin/cases", {"_act": "suspend", "reason": "x"}).status_code == 422
    assert admin.post("/admin/cases", {"case": [first], "_act": "burn"}).status_code == 422
    wordless = admin.post("/admin/cases", {"case": [first], "_act": "suspend"})
    assert wordless.status_code == 422
    assert admin.post(
        "/admin/cases", {"case": [first, second], "_act": "suspend", "reason": "移行"}
    ).status_code == 303  # fmt: skip
    assert {status_of(sqlite_city, first), status_of(sqlite_city, second)} == {"suspended"}
    page = admin.page("/admin/cases?standing=suspended")
    assert len(page.xpath("//input[@name='case']")) == 2
    assert "当てはまる" in text_of(admin.get("/admin/cases?standing=going"))
    assert admin.get("/admin/cases?standing=lost").status_code == 422


def test_cancelling_shows_what_will_be_closed_and_asks(browse, sqlite_city):
    case = sqlite_city.start().id
    admin = browse("admin")
    page = admin.page(f"/admin/cases/{case}/cancel")
    assert "所属長の確認" in page.text_content()
    version = page.xpath("//input[@name='version']/@value")[0]
    assert admin.post(f"/admin/cases/{case}/cancel", {"version": version}).status_code == 422
    suspend(sqlite_city, case)
    stale = {"version": version, "reason": "重複"}
    assert admin.post(f"/admin/cases/{case}/cancel", stale).status_code == 409
    version = admin.page(f"/admin/cases/{case}/cancel").xpath("//input[@name='version']/@value")[0]
    done = admin.post(f"/admin/cases/{case}/cancel", {"version": version, "reason": "重複"})
    assert done.status_code == 303
    assert scalar(sqlite_city, select(Case.status).where(Case.id == case)) == "cancelled"
    assert admin.post(f"/admin/cases/{case}/resume").status_code == 409
    assert admin.get("/admin/cases/" + "f" * 32).status_code == 404


def test_a_task_is_given_to_somebody_else(browse, sqlite_city):
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", case, "head_approval").id
    admin, path = browse("admin"), f"/admin/cases/{case}/tasks/{task}"
    offered = admin.page(f"/admin/cases/{case}").xpath("//select[@name='to']/option/@value")
    assert "user:head" in offered
    barred = admin.post(path, {"to": "user:applicant", "reason": "試す"})
    assert barred.status_code == 403
    assert "申請者は承認を行えません" in text_of(barred)
    assert admin.post(path, {"username": "nobody", "reason": "x"}).status_code == 404
    wordless = admin.post(path, {"to": "user:civic_head", "reason": ""})
    assert wordless.status_code == 422
    assert "理由を書いてください" in text_of(wordless)
    given = admin.post(path, {"to": "user:civic_head", "reason": "休暇のため"})
    assert given.status_code == 303
    assert (
        scalar(sqlite_city, select(WorkItem.assignee_id).where(WorkItem.id == task))
        == (sqlite_city.person["civic_head"])
    )
    assert "civic_head" not in text_of(browse("secretariat").get("/"))
    story = text_of(browse("secretariat").get(f"/cases/{case}/timeline"))
    assert "担当を変更" in story


def test_incidents_are_read_and_resolved(browse, sqlite_city):
    case = sqlite_city.start().id
    number = incidents.record(
        sqlite_city.site, case_id=case, element="triage", process="idea",
        cause="表のどの行にも当てはまらない", actor=sqlite_city.actor("secretariat"),
    )  # fmt: skip
    admin = browse("admin")
    listed = text_of(admin.get("/admin/incidents"))
    for words in ("表のどの行にも当てはまらない", number, "secretariat"):
        assert words in listed
    page = admin.page(f"/admin/incidents/{number}")
    (place,) = page.xpath("//a[contains(@href, '/admin/steps')]/@href")
    assert admin.get(place).status_code == 200
    tried = admin.post(f"/admin/incidents/{number}/retry")
    assert tried.status_code == 303
    assert "入力が残っていない" in text_of(admin.get(f"/admin/incidents/{number}"))
    assert admin.post(f"/admin/incidents/{number}/close", {"note": ""}).status_code == 422
    assert admin.post(f"/admin/incidents/{number}/close", {"note": "直した"}).status_code == 303
    assert admin.post(f"/admin/incidents/{number}/close", {"note": "直した"}).status_code == 409
    assert admin.post(f"/admin/incidents/{number}/retry").status_code == 409
    assert "障害はありません" in text_of(admin.get("/admin/incidents"))
    assert "直した" in text_of(admin.get(f"/admin/incidents/{number}"))
    assert number in text_of(admin.get("/admin/incidents?status=resolved"))
    assert admin.get("/admin/incidents?status=lost").status_code == 422
    assert admin.get("/admin/incidents/" + "0" * 32).status_code == 404


def test_waiting_times_as_table_and_csv(browse, sqlite_city):
    to_triage(sqlite_city)
    sqlite_city.clock.advance(days=2)
    cio = browse("cio")
    page = cio.page("/admin/steps?sort=standing")
    first = page.xpath("//table/tbody/tr[1]/th")[0].text_content()
    assert "受付審査" in first
    state = json.loads(page.xpath("//script[@id='diagram-state']")[0].text)
    assert any(diagram["heat"] for diagram in state["diagrams"])
    address = state["diagrams"][0]["url"]
    assert cio.get(address).mimetype == "application/xml"
    csv = cio.get("/admin/steps.csv?sort=standing")
    assert csv.mimetype == "text/csv"
    lines = csv.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("プロセス,手順,要素,いまの件数")
    assert len(lines) > 5
    for query in ("version=99", "pack=x"):
        assert cio.get(f"/admin/steps?{query}").status_code == 404
    for query in ("version=x", "year=1", "year=abc"):
        assert cio.get(f"/admin/steps?{query}").status_code == 422


def test_the_api_answers_409_with_the_sentence(sqlite_city):
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", case, "head_approval").id
    app = application(sqlite_city)
    admin, head = Caller.of(app, "admin"), Caller.of(app, "head")
    assert head.post(f"/cases/{case}/suspend", {"reason": "x"}).status_code == 403
    done = admin.post(f"/cases/{case}/suspend", {"reason": "調べるため"})
    assert (done.status_code, done.json["suspended"]) == (200, True)
    sent = {"values": {}, "outcome": "approve"}
    refused = head.post(f"/tasks/{task}/complete", sent)
    assert refused.status_code == 409
    assert "admin さんが止めています（理由: 調べるため）" in refused.json["detail"]
    assert head.post(f"/tasks/{task}/claim").status_code == 409
    assert head.get(f"/tasks/{task}").json["suspended"] is True
    assert [one["suspended"] for one in head.tasks()] == [True]
    assert [one["suspended"] for one in head.get("/cases").json["items"]] == [True]
    found = head.get(f"/cases/{case}").json
    assert (found["status"], found["suspended"]) == ("running", True)
    assert (found["suspended_by"], found["suspend_reason"]) == ("admin", "調べるため")
    assert found["suspended_at"] == "2026-05-11T10:00:00+09:00"
    assert [one["suspended"] for one in found["open_tasks"]] == [True]
    assert admin.post(f"/cases/{case}/suspend", {"reason": "x"}).status_code == 409
    assert admin.post(f"/cases/{case}/suspend", {"reason": ""}).status_code == 422
    assert admin.post(f"/cases/{case}/resume", {}).json["suspended"] is False
    found = head.get(f"/cases/{case}").json
    assert (found["suspended"], found["suspended_at"], found["suspend_reason"]) == (False, None, "")
    assert [one["suspended"] for one in head.tasks()] == [False]
    number = incidents.record(sqlite_city.site, case_id=case, element="x", cause="y")
    assert head.get("/incidents").status_code == 403
    assert [one["id"] for one in admin.get("/incidents").json["items"]] == [number]
    assert admin.post(f"/incidents/{number}/retry").json["works"] is None
    assert admin.post("/incidents/none/retry").status_code == 404
    assert admin.post(f"/cases/{case}/cancel", {"reason": "重複"}).json["status"] == "cancelled"
    assert admin.post(f"/cases/{case}/cancel", {"reason": "重複"}).status_code == 409
    assert admin.get("/incidents").json["total"] == 0
    assert admin.get("/incidents?status=all").json["total"] == 1


@pytest.fixture
def command(sqlite_city, monkeypatch, capsys):
    """Return a function that runs a command on the city's database."""
    monkeypatch.setenv("DXFLOW_DATABASE", str(sqlite_city.site.database.engine.url))
    monkeypatch.setenv("DXFLOW_HOME", str(sqlite_city.site.settings.home))

    def run(*words: str) -> tuple[int, str]:
        status = main(list(words))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return status, said.out + said.err

    return run


def test_commands_operate_on_cases(command, sqlite_city):
    started = sqlite_city.start()
    assert "所属長の確認" in command("case", "show", started.number)[1]
    assert command("case", "suspend", started.number)[0] == 2
    assert command("case", "suspend", started.number, "--reason", " ")[0] == 1
    assert command("case", "suspend", started.number, "--reason", "移行")[0] == 0
    assert "移行" in command("case", "show", started.number)[1]
    assert command("case", "suspend", started.id, "--reason", "x")[0] == 1
    assert command("case", "resume", started.id)[0] == 0
    shown = json.loads(command("case", "show", started.id, "--json")[1])
    task = shown["tasks"][0]["id"]
    given = ("case", "reassign", task, "--to", "user:civic_head", "--reason", "休暇")
    assert command(*given)[0] == 0
    assert command(*given)[0] == 1
    assert command("case", "cancel", started.number, "--reason", "重複")[0] == 0
    status, said = command("case", "show", "R99-なし")
    assert (status, "R99-なし" in said) == (1, True)


def same_incidents(city, count: int) -> list[str]:
    return [
        incidents.record(
            city.site, case_id=city.start().id, element="triage", process="idea", cause="割れた"
        )
        for _ in range(count)
    ]


def test_one_cause_is_one_line_and_is_tried_and_resolved_together(browse, sqlite_city):
    numbers = same_incidents(sqlite_city, 7)
    admin = browse("admin")
    assert "未解消 7件" in text_of(admin.get("/admin"))
    page = admin.page("/admin/incidents")
    (row,) = page.xpath("//tbody/tr")
    assert "7件" in row.text_content()
    assert len(row.xpath(".//details//li")) == 5
    assert admin.page(f"/admin/incidents/{numbers[0]}").xpath("//a[contains(@href, '/together')]")
    (address,) = row.xpath("./th//a/@href")
    together = admin.page(address)
    assert len(together.xpath("//tbody/tr")) == 7
    tried = admin.post(f"{address}/retry")
    assert tried.status_code == 200
    assert "試せない 7件" in text_of(tried)
    assert text_of(tried).count("入力が残っていない") == 1  # what is the same is said once
    assert "notice--success" not in tried.text
    assert admin.post(f"{address}/close", {"note": ""}).status_code == 422
    assert admin.post(f"{address}/close", {"note": "直した"}).status_code == 303
    assert admin.post(f"{address}/close", {"note": "直した"}).status_code == 409
    assert "障害はありません" in text_of(admin.get("/admin/incidents"))
    assert browse("secretariat").get(address).status_code == 403
    assert browse("secretariat").post(f"{address}/retry").status_code == 403


def test_programs_read_and_try_incidents_by_cause(sqlite_city):
    numbers = same_incidents(sqlite_city, 3)
    app = application(sqlite_city)
    admin, head = Caller.of(app, "admin"), Caller.of(app, "head")
    assert head.get("/incident-groups").status_code == 403
    assert head.post(f"/incidents/{numbers[0]}/retry-group").status_code == 403
    (group,) = admin.get("/incident-groups").json["items"]
    assert (group["cases"], group["cause"], group["pack_version"]) == (3, "割れた", 1)
    tried = admin.post(f"/incidents/{numbers[0]}/retry-group").json
    assert [one["came"] for one in tried["tried"]] == ["unknown"] * 3


def test_commands_try_and_resolve_incidents_by_cause(command, sqlite_city):
    assert "障害はありません" in command("incident", "groups")[1]
    numbers = same_incidents(sqlite_city, 3)
    assert "案件 3件" in command("incident", "groups")[1]
    status, said = command("incident", "retry", numbers[0], "--group")
    assert (status, "試せない 3件" in said) == (0, True)
    assert command("incident", "close", numbers[0], "--group", "--note", "直した")[0] == 0
    listed = json.loads(command("incident", "groups", "--all", "--json")[1])
    assert [(one["status"], one["cases"]) for one in listed["items"]] == [("resolved", 3)]


def test_commands_read_retry_and_resolve_incidents(command, sqlite_city):
    case = sqlite_city.start().id
    assert "障害はありません" in command("incident", "list")[1]
    number = incidents.record(sqlite_city.site, case_id=case, element="x", cause="割れた")
    assert "割れた" in command("incident", "list")[1]
    assert number in command("incident", "show", number)[1]
    assert command("incident", "retry", number)[0] == 0
    assert command("incident", "close", number, "--note", "直した")[0] == 0
    assert command("incident", "retry", number)[0] == 1
    assert command("incident", "show", "none")[0] == 1
    listed = json.loads(command("incident", "list", "--all", "--json")[1])
    assert [one["note"] for one in listed["items"]] == ["直した"]
    assert scalar(sqlite_city, select(Incident.status)) == "resolved"
