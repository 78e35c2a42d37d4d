"""Running cases moved to another version by programs: looked at, begun once, stopped, put back."""

import pytest

from dxflow.audit import verify_database
from dxflow.services.packs import store as packs
from dxflow.services.people import maintenance
from tests.factories import City
from tests.integration.test_migrations import renamed
from tests.walks import to_triage
from tests.web.api_client import Caller, application
from tests.web.test_api_refusals import problem

NOBODY = "0" * 32
MAP = {"idea/triage": "idea/reception"}
PLAN = {"to": 2, "map": MAP}


def prepared(city: City) -> tuple[Caller, str, str]:
    """Return the administrator's program, a case whose step needs a line of the map, and another."""
    first, second = to_triage(city), city.start().id
    packs.install(city.site, renamed(), "system")
    return Caller.of(application(city), "admin"), first, second


def keyed(admin: Caller, key: str, body: dict) -> dict:
    return admin.post("/migrations", body, headers={"Idempotency-Key": key})


def outcomes(admin: Caller, batch: str) -> dict[str, str]:
    found = admin.get(f"/migrations/{batch}/cases").json
    assert found["total"] == len(found["items"])
    return {row["case"]: row["outcome"] for row in found["items"]}


def test_a_plan_is_looked_at_case_by_case_and_says_what_its_map_may_hold(sqlite_city):
    admin, first, second = prepared(sqlite_city)
    seen = admin.post("/migrations/preview", {"to": 2}).json
    assert {row["case"]: row["movable"] for row in seen["items"]} == {first: False, second: True}
    (blocked,) = [row for row in seen["items"] if not row["movable"]]
    assert [why["place"] for why in blocked["blockers"]] == ["idea/triage"]
    assert blocked["standing"] == ["受付審査"]
    (choice,) = seen["choices"]
    assert (choice["place"], choice["chosen"]) == ("idea/triage", "")
    assert "idea/reception" in {one["place"] for one in choice["offered"]}

    mapped = admin.post("/migrations/preview?per_page=1&page=2", PLAN).json
    assert (mapped["total"], mapped["page"], len(mapped["items"])) == (2, 2, 1)
    assert all(row["movable"] for row in mapped["items"])
    assert mapped["choices"][0]["chosen"] == "idea/reception"
    assert admin.get("/migrations").json["items"] == []


def test_a_maintenance_lets_a_plan_be_looked_at_and_nothing_be_moved(sqlite_city):
    admin, *_cases = prepared(sqlite_city)
    maintenance.announce(sqlite_city.site, sqlite_city.actor("admin"), "点検", None, None)
    assert admin.post("/migrations/preview", PLAN).status_code == 200
    refused = admin.post("/migrations", PLAN | {"all": True})
    assert problem(refused) == (503, "unavailable")
    assert "点検" in refused.json["detail"]
    assert admin.get("/migrations").json["total"] == 0


def test_cases_are_moved_and_put_back(city):
    admin, first, second = prepared(city)
    begun = admin.post("/migrations", PLAN | {"all": True})
    assert begun.status_code == 201
    batch = begun.json["id"]
    assert begun.headers["Location"].endswith(f"/migrations/{batch}")
    assert (begun.json["to"], begun.json["map"]) == (2, MAP)
    assert (begun.json["status"], begun.json["counts"]) == ("running", {"waiting": 2})
    city.run_jobs()
    assert outcomes(admin, batch) == {first: "migrated", second: "migrated"}
    assert admin.get(f"/migrations/{batch}").json["status"] == "done"
    assert admin.get(f"/cases/{first}").status_code == 404  # operating is not reading
    assert [t.element for t in city.open_tasks("secretariat")] == ["reception"]

    one = admin.post(f"/migrations/{batch}/revert", {"cases": [first]}).json
    assert one["counts"] == {"migrated": 1, "reverting": 1}
    city.run_jobs()
    admin.post(f"/migrations/{batch}/revert", {})
    city.run_jobs()
    assert outcomes(admin, batch) == {first: "reverted", second: "reverted"}
    again = admin.post(f"/migrations/{batch}/revert", {})
    assert (again.status_code, again.json["counts"]) == (200, {"reverted": 2})
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_only_the_named_cases_are_moved(sqlite_city):
    admin, _first, second = prepared(sqlite_city)
    number = admin.post("/migrations/preview", PLAN).json["items"][1]["number"]
    batch = admin.post("/migrations", PLAN | {"cases": [number, second, number]}).json["id"]
    sqlite_city.run_jobs()
    assert outcomes(admin, batch) == {second: "migrated"}


