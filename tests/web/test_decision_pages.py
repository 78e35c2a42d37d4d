"""The page of a decision, its sheet of paper, additions, conditions handed over, tasks laid aside."""

from datetime import timedelta

from sqlalchemy import select

from dxflow.db.document import DecisionDocument
from tests.walks import do, task_of, to_decision
from tests.web.conftest import text_of


def test_the_page_shows_the_way_before_and_the_stamps_after(sqlite_city, browse):
    case = to_decision(sqlite_city)
    decider = browse("civic_head")
    assert "決裁区分 第4号" in text_of(decider.get(f"/cases/{case}/decision"))
    assert "いまここ" in decider.get(f"/cases/{case}/decision").text
    task = task_of(sqlite_city, "civic_head", case, "decide")
    assert "起案の文書と決裁欄を開く" in decider.get(f"/tasks/{task.id}").text
    do(sqlite_city, case, "civic_head", "decide", "approve", reason="妥当")
    page = browse("applicant").get(f"/cases/{case}/decision").text
    assert "決裁により確定" in page
    assert page.count('class="seal"') >= 2
    assert "予約システムを入れる。" in page
    assert browse("admin").get(f"/cases/{case}/decision").status_code == 404


def test_before_the_decision_stage_the_page_says_so(sqlite_city, browse):
    case = sqlite_city.start().id
    assert "まだ決裁に至っていません" in browse("applicant").get(f"/cases/{case}/decision").text
    assert browse("applicant").get(f"/cases/{case}/decision/print").status_code == 404


def test_the_sheet_of_paper_bears_row_stamps_and_hash(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "approve")
    paper = text_of(browse("applicant").get(f"/cases/{case}/decision/print"))
    for words in ("決裁書", "第4号", "市民部長", "内容のハッシュ値（SHA-256）", "承認"):
        assert words in paper
    assert browse("applicant").get(f"/cases/{case}/decision/print?revision=9").status_code == 404
    assert browse("applicant").get(f"/cases/{case}/decision/print?revision=x").status_code == 200


def test_a_version_that_was_sent_back_says_so_and_not_that_its_decision_is_to_come(
    sqlite_city, browse
):
    case = to_decision(sqlite_city)
    browser = browse("applicant")
    assert "決裁の前" in text_of(browser.get(f"/cases/{case}/decision/print"))
    do(sqlite_city, case, "civic_head", "decide", "send_back", reason="費用を直す")
    for page in ("decision", "decision/print"):
        text = text_of(browser.get(f"/cases/{case}/{page}"))
        assert "この版では決裁していません" in text, page
        assert "決裁の前" not in text, page


def test_stages_that_come_again_are_not_said_to_have_sent_the_case_back(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "send_back", reason="費用を直す")
    text = text_of(browse("applicant").get(f"/cases/{case}"))
    assert "もう一度通ります" in text
    assert "差し戻しました" not in text


def test_an_addition_is_set_beside_the_document(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "approve")
    browser = browse("applicant")
    (way,) = browser.page(f"/cases/{case}/decision").xpath(
        "//form[contains(@action, '/add')]/@action"
    )
    refused = browser.post(way, {"text": " "})
    assert refused.status_code == 422
    assert "入力してください" in refused.text
    assert browser.post(way, {"text": "契約の日を補う"}).status_code == 303
    assert "契約の日を補う" in browse("cio").get(f"/cases/{case}/decision").text
    assert browse("security").post(way, {"text": "よそから"}).status_code == 403


def test_a_condition_is_handed_over_on_the_page_of_the_case(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(
        sqlite_city, case, "civic_head", "decide", "conditions", reason="条件付き",
        conditions=[{"text": "評価書を出す", "due": "2026-06-30"}],
    )  # fmt: skip
    browser = browse("applicant")
    (way,) = browser.page(f"/cases/{case}").xpath("//form[contains(@action, '/hand-over')]/@action")
    refused = browser.post(way, {"unit": "tax", "reason": ""})
    assert refused.status_code == 422
    assert "引き継ぐ理由を書いてください" in refused.text
    assert browser.post(way, {"unit": "nowhere", "reason": "所管"}).status_code == 422
    assert browser.post(way, {"unit": "tax", "reason": "所管が移った"}).status_code == 303
    assert "収納課" in text_of(browser.get(f"/cases/{case}"))


def test_a_task_is_laid_aside_and_taken_up_again(sqlite_city, browse):
    case = to_decision(sqlite_city)
    task = task_of(sqlite_city, "civic_head", case, "decide")
    decider = browse("civic_head")
    until = (sqlite_city.site.today() + timedelta(5)).isoformat()
    way = f"/tasks/{task.id}/hold"
    for day, said in (("あした", "の形で指定してください"), ("2020-01-01", "f-hold-until-error")):
        refused = decider.post(way, {"until": day, "hold_reason": "内示を待つので"})
        assert (refused.status_code, said in refused.text) == (422, True)
        assert "内示を待つので</textarea>" in refused.text
        assert f'value="{day}"' in refused.text
    refused = decider.post(way, {"until": until, "hold_reason": ""})
    assert (refused.status_code, "f-hold-hold_reason-error" in refused.text) == (422, True)
    assert "まで保留しています" not in decider.get(f"/tasks/{task.id}").text
    answer = decider.post(way, {"until": until, "hold_reason": "内示を待つ"})
    assert answer.status_code == 303
    assert "まで保留しています" in decider.get(f"/tasks/{task.id}").text
    assert "内示を待つ" in browse("secretariat").get(f"/cases/{case}/decision").text
    assert browse("applicant").post(f"/tasks/{task.id}/resume").status_code == 403
    assert decider.post(f"/tasks/{task.id}/resume").status_code == 303
    assert "内示を待つ" not in decider.get(f"/tasks/{task.id}").text


def test_the_history_names_the_document_and_leads_to_it_instead_of_its_hash(browse, sqlite_city):
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "approve", reason="決裁する")
    with sqlite_city.site.database.read() as tx:
        row = tx.execute(select(DecisionDocument.id, DecisionDocument.digest)).one()
    browser = browse("applicant")
    page = browser.page(f"/cases/{case}/timeline")
    links = page.xpath("//a[contains(., '起案の文書 第1版')]/@href")
    assert f"/cases/{case}/decision/print?revision=1" in links
    assert browser.get(links[0]).status_code == 200
    for path in (f"/cases/{case}/timeline", f"/cases/{case}/print"):
        shown = " ".join(browser.page(path).xpath("//ol[@class='timeline']//text()"))
        assert row.id not in shown, path
        assert row.digest not in shown, path
