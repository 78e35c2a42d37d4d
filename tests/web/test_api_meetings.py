"""Meetings over REST: the same acts, the same refusals."""

import hashlib

from tests.factories import City
from tests.sessions import SEAT_OF, attend, drawn, held
from tests.walks import MEMBERS, do, to_committee
from tests.web.api_client import Caller, application


def test_a_meeting_is_planned_held_and_read_over_rest(sqlite_city: City) -> None:
    city = sqlite_city
    case = to_committee(city)
    app = application(city)
    secretariat, chair = Caller.of(app, "secretariat"), Caller.of(app, "cio")
    wanted = {"body": "dx_committee", "held_on": city.site.today().isoformat(), "begins": "14:00"}
    answer = secretariat.send("POST", "/meetings", json=wanted)
    assert answer.status_code == 201
    way = "/meetings/" + answer.json["meeting"]["id"]
    assert answer.headers["Location"].endswith(way)
    assert chair.send("POST", "/meetings", json=wanted).status_code == 403
    assert (
        secretariat.send("POST", "/meetings", json=wanted | {"begins": "二時"}).status_code == 422
    )

    answer = secretariat.send("POST", f"{way}/matters", json={"case": case})
    matter = f"{way}/matters/{answer.json['agenda'][0]['id']}"
    assert secretariat.send("POST", f"{way}/matters", json={"case": case}).status_code == 409
    assert secretariat.send("POST", f"{way}/distribute").status_code == 200
    assert chair.send("POST", f"{matter}/read").json["agenda"][0]["read"] == 1
    assert secretariat.send("POST", f"{way}/open").status_code == 409
    for name in MEMBERS:
        secretariat.send("POST", f"{way}/attendance", json={"seat": SEAT_OF[name], "here": True})
    assert secretariat.send("POST", f"{way}/open").json["meeting"]["status"] == "open"
    assert chair.send("POST", f"{matter}/open").json["agenda"][0]["status"] == "voting"
    member = Caller.of(app, "tax_head")
    said = {"seat": "head-tax", "reason": "委託先の親族"}
    assert member.send("POST", f"{matter}/recusals", json=said).status_code == 200
    assert member.send("POST", f"{matter}/recusals", json=said | {"seat": "cio"}).status_code == 403
    back = f"{matter}/recusals/head-tax/withdraw"
    assert Caller.of(app, "it_head").send("POST", back, json={"reason": "他人"}).status_code == 403
    assert member.send("POST", back, json={"reason": "親族でなかった"}).status_code == 200
    assert member.send("POST", back, json={"reason": "親族でなかった"}).status_code == 409
    assert member.send("POST", f"{matter}/recusals", json=said).status_code == 200
    for name in MEMBERS:
        if name != "tax_head":
            do(city, case, name, "verdict", "approve", reason="賛成")
    assert chair.send("GET", way).json["agenda"][0]["status"] == "closed"
    assert chair.send("POST", f"{matter}/defer", json={"reason": "遅い"}).status_code == 409
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")
    answer = secretariat.send("POST", f"{way}/close")
    assert answer.json["meeting"]["status"] == "closed"
    assert answer.json["agenda"][0]["result"] == "approve"


def test_a_meeting_whose_day_is_over_is_opened_late_with_a_reason(sqlite_city: City) -> None:
    city = sqlite_city
    _case, meeting, _matter = drawn(city, days=1)
    city.clock.advance(days=2)
    attend(city, meeting)
    secretariat, way = Caller.of(application(city), "secretariat"), f"/meetings/{meeting}"
    assert secretariat.send("GET", way).json["meeting"]["passed"] is True
    refused = secretariat.send("POST", f"{way}/open")
    assert (refused.status_code, "reason" in refused.json["errors"]) == (422, True)
    why = {"reason": "台風のため"}
    other = Caller.of(application(city), "it_head")
    assert other.send("POST", f"{way}/open-late", json=why).status_code == 403
    found = secretariat.send("POST", f"{way}/open-late", json=why).json["meeting"]
    assert (found["status"], found["passed"]) == ("open", False)
    assert found["held_on"] == city.site.today().isoformat()


def test_the_list_and_the_minutes_are_for_those_who_may(sqlite_city: City) -> None:
    from dxflow.services.meetings import minutes

    city = sqlite_city
    _case, meeting, _matter = held(city)
    app = application(city)
    auditor = Caller.of(app, "auditor")
    (row,) = auditor.send("GET", "/meetings").json["items"]
    assert (row["id"], row["status"]) == (meeting, "closed")
    assert auditor.send("GET", f"/meetings/{meeting}/minutes").status_code == 404
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    paper = auditor.get(f"/meetings/{meeting}/minutes/pdf")
    assert (paper.mimetype, paper.data[:4]) == ("application/pdf", b"%PDF")
    assert Caller.of(app, "other").get(f"/meetings/{meeting}/minutes/pdf").status_code == 403
    found = auditor.send("GET", f"/meetings/{meeting}/minutes").json
    assert (found["stage"], found["unbroken"]) == ("draft", True)
    assert hashlib.sha256(found["text"].encode()).hexdigest() == found["digest"]
    assert Caller.of(app, "applicant").send("GET", "/meetings").status_code == 403
    assert Caller.of(app, "applicant").send("GET", f"/meetings/{meeting}").status_code == 403
