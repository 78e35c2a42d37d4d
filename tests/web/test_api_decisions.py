"""The formal decision over the API: read in full, added to, conditions moved, tasks laid aside."""

from datetime import date, timedelta

from tests.factories import City
from tests.walks import do, task_of, to_decision
from tests.web.api_client import Caller, application


def test_the_decision_is_read_with_its_row_stamps_and_document(sqlite_city: City) -> None:
    case = to_decision(sqlite_city)
    app = application(sqlite_city)
    found = Caller.of(app, "secretariat").get(f"/cases/{case}/decision").json
    (document,) = found["documents"]
    assert document["ruling"]["row"] == "第4号"
    assert document["ruling"]["valid_from"] == "2000-04-01"
    assert [one["state"] for one in document["stamps"]][-1] == "now"
    assert document["decided_at"] is None
    assert Caller.of(app, "admin").get(f"/cases/{case}/decision").status_code == 404


def test_a_task_is_laid_aside_decided_and_the_document_added_to(sqlite_city: City) -> None:
    case = to_decision(sqlite_city)
    app = application(sqlite_city)
    decider, applicant = Caller.of(app, "civic_head"), Caller.of(app, "applicant")
    task = task_of(sqlite_city, "civic_head", case, "decide").id
    until = (sqlite_city.site.today() + timedelta(3)).isoformat()
    held = decider.post(f"/tasks/{task}/hold", json={"until": until, "reason": "内示を待つ"})
    assert held.json["holds"][0]["until"] == until
    late = decider.post(f"/tasks/{task}/hold", json={"until": "2020-01-01", "reason": "x"})
    assert late.status_code == 422
    assert applicant.post(f"/tasks/{task}/resume").status_code == 403
    assert decider.post(f"/tasks/{task}/resume").json["holds"] == []
    assert decider.post(f"/tasks/{task}/resume").status_code == 409
    conditions = [{"text": "評価書を出す", "due": "2026-06-30"}]
    do(
        sqlite_city, case, "civic_head", "decide", "conditions", reason="条件付き",
        conditions=conditions,
    )  # fmt: skip
    found = applicant.get(f"/cases/{case}/decision").json
    document, (duty,) = found["documents"][0], found["duties"]
    assert document["outcome"] == "conditions"
    added = applicant.post(f"/documents/{document['id']}/additions", json={"text": "補う"})
    assert added.json["documents"][0]["additions"][0]["text"] == "補う"
    assert added.json["documents"][0]["digest"] == document["digest"]
    moved = applicant.post(
        f"/duties/{duty['id']}/hand-over", json={"unit": "tax", "reason": "所管が移った"}
    )
    assert moved.json["duties"][0]["owner"] == "収納課"
    again = applicant.post(
        f"/duties/{duty['id']}/hand-over", json={"unit": "it", "reason": "よそから"}
    )
    assert again.status_code == 403


def test_whoever_owes_conditions_lists_them_page_by_page_with_case_and_late_days(
    sqlite_city: City,
) -> None:
    case = to_decision(sqlite_city)
    conditions = [
        {"text": "評価書を出す", "due": "2026-06-30", "owner": "tax"},
        {"text": "契約を見直す", "due": "2026-06-05", "owner": "tax"},
    ]
    do(
        sqlite_city, case, "civic_head", "decide", "conditions", reason="条件付き",
        conditions=conditions,
    )  # fmt: skip
    sqlite_city.clock.at(date(2026, 6, 8))
    app = application(sqlite_city)
    owes = Caller.of(app, "tax_head")
    first = owes.get("/duties?per_page=1").json
    assert (first["total"], first["page"], first["per_page"]) == (2, 1, 1)
    (duty,) = first["items"]
    number = owes.get(f"/cases/{case}").json["number"]
    assert (duty["case"], duty["case_number"], duty["case_title"] != "") == (case, number, True)
    assert (duty["text"], duty["due_on"], duty["late_days"]) == ("契約を見直す", "2026-06-05", 3)
    (second,) = owes.get("/duties?per_page=1&page=2").json["items"]
    assert (second["text"], second["late_days"]) == ("評価書を出す", 0)
    of_case = {one["id"]: one["late_days"] for one in owes.get(f"/cases/{case}").json["duties"]}
    assert of_case == {duty["id"]: 3, second["id"]: 0}
    for nobody in ("applicant", "cio", "admin", "auditor"):
        assert Caller.of(app, nobody).get("/duties").json["items"] == [], nobody
    owes.post(f"/duties/{duty['id']}/meet", json={"evidence": "契約書"})
    assert [one["id"] for one in owes.get("/duties").json["items"]] == [second["id"]]
