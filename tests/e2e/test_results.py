"""Points 8 to 11 of the main job, clicked: carrying out, measuring, the case's pages, the log."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page

from tests import walks
from tests.e2e.acts import add_row, complete, fill, on_case, open_task, press, said
from tests.e2e.conftest import Opened
from tests.e2e.town import LATER, TITLES, Town
from tests.factories import SHEET
from tests.walks import do, whoever


def download(page: Page, link: str) -> bytes:
    with page.expect_download() as found:
        page.get_by_role("link", name=link).click()
    return Path(found.value.path()).read_bytes()


def test_milestones_are_reported_until_the_change_is_in_place(town: Town, window: Opened) -> None:
    case = walks.to_execution(town.city, {"title": "実施する提案"}, LATER)
    page = window("colleague")
    open_task(town, page, case, "execution_report", "colleague")
    fill(page, {"progress": "業者が決まった。", "reports[0].status": "done"})
    press(page, "途中経過を報告")
    on_case(page, case)
    table = page.locator("section:has(#milestones)")
    assert "済み" in table.locator("tr", has_text="業者の決定").inner_text()
    complete(town, page, case, "execution_report", "colleague", "実施を完了", progress="始まった。")
    assert "済ませました" in said(page)


def test_a_measurement_is_entered_on_one_screen_and_drawn_against_its_target(
    town: Town, window: Opened
) -> None:
    case = town.cases["to_measure"]
    page = window("applicant")
    open_task(town, page, case, "kpi_measure", "applicant")
    fill(page, {"actuals[0].value": "３２．５", "actuals[0].note": "夏から増えた"})
    press(page, "実績を登録")
    on_case(page, case)
    page.locator(".kpi-card a").first.click()
    page.locator("svg[role=img]").first.wait_for()
    assert "32.5%" in page.locator("section:has(#entered)").inner_text()
    reviewer = whoever(town.city, case, "kpi_review")
    assert reviewer, "the yearly review follows"


def test_the_yearly_review_revises_a_target_and_keeps_the_old_one(
    town: Town, window: Opened
) -> None:
    case = town.cases["to_review"]
    reviewer = whoever(town.city, case, "kpi_review")
    page = window(reviewer)
    open_task(town, page, case, "kpi_review", reviewer)
    add_row(page, "revisions")
    measure = page.locator('[name="revisions[0].measure"] option').nth(1).get_attribute("value")
    fill(
        page,
        {
            "reason": "初年度の伸びが大きい。",
            "revisions[0].measure": measure,
            "revisions[0].target": "70",
            "revisions[0].reason": "見込みを上回った。",
        },
    )
    press(page, "目標を改める")
    on_case(page, case)
    page.locator(".kpi-card a").first.click()
    row = page.locator("section:has(#targets) tr", has_text="見込みを上回った。").inner_text()
    assert "50" in row
    assert "70" in row


def test_a_result_is_extended_to_another_section_as_a_linked_proposal(
    town: Town, window: Opened
) -> None:
    case = town.cases["to_extend"]
    reviewer = whoever(town.city, case, "kpi_review")
    page = window(reviewer)
    complete(
        town, page, case, "kpi_review", reviewer, "他の課へ広げる",
        reason="他の窓口でも使える。", extend_unit="tax", extend_note="繁忙期は3月。",
    )  # fmt: skip
    on_case(page, case)
    assert "R9-収納-" in page.locator("section:has(#linked)").inner_text()


def test_the_case_pages_tell_the_whole_story(town: Town, window: Opened) -> None:
    case = town.cases["reviewing"]
    page = window("mgmt_head")
    assert TITLES["reviewing"] in on_case(page, case)
    page.get_by_role("link", name="経過").click()
    page.wait_for_url("**/timeline")
    story = page.locator(".timeline").inner_text()
    assert "決裁する" in story
    assert "三浦 洋子" in story or "松本 和彦" in story or "長谷川 誠" in story
    page.get_by_role("link", name="提出された様式").click()
    page.wait_for_url("**/forms")
    assert "個票" in page.locator("main").inner_text()
    page.get_by_role("link", name="進み具合").click()
    page.wait_for_url("**/progress")
    assert "いまここ" in page.locator(".steps").first.inner_text()


def test_the_cio_filters_the_log_reads_a_change_and_takes_it_along(
    town: Town, window: Opened
) -> None:
    page = window("cio")
    on_case(page, town.cases["returned"])
    number = page.locator(".case-number").first.inner_text()
    page.goto("/audit")
    page.get_by_label("案件の番号").fill(number)
    press(page, "絞り込む")
    assert page.locator(".log__entry").count() > 0
    numbers = {one.split()[0] for one in page.locator(".log__entry p > a").all_inner_texts()}
    assert numbers == {number}
    assert "件数を書いてください。" in page.locator(".log").inner_text()
    rows = list(csv.reader(io.StringIO(download(page, "CSVで書き出す").decode("utf-8-sig"))))
    assert len(rows) > 1
    assert [row for row in rows[1:] if number not in row] == []


def test_an_auditor_verifies_the_whole_log(town: Town, window: Opened) -> None:
    page = window("auditor")
    page.goto("/audit")
    press(page, "全体を検証する")
    text = page.locator("main").inner_text()
    assert "改変の跡は見つかりませんでした" in text
    assert "この検証で分からないこと" in text


def test_drafts_are_private_and_the_log_is_for_those_who_watch(town: Town, window: Opened) -> None:
    author, stranger = window("tax_head"), window("applicant")
    author.goto("/proposals/new")
    fill(author, {"title": "まだ秘密"})
    author.locator(".outcomes__save button").click()
    author.wait_for_url("**/proposals/proposal/*")
    stranger.goto(author.url)
    assert "まだ秘密" in author.content()
    assert "まだ秘密" not in stranger.content()
    assert stranger.goto("/audit").status == 403
    assert stranger.locator("nav a", has_text="監査ログ").count() == 0


def test_another_section_sees_a_case_only_once_it_is_concerned(town: Town, window: Opened) -> None:
    case = walks.to_sheet(town.city, {"title": "まだ関わりのない提案"})
    page = window("other")
    assert page.goto(f"/cases/{case}").status == 404
    page.goto("/cases?q=まだ関わりのない提案")
    assert page.locator("main table").count() == 0
    do(town.city, case, "applicant", "project_sheet", "submit", **(SHEET | LATER))
    assert page.goto(f"/cases/{case}").status == 200
