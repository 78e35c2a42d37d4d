"""一括審議 over REST: the same acts, the same refusals, done once for a key."""

from tests.blocs import begun, statuses
from tests.factories import City
from tests.walks import MEMBERS, do
from tests.web.api_client import Caller, application

AYE = {"values": {"reason": "効果が見込める"}, "outcome": "approve"}


def test_several_cases_are_decided_at_once_over_rest(sqlite_city: City) -> None:
    city = sqlite_city
    meeting, cases, matters = begun(city, 3)
    app, way = application(city), f"/meetings/{meeting}"
    chair, member = Caller.of(app, "cio"), Caller.of(app, "it_head")
    wanted = {"matters": matters}
    assert member.send("POST", f"{way}/blocs", json=wanted).status_code == 403
    assert chair.send("POST", f"{way}/blocs", json=wanted | {"version": 1}).status_code == 409
    short = chair.send("POST", f"{way}/blocs", json={"matters": matters[:1]})
    assert (short.status_code, "matters" in short.json["errors"]) == (422, True)
    answer = chair.send("POST", f"{way}/blocs", json=wanted)
    assert [one["bloc"] for one in answer.json["agenda"]] == [1, 1, 1]
    bloc = f"{way}/blocs/1"
    opened = chair.send("POST", f"{bloc}/open").json
    assert ([one["matter"] for one in opened["done"]], opened["left"]) == (matters, [])
    assert chair.send("POST", f"{bloc}/open").status_code == 409
    assert chair.send("POST", f"{way}/blocs/x/open").status_code == 404

    apart = f"{way}/matters/{matters[1]}/separate"
    assert Caller.of(app, "auditor").send("POST", apart, json={}).status_code == 403
    assert member.send("POST", apart, json={"reason": "別に審議したい"}).status_code == 200
    key = {"Idempotency-Key": "one-ballot"}
    given = AYE | {"matters": matters}
    first = member.send("POST", f"{bloc}/vote", json=given, headers=key)
    assert [one["item"] for one in first.json["done"]] == [1, 3]
    assert [(one["item"], one["case"]) for one in first.json["left"]] == [(2, cases[1])]
    again = member.send("POST", f"{bloc}/vote", json=given, headers=key)
    assert (again.status_code, again.json) == (200, first.json)
    other = given | {"outcome": "reject"}
    assert member.send("POST", f"{bloc}/vote", json=other, headers=key).status_code == 409
    assert member.send("POST", f"{bloc}/vote", json=AYE).status_code == 409
    wrong = AYE | {"values": {"reason": ""}}
    assert chair.send("POST", f"{bloc}/vote", json=wrong).status_code == 422
    for name in MEMBERS:
        if name != "it_head":
            assert Caller.of(app, name).send("POST", f"{bloc}/vote", json=AYE).status_code == 200
        do(city, cases[1], name, "verdict", "reject", reason="反対")
    found = chair.send("POST", f"{bloc}/conclude", json=AYE)
    assert [one["item"] for one in found.json["done"]] == [1, 3]
    assert statuses(city, meeting) == ["resolved", "closed", "resolved"]


def test_a_bloc_is_closed_and_given_up_over_rest(sqlite_city: City) -> None:
    city = sqlite_city
    meeting, _cases, matters = begun(city, 2)
    app, way = application(city), f"/meetings/{meeting}"
    chair = Caller.of(app, "cio")
    chair.send("POST", f"{way}/blocs", json={"matters": matters})
    given_up = chair.send("POST", f"{way}/blocs/1/dissolve")
    assert [one["bloc"] for one in given_up.json["agenda"]] == [0, 0]
    chair.send("POST", f"{way}/blocs", json={"matters": matters})
    chair.send("POST", f"{way}/blocs/1/open")
    chair.send("POST", f"{way}/blocs/1/vote", json=AYE)
    assert Caller.of(app, "it_head").send("POST", f"{way}/blocs/1/close").status_code == 403
    assert len(chair.send("POST", f"{way}/blocs/1/close").json["done"]) == 2
    assert statuses(city, meeting) == ["closed", "closed"]
