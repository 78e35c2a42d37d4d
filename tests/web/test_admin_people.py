"""The administrators' pages of people and groups in a browser."""

import pytest

from dxflow.services.acts import tasks
from tests.factories import City
from tests.walks import task_of, to_sheet
from tests.web.conftest import text_of


def path(city: City, name: str, rest: str = "") -> str:
    return f"/admin/people/{city.person[name]}{rest}"


@pytest.mark.parametrize("name", ["cio", "applicant", "auditor"])
@pytest.mark.parametrize(
    "address", ["/admin/people", "/admin/people.csv", "/admin/people/new", "/admin/groups",
                "/admin/groups/case"]
)  # fmt: skip
def test_the_pages_are_for_administrators(browse, name, address):
    assert browse(name).get(address).status_code == 403


def test_the_hub_leads_to_people_and_groups(browse):
    links = browse("admin").page("/admin").xpath("//a/@href")
    assert {"/admin/people", "/admin/groups"} <= set(links)


def test_the_hub_has_headings_over_its_pages(browse):
    page = browse("admin").page("/admin")
    assert page.xpath("//main//h2/text()") == [
        "毎日の確認", "人と組織", "手続きと版", "暦、通知、保守",
    ]  # fmt: skip
    first = page.xpath("(//main//section)[1]//a/@href")
    assert first == ["/admin/status", "/admin/incidents", "/admin/cases", "/admin/steps"]


def test_people_are_listed_filtered_and_handed_out(sqlite_city, browse):
    browser = browse("admin")
    page = browser.page("/admin/people?role=auditor")
    assert page.xpath("//tbody//th/a/text()") == ["auditor"]
    assert "当てはまる利用者はいません" in text_of(browser.get("/admin/people?q=だれもいない"))
    answer = browser.get("/admin/people.csv?role=auditor")
    assert answer.mimetype == "text/csv"
    assert answer.data.decode("utf-8-sig").count("\n") == 2


def test_a_new_person_gets_a_password_once_and_must_change_it(browse, anybody):
    browser = browse("admin")
    refused = browser.post("/admin/people/new", {"username": "不可", "name": "新人"})
    assert refused.status_code == 422
    assert "新人" in refused.text
    twice = browser.post("/admin/people/new", {"username": "other", "name": "新人"})
    assert twice.status_code == 409
    made = browser.post("/admin/people/new", {"username": "fresh", "name": "新人 太郎"})
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.text.split("<code>")[1].split("</code>")[0]
    assert anybody.log_in("fresh", secret).status_code == 303
    assert anybody.get("/").headers["Location"].endswith("/password")
    assert secret not in browser.get("/admin/people?q=fresh").text


def test_a_password_is_reset_from_the_page(sqlite_city, browse, anybody):
    browser, lost = browse("admin"), browse("other")
    answer = browser.post(path(sqlite_city, "other", "/password"))
    secret = answer.text.split("<code>")[1].split("</code>")[0]
    assert lost.get("/").status_code == 303
    assert anybody.log_in("other", secret).status_code == 303
    assert browser.post(path(sqlite_city, "admin", "/password")).status_code == 422


@pytest.mark.parametrize("act", ["password", "logins", "close"])
def test_what_is_felt_at_once_is_asked_first(sqlite_city, browse, act):
    browser, other = browse("admin"), browse("other")
    address = path(sqlite_city, "other", f"/ask/{act}")
    page = browser.page(path(sqlite_city, "other"))
    posted = page.xpath("//main//form/@action")
    assert not [one for one in posted if one.endswith(("/password", "/logins", "/status"))]
    assert address in page.xpath("//a/@href")
    asked = browser.page(address)
    said = asked.text_content()
    for words in ("other さん（other）", "画面のログイン 1件", "監査ログ"):
        assert words in said
    assert other.get("/mine").status_code == 200
    (form,) = asked.xpath("//main//form[contains(@action, '/admin/people/')]")
    done = browser.post(form.action, dict(form.fields))
    assert done.status_code == (200 if act == "password" else 303)
    assert other.get("/mine").status_code == 303
    assert browse("cio").get(address).status_code == 403


