"""The backlog on its page: read by those who see every case, set by the secretariat, taken to Excel."""

import io

from lxml import html
from openpyxl import load_workbook

from tests.integration.test_backlog import three
from tests.web.conftest import text_of

WAY = "/portfolio/backlog/standard"


def test_the_list_is_reached_from_the_portfolio_and_from_the_meetings(browse, sqlite_city):
    three(sqlite_city)
    assert browse("cio").page("/portfolio").xpath(f"//a[@href='{WAY}']")
    member = browse("mgmt_head")
    assert member.page("/meetings").xpath(f"//a[@href='{WAY}']")
    page = member.page(WAY)
    assert [one.text_content() for one in page.xpath("//tbody//th//a")] == [
        "安い費用のもの",
        "中くらいの費用",
        "高い費用のもの",
    ]
    assert not page.xpath("//form[contains(@action, 'backlog')]")
    for other in ("applicant", "admin"):
        assert browse(other).get(WAY).status_code == 403
    assert browse("cio").get("/portfolio/backlog/nothing").status_code == 404


def test_the_secretariat_sets_a_place_on_the_page(browse, sqlite_city):
    made = three(sqlite_city)
    browser = browse("secretariat")
    way = f"{WAY}/{made['高い費用のもの']}"
    assert browser.post(way, {"place": "1", "before": "", "reason": ""}).status_code == 422
    assert browser.post(way, {"place": "first", "before": "", "reason": "x"}).status_code == 422
    assert browser.post(way, {"place": "1", "before": "", "reason": "公約"}).status_code == 303
    assert browser.post(way, {"place": "2", "before": "", "reason": "公約"}).status_code == 409
    said = text_of(browser.get(WAY))
    assert "1番に決定 公約" in said
    assert browse("cio").post(way, {"place": "1", "before": "1", "reason": "x"}).status_code == 403
    assert "優先順位を変更" in text_of(browser.get(f"/cases/{made['高い費用のもの']}/timeline"))


def test_a_refused_place_leaves_what_was_typed_where_it_was_typed(browse, sqlite_city):
    made = three(sqlite_city)
    browser = browse("secretariat")
    case = made["高い費用のもの"]
    given = {"place": "いち", "before": "", "reason": "国の補助金の期限があるため"}
    page = html.fromstring(browser.post(f"{WAY}/{case}", given).text)
    (row,) = page.xpath(f"//tr[@id='case-{case}']")
    assert row.xpath(".//details[@open]")
    assert row.xpath(".//input[@name='place']/@value") == ["いち"]
    assert row.xpath(".//input[@name='reason']/@value") == ["国の補助金の期限があるため"]
    assert len(page.xpath("//details[@open]//input[@name='reason']")) == 1


def test_the_list_is_taken_to_excel_as_it_stands(browse, sqlite_city):
    made = three(sqlite_city)
    browser = browse("secretariat")
    browser.post(f"{WAY}/{made['高い費用のもの']}", {"place": "1", "before": "", "reason": "=公約"})
    sheet = load_workbook(io.BytesIO(browser.get(f"{WAY}.xlsx").data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[2] for row in rows] == [
        "件名",
        "高い費用のもの",
        "安い費用のもの",
        "中くらいの費用",
    ]
    assert rows[1][0] == 1
    assert "=公約" in rows[1]
    assert sheet.cell(2, rows[1].index("=公約") + 1).data_type == "s"
    assert browse("applicant").get(f"{WAY}.xlsx").status_code == 403
