"""The CIO's page: for those who read every case, with a month to choose."""

import pytest


@pytest.mark.parametrize("name", ["cio", "secretariat", "auditor"])
def test_those_who_read_every_case_see_the_figures(sqlite_city, browse, name):
    started = sqlite_city.start()
    page = browse(name).page("/portfolio")
    assert page.xpath("//a[contains(@href, 'stage=idea')]")
    assert started.number not in page.text_content()


def test_others_are_refused_and_not_led_there(browse):
    browser = browse("applicant")
    assert browser.get("/portfolio").status_code == 403
    assert not browser.page("/").xpath("//a[@href='/portfolio']")


def test_another_month_can_be_chosen_and_nonsense_is_refused(browse):
    assert "この月の決裁はありません" in browse("cio").get("/portfolio?month=2026-04").text
    assert browse("cio").get("/portfolio?month=april").status_code == 422


def test_the_list_of_cases_is_handed_out_as_a_workbook(sqlite_city, browse):
    sqlite_city.start()
    answer = browse("applicant").get("/cases.xlsx")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"
    assert browse("applicant").get("/cases.xlsx?status=nothing").status_code == 422


def test_what_waits_leads_to_the_cases_that_wait(sqlite_city, browse):
    waits = sqlite_city.start()
    browser = browse("cio")
    (link,) = browser.page("/portfolio").xpath("//section[h2/@id='waiting']//tbody//a")
    listed = browser.page(link.get("href"))
    assert waits.number in listed.text_content()
    (chosen,) = listed.xpath("//select[@name='task']/option[@selected]")
    assert chosen.text_content() in link.text_content()
    elsewhere = browser.page("/cases?task=ほかの作業")
    assert waits.number not in elsewhere.text_content()
    assert browser.get("/cases.csv?task=ほかの作業").text.count("\n") == 1