def test_a_batch_is_stopped_before_its_turn_and_stopping_twice_changes_nothing(sqlite_city):
    admin, *_cases = prepared(sqlite_city)
    batch = admin.post("/migrations", PLAN | {"all": True}).json["id"]
    for _time in range(2):
        stopped = admin.post(f"/migrations/{batch}/stop")
        assert (stopped.status_code, stopped.json["counts"]) == (200, {"stopped": 2})
    sqlite_city.run_jobs()
    assert set(outcomes(admin, batch).values()) == {"stopped"}
    events = Caller.of(admin.client.application, "auditor").get("/audit/events?type=migration").json
    assert [(e["type"], e["actor"], e["channel"]) for e in events["items"]] == [
        ("migration.stopped", sqlite_city.person["admin"], "API"),
        ("migration.started", sqlite_city.person["admin"], "API"),
    ]


def test_the_same_key_begins_one_batch_and_another_request_is_refused(city):
    admin, first, _second = prepared(city)
    begun = [keyed(admin, "k-1", PLAN | {"all": True}) for _time in range(2)]
    assert [answer.status_code for answer in begun] == [201, 201]
    assert begun[0].json["id"] == begun[1].json["id"]
    other = keyed(admin, "k-1", PLAN | {"cases": [first]})
    assert problem(other) == (409, "conflict")
    assert admin.get("/migrations").json["total"] == 1
    assert keyed(admin, "k-2", PLAN | {"cases": [first]}).json["id"] != begun[0].json["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"), ({"to": 0}, "to"), ({"to": "x"}, "to"), ({"to": 9}, "to"), ({"to": True}, "to"),
        ({"to": 2, "pack": "other"}, "pack"), ({"to": 2, "map": []}, "map"),
        ({"to": 2, "map": {"triage": "idea/reception"}}, "map"),
        ({"to": 2, "map": {"idea/triage": "idea/nothing"}}, "map"),
        ({"to": 2, "map": {"idea/triage": 5}}, "map"), ({"to": 2, "more": 1}, "more"),
        ({"to": 2}, "cases"), ({"to": 2, "cases": ["x"], "all": True}, "cases"),
        ({"to": 2, "all": "yes"}, "all"), ({"to": 2, "all": 1}, "all"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_refused_by_field(sqlite_city, body, field):
    admin, *_cases = prepared(sqlite_city)
    answer = admin.post("/migrations", body)
    assert problem(answer) == (422, "invalid")
    assert list(answer.json["errors"]) == [field]
    assert admin.get("/migrations").json["total"] == 0


def test_what_is_not_there_is_404(sqlite_city):
    admin, *_cases = prepared(sqlite_city)
    for answer in (
        admin.post("/migrations", PLAN | {"cases": ["no-such-case"]}),
        admin.get(f"/migrations/{NOBODY}"),
        admin.get(f"/migrations/{NOBODY}/cases"),
        admin.post(f"/migrations/{NOBODY}/stop"),
        admin.post(f"/migrations/{NOBODY}/revert", {}),
    ):
        assert problem(answer) == (404, "not_found")
    assert admin.get("/migrations").json["total"] == 0


def test_only_administrators_move_cases(sqlite_city):
    admin, *_cases = prepared(sqlite_city)
    for name in ("applicant", "secretariat", "cio", "auditor"):
        other = Caller.of(admin.client.application, name)
        for answer in (
            other.post("/migrations/preview", PLAN),
            other.post("/migrations", PLAN | {"all": True}),
            other.get("/migrations"),
            other.get(f"/migrations/{NOBODY}"),
            other.get(f"/migrations/{NOBODY}/cases"),
            other.post(f"/migrations/{NOBODY}/stop"),
            other.post(f"/migrations/{NOBODY}/revert", {}),
        ):
            assert problem(answer) == (403, "forbidden")
    nobody = Caller(admin.client)
    assert problem(nobody.post("/migrations", PLAN | {"all": True})) == (401, "unauthenticated")
