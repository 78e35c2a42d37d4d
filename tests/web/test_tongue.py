"""The language of pages: chosen by the reader, remembered, and never a way elsewhere."""

from datetime import date

import pytest

from tests.integration.test_due_conditions import CONDITION, conditional, on
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of


def test_pages_are_japanese_until_the_reader_chooses(anybody):
    assert '<html lang="ja">' in anybody.get("/login").text


def test_the_choice_holds_for_every_later_page(anybody):
    answer = anybody.get("/language/en?next=/login")
    assert (answer.status_code, answer.location) == (303, "/login")
    page = anybody.get("/login").text
    assert '<html lang="en">' in page
    assert "/language/ja?next=" in page


@pytest.mark.parametrize("lang", ["fr", "xx", "en-US"])
def test_a_language_without_pages_changes_nothing(anybody, lang):
    anybody.get(f"/language/{lang}")
    assert '<html lang="ja">' in anybody.get("/login").text


def test_the_way_back_never_leads_elsewhere(anybody):
    answer = anybody.get("/language/en?next=https://elsewhere.example/")
    assert answer.location == "/"


def test_programs_read_the_names_of_work_in_their_language(sqlite_city):
    sqlite_city.start()
    head = Caller.of(application(sqlite_city), "head")
    english = {"Accept-Language": "en"}
    (task,) = head.get("/tasks", headers=english).json["items"]
    case, way = head.get(f"/cases/{task['case']}", headers=english).json, f"/tasks/{task['id']}"
    assert [one["name"] for one in case["open_tasks"]] == [task["name"]]
    assert head.get(way, headers=english).json["name"] == task["name"]
    head.complete("head_approval", "approve")
    late = head.get(way, headers=english)
    assert late.status_code == 409
    assert f"“{task['name']}”" in late.json["detail"]


def test_programs_say_their_language_in_the_request(sqlite_city):
    program = application(sqlite_city).test_client()
    said = {
        lang: program.get("/api/v1/me", headers={"Accept-Language": lang}).json["title"]
        for lang in ("ja", "en")
    }
    assert said["ja"] == "認証が必要です"
    assert said["en"].isascii()


def test_days_in_notices_are_written_as_on_every_page_in_english(sqlite_city, browse):
    conditional(sqlite_city)
    on(sqlite_city, date(2026, 6, 8))
    browser = browse("tax_head")
    japanese = text_of(browser.get("/notices"))
    assert f"「{CONDITION['text']}」の期日（令和8年6月5日）を過ぎました" in japanese
    browser.get("/language/en")
    english = text_of(browser.get("/notices"))
    assert "2026-06-05" in english
    assert "令和" not in english
    assert CONDITION["text"] in english, "words of people stay as they are"
