"""Measures in words and by changes, on pages and over the API; the table to be kept."""

import io

import pytest
from openpyxl import load_workbook

from dxflow.services.reading import kpis
from tests.factories import ANALYSIS, SHEET
from tests.integration.test_measures_of_plans import (
    PLANS,
    PROCEDURES,
    TOOLS,
    YEARLY,
    measured,
)
from tests.walks import do, task_of, to_sheet
from tests.web.api_client import Caller, application

SATISFACTION = {
    "name": "職員満足度", "unit": "%", "baseline": "2.59%", "baseline_year": "2025",
    "target": "3.20%", "target_year": "2027", **YEARLY,
}  # fmt: skip


@pytest.fixture
def listed(sqlite_city):
    """Return a function that gives the rows of a measured case by the names of its measures."""
    case = measured(sqlite_city, {"kpis": [*PLANS["kpis"], SATISFACTION]})

    def rows():
        found = kpis.listed(sqlite_city.site, sqlite_city.actor("cio"), case_id=case)
        return {row.measure.name: row for row in found.page.entries}

    return rows


def test_words_travel_over_the_api(sqlite_city, listed):
    measure = listed()["ツールの導入"].id
    applicant = Caller.of(application(sqlite_city), "applicant")
    before = applicant.get(f"/kpis/{measure}").json
    assert (before["scale"], before["baseline"]) == (["未着手", "一部導入", "完了"], "未着手")
    assert [one["value"] for one in before["targets"]] == ["一部導入", "完了"]
    sent = {"period": "FY2026", "value": "一部導入", "note": ""}
    answer = applicant.post(f"/kpis/{measure}/actuals", sent)
    assert answer.status_code == 201
    assert (answer.json["value"], answer.json["status"]) == ("一部導入", "on_track")
    assert answer.json["actuals"][0]["value"] == "一部導入"
    for wrong in ("ほぼ", 3):
        refused = applicant.post(f"/kpis/{measure}/actuals", sent | {"value": wrong})
        assert refused.status_code == 422
        assert "未着手、一部導入、完了" in refused.json["errors"]["value"][0]


def test_changes_are_given_as_written_and_in_figures_once_known(sqlite_city, listed):
    measure = listed()["オンライン対応した手続数"].id
    applicant = Caller.of(application(sqlite_city), "applicant")
    applicant.post(f"/kpis/{measure}/actuals", {"period": "FY2026", "value": 900})
    found = applicant.get(f"/kpis/{measure}").json
    assert [(one["written"], one["value"], one["base_year"]) for one in found["targets"]] == [
        ("前年度比+50手続", "874", 2025),
        ("前年度比+50手続", "950", 2026),
        ("前年度比+50手続", None, 2027),
    ]
    assert (found["target"], found["achievement"]) == ("874", "152.0")


def test_doubts_are_told_to_programs(sqlite_city, listed):
    measure = listed()["職員満足度"].id
    found = Caller.of(application(sqlite_city), "cio").get(f"/kpis/{measure}").json
    assert ["ポイント" in one for one in found["doubts"]] == [True]
    assert found["unit"] == "%"


def test_a_program_completes_the_measurement_with_words(sqlite_city):
    measured(sqlite_city, {"kpis": [TOOLS]})
    applicant = Caller.of(application(sqlite_city), "applicant")
    task = applicant.get(f"/tasks/{task_of_kind(sqlite_city, 'kpi_measure')}").json
    (row,) = task["values"]["actuals"]
    body = {"outcome": "submit", "values": {"actuals": [row | {"state": "完了"}]}}
    done = applicant.post(f"/tasks/{task['id']}/complete", body)
    assert done.status_code == 200, done.text
    (found,) = applicant.get("/kpis").json["items"]
    assert (found["value"], found["status"]) == ("完了", "achieved")


def task_of_kind(city, element):
    return next(one.id for one in city.open_tasks("applicant") if one.element == element)


def test_pages_show_words_and_changes(sqlite_city, browse, listed):
    rows = listed()
    reader = browse("applicant")
    tools = reader.get(f"/kpis/{rows['ツールの導入'].id}").text
    assert '<option value="一部導入">' in tools
    assert 'aria-current="step">未着手' in tools
    changing = reader.get(f"/kpis/{rows['オンライン対応した手続数'].id}").text
    assert "874手続" in changing
    assert "令和8年度の値が入ると決まります" in changing
    assert "新規事業のためなし" in reader.get(f"/kpis/{rows['貸出件数'].id}").text
    doubtful = reader.get(f"/kpis/{rows['職員満足度'].id}").text
    assert "「ポイント」ではありませんか" in doubtful
    case = rows["ツールの導入"].case_id
    for path in ("/kpis", f"/cases/{case}", f"/cases/{case}/print"):
        text = reader.get(path).text
        assert "前年度比+50手続" in text, path
        assert "未着手" in text, path


