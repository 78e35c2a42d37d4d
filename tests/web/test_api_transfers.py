"""Transfers over REST: planned from files, rehearsed, holes filled, applied, taken back."""

import base64

import pytest
from werkzeug.test import TestResponse

from tests.factories import City
from tests.integration.test_divided_cases import SPLIT
from tests.integration.transfers import APRIL, PARTED, ROUND, content, on_the_day, plan
from tests.web.api_client import Caller, application


@pytest.fixture
def admin(sqlite_city: City) -> Caller:
    return Caller.of(application(sqlite_city), "admin")


def body(*lines: str, day: object = APRIL) -> dict[str, object]:
    packed = base64.b64encode(content(*lines)).decode()
    return {"file": "異動.csv", "content": packed, "effective": str(day)}


def test_a_transfer_is_planned_rehearsed_and_applied_at_its_hour(sqlite_city: City, admin: Caller):
    case = sqlite_city.start().id
    answer = admin.send("POST", "/transfers", json=body(*ROUND))
    assert answer.status_code == 201
    way = "/transfers/" + answer.json["id"]
    assert answer.headers["Location"].endswith(way)
    assert (answer.json["open_holes"], answer.json["files"]) == (0, ["transfers"])
    tasks = [one for one in answer.json["changes"] if one["matter"] == "task"]
    assert [one["case"] for one in tasks] == [case]
    assert admin.send("POST", f"{way}/apply", json={}).status_code == 422
    version = answer.json["version"]
    assert admin.send("POST", f"{way}/schedule", json={"version": 99}).status_code == 409
    answer = admin.send("POST", f"{way}/schedule", json={"version": version})
    assert answer.json["status"] == "scheduled"
    assert answer.json["moment"] == "2027-04-01T00:00:00+09:00"
    on_the_day(sqlite_city)
    admin = Caller.of(application(sqlite_city), "admin")  # the token of last year has run out
    answer = admin.send("GET", way)
    assert answer.json["status"] == "applied"
    made = answer.json["changes"]
    moved = {
        one["what"]: (one["before"], one["after"]) for one in made if one["matter"] == "person"
    }
    assert (len(moved), moved["head"]) == (4, ("市民課長", "収納課長"))
    assert [one["case"] for one in made if one["matter"] == "task"] == [case]
    assert [one.element for one in sqlite_city.open_tasks("tax_head")] == ["head_approval"]
    answer = admin.send("POST", f"{way}/undo", json={})
    assert (answer.json["status"], answer.json["changes"]) == ("undone", made)
    (listed,) = admin.send("GET", "/transfers").json["items"]
    assert (listed["status"], listed["effective"]) == ("undone", "2027-04-01")


def test_holes_are_listed_and_filled_or_left_with_a_reason(sqlite_city: City, admin: Caller):
    sqlite_city.start()
    today = sqlite_city.site.today()
    answer = admin.send("POST", "/transfers", json=body("head,退職,,", day=today))
    way = "/transfers/" + answer.json["id"]
    holes = [one for one in answer.json["holes"] if one["state"] == "open"]
    assert "post:head-counter" in {one["id"] for one in holes}
    assert admin.send("POST", f"{way}/apply", json={}).status_code == 409
    fill = {"hole": "post:head-counter", "target": "user:colleague"}
    answer = admin.send("POST", f"{way}/fills", json={"fills": [fill], "accept_proposals": False})
    assert answer.json["open_holes"] < len(holes)
    answer = admin.send("POST", f"{way}/fills", json={"accept_proposals": True})
    left = [
        {"hole": one["id"], "target": "leave", "reason": "後任は来月"}
        for one in answer.json["holes"]
        if one["state"] == "open"
    ]
    if left:
        unreasoned = [one | {"reason": ""} for one in left]
        assert admin.send("POST", f"{way}/fills", json={"fills": unreasoned}).status_code == 422
        answer = admin.send("POST", f"{way}/fills", json={"fills": left})
    assert answer.json["open_holes"] == 0
    assert admin.send("POST", f"{way}/apply", json={}).json["status"] == "applied"


def test_a_file_that_cannot_be_read_is_told_line_by_line(sqlite_city: City, admin: Caller):
    answer = admin.send("POST", "/transfers", json=body("nobody,異動,収納課長,収納課"))
    assert answer.status_code == 201
    (problem,) = answer.json["problems"]
    assert (problem["line"], "nobody" in problem["message"]) == (2, True)
    broken = body() | {"content": "これは違う"}
    answer = admin.send("POST", "/transfers", json=broken)
    assert answer.status_code == 422
    assert "content" in answer.json["errors"]


def test_only_administrators_plan_transfers(sqlite_city: City):
    head = Caller.of(application(sqlite_city), "head")
    assert head.send("GET", "/transfers").status_code == 403
    assert head.send("POST", "/transfers", json=body(*ROUND)).status_code == 403


