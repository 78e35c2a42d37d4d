"""The page of a task: filled in, kept, refused with everything typed, done once."""

import re
import threading

import pytest
from lxml import html
from sqlalchemy import func, select

from dxflow.db.case import Case
from dxflow.db.process import Draft, Submission
from dxflow.services.acts import drafts
from tests.factories import ANALYSIS
from tests.factories import SHEET as FILLED
from tests.integration.test_main_job import to_committee, to_kpi, to_sheet
from tests.walks import do
from tests.web.conftest import text_of


def task_of(city, person: str, element: str) -> str:
    return next(task.id for task in city.open_tasks(person) if task.element == element)


def drafts_in(city) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(Draft.body)).scalars())


def handed_in(city, element: str) -> int:
    with city.site.database.read() as tx:
        return tx.execute(
            select(func.count()).select_from(Submission).where(Submission.element == element)
        ).scalar_one()


SHEET = {
    "title": "転入手続のオンライン予約", "classification": "life", "citizen_benefit": "true",
    "lead": "counter", "related": ["tax"], "as_is": "窓口に並んで待つ。",
    "problems": "繁忙期の待ち時間が長い。", "content": "予約システムを入れる。",
    "effect": "待ち時間が短くなる。", "tools": ["online"],
    "cost_initial": "3,000,000", "cost_running": "５００，０００",
    "kpis[0].name": "予約の割合", "kpis[0].unit": "%", "kpis[0].direction": "increase",
    "kpis[0].aggregation": "level", "kpis[0].baseline": "0", "kpis[0].baseline_year": "2025",
    "kpis[0].target": "50", "kpis[0].target_year": "2027", "kpis[0].frequency": "year",
    "schedule[0].year": "2026", "schedule[0].action": "prepare", "schedule[0].text": "導入",
    "milestones[0].name": "運用開始", "milestones[0].due": "2026-09-30",
}  # fmt: skip


def test_the_page_says_what_the_case_is_about(browse, sqlite_city):
    case = to_committee(sqlite_city)
    task = task_of(sqlite_city, "cio", "verdict")
    page = browse("cio").page(f"/tasks/{task}")
    words = " ".join(page.text_content().split())
    for expected in (
        "転入手続のオンライン予約", "提案の要点", "待ち時間が短くなる。", "個票", "業務の分析",
        "確認と意見", "財政課 主査", "予算に注意", "適用された判定", "第1回審議", "定足数 3人",
        "3,500,000円", "令和8年5月11日",
    ):  # fmt: skip
        assert expected in words, expected
    assert page.xpath("//ol[contains(@class,'stepper')]/li[@aria-current='step']")
    assert page.xpath(f"//a[@href='/cases/{case}']")


def test_earlier_values_stand_beside_the_measurement(browse, sqlite_city):
    from datetime import date

    to_kpi(sqlite_city)
    for year in (2027, 2028):
        sqlite_city.clock.at(date(year, 4, 20))
        sqlite_city.run_jobs()
        task = task_of(sqlite_city, "applicant", "kpi_measure")
        if year == 2027:
            row = sqlite_city.form("applicant", task).values["actuals"][0]
            values = {"actuals": [{"measure": row["measure"], "value": 37}]}
            sqlite_city.complete_id("applicant", task, "submit", **values)
            reviewer = next(
                n for n in sqlite_city.person
                if any(t.element == "kpi_review" for t in sqlite_city.open_tasks(n))
            )  # fmt: skip
            sqlite_city.complete(reviewer, "kpi_review", "continue", reason="順調")
    words = " ".join(browse("applicant").page(f"/tasks/{task}").text_content().split())
    assert "これまでの実績" in words
    assert "37" in words
    assert "対象の期間: 令和9年度" in words
    order = [words.index(part) for part in ("これまでの実績", "対象の期間", "これまでの内容")]
    assert order == sorted(order), "what is to be entered stands before the papers"


def test_a_measurement_left_empty_is_asked_for_its_reason_at_the_field(browse, sqlite_city):
    from datetime import date

    to_kpi(sqlite_city)
    sqlite_city.clock.at(date(2027, 4, 20))
    sqlite_city.run_jobs()
    path = f"/tasks/{task_of(sqlite_city, 'applicant', 'kpi_measure')}"
    browser = browse("applicant")
    sent = {
        **browser.controls(path),
        "actuals[0].value": "",
        "actuals[0].note": "",
        "comment": "読み違い",
    }
    answer = browser.post(path, {**sent, "_outcome": "submit"})
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    (field,) = page.xpath("//*[@id='f-actuals-0-note']")
    assert field.get("aria-invalid") == "true"
    assert page.xpath("//a[@href='#f-actuals-0-note']"), "the summary leads to the field"
    assert "まだ入れられない理由を説明に書いてください" in text_of(answer)
    assert "読み違い" in text_of(answer), "what was typed is still there"


