"""Reading a draft beforehand and writing on it together, as those people see it."""

from tests.factories import SHEET
from tests.integration.test_decision_papers import COSTLY, passing_over
from tests.integration.test_sharing_drafts import share
from tests.integration.test_standing_in import away
from tests.walks import do, task_of, to_decision
from tests.web.conftest import text_of


def test_who_reads_beforehand_sees_the_draft_and_the_message(sqlite_city, browse):
    case = share(sqlite_city, "pre_read", "tax")
    task = task_of(sqlite_city, "tax_head", case, "pre_read")
    page = text_of(browse("tax_head").get(f"/tasks/{task.id}"))
    assert "二章を見てほしい" in page
    assert SHEET["content"] in page
    do(sqlite_city, case, "tax_head", "pre_read", "read", comment="収納にも使える")
    log = text_of(browse("auditor").get(f"/audit?case={case}"))
    assert "事前の閲読（根回し）" in log
    back = task_of(sqlite_city, "applicant", case, "project_sheet")
    assert "収納にも使える" in text_of(browse("applicant").get(f"/cases/{case}"))
    assert browse("applicant").get(f"/tasks/{back.id}").status_code == 200


def test_who_writes_on_it_finds_the_text_as_it_stands(sqlite_city, browse):
    case = share(sqlite_city, "co_draft", "tax")
    task = task_of(sqlite_city, "other", case, "co_draft")
    page = browse("other").get(f"/tasks/{task.id}").text
    assert f"{SHEET['content']}</textarea>" in page
    assert "書き終えて渡す" in page
    assert "個票を出す" not in page
    do(sqlite_city, case, "other", "co_draft", "written", **SHEET)
    back = task_of(sqlite_city, "applicant", case, "project_sheet")
    page = browse("applicant").get(f"/tasks/{back.id}").text
    assert "個票を出す" in page
    assert "書き終えて渡す" not in page


def test_who_was_passed_over_finds_the_reading_and_the_document(sqlite_city, browse):
    passing_over(sqlite_city)
    away(sqlite_city, "civic_head")
    case = to_decision(sqlite_city, sheet=COSTLY)
    browser = browse("civic_head")
    page = browser.page("/standing")
    assert "市民部長の回議を待たずに進みました" in page.text_content()
    assert page.xpath(f"//a[@href='/cases/{case}/decision']")
    shown = text_of(browser.get(f"/cases/{case}/decision"))
    assert "後閲待ち" in shown
    (way,) = page.xpath("//form[contains(@action, '/standing/readings/')]/@action")
    assert browser.post(way, {"remark": "承知した"}).status_code == 303
    assert "後閲待ち" not in text_of(browser.get(f"/cases/{case}/decision"))


def test_a_provisional_decision_is_marked_on_page_and_paper(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(
        sqlite_city, case, "civic_head", "decide", "provisional", reason="急ぐ", consult=["tax"]
    )  # fmt: skip
    browser = browse("applicant")
    for path in ("decision", "decision/print"):
        assert "本決裁はまだです" in text_of(browser.get(f"/cases/{case}/{path}"))
    do(sqlite_city, case, "tax_head", "agree_together", "agree")
    do(sqlite_city, case, "civic_head", "decide", "approve", reason="本決裁")
    page = browser.get(f"/cases/{case}/decision").text
    assert "本決裁はまだです" not in page
    assert "決裁により確定" in page
