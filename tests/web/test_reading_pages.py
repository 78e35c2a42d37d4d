"""Cases, measures, the log and notices in a browser: who sees what, and what can be done there."""

import json
import re
from datetime import date

import pytest
from sqlalchemy import select

from dxflow.db.case import Case, Measure
from dxflow.services.reading import case_view
from tests.factories import SHEET, City
from tests.statements import counted
from tests.walks import do, to_committee, to_decision, to_kpi, to_sheet, whoever

TABS = ("", "/progress", "/timeline", "/forms", "/print")
CONDITION = {"text": "個人情報の影響評価を行う", "due": "2026-12-28"}


def status(city: City, case: str) -> str:
    with city.site.database.read() as tx:
        return tx.execute(select(Case.status).where(Case.id == case)).scalar_one()


def measure(city: City) -> str:
    with city.site.database.read() as tx:
        return tx.execute(select(Measure.id)).scalars().first() or ""


@pytest.mark.parametrize("tab", TABS)
def test_each_page_of_a_case_opens_for_those_who_may_see_it(sqlite_city, browse, tab):
    case = to_decision(sqlite_city)
    for name in ("applicant", "cio", "tax_head", "auditor"):
        page = browse(name).get(f"/cases/{case}{tab}")
        assert page.status_code == 200, name
        assert "転入手続のオンライン予約" in page.text


@pytest.mark.parametrize("tab", [*TABS, "/diagrams/proposal"])
def test_nobody_else_learns_that_the_case_exists(sqlite_city, browse, anybody, tab):
    case = to_sheet(sqlite_city)
    assert browse("other").get(f"/cases/{case}{tab}").status_code == 404
    assert browse("admin").get(f"/cases/{case}{tab}").status_code == 404
    assert browse("cio").get(f"/cases/{'0' * 32}{tab}").status_code == 404
    assert anybody.get(f"/cases/{case}{tab}").status_code == 303


def test_the_overview_says_whose_turn_it_is_and_leads_there(sqlite_city, browse):
    case = sqlite_city.start().id
    task = sqlite_city.open_tasks("head")[0].id
    assert f'href="/tasks/{task}"' in browse("head").get(f"/cases/{case}").text
    theirs = browse("applicant").get(f"/cases/{case}").text
    assert f'href="/tasks/{task}"' not in theirs
    assert "市民課長（head）" in theirs


def test_the_diagrams_are_handed_to_the_viewer_with_addresses_that_answer(sqlite_city, browse):
    case = to_committee(sqlite_city)
    browser = browse("cio")
    page = browser.get(f"/cases/{case}/progress").text
    found = re.search(
        r'<script type="application/json" id="diagram-state">(.*?)</script>', page, re.S
    )
    assert found is not None
    state = json.loads(found[1])
    assert state["start"] == "committee"
    for diagram in state["diagrams"]:
        answer = browser.get(diagram["url"])
        assert answer.mimetype == "application/xml"
        assert f'<bpmn:process id="{diagram["key"]}"' in answer.text
    assert browser.get(f"/cases/{case}/diagrams/nothing").status_code == 404
    assert browser.get(f"/cases/{case}/diagrams/..%2Fpack.toml").status_code == 404


def test_the_steps_stand_in_the_page_itself(sqlite_city, browse):
    case = to_committee(sqlite_city)
    page = browse("cio").get(f"/cases/{case}/progress").text
    assert 'steps__step--active" aria-current="step"' in page
    assert "委員の判断" in page
    assert 'class="rule-fired"' in page


def test_hidden_verdicts_stand_on_no_page(sqlite_city, browse):
    case = to_committee(sqlite_city)
    sqlite_city.clock.advance(minutes=1)
    do(sqlite_city, case, "tax_head", "verdict", "reject", reason="反対する理由")
    for tab in TABS:
        assert "反対する理由" not in browse("applicant").get(f"/cases/{case}{tab}").text, tab
    assert "反対する理由" in browse("tax_head").get(f"/cases/{case}").text