def test_cases_of_a_split_section_are_divided(sqlite_city: City, admin: Caller):
    case, other = sqlite_city.start(), sqlite_city.start("head")
    way = "/transfers/" + plan(sqlite_city, *SPLIT)
    (section,) = admin.send("GET", way).json["splits"]
    assert [one["target"] for one in section["successors"]] == ["window", "register"]
    assert [one["unit"] for one in section["cases"]] == ["window", "window"]
    gift = {"cases": [{"case": case.number, "to": "register"}]}
    answer = admin.send("POST", f"{way}/cases", json=gift)
    assert answer.status_code == 200, answer.json
    found = {one["id"]: (one["unit"], one["chosen"]) for one in answer.json["splits"][0]["cases"]}
    assert found == {case.id: ("register", True), other.id: ("window", False)}
    assert any(one["matter"] == "case" for one in answer.json["changes"])
    everything = {"unit": "counter", "all_to": "applicant"}
    answer = admin.send("POST", f"{way}/cases", json=everything)
    assert {one["id"]: one["unit"] for one in answer.json["splits"][0]["cases"]} == {
        case.id: "register", other.id: "window",
    }  # fmt: skip
    wrong = {"cases": [{"case": case.number, "to": "tax"}]}
    assert admin.send("POST", f"{way}/cases", json=wrong).status_code == 422


def test_cases_are_divided_by_a_sheet(sqlite_city: City, admin: Caller):
    case, other = sqlite_city.start(), sqlite_city.start("head")
    way = "/transfers/" + plan(sqlite_city, *PARTED)
    book = admin.get(f"{way}/cases/xlsx")
    assert (book.status_code, book.data[:2]) == (200, b"PK")
    given = admin.get(f"{way}/cases/csv")
    assert "dxflow-transfer-cases.csv" in given.headers["Content-Disposition"]
    heading, *lines = given.data.decode("utf-8-sig").splitlines()
    assert {line.split(",")[0] for line in lines} == {case.number, other.number}
    version = admin.get(way).json["version"]

    def sent(unit: str, seen: int = version) -> TestResponse:
        text = "\n".join((heading, *(f"{line}{unit}" for line in lines if case.number in line)))
        packed = base64.b64encode(text.encode("cp932")).decode()
        sheet = {"file": "案件.csv", "content": packed, "version": seen}
        return admin.send("POST", f"{way}/cases/sheet", json=sheet)

    refused = sent("収納課")
    assert refused.status_code == 422
    assert "引継先ではありません" in refused.text
    taken = sent("戸籍課")
    found = {one["id"]: one["unit"] for one in taken.json["splits"][0]["cases"]}
    assert found == {case.id: "register", other.id: "counter"}
    assert sent("戸籍課").status_code == 409, "the plan has changed since it was seen"
    broken = {"file": "案件.csv", "content": "これは違う"}
    assert admin.send("POST", f"{way}/cases/sheet", json=broken).status_code == 422
    head = Caller.of(application(sqlite_city), "head")
    assert head.get(f"{way}/cases/csv").status_code == 403
    assert head.get(f"{way}/cases/xlsx").status_code == 403
    assert (
        head.send("POST", f"{way}/cases/sheet", json=broken | {"content": "eA=="}).status_code
        == 403
    )


def test_the_sheet_of_a_plan_that_has_to_be_mended_is_not_given_out(admin: Caller):
    made = admin.send("POST", "/transfers", json=body("nobody,異動,収納課長,収納課"))
    assert admin.get(f"/transfers/{made.json['id']}/cases/csv").status_code == 422


def test_cases_of_a_section_that_goes_on_stay_or_are_given(sqlite_city: City, admin: Caller):
    case, other = sqlite_city.start(), sqlite_city.start("head")
    way = "/transfers/" + plan(sqlite_city, *PARTED)
    (section,) = admin.send("GET", way).json["splits"]
    assert section["goes_on"]
    assert [one["target"] for one in section["successors"]] == ["counter", "register"]
    assert {one["id"]: (one["unit"], one["beside"]) for one in section["cases"]} == {
        case.id: ("counter", "register"), other.id: ("counter", "counter"),
    }  # fmt: skip
    gift = {"cases": [{"case": case.number, "to": "register"}]}
    answer = admin.send("POST", f"{way}/cases", json=gift)
    found = {one["id"]: (one["unit"], one["chosen"]) for one in answer.json["splits"][0]["cases"]}
    assert found == {case.id: ("register", True), other.id: ("counter", False)}
    everything = {"unit": "counter", "all_to": "applicant"}
    answer = admin.send("POST", f"{way}/cases", json=everything)
    assert {one["id"]: one["unit"] for one in answer.json["splits"][0]["cases"]} == {
        case.id: "register", other.id: "counter",
    }  # fmt: skip