def test_a_word_is_entered_on_the_page(sqlite_city, browse, listed):
    measure = listed()["ツールの導入"].id
    browser = browse("applicant")
    sent = {"period": "FY2026", "value": "だいたい", "note": ""}
    refused = browser.post(f"/kpis/{measure}", sent)
    assert refused.status_code == 422
    assert "未着手、一部導入、完了" in refused.text
    assert browser.post(f"/kpis/{measure}", sent | {"value": "完了"}).status_code == 303
    assert "令和8年度に「完了」に達しました" in browser.get(f"/kpis/{measure}").text


def test_all_that_is_wrong_with_a_sheet_is_told_at_once(sqlite_city, browse):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", case_of(sqlite_city), "project_sheet").id
    browser = browse("applicant")
    wrong = SHEET | {
        "as_is": "",
        "kpis": [PROCEDURES | {"target": "+50件"}, TOOLS | {"yearly": "来年"}],
    }
    caller = Caller.of(application(sqlite_city), "applicant")
    answer = caller.post(f"/tasks/{task}/complete", {"outcome": "submit", "values": plain(wrong)})
    assert answer.status_code == 422
    assert {"as_is", "kpis[0].target", "kpis[1].yearly"} <= set(answer.json["errors"])
    assert "前年度比+50件" in answer.json["errors"]["kpis[0].target"][0]
    assert browser.get(f"/tasks/{task}").status_code == 200


def plain(values):
    return {
        key: float(value) if type(value).__name__ == "Decimal" else value
        for key, value in values.items()
    }


def case_of(city):
    return next(one.case_id for one in city.open_tasks("applicant"))


def test_the_table_is_kept_from_the_page_and_over_the_api(sqlite_city, browse, listed):
    listed()
    page = browse("secretariat").get("/kpis").text
    for link in ("/kpis.csv", "/kpis.xlsx", "/kpis.csv?open_data=1", "/kpis.xlsx?open_data=1"):
        assert f'href="{link}"' in page, link
    assert "open_data" not in browse("applicant").get("/kpis").text
    got = browse("secretariat").get("/kpis.csv?open_data=1")
    assert got.headers["Content-Disposition"] == 'attachment; filename="kpis-open-data.csv"'
    assert got.text.startswith("\ufeff件名,")
    assert "CC BY 4.0" in got.text
    assert browse("applicant").get("/kpis.csv?open_data=1").status_code == 403
    caller = Caller.of(application(sqlite_city), "applicant")
    book = load_workbook(io.BytesIO(caller.get("/kpis/export?format=xlsx").data))
    assert book["指標"]["A2"].value == listed()["ツールの導入"].case_number
    assert caller.get("/kpis/export?format=csv").data.startswith("\ufeff番号,".encode())
    for query, status in (
        ("", 422), ("?format=pdf", 422), ("?format=csv&open_data=true", 403),
        ("?format=csv&status=fine", 422),
    ):  # fmt: skip
        assert caller.get(f"/kpis/export{query}").status_code == status, query


def test_the_portfolio_counts_measures_by_how_they_stand(sqlite_city, browse, listed):
    measure = listed()["貸出件数"].id
    kpis.record_actual(sqlite_city.site, sqlite_city.actor("applicant"), measure, "FY2026", "9000")
    page = browse("cio").get("/portfolio").text
    assert 'href="/kpis?status=no_data"' in page
    assert 'href="/kpis?status=on_track"' in page


def test_english_readers_see_the_steps_of_a_pack_in_english(sqlite_city, browse, listed):
    reader = browse("applicant")
    reader.get("/language/en?next=/")
    page = reader.get(f"/kpis/{listed()['ツールの導入'].id}").text
    assert '<option value="一部導入">Partly introduced</option>' in page


def test_whoever_approves_a_sheet_is_told_what_looks_wrong(sqlite_city, browse):
    to_sheet(sqlite_city)
    case = case_of(sqlite_city)
    do(
        sqlite_city, case, "applicant", "project_sheet", "submit",
        **(SHEET | {"kpis": [SATISFACTION]}),
    )  # fmt: skip
    do(sqlite_city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    task = task_of(sqlite_city, "head", case, "sheet_approval").id
    assert "「ポイント」ではありませんか" in browse("head").get(f"/tasks/{task}").text
