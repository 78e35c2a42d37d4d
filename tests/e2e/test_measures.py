"""Measures in words and by changes, written in a browser and looked at on wide and narrow screens."""

from playwright.sync_api import Page

from tests import walks
from tests.e2e.acts import add_row, fill, open_task, press, said
from tests.e2e.conftest import Opened, fits
from tests.e2e.test_review import MEASURE, SHEET, rows
from tests.e2e.town import Town

WORDS = {
    "name": "ツールの導入", "scale": "introduction", "baseline": "未着手", "baseline_year": "2026",
    "target": "完了", "target_year": "2029", "yearly": "R9 一部導入\nR10 一部導入", "frequency": "year",
}  # fmt: skip
CHANGE = MEASURE | {
    "name": "職員満足度", "baseline": "2.59%", "baseline_year": "2026", "target": "前年度比+0.2ポイント",
}  # fmt: skip


def write(page: Page, number: int, cells: dict[str, str]) -> None:
    fill(page, {f"kpis[{number}].{key}": value for key, value in cells.items()})


def test_steps_and_changes_are_written_mended_and_seen(town: Town, window: Opened) -> None:
    case = walks.to_sheet(town.city, {"title": "段階で測る提案"})
    page = window("applicant")
    open_task(town, page, case, "project_sheet", "applicant")
    for name, least in (("kpis", 2), ("schedule", 1), ("milestones", 1)):
        while rows(page, name) < least:
            add_row(page, name)
    fill(page, SHEET)
    write(page, 0, WORDS | {"target": "おわり"})
    write(page, 1, CHANGE | {"target": "+0.2ポイント"})
    press(page, "個票を出す")
    told = page.locator(".error-summary").inner_text()
    assert "未着手、一部導入、完了 のどれか" in told
    assert "「前年度比+0.2ポイント」" in told
    fits(page, "sheet-of-steps")
    write(page, 0, {"target": "完了"})
    write(page, 1, {"target": "前年度比+0.2ポイント"})
    press(page, "個票を出す")
    assert "続けて「業務を分析」" in said(page)
    page.goto("/kpis")
    page.get_by_role("link", name="ツールの導入").first.click()
    page.locator(".ladder [aria-current=step]", has_text="未着手").wait_for()
    fits(page, "measure-in-words")
    page.goto(f"/cases/{case}")
    card = page.locator(".kpi-card", has_text="職員満足度")
    assert "前年度比+0.2ポイント" in card.inner_text()
    assert "「ポイント」ではありませんか" in card.inner_text()
    fits(page, "case-of-steps")
