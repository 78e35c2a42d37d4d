"""What stands below 「これまでの内容」 on the page of a task: what was handed in, or no heading."""

from tests import yearly
from tests.factories import ANALYSIS
from tests.factories import SHEET as FILLED
from tests.integration.test_main_job import to_sheet
from tests.integration.test_timed_starts import APRIL
from tests.walks import do
from tests.web.conftest import text_of
from tests.web.test_task import task_of

HEADING = "これまでの内容"


def test_a_case_in_which_nothing_was_handed_in_has_no_heading_for_it(browse, sqlite_city):
    yearly.publish(sqlite_city)
    sqlite_city.clock.moment = APRIL
    sqlite_city.run_jobs()
    task = task_of(sqlite_city, "mgmt_head", "nominate")
    page = browse("mgmt_head").page(f"/tasks/{task}")
    assert HEADING not in page.text_content()
    assert page.xpath("//*[@id='so-far'] | //a[@href='#so-far']") == []


def test_what_came_before_an_answer_is_a_click_away(browse, sqlite_city):
    city = sqlite_city
    case = to_sheet(city)
    for content in ("一度目の案", "二度目の案"):
        city.clock.advance(hours=1)
        do(city, case, "applicant", "project_sheet", "submit", **(FILLED | {"content": content}))
        do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
        if content == "一度目の案":
            do(city, case, "head", "sheet_approval", "send_back", reason="直す", return_to="sheet")
    browser = browse("head")
    page = browser.page(f"/tasks/{task_of(city, 'head', 'sheet_approval')}")
    (sheet,) = [
        fold for fold in page.xpath("//section[@aria-labelledby='so-far']/details")
        if fold.xpath("summary")[0].text_content().startswith("個票")
    ]  # fmt: skip
    said = sheet.text_content()
    assert "applicant R8.5.11（2回目）" in said
    assert "二度目の案" in said
    assert "一度目の案" not in said
    (before,) = [one for one in sheet.xpath(".//a") if "1回目" in one.text_content()]
    address, _sign, place = before.get("href").partition("#")
    (opened,) = browser.page(address).xpath(f"//*[@id='{place}']/details[@open]")
    assert "一度目の案" in opened.text_content()
    words = text_of(browser.get(f"/cases/{case}/forms?shown=unknown"))
    assert "一度目の案" in words, "an address with another id shows the first page"