def test_posts_are_given_and_ended_and_refusals_stay_on_the_page(sqlite_city, browse):
    browser = browse("admin")
    given = browser.post(
        path(sqlite_city, "other", "/posts"),
        {"post": "finance", "since": "2026-06-01", "concurrent": "yes"},
    )
    assert given.status_code == 303
    assert "これから" in text_of(browser.get(path(sqlite_city, "other")))
    again = browser.post(
        path(sqlite_city, "other", "/posts"),
        {"post": "finance", "since": "2026-06-01", "concurrent": "yes"},
    )
    assert again.status_code == 409
    assert "すでに" in text_of(again)
    unknown = browser.post(
        path(sqlite_city, "other", "/posts"), {"post": "no", "concurrent": "yes"}
    )
    assert unknown.status_code == 404
    badly = browser.post(path(sqlite_city, "other", "/posts"), {"post": "finance", "since": "令和"})
    assert badly.status_code == 422
    last = browser.post(path(sqlite_city, "admin", "/posts/end"), {"post": "admin"})
    assert last.status_code == 409
    assert "最後の管理者" in text_of(last)
    ended = browser.post(path(sqlite_city, "other", "/posts/end"), {"post": "staff-tax"})
    assert ended.status_code == 303


def test_an_account_is_closed_opened_renamed_and_logged_out(sqlite_city, browse):
    browser, other = browse("admin"), browse("other")
    assert browser.post(path(sqlite_city, "other", "/logins")).status_code == 303
    assert other.get("/").status_code == 303
    for status, word in (("disabled", "有効に戻す"), ("active", "無効にする")):
        answer = browser.post(path(sqlite_city, "other", "/status"), {"status": status})
        assert answer.status_code == 303
        assert word in text_of(browser.get(path(sqlite_city, "other")))
    answer = browser.post(path(sqlite_city, "other"), {"name": "改名 花子", "email": "no"})
    assert answer.status_code == 422
    browser.post(path(sqlite_city, "other"), {"name": "改名 花子", "email": "h@example.jp"})
    assert "改名 花子" in text_of(browser.get(path(sqlite_city, "other")))
    assert browser.post("/admin/people/" + "0" * 32, {"name": "x"}).status_code == 404


def test_who_sees_a_case_is_told_by_its_number_without_what_it_is_about(sqlite_city, browse):
    number = sqlite_city.start().number
    browser = browse("admin")
    answer = browser.get("/admin/groups/case", query_string={"number": number})
    assert "提案者である" in answer.text
    assert "転入手続のオンライン予約" not in answer.text
    missing = browser.get("/admin/groups/case", query_string={"number": "R8-なし-1"})
    assert missing.status_code == 404


def test_groups_show_a_hole(sqlite_city, browse):
    browser = browse("admin")
    before = text_of(browser.get("/admin/groups")).count("だれもいません")
    browser.post(path(sqlite_city, "finance", "/status"), {"status": "disabled"})
    assert text_of(browser.get("/admin/groups")).count("だれもいません") > before


def test_before_a_post_is_ended_the_page_says_what_is_left_to_whom(sqlite_city, browse):
    city = sqlite_city
    sheet = task_of(city, "applicant", to_sheet(city), "project_sheet").id
    tasks.claim(city.site, city.actor("applicant"), sheet)
    browser = browse("admin")
    (form,) = browser.page(path(city, "applicant")).xpath(
        "//form[.//input[@value='staff-counter']]"
    )
    assert form.get("method") == "get", "one press does nothing yet"
    asked = path(city, "applicant", "/posts/end?post=staff-counter")
    words = text_of(browser.get(asked))
    assert "個票を書く" in words
    assert "引受けが解けて、市民課に戻ります。" in words
    assert "行える人がいなくなる" not in words
    (button,) = browser.page(asked).xpath("//button[contains(., '職を終える')]")
    (form,) = button.xpath("ancestor::form")
    assert (form.get("method"), form.get("action")) == (
        "post", path(city, "applicant", "/posts/end"),
    )  # fmt: skip
    words = text_of(browser.get(path(city, "secretariat", "/posts/end?post=secretariat")))
    assert "DX推進事務局" in words
    for wrong, status in (("post=no", 404), ("post=staff-counter&day=令和", 422)):
        answer = browser.get(path(city, "applicant", f"/posts/end?{wrong}"))
        assert answer.status_code == status
    assert browse("head").get(asked).status_code == 403


def test_work_that_nobody_else_may_do_is_named_before_its_post_is_ended(sqlite_city, browse):
    city = sqlite_city
    city.start()
    city.complete("head", "head_approval", "approve")
    words = text_of(browse("admin").get(path(city, "secretariat", "/posts/end?post=secretariat")))
    assert "受付審査" in words
    assert "行える人がいなくなります。" in words