def test_the_applicant_withdraws_with_a_reason(sqlite_city, browse):
    case = to_sheet(sqlite_city)
    browser = browse("applicant")
    empty = browser.post(f"/cases/{case}/withdraw", {"reason": " "})
    assert empty.status_code == 422
    assert "理由を書いてください" in empty.text
    assert status(sqlite_city, case) == "running"
    assert browse("head").post(f"/cases/{case}/withdraw", {"reason": "x"}).status_code == 403
    assert browser.post(f"/cases/{case}/withdraw", {"reason": "重複のため"}).status_code == 303
    assert status(sqlite_city, case) == "withdrawn"
    assert browser.post(f"/cases/{case}/withdraw", {"reason": "もう一度"}).status_code == 409
    assert "取下げ" in browser.get(f"/cases/{case}").text


def test_what_was_handed_in_can_be_pulled_back_from_the_page(sqlite_city, browse):
    case = to_sheet(sqlite_city)
    do(sqlite_city, case, "applicant", "project_sheet", "submit", **SHEET)
    browser = browse("applicant")
    assert f"/cases/{case}/pull-back" in browser.get(f"/cases/{case}").text
    assert f"/cases/{case}/pull-back" not in browse("head").get(f"/cases/{case}").text
    answer = browser.post(f"/cases/{case}/pull-back")
    assert answer.location.startswith("/tasks/")
    assert browser.post(f"/cases/{case}/pull-back").status_code == 409


def test_a_condition_is_reported_as_met_by_its_owner(sqlite_city, browse):
    case = to_decision(sqlite_city, "conditions", conditions=[CONDITION])
    duty = case_view.page(sqlite_city.site, sqlite_city.actor("applicant"), case).duties[0].id
    path = f"/cases/{case}/duties/{duty}"
    browser = browse("applicant")
    assert path in browser.get(f"/cases/{case}").text
    assert path not in browse("cio").get(f"/cases/{case}").text
    assert browser.post(path, {"evidence": ""}).status_code == 422
    assert browse("cio").post(path, {"evidence": "済み"}).status_code == 403
    assert browser.post(path, {"evidence": "<b>評価書</b>"}).status_code == 303
    page = browser.get(f"/cases/{case}").text
    assert "&lt;b&gt;評価書&lt;/b&gt;" in page
    assert "履行済み" in page


def test_acts_need_the_page_they_were_made_on(sqlite_city, browse):
    case = to_sheet(sqlite_city)
    browser = browse("applicant")
    assert browser.post(f"/cases/{case}/withdraw", {"reason": "x"}, token="").status_code == 400
    assert status(sqlite_city, case) == "running"


def test_the_list_is_filtered_and_saved_as_csv(sqlite_city, browse):
    to_sheet(sqlite_city)
    sqlite_city.start(title="=1+1で始まる提案")
    browser = browse("cio")
    assert "転入手続" in browser.get("/cases?q=オンライン&stage=sheet").text
    assert "当てはまる案件はありません" in browser.get("/cases?q=存在しない").text
    answer = browser.get("/cases.csv?q=で始まる")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "'=1+1で始まる提案" in answer.data.decode("utf-8-sig")
    assert "転入" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/cases?status=lost", "/cases?fiscal_year=abc", "/cases?page=0", "/cases?page=x", "/cases?page=9999999",
     "/kpis?status=fine", "/kpis?page=-1", "/cases.csv?status=lost", "/notices?page=x"],
)  # fmt: skip
def test_addresses_that_ask_for_nonsense_get_a_calm_answer(browse, path):
    assert browse("cio").get(path).status_code in (200, 422)


def test_the_address_cannot_steer_where_links_lead(sqlite_city, browse):
    sqlite_city.start()
    page = browse("cio").get("/cases?q=転入&_external=1&_scheme=https&_anchor=x").text
    assert "https://localhost" not in page


def test_measures_are_listed_and_shown_with_a_chart_and_its_table(sqlite_city, browse):
    case = to_kpi(sqlite_city)
    sqlite_city.clock.at(date(2027, 5, 20))
    browser = browse("cio")
    page = browser.get("/kpis").text
    assert "予約の割合" in page
    assert "報告遅れ" in page
    one = browser.get(f"/kpis/{measure(sqlite_city)}").text
    assert "<svg" in one
    assert "数値の表を見る" in one
    assert f"/cases/{case}" in one
    assert browse("admin").get(f"/kpis/{measure(sqlite_city)}").status_code == 404


