"""The weekly digest on a page."""

from dxflow.services.reading import digests
from tests.walks import to_kpi


def test_readers_find_the_week_and_print_it(sqlite_city, browse):
    to_kpi(sqlite_city)
    assert "週報はまだありません" in browse("cio").get("/digests").text
    with sqlite_city.site.database.write() as tx:
        digests.make(sqlite_city.site, tx, {"week": "2026-W20"}, sqlite_city.clock())
    browser = browse("cio")
    (way,) = browser.page("/digests").xpath("//a[contains(@href, '2026-W20')]/@href")
    page = browser.get(way).text
    assert "令和8年5月11日" in page
    assert "市民課" in page
    assert browser.get("/digests/2026-W01").status_code == 404


def test_what_is_late_says_for_how_many_days(sqlite_city, browse):
    sqlite_city.start()
    sqlite_city.clock.advance(days=40)
    with sqlite_city.site.database.write() as tx:
        digests.make(sqlite_city.site, tx, {"week": "2026-W20"}, sqlite_city.clock())
    page = browse("cio").page("/digests/2026-W20")
    (row,) = page.xpath("//th[text()='いつから']/ancestor::table/tbody/tr")
    assert row.xpath("td[last()]")[0].text_content().endswith("日")


def test_others_are_kept_out(browse):
    assert browse("applicant").get("/digests").status_code == 403


def test_notices_are_read_in_english_with_their_values(sqlite_city, browse):
    with sqlite_city.site.database.write() as tx:
        digests.make(sqlite_city.site, tx, {"week": "2026-W20"}, sqlite_city.clock())
    sqlite_city.run_jobs()
    browser = browse("cio")
    assert "5/11から5/17までの週報" in browser.get("/notices").text
    browser.get("/language/en")
    assert "The digest from 5/11 to 5/17 is ready." in browser.get("/notices").text
