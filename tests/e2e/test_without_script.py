"""Everything but the diagram works in a browser that runs no script."""

import pytest

from tests import walks
from tests.e2e.acts import fill, log_in, on_case, press, said
from tests.e2e.conftest import Opened
from tests.e2e.test_review import fill_sheet, rows
from tests.e2e.town import Town
from tests.walks import task_of


@pytest.fixture
def plain(window: Opened) -> Opened:
    """Return a function that opens a window without scripts."""
    return lambda name="": window(name, java_script_enabled=False)


def test_logging_in_and_proposing(plain: Opened) -> None:
    page = plain()
    log_in(page, "applicant")
    page.get_by_role("link", name="新しい提案").first.click()
    fill(
        page,
        {
            "title": "紙の回覧をやめる",
            "trouble": "回るのに三日かかる。",
            "change": "掲示板に載せる。",
        },
    )
    press(page, "提出する")
    assert "だれのため" in page.locator(".error-summary").inner_text()
    assert page.locator('[name="title"]').input_value() == "紙の回覧をやめる"
    fill(page, {"beneficiary": ["staff"]})
    press(page, "提出する")
    assert "を出しました。" in said(page)


def test_rows_are_added_and_removed_and_the_task_is_completed(town: Town, plain: Opened) -> None:
    case = walks.to_sheet(town.city, {"title": "スクリプトなしの個票"})
    page = plain("applicant")
    page.goto(f"/tasks/{task_of(town.city, 'applicant', case, 'project_sheet').id}")
    fill_sheet(page)
    assert rows(page, "kpis") == 2
    press(page, "個票を出す")
    assert "「業務を分析」" in said(page)
    text = on_case(page, case)
    assert "待ち時間の満足度" in text
    assert "消える指標" not in text


def test_taking_a_task_and_giving_it_back(town: Town, plain: Opened) -> None:
    walks.to_sheet(town.city, {"title": "引き受ける個票"})
    page = plain("colleague")
    page.goto("/")
    entry = page.locator(".work__entry", has_text="引き受ける個票")
    with page.expect_navigation():
        entry.get_by_role("button", name="引き受ける").click()
    assert "引き受けました" in said(page)
    assert "あなた" in entry.inner_text()
    with page.expect_navigation():
        entry.get_by_role("button", name="引受けをやめる").click()
    assert "グループに戻りました" in said(page)


def test_filtering_the_log(plain: Opened) -> None:
    page = plain("cio")
    page.goto("/audit")
    page.get_by_label("人", exact=True).fill("高橋")
    press(page, "絞り込む")
    assert page.locator(".log__entry").count() > 0
    who = page.locator(".log__what").all_inner_texts()
    assert all("高橋 みなみ" in one for one in who)


def test_the_steps_stand_beside_the_diagram_that_needs_a_script(town: Town, plain: Opened) -> None:
    page = plain("cio")
    text = on_case(page, town.cases["execution"], "/progress")
    assert "流れ図の表示にはJavaScriptが必要です。" in text
    assert "実施状況を報告" in page.locator(".steps").first.inner_text()


@pytest.mark.parametrize("path", ["/", "/mine", "/cases", "/kpis", "/notices", "/password"])
def test_every_list_is_there(path: str, plain: Opened) -> None:
    page = plain("applicant")
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert page.locator("main h1").is_visible()
