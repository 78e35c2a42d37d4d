"""Two processes that take turns answering: what one has changed, the other knows at once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from dxflow.cli.application import build
from dxflow.db.engine import Database
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation, registry
from dxflow.services.people.organisation import HoldingRow, Organisation
from tests.factories import ROOT, City
from tests.web.conftest import Browser, text_of
from tests.web.test_task import task_of


class Turns:
    """A WSGI application that hands each request to the next of several."""

    def __init__(self, applications: list[Any]) -> None:
        self._applications = applications
        self.turn = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.turn += 1
        return self._applications[self.turn % len(self._applications)](environ, start_response)


@pytest.fixture
def pair(city: City) -> Iterator[tuple[City, Turns, City]]:
    """A city, its two processes, and the city as the second process sees it.

    Each process has connections and caches of its own; they share database and secret key.
    """
    city.site.settings.make_secret_key()
    address = city.site.database.engine.url.render_as_string(hide_password=False)
    second = replace(city.site, database=Database(address), packs={}, directories={})
    yield city, Turns([build(city.site), build(second)]), replace(city, site=second)
    second.database.close()


def browser(turns: Turns, name: str) -> Browser:
    made = Browser(Client(turns, TestResponse))
    assert made.log_in(name).status_code == 303
    return made


def test_a_session_and_its_forms_go_from_process_to_process(pair):
    city, turns, _second = pair
    city.start()
    task = task_of(city, "head", "head_approval")
    head = browser(turns, "head")
    for _request in range(4):
        assert head.get("/").status_code == 200
    fields = {"_outcome": "approve", "reason": ""} | head.controls(f"/tasks/{task}")
    turns.turn += 1  # the form came from one, it goes to the other
    sent = [head.post(f"/tasks/{task}", fields, token=fields["_csrf"]) for _twice in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert not [one for one in city.open_tasks("head") if one.id == task]


def test_failed_logins_at_both_processes_count_together(pair):
    _city, turns, _second = pair
    anybody = Browser(Client(turns, TestResponse))
    for _try in range(5):
        assert anybody.log_in("head", "wrong-password").status_code == 401
    assert [anybody.log_in("head").status_code for _process in range(2)] == [429, 429]


def test_a_password_changed_in_one_process_ends_the_session_in_the_other(pair):
    city, turns, _second = pair
    head = browser(turns, "head")
    assert [head.get("/").status_code for _process in range(2)] == [200, 200]
    registry.set_password(city.site, city.actor("admin"), "head", password="another-horse-8")
    assert [head.get("/").status_code for _process in range(2)] == [303, 303]


def test_a_post_given_in_one_process_counts_in_the_other_at_once(pair):
    city, turns, second = pair
    case = city.start().id
    other = browser(turns, "other")
    assert [other.get(f"/cases/{case}").status_code for _process in range(2)] == [404, 404]
    row = HoldingRow(city.person["other"], "auditor", city.site.today(), concurrent=True)
    with second.site.database.write() as tx:
        organisation.write(tx, Organisation(holdings=(row,)), second.site)
    assert [other.get(f"/cases/{case}").status_code for _process in range(2)] == [200, 200]
    with city.site.database.write() as tx:
        organisation.end_holding(
            tx, city.person["other"], "auditor", city.site.today(), city.site.now()
        )
    assert [other.get(f"/cases/{case}").status_code for _process in range(2)] == [404, 404]


def test_a_pack_published_in_one_process_is_what_the_other_starts_cases_with(pair):
    _city, turns, second = pair
    applicant = browser(turns, "applicant")
    assert [applicant.get("/proposals/new").status_code for _process in range(2)] == [200, 200]
    files = packs.read_folder(ROOT / "processes" / "standard")
    label = "ここを直したい"
    files["forms/idea.form"] = files["forms/idea.form"].replace("困っていること", label)
    assert label in files["forms/idea.form"]
    packs.install(second.site, files, "system")
    shown = [text_of(applicant.get("/proposals/new")) for _process in range(2)]
    assert all(label in words for words in shown)
