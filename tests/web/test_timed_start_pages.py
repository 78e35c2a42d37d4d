"""Cases that begin by themselves, on the pages of administrators and on the command line."""

from datetime import date

from dxflow.services.installation import status
from dxflow.services.people import organisation
from dxflow.services.people.organisation import Organisation, UnitRow
from tests import yearly
from tests.integration.test_timed_starts import APRIL, begun
from tests.web.conftest import text_of


def test_the_versions_say_when_the_next_case_begins_and_whose_it_is(browse, sqlite_city):
    yearly.publish(sqlite_city)
    said = text_of(browse("admin").get("/admin/processes"))
    assert "決まった時期に始まる案件" in said
    assert "令和9年4月1日" in said or "R9.4.1" in said
    assert "経営企画課長（mgmt_head）" in said


def test_an_administrator_begins_one_now_with_a_reason(browse, sqlite_city):
    yearly.publish(sqlite_city)
    browser = browse("admin")
    form = browser.page("/admin/processes").xpath("//form[contains(@action, '/starts/')]")[0]
    way = form.get("action")
    assert browser.post(way, {"last": "", "reason": " "}).status_code == 422
    assert browser.post(way, {"last": "", "reason": "組織の改正"}).status_code == 303
    assert browser.post(way, {"last": "", "reason": "二度目"}).status_code == 409
    (case,) = begun(sqlite_city)
    assert case.number in text_of(browser.get("/admin/processes"))
    assert browse("secretariat").post(way, {"last": "", "reason": "x"}).status_code == 403


def test_the_status_says_it_and_who_is_missing(browse, sqlite_city):
    city = sqlite_city
    yearly.publish(city)

    def line():
        found = status.read(city.site, city.actor("admin")).lines
        return next(one for one in found if one.key.startswith("start-"))

    assert (line().state, "担当者の任命" in line().label) == ("good", True)
    with city.site.database.write() as tx:
        organisation.end_holding(
            tx, city.person["mgmt_head"], "head-management", date(2026, 5, 1), city.clock()
        )
    assert line().state == "care"
    assert "経営企画課長" in line().advice


def test_who_owns_it_sees_it_among_their_cases_with_its_own_stages(browse, sqlite_city):
    city = sqlite_city
    yearly.publish(city)
    city.clock.moment = APRIL
    city.run_jobs()
    (case,) = begun(city)
    browser = browse("mgmt_head")
    assert "DX推進担当者の任命（令和9年度）" in text_of(browser.get("/mine"))
    page = text_of(browser.get(f"/cases/{case.id}"))
    assert "担当者の推薦" in page
    assert "委員会の審議" not in page
    assert "コピーして新しい提案" not in page
    for way in ("progress", "timeline"):
        assert browser.get(f"/cases/{case.id}/{way}").status_code == 200
    assert "案件を開始" in text_of(browser.get(f"/cases/{case.id}/timeline"))
    assert browser.get("/cases?process=appointment").status_code == 200


def test_where_many_sections_are_asked_the_head_of_the_case_stays_short(browse, sqlite_city):
    city, day = sqlite_city, date(2026, 4, 1)
    with city.site.database.write() as tx:
        units = tuple(UnitRow(f"s{n}", f"第{n}課", "section", "planning", day) for n in range(20))
        organisation.write(tx, Organisation(units=units), city.site)
    yearly.publish(city, task=yearly.EVERY_SECTION, flows=yearly.SECTION_FLOWS)
    city.clock.moment = APRIL
    city.run_jobs()
    (case,) = begun(city)
    page = browse("mgmt_head").page(f"/cases/{case.id}")
    (more,) = page.xpath("//div[@class='turns']/details")
    assert "ほか 20 件の作業" in more.text_content()
    assert len(page.xpath("//div[@class='turns']/ul/li")) == 5
    assert "この作業を開く" in page.xpath("//div[@class='turns']/ul/li")[0].text_content()
    printed = browse("mgmt_head").page(f"/cases/{case.id}/print")
    assert len(printed.xpath("//div[@class='turns']/ul/li")) == 25
