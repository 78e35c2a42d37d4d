"""The administrators' pages of units and posts in a browser."""

import pytest
from lxml import html
from werkzeug.test import TestResponse

from tests.factories import City
from tests.web.conftest import Browser, text_of

APRIL = "2027-04-01"


def form_of(browser: Browser, address: str, action: str) -> dict[str, str]:
    """Return the values of a form on a page as the browser would send them."""
    form = browser.page(address).xpath(f"//form[contains(@action, '{action}')]")[0]
    return {name: value for name, value in form.form_values() if name != "_csrf"}


def sent(browser: Browser, address: str, action: str, **typed: str) -> TestResponse:
    values = form_of(browser, address, action) | typed
    return browser.post(f"{address.split('?')[0]}/{action}", values)


def names(browser: Browser, address: str) -> list[str]:
    return browser.page(address).xpath("//table[contains(@class, 'tree')]//th/a/text()")


@pytest.mark.parametrize("name", ["cio", "applicant", "auditor"])
@pytest.mark.parametrize(
    "address", ["/admin/units", "/admin/units.csv", "/admin/posts.csv", "/admin/units/new",
                "/admin/unit/tax", "/admin/post/admin"]
)  # fmt: skip
def test_the_pages_are_for_administrators(browse, name, address):
    assert browse(name).get(address).status_code == 403


def test_the_hub_leads_to_units_and_lists_lead_to_a_unit(sqlite_city: City, browse):
    browser = browse("admin")
    assert "/admin/units" in browser.page("/admin").xpath("//a/@href")
    person = f"/admin/people/{sqlite_city.person['other']}"
    for address in ("/admin/people", "/admin/groups", person):
        links = browser.page(address).xpath("//main//a/@href")
        assert any(link.startswith("/admin/unit/tax") for link in links), address


def test_a_section_from_april_is_shown_in_april(browse):
    browser = browse("admin")
    made = browser.post(
        "/admin/units/new",
        {"key": "dx", "name": "DX推進課", "kind": "section", "parent": "planning", "since": APRIL},
    )
    assert made.headers["Location"] == f"/admin/unit/dx?on={APRIL}"
    assert "DX推進課" not in names(browser, "/admin/units")
    assert "DX推進課" in names(browser, f"/admin/units?on={APRIL}")
    assert "DX推進課" in names(browser, "/admin/units?on=令和9年4月1日")
    page = browser.page("/admin/units")
    assert f"/admin/units?on={APRIL}" in page.xpath("//a[contains(., '4月1日時点')]/@href")
    post = {"key": "dx-head", "title": "DX推進課長", "kind": "section_head", "day": APRIL}
    assert browser.post("/admin/unit/dx/posts", post).status_code == 303
    assert "DX推進課長" in text_of(browser.get(f"/admin/unit/dx?on={APRIL}"))
    assert "この組織は 令和8年5月11日 にはありません" in text_of(browser.get("/admin/unit/dx"))


def test_refusals_stay_on_the_page_with_what_was_typed(browse):
    browser = browse("admin")
    twice = browser.post("/admin/units/new", {"key": "tax", "name": "新しい課", "kind": "section"})
    assert twice.status_code == 409
    assert "新しい課" in twice.text
    badly = browser.post(
        "/admin/units/new", {"key": "x", "name": "課", "kind": "section", "since": "いつか"}
    )
    assert badly.status_code == 422
    circle = sent(browser, "/admin/unit/planning", "change", parent="it")
    assert circle.status_code == 422
    assert "自分より下" in text_of(circle)
    past = sent(browser, "/admin/unit/tax", "change", name="納税課", day="2026-01-01")
    assert past.status_code == 422
    assert "納税課" in past.text
    assert browser.get("/admin/unit/nowhere").status_code == 404
    assert browser.get("/admin/post/nowhere").status_code == 404
    assert browser.post("/admin/unit/nowhere/close", {}).status_code == 404


def test_what_is_in_the_way_is_listed_with_links(sqlite_city: City, browse):
    browser = browse("admin")
    refused = sent(browser, "/admin/unit/civic", "close", day=APRIL)
    assert refused.status_code == 409
    links = html.fromstring(refused.text).xpath("//div[@role='alert']//a/@href")
    assert {"/admin/unit/tax", "/admin/post/head-civic"} <= set(links)
    assert f"/admin/people/{sqlite_city.person['civic_head']}" in links
    held = sent(browser, "/admin/post/head-tax", "close", day=APRIL)
    assert held.status_code == 409


def test_a_page_that_shows_what_is_no_more_gets_a_conflict(browse):
    browser = browse("admin")
    old = form_of(browser, "/admin/unit/tax", "/change")
    assert sent(browser, "/admin/unit/tax", "change", name="税務課", day=APRIL).status_code == 303
    answer = browser.post("/admin/unit/tax/change", old | {"name": "納税課"})
    assert answer.status_code == 409
    assert "ほかの管理者" in text_of(answer)


def test_a_post_is_changed_closed_and_kept(browse):
    browser = browse("admin")
    values = form_of(browser, "/admin/post/staff-counter-2", "/change")
    assert (values["title"], values["unit"]) == ("市民課 主事", "counter")
    changed = sent(browser, "/admin/post/staff-counter-2", "change", title="市民課 係員", day=APRIL)
    assert changed.headers["Location"] == f"/admin/post/staff-counter-2?on={APRIL}"
    made = {"key": "spare", "title": "予備", "kind": "staff"}
    browser.post("/admin/unit/tax/posts", made)
    assert sent(browser, "/admin/post/spare", "close", day=APRIL).status_code == 303
    assert "廃止の予定です" in text_of(browser.get("/admin/post/spare"))
    assert sent(browser, "/admin/post/spare", "keep").status_code == 303
    assert "廃止の予定です" not in text_of(browser.get("/admin/post/spare"))
    assert sent(browser, "/admin/post/spare", "close", day="").status_code == 303


def test_the_log_tells_of_units_in_words(browse):
    browser = browse("admin")
    sent(browser, "/admin/unit/tax", "change", name="税務課", parent="planning", day=APRIL)
    text = text_of(browse("auditor").get("/audit"))
    assert "組織を変更" in text
    assert "収納課" in text
    assert "企画部" in text


def test_cases_of_a_section_are_found_from_its_page(sqlite_city: City, browse):
    sqlite_city.start()
    browser = browse("admin")
    link = browser.page("/admin/unit/counter").xpath("//a[contains(., '進行中の案件')]/@href")[0]
    assert "転入手続" in text_of(browser.get(link))
    assert "転入手続" not in text_of(browser.get("/admin/cases?unit=tax"))


def test_units_and_posts_are_handed_out_as_the_import_reads_them(browse):
    browser = browse("admin")
    for name, heading in (("units", "組織コード"), ("posts", "職コード")):
        answer = browser.get(f"/admin/{name}.csv")
        assert answer.mimetype == "text/csv"
        assert answer.data.decode("utf-8-sig").startswith(heading)
