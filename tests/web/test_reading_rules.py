"""Opinions and drafts behind every door: pages, paper, programs, lists, the log."""

import pytest

from dxflow.services.acts import drafts
from dxflow.services.reading import audit_log
from tests.integration.test_decision_papers import Ticking
from tests.integration.test_opinions_read import SAID, play
from tests.settings import settle
from tests.walks import do
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

PAGES = ("", "/timeline", "/forms", "/print", "/decision", "/decision/print", "/attachments")
LISTS = ("/cases?q=予約", "/mine", "/", "/notices", "/papers", "/portfolio", "/cases.csv")


@pytest.fixture
def city(sqlite_city):
    sqlite_city.clock.__class__ = Ticking
    return sqlite_city


def told(browser, caller, case: str) -> set[str]:
    """Return what somebody learns of the opinions on a case, through every door."""
    answers = [browser.get(f"/cases/{case}{page}") for page in PAGES]
    assert {one.status_code for one in answers} == {200}
    answers += [browser.get(page) for page in LISTS]
    answers += [caller.get(f"/cases/{case}"), caller.get(f"/cases/{case}/decision")]
    answers += [caller.get(path) for path in ("/cases", "/tasks?scope=all", "/drafts")]
    words = " ".join(one.get_data(as_text=True) for one in answers)
    return {one for one in SAID if one in words}


@pytest.mark.parametrize("rule", ["readers", "route", "decided"])
def test_opinions_are_behind_every_door_as_the_pack_says(rule, city, browse):
    settle(city, "reading", opinions=f'"{rule}"')
    case = play(city)
    far, near = (browse(name) for name in ("other", "finance"))
    far_caller, near_caller = (Caller.of(application(city), name) for name in ("other", "finance"))
    assert told(far, far_caller, case) == (set(SAID) if rule == "readers" else set())
    assert told(near, near_caller, case) == set(SAID)
    words = text_of(far.get(f"/cases/{case}")) + text_of(far.get(f"/cases/{case}/decision"))
    assert ("意見の内容" in words) is (rule != "readers")
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    assert told(far, far_caller, case) == (set() if rule == "route" else set(SAID))


def test_the_log_tells_its_readers_everything(city, browse):
    settle(city, "reading", opinions='"route"', drafts='"section"')
    case = play(city)
    for name in ("cio", "auditor"):
        found = audit_log.search(
            city.site, city.actor(name), audit_log.Filters(case=case), per_page=200
        )
        assert {one for one in SAID if one in repr(found)} == set(SAID)
        assert "予算に注意" in browse(name).get(f"/audit?case={case}&type=opinion").text


@pytest.mark.parametrize("rule", ["author", "head", "section"])
def test_drafts_are_behind_every_door_as_the_pack_says(rule, city, browse):
    settle(city, "reading", drafts=f'"{rule}"')
    draft = drafts.fresh_id(city.site)
    drafts.save_start(
        city.site, city.actor("applicant"), "proposal", draft,
        {"title": "窓口の椅子", "trouble": "古くて危ない。"},
    )  # fmt: skip
    for name in ("head", "colleague", "other", "secretariat", "auditor"):
        reads = (name == "head" and rule != "author") or (name == "colleague" and rule == "section")
        browser, caller = browse(name), Caller.of(application(city), name)
        page, answer = browser.get(f"/drafts/{draft}"), caller.get(f"/drafts/{draft}")
        assert (page.status_code, answer.status_code) == ((200, 200) if reads else (404, 404))
        assert ("古くて危ない。" in page.text + answer.text) is reads
        assert ("窓口の椅子" in browser.get("/mine").text) is reads
        assert [one["id"] for one in caller.get("/drafts").json["items"]] == [draft] * reads
        assert "窓口の椅子" not in "".join(
            browser.get(page).text for page in LISTS if page != "/mine"
        )
        assert browser.get(f"/proposals/proposal/{draft}").status_code == 404
        assert caller.post(f"/drafts/{draft}", {"values": {}}).status_code == 404
        assert caller.post(f"/drafts/{draft}/discard").status_code == 404
    words = text_of(browse("applicant").get("/mine"))
    said = {"author": "あなただけ", "head": "課の長が読めます", "section": "同じ課の人が読めます"}
    assert said[rule] in words
    assert said[rule] in text_of(browse("applicant").get(f"/proposals/proposal/{draft}"))


def test_a_program_keeps_a_draft_and_hands_it_in_once(city):
    caller = Caller.of(application(city), "applicant")
    body = {"process": "proposal", "values": {"title": "窓口の椅子", "unknown": 1}}
    begun = caller.post("/drafts", body)
    assert begun.status_code == 201
    draft = begun.json["id"]
    values = {
        "title": "窓口の椅子", "trouble": "古くて危ない。", "change": "買い替える。",
        "beneficiary": ["citizen"],
    }  # fmt: skip
    assert caller.post(f"/drafts/{draft}", {"values": values}).json["values"] == values
    new = {"process": "proposal", "values": values, "draft": draft}
    sent = [caller.post("/cases", new, headers={"Idempotency-Key": draft}) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json["id"] == sent[1].json["id"]
    assert caller.post("/cases", new).status_code == 409
    assert caller.get("/drafts").json["items"] == []
    kept = caller.post("/drafts", body).json["id"]
    assert caller.post(f"/drafts/{kept}/discard").status_code == 204
    assert caller.get(f"/drafts/{kept}").status_code == 404
    assert caller.post("/drafts", body | {"process": "nothing"}).status_code == 404
