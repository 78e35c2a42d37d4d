"""A case that is sent back: its applicant is told and led to it, its head sees the correction."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.e2e.conftest import NARROW, fits
from tests.e2e.town import LATER, Town
from tests.factories import ANALYSIS, SHEET
from tests.walks import do, task_of, to_sheet

TITLE = "届出用紙の多言語化"


def hand_in(town: Town, case: str, **values) -> None:
    sheet = SHEET | LATER | {"title": TITLE} | values
    do(town.city, case, "applicant", "project_sheet", "submit", **sheet)
    do(town.city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)


def test_a_case_sent_back_is_told_corrected_and_compared(
    town: Town, window: Callable[..., Page]
) -> None:
    city = town.city
    case = to_sheet(city, {"title": TITLE})
    hand_in(town, case)
    why = {"reason": "費用の内訳と効果を数字で書いてください。", "return_to": "sheet"}
    do(city, case, "head", "sheet_approval", "send_back", **why)
    city.run_jobs()
    applicant = window("applicant")
    applicant.goto("/notices")
    assert "さんから差し戻されました。理由: 費用の内訳" in applicant.inner_text("main")
    fits(applicant, "sent-back-notice")
    with applicant.expect_navigation():
        applicant.get_by_role("link", name="この案件の作業を開く").first.click()
    assert "戻された理由" in applicant.inner_text("main")
    fits(applicant, "sent-back-task")
    hand_in(
        town, case, cost_initial=2_400_000, related=["tax", "it"],
        effect="待ち時間が平均45分から10分へ短くなり、窓口の混雑が減る。" * 4,
        milestones=[{"name": "職員の研修", "due": "2027-06-30"}, *LATER["milestones"]],
    )  # fmt: skip
    head = window("head")
    head.goto(f"/tasks/{task_of(city, 'head', case, 'sheet_approval').id}")
    assert "前回からの変更: 個票" in head.inner_text("main")
    fits(head, "corrected-task")
    head.goto(f"/cases/{case}/timeline")
    head.locator("details.more summary").nth(1).click()
    assert "2400000" not in head.inner_text("main")
    fits(head, "corrected-story")
    head.set_viewport_size(NARROW)
    caption = head.locator("table.diff caption:visible").first
    assert caption.bounding_box()["height"] < 80, "the caption stands in one line, not in a column"