def test_handing_in_moves_the_case_and_says_whose_turn_it_is(browse, sqlite_city):
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", "head_approval")
    browser = browse("head")
    controls = browser.controls(f"/tasks/{task}")
    answer = browser.post(f"/tasks/{task}", {**controls, "_outcome": "approve"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case}")
    words = text_of(browser.get("/"))
    assert "「所属長の確認」を「承認する」で済ませました。" in words
    assert "「受付審査」です。" in words


def test_what_was_done_and_whose_turn_it_is_stand_apart_in_english(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    browser = browse("head")
    browser.get("/language/en")
    browser.post(f"/tasks/{task}", {"_outcome": "approve"})
    words = text_of(browser.get("/"))
    assert re.search(r"is done: \w+\. Next: ", words), words[:600]


def test_the_persons_next_task_on_the_case_comes_up_at_once(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    answer = browser.post(
        f"/tasks/{task}", {**browser.controls(f"/tasks/{task}"), **SHEET, "_outcome": "submit"}
    )
    following = task_of(sqlite_city, "applicant", "bpr_analysis")
    assert answer.headers["Location"] == f"/tasks/{following}"
    assert "続けて「業務を分析」があなたに届いています。" in browser.get(f"/tasks/{following}").text
    with sqlite_city.site.database.read() as tx:
        assert tx.execute(select(Case.amount)).scalar_one() == 3_500_000


def test_who_sends_a_sheet_back_is_not_led_to_write_it(browse, sqlite_city):
    case = to_sheet(sqlite_city)
    do(sqlite_city, case, "applicant", "project_sheet", "submit", **FILLED)
    do(sqlite_city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    task = task_of(sqlite_city, "head", "sheet_approval")
    browser = browse("head")
    sent = {"reason": "積算の根拠を書き足してください。", "return_to": "sheet"}
    answer = browser.post(f"/tasks/{task}", {**sent, "_outcome": "send_back"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case}")
    words = text_of(browser.get(f"/cases/{case}"))
    assert "次は市民課の「個票を書く」です。" in words
    assert "続けて" not in words


def test_wrong_and_missing_fields_come_back_with_everything_typed(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    wrong = SHEET | {"as_is": "", "cost_initial": "三百万くらい<b>", "kpis[0].target": "x9"}
    controls = browser.controls(f"/tasks/{task}")
    answer = browser.post(f"/tasks/{task}", {**controls, **wrong, "_outcome": "submit"})
    assert answer.status_code == 422
    for link in ("#f-as_is", "#f-cost_initial", "#f-kpis-0-target"):
        assert f'href="{link}"' in answer.text, link
    assert 'value="三百万くらい&lt;b&gt;"' in answer.text
    assert 'value="x9"' in answer.text
    assert "繁忙期の待ち時間が長い。" in answer.text
    assert controls["_idempotency_key"] in answer.text
    assert handed_in(sqlite_city, "project_sheet") == 0


def test_a_field_the_form_does_not_have_is_refused(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    answer = browse("head").post(f"/tasks/{task}", {"_outcome": "approve", "salary": "1"})
    assert answer.status_code == 422
    assert "salary" in answer.text


@pytest.mark.parametrize("outcome", ["", "fire_everybody"])
def test_a_button_the_form_does_not_have_is_refused(browse, sqlite_city, outcome):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    answer = browse("head").post(f"/tasks/{task}", {"_outcome": outcome})
    assert answer.status_code == 422
    assert handed_in(sqlite_city, "head_approval") == 0


def test_what_an_outcome_requires_is_asked_for(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    browser = browse("head")
    answer = browser.post(f"/tasks/{task}", {"_outcome": "send_back", "reason": ""})
    assert answer.status_code == 422
    assert 'href="#f-reason"' in answer.text
    done = browser.post(f"/tasks/{task}", {"_outcome": "send_back", "reason": "効果を数字で。"})
    assert done.status_code == 303


@pytest.mark.parametrize("control", [{"_idempotency_key": "k" * 200}, {"_idempotency_key": "鍵"}])
def test_control_fields_that_no_page_sends_are_refused(browse, sqlite_city, control):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    answer = browse("head").post(f"/tasks/{task}", {"_outcome": "approve", **control})
    assert answer.status_code == 400
    assert handed_in(sqlite_city, "head_approval") == 0


def test_rows_are_added_and_removed_without_a_script(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser, path = browse("applicant"), f"/tasks/{task}"
    added = browser.post(path, SHEET | {"_row": "add:kpis"})
    assert (added.status_code, added.headers["Location"]) == (303, path)
    page = browser.page(path)
    assert page.xpath("//input[@name='kpis[0].name']/@value") == ["予約の割合"]
    assert page.xpath("//input[@name='kpis[1].name']/@value") == [""]
    assert page.xpath("//input[@name='cost_running']/@value") == ["５００，０００"]
    two = SHEET | {"kpis[1].name": "二つめ", "_row": "remove:kpis:0"}
    browser.post(path, two)
    assert browser.page(path).xpath("//input[@name='kpis[0].name']/@value") == ["二つめ"]


def test_a_draft_is_kept_by_button_and_by_itself_and_survives_the_logout(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser, path = browse("applicant"), f"/tasks/{task}"
    assert browser.post(path, {"as_is": "ボタンで", "_save": "1"}).headers["Location"] == path
    saved = browser.post(f"/drafts/task/{task}", {"as_is": "ひとりでに"})
    assert (saved.status_code, saved.text) == (204, "")
    browser.post("/logout")
    browser.log_in("applicant")
    assert "ひとりでに" in browser.get(path).text
    assert len(drafts_in(sqlite_city)) == 1
    assert "個票を書く" in text_of(browser.get("/mine"))


def test_drafts_are_private_even_among_those_who_share_the_task(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browse("applicant").post(f"/drafts/task/{task}", {"as_is": "わたしだけの下書き"})
    other = browse("colleague")
    assert "わたしだけの下書き" not in other.get(f"/tasks/{task}").text
    assert "下書き" not in text_of(other.get("/mine"))
    assert [
        row.task_id for row in drafts.mine(sqlite_city.site, sqlite_city.actor("applicant"))
    ] == [task]


def test_handing_in_takes_the_draft_away(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    browser = browse("head")
    browser.post(f"/drafts/task/{task}", {"reason": "下書き"})
    assert len(drafts_in(sqlite_city)) == 1
    browser.post(f"/tasks/{task}", {"_outcome": "approve"})
    assert drafts_in(sqlite_city) == []


def test_a_double_click_does_the_act_once_and_leads_to_the_same_place(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    browser = browse("head")
    sent = {**browser.controls(f"/tasks/{task}"), "_outcome": "approve"}
    first = browser.post(f"/tasks/{task}", sent)
    second = browser.post(f"/tasks/{task}", sent)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert handed_in(sqlite_city, "head_approval") == 1


def test_two_clicks_at_the_same_moment_do_the_act_once(browse, sqlite_city):
    sqlite_city.start()
    task = task_of(sqlite_city, "head", "head_approval")
    one, two = browse("head"), browse("head")
    controls = one.controls(f"/tasks/{task}")
    tokens = {id(browser): browser.token() for browser in (one, two)}
    answers = []

    def click(browser):
        sent = {**controls, "_outcome": "approve", "_csrf": tokens[id(browser)]}
        answers.append(browser.post(f"/tasks/{task}", sent))

    clicks = [threading.Thread(target=click, args=(browser,)) for browser in (one, two)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert handed_in(sqlite_city, "head_approval") == 1


def test_the_second_of_two_people_learns_who_was_first_and_keeps_their_text(browse, sqlite_city):
    case = to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    late = browse("colleague")
    controls = late.controls(f"/tasks/{task}")
    browse("applicant").post(f"/tasks/{task}", {**SHEET, "_outcome": "submit"})
    answer = late.post(
        f"/tasks/{task}", {**controls, **SHEET, "effect": "私の長い文章", "_outcome": "submit"}
    )
    assert answer.status_code == 409
    words = text_of(answer)
    assert "applicant さんが 令和8年5月11日" in words
    assert "個票の作成" in words
    assert "私の長い文章" in words
    assert f'href="/cases/{case}"' in answer.text
    assert late.get(f"/tasks/{task}").status_code == 409


def test_a_member_who_opened_the_page_before_a_colleague_voted_still_votes(browse, sqlite_city):
    to_committee(sqlite_city)
    task = task_of(sqlite_city, "cio", "verdict")
    browser = browse("cio")
    controls = browser.controls(f"/tasks/{task}")
    sqlite_city.complete("tax_head", "verdict", "approve", reason="よい")
    sent = {**controls, "reason": "市民の役に立つ", "_outcome": "approve"}
    assert browser.post(f"/tasks/{task}", sent).status_code == 303
    assert handed_in(sqlite_city, "verdict") == 2


def test_other_peoples_tasks_cannot_be_opened_nor_done(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    reader = browse("secretariat")  # may see the case, but the task is not theirs
    assert reader.get(f"/tasks/{task}").status_code == 403
    assert reader.post(f"/tasks/{task}", {**SHEET, "_outcome": "submit"}).status_code == 403
    assert reader.post(f"/drafts/task/{task}", {"as_is": "x"}).status_code == 403
    stranger = browse("other")
    assert stranger.get(f"/tasks/{task}").status_code == 404
    assert stranger.post(f"/tasks/{task}", {"_outcome": "submit"}).status_code == 404
    assert handed_in(sqlite_city, "project_sheet") == 0


def test_members_do_not_see_each_others_verdicts_before_their_own(browse, sqlite_city):
    to_committee(sqlite_city)
    sqlite_city.complete("tax_head", "verdict", "reject", reason="費用が高すぎる")
    task = task_of(sqlite_city, "cio", "verdict")
    words = " ".join(browse("cio").page(f"/tasks/{task}").text_content().split())
    assert "費用が高すぎる" not in words
    assert "出した席" in words