def test_a_value_is_entered_and_what_is_wrong_comes_back(sqlite_city, browse):
    to_kpi(sqlite_city)
    sqlite_city.clock.at(date(2027, 4, 20))
    path = f"/kpis/{measure(sqlite_city)}"
    browser = browse("applicant")
    wrong = browser.post(path, {"period": "FY2026", "value": "たくさん", "note": "控え"})
    assert wrong.status_code == 422
    assert 'value="たくさん"' in wrong.text
    assert "控え" in wrong.text
    assert 'href="#f-value"' in wrong.text
    assert browser.post(path, {"period": "FY2026", "value": "３１．５"}).status_code == 303
    assert "31.5%" in browser.get(path).text
    assert browse("cio").post(path, {"period": "FY2026", "value": "1"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/audit", "/audit/events/1", "/audit/export.csv", "/audit/export.jsonl", "/audit/checkpoints"],
)
def test_the_log_is_for_cio_and_auditors(sqlite_city, browse, anybody, path):
    for name in ("cio", "auditor"):
        assert browse(name).get(path).status_code == 200
    for name in ("applicant", "secretariat", "admin"):
        browser = browse(name)
        assert browser.get(path).status_code == 403
        assert 'href="/audit"' not in browser.get("/notices").text
    assert anybody.get(path).status_code == 303


def test_the_log_shows_changes_and_finds_by_filters(sqlite_city, browse):
    to_sheet(sqlite_city)
    browser = browse("auditor")
    page = browser.get("/audit?type=case.stage_changed").text
    assert "<del>提案と受付</del>" in page
    assert "<ins>個票の作成</ins>" in page
    assert "当てはまる記録はありません" in browser.get("/audit?person=だれもいない").text
    assert '<details class="narrowing">' in browser.get("/audit").text
    wrong = browser.get("/audit?since=昨日")
    assert '<details class="narrowing" open>' in wrong.text
    assert wrong.status_code == 422
    assert "2026-04-01 の形" in wrong.text
    assert browser.get("/audit/events/x").status_code == 404
    assert browser.get("/audit/events/999999").status_code == 404
    assert browser.get("/audit/export.xml").status_code == 404


def test_an_event_shows_its_exact_text(sqlite_city, browse):
    to_sheet(sqlite_city)
    browser = browse("auditor")
    event = re.search(r'href="(/audit/events/\d+)"', browser.get("/audit?type=case.started").text)
    assert event is not None
    page = browser.get(event[1]).text
    assert "&#34;type&#34;:&#34;case.started&#34;" in page
    assert "本文とハッシュ値は一致しています" in page


def test_the_verification_says_what_it_cannot_see(sqlite_city, browse):
    to_sheet(sqlite_city)
    page = browse("auditor").post("/audit/verify")
    assert page.status_code == 200
    assert "改変の跡は見つかりませんでした" in page.text
    assert "チェックポイント" in page.text
    assert browse("applicant").post("/audit/verify").status_code == 403


def test_notices_are_new_until_they_are_marked_read(sqlite_city, browse):
    case = to_decision(sqlite_city)
    decide = whoever(sqlite_city, case, "decide")
    do(sqlite_city, case, decide, "decide", "approve", reason="決裁する")
    sqlite_city.run_jobs()
    sqlite_city.clock.advance(minutes=1)
    browser = browse("applicant")
    page = browser.get("/notices").text
    assert "新着" in page
    assert f'href="/cases/{case}"' in page
    assert browser.post("/notices/read").status_code == 303
    assert "新着" not in browser.get("/notices").text


@pytest.mark.parametrize("tab", TABS)
def test_a_page_costs_the_same_for_one_measure_and_for_twenty(sqlite_city, browse, tab):
    few = to_decision(sqlite_city)
    many = to_decision(sqlite_city, sheet={"kpis": [
        SHEET["kpis"][0] | {"name": f"指標{n}"} for n in range(20)
    ]})  # fmt: skip
    browser = browse("cio")
    numbers = []
    for case in (few, few, many):
        with counted(sqlite_city.site.database) as count:
            assert browser.get(f"/cases/{case}{tab}").status_code == 200
        numbers.append(count.statements)
    assert numbers[1] == numbers[2]
