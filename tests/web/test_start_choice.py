"""新しい提案, where the pack offers several things to begin: a choice, and no more than one's own."""

import pytest

from dxflow.services.acts import drafts
from tests import doors
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

PURCHASE = {"title": "複合機の入替え"}


@pytest.fixture(autouse=True)
def _offering(sqlite_city) -> None:
    doors.publish(sqlite_city)


def links(page) -> dict[str, str]:
    """Return the starts a page offers: words and address."""
    return {
        one.text_content(): one.get("href") for one in page.xpath("//main//ul[@class='cards']//a")
    }


def test_who_may_begin_several_things_chooses_and_reads_what_each_is_for(browse):
    browser = browse("head")
    page = browser.page("/proposals/new")
    assert links(page) == {
        "思いつきを出す": "/proposals/new?process=thought",
        "購入の協議": "/proposals/new?process=purchase",
    }
    assert "機器やソフトウェアを買う前に、情報部門と協議します。" in page.text_content()
    form = browser.page("/proposals/new?process=purchase")
    assert "買うもの" in form.text_content()
    assert "情報部門と協議します。" in form.xpath("//p[@class='title__lead']")[0].text_content()


def test_who_may_begin_one_thing_is_at_its_form_at_once(browse):
    page = browse("applicant").page("/proposals/new")
    assert page.xpath("//form[@data-autosave]")
    assert not links(page)


def test_the_first_page_offers_the_choice_to_who_has_nothing_to_do(browse):
    assert list(links(browse("head").page("/"))) == ["思いつきを出す", "購入の協議"]
    alone = browse("applicant").page("/")
    assert not links(alone)
    assert alone.xpath("//main//a[@href='/proposals/new']")


def test_the_choice_can_be_read_in_english(browse):
    browser = browse("head")
    browser.get("/language/en")
    page = browser.page("/proposals/new")
    assert list(links(page)) == ["Share an idea", "Ask about a purchase"]
    assert "Takes two minutes." in page.text_content()


def test_what_one_may_not_begin_is_refused_with_who_may(browse, sqlite_city):
    browser = browse("applicant")
    address = f"/proposals/purchase/{drafts.fresh_id(sqlite_city.site)}"
    for answer in (
        browser.get("/proposals/new?process=purchase"),
        browser.post(address, {**PURCHASE, "_outcome": "submit"}),
        browser.post(address, {**PURCHASE, "_save": "1"}),
    ):
        assert answer.status_code == 403
        assert "「購入の協議」を始められるのは、市民課長、収納課長です。" in text_of(answer)
    assert drafts.mine(sqlite_city.site, sqlite_city.actor("applicant")) == []


def test_a_draft_says_what_it_would_begin_and_goes_on_there(browse):
    browser = browse("head")
    form = browser.page("/proposals/new?process=purchase").xpath("//form[@data-autosave]")[0]
    browser.post(form.get("action"), {**PURCHASE, "_save": "1"})
    page = browser.page("/mine")
    (line,) = page.xpath("//section[@aria-labelledby='drafts']//p[@class='work__meta']")
    assert "購入の協議" in line.text_content()
    (link,) = page.xpath("//a[contains(., '複合機の入替え')]/@href")
    answer = browser.post(link, {**PURCHASE, "_outcome": "submit"})
    assert answer.status_code == 303
    case = browser.page(answer.headers["Location"])
    assert case.xpath("//a[contains(@href, 'process=purchase&copy=')]")


def test_the_list_of_cases_can_be_narrowed_to_one_kind(browse):
    page = browse("cio").page("/cases")
    assert page.xpath("//select[@name='process']/option/text()")[1:] == [
        "思いつきを出す", "購入の協議", "急ぎの購入の協議",
    ]  # fmt: skip


def test_a_program_begins_what_it_names_and_the_first_without_a_name(sqlite_city):
    app = application(sqlite_city)
    head, staff = Caller.of(app, "head"), Caller.of(app, "applicant")
    assert [one["key"] for one in head.get("/processes").json["items"]] == ["thought", "purchase"]
    assert [one["key"] for one in staff.get("/processes").json["items"]] == ["thought"]
    idea = {
        "title": "番号札を二次元コードにする", "trouble": "番号札の紙をなくす人がいる。",
        "change": "スマートフォンで順番を見られるようにする。", "beneficiary": ["citizen"],
    }  # fmt: skip
    first = head.post("/cases", {"values": idea}).json
    assert (first["process"], first["start"]) == ("proposal", "thought")
    named = head.post("/cases", {"process": "purchase", "values": PURCHASE}).json
    assert (named["process"], named["start"]) == ("purchase", "purchase")
    office = Caller.of(app, "secretariat")
    both = {"process": "purchase", "start": "purchase_now", "values": PURCHASE}
    assert office.post("/cases", both).json["start"] == "purchase_now"
    mixed = office.post("/cases", both | {"process": "proposal"})
    assert (mixed.status_code, list(mixed.json["errors"])) == (422, ["start"])
    assert staff.post("/cases", {"process": "purchase", "values": PURCHASE}).status_code == 403
    assert staff.get("/processes/purchase").status_code == 403
    assert staff.post("/drafts", {"process": "purchase", "values": {}}).status_code == 403
    assert head.get("/cases?process=purchase").json["total"] == 1


def test_a_start_sent_twice_is_one_case_however_it_was_named(sqlite_city):
    head = Caller.of(application(sqlite_city), "head")
    idea = {"process": "purchase", "values": PURCHASE}
    key = {"Idempotency-Key": "0123456789abcdef"}
    once = head.post("/cases", idea, headers=key).json
    assert head.post("/cases", idea, headers=key).json["id"] == once["id"]
    nameless = {"values": {
        "title": "番号札を二次元コードにする", "trouble": "番号札の紙をなくす人がいる。",
        "change": "スマートフォンで順番を見られるようにする。", "beneficiary": ["citizen"],
    }}  # fmt: skip
    key = {"Idempotency-Key": "fedcba9876543210"}
    once = head.post("/cases", nameless, headers=key).json
    assert head.post("/cases", nameless, headers=key).json["id"] == once["id"]
    assert head.get("/cases").json["total"] == 2
