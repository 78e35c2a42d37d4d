"""前年との比較 on the page of a case."""

from tests.integration.test_continuing import number, two_years
from tests.web.conftest import text_of


def test_last_years_case_is_named_and_compared_on_the_page(browse, sqlite_city):
    city = sqlite_city
    old, new = two_years(city)
    browser, way = browse("applicant"), f"/cases/{new}/previous"
    assert browser.page(f"/cases/{new}").xpath(f"//aside//a[@href='{way}']")
    assert "前年の案件は指定されていません" in text_of(browser.get(way))
    refused = browser.post(way, {"number": "R1-ない-0001", "before": ""})
    assert refused.status_code == 422
    assert 'value="R1-ない-0001"' in refused.text
    first = number(city, old)
    assert browser.post(way, {"number": first, "before": ""}).status_code == 303
    assert browser.post(way, {"number": "", "before": ""}).status_code == 409
    page = browser.page(way)
    said = page.text_content()
    assert "前年に約束したことの、その後" in said
    assert "運用開始" in said
    (row,) = page.xpath("//tr[th='初期費用']")
    assert "3,000,000円" in row.text_content()
    assert "1,000,000円" in row.text_content()
    assert page.xpath("//a[contains(., '前年との比較')]")
    assert "翌年の案件" in text_of(browser.get(f"/cases/{old}"))


def test_who_only_reads_compares_and_names_nothing(browse, sqlite_city):
    city = sqlite_city
    old, new = two_years(city)
    way = f"/cases/{new}/previous"
    browse("applicant").post(way, {"number": number(city, old), "before": ""})
    page = browse("cio").page(way)
    assert not page.xpath("//form[contains(@action, '/previous')]")
    assert browse("cio").post(way, {"number": "", "before": number(city, old)}).status_code == 403
    assert browse("admin").get(way).status_code == 404
