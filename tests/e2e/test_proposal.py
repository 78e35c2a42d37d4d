"""Points 1 and 2 of the main job, clicked: an idea, its drafts, and what its head says to it."""

import re

from playwright.sync_api import expect

from tests.e2e.acts import complete, fill, follow, log_in, on_case, open_task, press, said
from tests.e2e.conftest import Opened
from tests.e2e.town import Town
from tests.walks import do

IDEA = {
    "title": "書かない窓口の試行",
    "trouble": "申請書を何枚も書いてもらっている。",
    "change": "聞き取って画面に入れ、署名だけもらう。",
    "beneficiary": ["citizen", "staff"],
}


def test_an_idea_saves_itself_survives_a_logout_and_gets_a_number(
    town: Town, window: Opened
) -> None:
    page = window()
    log_in(page, "colleague")
    page.get_by_role("navigation").get_by_role("link", name="新しい提案").click()
    fill(page, IDEA)
    expect(page.locator("[data-saved]")).to_contain_text("下書きを保存しました")
    press(page, "ログアウト")
    log_in(page, "colleague")
    follow(page, "私が出したもの")
    follow(page, IDEA["title"])
    assert page.locator('[name="trouble"]').input_value() == IDEA["trouble"]
    assert page.locator('[name="beneficiary"]:checked').count() == 2
    press(page, "提出する")
    assert re.search(r"提案 R9-市民-\d{4} を出しました。", said(page))
    assert IDEA["trouble"] in page.locator("main").inner_text()
    page.goto("/mine")
    sent = page.locator("li", has_text=IDEA["title"])
    assert sent.count() == 1, "the draft is gone, the case is there"
    assert "進行中" in sent.inner_text()


def test_an_earlier_proposal_is_copied_into_a_new_one(town: Town, window: Opened) -> None:
    page = window("applicant")
    page.goto(f"/cases/{town.cases['rejected']}")
    follow(page, "コピーして新しい提案")
    assert page.locator('[name="title"]').input_value().startswith("庁内放送の自動読み上げ")
    assert "写しました" in page.locator("main").inner_text()


def test_a_draft_without_a_script_is_kept_by_its_button_and_thrown_away(window: Opened) -> None:
    page = window("other", java_script_enabled=False)
    page.goto("/proposals/new")
    fill(page, {"title": "あとで書く"})
    page.locator(".outcomes__save button").click()
    assert "下書きを保存しました" in said(page)
    page.goto("/mine")
    with page.expect_navigation():
        page.get_by_role("button", name="消す").click()
    assert "下書きを消しました" in said(page)
    assert page.get_by_text("あとで書く").count() == 0


def test_the_head_approves_and_the_page_says_whose_turn_it_is(town: Town, window: Opened) -> None:
    case = town.city.start(title="承認される提案").id
    page = window("head")
    complete(town, page, case, "head_approval", "head", "承認する")
    assert "「承認する」で済ませました" in said(page)
    assert "DX推進" in said(page)


def test_sending_back_needs_a_reason_and_the_applicant_reads_it(town: Town, window: Opened) -> None:
    case = town.city.start(title="差し戻される提案").id
    head = window("head")
    complete(town, head, case, "head_approval", "head", "差し戻す")
    summary = head.locator(".error-summary")
    summary.get_by_role("link").first.click()
    expect(head.locator('[name="reason"]')).to_be_focused()
    fill(head, {"reason": "年間の件数を書き足してください。"})
    press(head, "差し戻す")
    applicant = window("applicant")
    open_task(town, applicant, case, "revise_idea", "applicant")
    assert "年間の件数を書き足してください。" in applicant.locator("main").inner_text()
    fill(applicant, {"effect": "年に1,200件。"})
    press(applicant, "提出する")
    assert "済ませました" in said(applicant)


def test_the_head_rejects_and_the_case_ends_with_its_reason(town: Town, window: Opened) -> None:
    case = town.city.start(title="採られない提案").id
    page = window("head")
    complete(town, page, case, "head_approval", "head", "不採用にする", reason="国の制度で足りる。")
    assert "不採用" in said(page)
    timeline = on_case(page, case, "/timeline")
    assert "国の制度で足りる。" in timeline


def test_the_applicant_pulls_back_until_somebody_has_acted(town: Town, window: Opened) -> None:
    case = town.city.start(title="引き戻す提案").id
    page = window("applicant")
    on_case(page, case)
    press(page, "引き戻す")
    assert "引き戻しました" in said(page)
    assert page.locator('[name="title"]').input_value() == "引き戻す提案"
    fill(page, {"title": "書き直した提案"})
    press(page, "提出する")
    do(town.city, case, "head", "head_approval", "approve")
    on_case(page, case)
    assert page.get_by_role("button", name="引き戻す").count() == 0


def test_the_applicant_withdraws_with_a_reason(town: Town, window: Opened) -> None:
    case = town.city.start(title="取り下げる提案").id
    page = window("applicant")
    on_case(page, case)
    page.get_by_text("提案を取り下げる").click()
    press(page, "取り下げる")
    assert "理由" in page.locator(".notice--error, .error-summary").first.inner_text()
    page.locator('[name="reason"]').fill("別の方法で済んだ。")
    press(page, "取り下げる")
    assert "取り下げました" in said(page)
    assert "取下げ" in page.locator(".case-head").inner_text()
