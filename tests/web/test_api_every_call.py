"""Every call of the API with values of every wrong kind: each answer is one the document declares."""

import re

import pytest
from werkzeug.test import TestResponse

from dxflow.api.answers.shared import Page
from dxflow.api.entrance import OPERATIONS
from dxflow.api.requests import Paging
from tests.factories import City
from tests.web.api_client import Caller, application

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NOBODY = "0" * 32
VALUES = (None, "", "x" * 5000, "\u0000", -1, 2**60, 1.5, True, [], [1], ["x"], {}, {"a": {}})
CALLS = {one.name: one for one in OPERATIONS}


def sentences(answer: TestResponse) -> list[str]:
    """Return what a refusal says to a reader."""
    told = answer.json
    inner = [text for texts in told.get("errors", {}).values() for text in texts]
    return [told["title"], told["detail"], *inner]


def address(path: str) -> str:
    return re.sub(r"\{[a-z]+\}", NOBODY, path)


@pytest.mark.parametrize("name", [one.name for one in OPERATIONS if one.body])
def test_bodies_of_the_wrong_kind_are_refused_as_declared(sqlite_city: City, name: str) -> None:
    call = CALLS[name]
    admin = Caller.of(application(sqlite_city), "admin")
    members = call.body().fields
    bodies = [{member: value} for member in members for value in VALUES]
    bodies += [{"undeclared": 1}, {member: "x" for member in members}]
    for body in bodies:
        answer = admin.send(call.method, address(call.path), json=body)  # checks it is declared
        assert answer.status_code >= 400 or name == "previewMigration", body
        if answer.status_code >= 400:
            assert all(map(JAPANESE.search, sentences(answer))), (body, answer.json)
    answer = admin.send(call.method, address(call.path), json={"undeclared": 1})
    assert answer.status_code == 422
    assert "undeclared" in answer.json["errors"]
    english = admin.send(
        call.method, address(call.path), json={"undeclared": 1}, headers={"Accept-Language": "en"}
    )
    assert not any(map(JAPANESE.search, sentences(english)))


@pytest.mark.parametrize("name", [one.name for one in OPERATIONS if one.query])
def test_queries_of_the_wrong_kind_are_refused_as_declared(sqlite_city: City, name: str) -> None:
    call = CALLS[name]
    admin = Caller.of(application(sqlite_city), "cio" if name == "listAuditEvents" else "admin")
    for member in call.query().fields.values():
        for value in ("", "x" * 300, "-1", "0", "1e9", "%00", "９"):
            path = f"{address(call.path)}?{member.data_key or member.name}={value}"
            answer = admin.send(call.method, path, json={"to": 1})
            assert answer.status_code < 500, path
            if answer.status_code >= 400:
                assert all(map(JAPANESE.search, sentences(answer))), (path, answer.json)
    answer = admin.send(call.method, f"{address(call.path)}?undeclared=1", json={"to": 1})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name", [one.name for one in OPERATIONS if one.answer and "items" in one.answer().fields]
)
def test_every_list_is_paged(name: str) -> None:
    answer, query = CALLS[name].answer, CALLS[name].query
    assert issubclass(answer, Page), "items, page, per_page, total"
    assert query is not None
    assert issubclass(query, Paging), "?page=&per_page="


def test_addresses_of_nothing_are_refused_as_declared(sqlite_city: City) -> None:
    admin = Caller.of(application(sqlite_city), "admin")
    for call in OPERATIONS:
        if "{" in call.path and not call.body:
            assert admin.send(call.method, address(call.path)).status_code in (403, 404), call.name
