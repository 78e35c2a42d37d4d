"""Absences, deputies, lists of substitutes and later reading over the API."""

from datetime import timedelta

from tests.factories import City
from tests.walks import do, task_of, to_decision
from tests.web.api_client import Caller, application


def week(city: City) -> dict[str, str]:
    today = city.site.today()
    return {"start": today.isoformat(), "last": (today + timedelta(6)).isoformat()}


def test_an_absence_brings_the_work_to_the_substitute_and_back_to_be_read(sqlite_city: City):
    app = application(sqlite_city)
    admin, head = Caller.of(app, "admin"), Caller.of(app, "civic_head")
    lists = admin.post("/standing/substitutes/head-civic", json={"substitutes": ["head-tax"]})
    (mine,) = (one for one in lists.json["posts"] if one["post"] == "head-civic")
    assert [one["post"] for one in mine["substitutes"]] == ["head-tax"]
    assert admin.get("/standing/substitutes").json == lists.json
    case = to_decision(sqlite_city)
    found = head.post("/standing/absences", json=week(sqlite_city) | {"reason": "出張"})
    (absence,) = found.json["absences"]
    assert (absence["reason"], absence["now"]) == ("出張", True)
    other = Caller.of(app, "tax_head")
    assert other.get("/standing").json["stands_in"] == ["市民部長 civic_head さんの不在による代決"]
    task = task_of(sqlite_city, "tax_head", case, "decide")
    assert other.get(f"/tasks/{task.id}").json["standing"] == "市民部長の代決"
    listed = {one["id"]: one["standing"] for one in other.get("/tasks").json["items"]}
    assert listed[task.id] == "市民部長の代決"
    do(sqlite_city, case, "tax_head", "decide", "approve", reason="代決する")
    told = other.get(f"/cases/{case}").json["timeline"]
    standing = {one["person"]: one["standing"] for one in reversed(told)}
    assert standing["tax_head"] == "代決（civic_head の代わり）・後閲待ち"
    assert {words for name, words in standing.items() if name != "tax_head"} == {""}
    (owed,) = head.get("/standing").json["owed"]
    assert (owed["case"], owed["by"], owed["days"]) == (case, "tax_head", 0)
    assert other.post(f"/standing/readings/{owed['id']}", json={}).status_code == 403
    read = head.post(f"/standing/readings/{owed['id']}", json={"remark": "承知した"})
    assert read.json["owed"] == []
    assert head.post(f"/standing/readings/{owed['id']}", json={}).status_code == 409
    ended = head.post(f"/standing/absences/{absence['id']}/end")
    assert ended.json["absences"] == []


def test_a_deputy_is_named_and_taken_back(sqlite_city: City):
    app = application(sqlite_city)
    head = Caller.of(app, "civic_head")
    named = head.post("/standing/deputies", json=week(sqlite_city) | {"deputy": "tax_head"})
    (deputy,) = named.json["deputies"]
    assert (deputy["deputy"], deputy["given"]) == ("tax_head", True)
    again = head.post("/standing/deputies", json=week(sqlite_city) | {"deputy": "tax_head"})
    assert again.status_code == 409
    assert head.post(f"/standing/deputies/{deputy['id']}/end").json["deputies"] == []


def test_what_may_not_be_is_refused(sqlite_city: City):
    app = application(sqlite_city)
    head = Caller.of(app, "civic_head")
    span = week(sqlite_city)
    past = {"start": "2020-01-01", "last": "2020-01-02"}
    assert head.post("/standing/absences", json=past).status_code == 422
    assert head.post("/standing/absences", json={"start": span["start"]}).status_code == 422
    assert head.post("/standing/absences", json=span | {"username": "mayor"}).status_code == 403
    assert head.post("/standing/absences", json=span | {"username": "x"}).status_code == 404
    assert head.get("/standing/substitutes").status_code == 403
    way = "/standing/substitutes/head-civic"
    assert head.post(way, json={"substitutes": ["head-tax"]}).status_code == 403
    admin = Caller.of(app, "admin")
    assert admin.post(way, json={"substitutes": ["nowhere"]}).status_code == 422


def test_a_list_of_tasks_says_what_is_laid_aside(sqlite_city: City):
    case = to_decision(sqlite_city)
    app = application(sqlite_city)
    decider = Caller.of(app, "civic_head")
    task = task_of(sqlite_city, "civic_head", case, "decide").id
    until = (sqlite_city.site.today() + timedelta(3)).isoformat()
    decider.post(f"/tasks/{task}/hold", json={"until": until, "reason": "内示を待つ"})
    (listed,) = (one for one in decider.get("/tasks").json["items"] if one["id"] == task)
    assert (listed["held_until"], listed["held_for"]) == (until, "内示を待つ")
    decider.post(f"/tasks/{task}/resume")
    (listed,) = (one for one in decider.get("/tasks").json["items"] if one["id"] == task)
    assert (listed["held_until"], listed["held_for"]) == (None, "")
