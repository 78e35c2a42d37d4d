"""The sample of 富山市: every case stands where its plan says, and its rules hold for people."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.clock import TOKYO, local_date
from dxflow.db.case import Actual, Case, Deliberation, Measure
from dxflow.db.process import PlannedStart, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid, NotAllowed
from dxflow.services.acts import processes, timed_starts
from dxflow.services.people import naming, organisation
from dxflow.services.reading import case_pages, kpi_table
from dxflow.services.reading.kpi_table import Wanted
from tests.integration.cities.town import Town

PACK = "toyama"
#: A Saturday in November, on SQLite and PostgreSQL, and the autumn after the review of the plan.
MADE = {
    "sqlite": date(2026, 11, 21), "postgresql": date(2026, 11, 21), "after-the-review": date(2029, 11, 5),
}  # fmt: skip


def test_each_case_stands_where_its_plan_says(town: Town) -> None:
    town.stands_as_planned()


def test_the_log_verifies_and_nothing_failed_on_the_way(town: Town) -> None:
    town.is_sound()


def test_everybody_logs_in_and_most_find_work(town: Town) -> None:
    assert town.busy() >= {"kuriyama", "himi", "takeuchi", "ooyama", "shimazaki", "mizuno"}


def bodies(town: Town, case: str) -> list[str]:
    query = select(Deliberation.body).where(Deliberation.case_id == case)
    return [row.body for row in town.rows(query.order_by(Deliberation.convened_at))]


def test_the_plan_began_by_itself_and_every_body_sat_on_the_published_days(town: Town) -> None:
    query = select(Case.__table__).where(Case.process_key == "plan")
    (plan,) = town.rows(query)
    assert plan.created_at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M") == "2025-06-02 00:00"
    assert plan.title == "計画の策定（令和8年度から5年間）"
    sat = select(Deliberation.body, Deliberation.convened_at).where(Deliberation.case_id == plan.id)
    days = [
        (row.body, local_date(row.convened_at).isoformat())
        for row in town.rows(sat.order_by(Deliberation.convened_at))
    ]
    assert days[:4] == [
        ("godo", "2025-06-27"), ("honbu", "2025-08-01"), ("iinkai", "2025-08-25"),
        ("gyozaisei", "2025-10-24"),
    ]  # fmt: skip
    assert [body for body, _day in days[4:6]] == ["soshiki", "dx"]
    assert all("2025-10-24" <= day <= "2025-11-05" for _body, day in days[3:6])
    assert days[6:] == [
        ("godo", "2026-01-13"), ("iinkai", "2026-02-10"), ("honbu", "2026-02-25"),
    ]  # fmt: skip


def test_leaders_and_only_they_begin_an_improvement_in_house(town: Town) -> None:
    def offered(username: str) -> list[str]:
        return [one.title for one in processes.listed(town.site, town.actor(username))]

    assert offered("himi") == ["改善を提案する", "身近な改善を内製で始める"]
    assert offered("takeuchi") == ["改善を提案する"]
    begun = town.case("choju_roster")
    assert (begun.process_key, begun.start_key) == ("inhouse_case", "inhouse_case")
    assert town.waits("himi", begun.id, "inhouse_try")


def test_the_cells_of_the_plan_are_read_as_figures(town: Town) -> None:
    lines = b"".join(kpi_table.export(town.site, town.actor("kureha"), Wanted(), "csv"))
    told = lines.decode("utf-8-sig").splitlines()

    def line(name: str, year: str) -> str:
        return next(one for one in told if f",{name}," in one and f",{year},20" in one)

    assert ",294000,R7年度比3割減," in line("運用経費", "令和12年度")
    assert ",前年度比+50件," in line("オンライン対応した手続数", "令和12年度")
    assert ",一部移行," in line("書かない窓口への移行", "令和9年度")
    assert ",2028,160," in line("対象帳票数", "令和10年度")
    assert "対応完了" in line("窓口のキャッシュレス対応", "令和10年度")
    assert not any("対応時間の削減" in one for one in told)  # an outcome without figures


SHEET = {
    "title": "行政データの利活用推進", "purpose": "sustain", "lead": "joho", "related": ["smart"],
    "begin_year": "2026", "summary": "ためて、つなぐ。", "as_is": [{"text": "散らばる"}],
    "issues": [{"text": "決まりがない"}],
    "logic": [{"activity": "基盤", "output": "導入", "outcome": "効率", "impact": "文化"}],
    "steps": [{"activity": "基盤"}],
}  # fmt: skip
CELL = {
    "level": "output", "name": "見える化", "scale": "number", "unit": "件", "direction": "increase",
    "aggregation": "per_year", "baseline": "5件", "baseline_year": "2025",
}  # fmt: skip


def test_cells_with_several_numbered_values_are_refused_as_one(own: Town) -> None:
    case = own.case("data")
    numbered = SHEET | {"kpis": [CELL | {"r8": "①5件 ②3件"}]}
    with pytest.raises(Invalid):
        own.complete("kuriyama", case.id, "to_sheet", "submit", **numbered)
    assert own.open(case.id) == {"to_sheet"}
    own.complete(
        "kuriyama", case.id, "to_sheet", "submit", **SHEET | {"kpis": [CELL | {"r8": "5件/年"}]}
    )
    assert own.open(case.id) == {"bpr"}
    (kept,) = own.rows(select(Measure.name).where(Measure.case_id == case.id))
    assert kept.name == "見える化"


def stands(town: Town, key: str) -> dict[str, str]:
    """Return how the phases of a case stand in the list of its steps."""
    page = case_pages.progress(town.site, town.actor("kureha"), town.case(key).id)
    return {one.key: one.state for one in page.standing.steps}


def test_bodies_that_share_a_drawing_stand_each_where_it_is(own: Town) -> None:
    here, later = stands(own, "cashless"), stands(own, "hyojun")
    assert (here["division_committee"], here["honbu_committee"]) == ("active", "open")
    assert (later["division_committee"], later["honbu_committee"]) == ("done", "active")
    page = case_pages.progress(own.site, own.actor("kureha"), own.case("hyojun").id)
    (division,) = [one for one in page.standing.steps if one.key == "division_committee"]
    assert [one.name for one in division.children if one.state == "active"] == []
    own.complete("ooyama", own.case("reserve").id, "spec_check", "approve")
    order = stands(own, "reserve")
    assert (order["inhouse"], order["decision"]) == ("active", "open")


def test_the_suggested_division_is_told_by_its_name(town: Town) -> None:
    case, by = town.case("cashless"), town.actor("kureha")
    (ruling,) = case_pages.progress(town.site, by, case.id).rulings
    assert ruling.given == (("DXの印があるか", "はい"), ("目的", "目的3"))
    assert ruling.found == (("研究部会", "DX推進部会"),)
    assert [one.outputs for one in ruling.rules] == [
        ("DX推進部会",), ("組織・人事部会",), ("行財政部会",),
    ]  # fmt: skip


def test_the_head_whose_section_it_is_does_not_sit_on_it(town: Town) -> None:
    case = town.case("cashless")
    query = select(Deliberation.recused).where(Deliberation.case_id == case.id)
    assert [one["seat"] for one in json.loads(town.rows(query)[0].recused)] == ["dx_5"]


def test_an_item_of_the_previous_plan_was_measured_and_revised(town: Town) -> None:
    case = town.case("jutaku")
    values = select(Actual.period, Actual.value).join(Measure, Measure.id == Actual.measure_id)
    found = town.rows(
        values.where(Measure.case_id == case.id, Measure.name == "管理戸数").order_by(Actual.period)
    )
    assert [(row.period, row.value) for row in found[:2]] == [
        ("FY2024", "4010"),
        ("FY2025", "3940"),
    ]
    assert bodies(town, case.id)[:2] == ["gyozaisei", "honbu"]


def test_the_review_of_the_third_year_made_a_second_sheet_and_kept_the_first(town: Town) -> None:
    reviewed = town.site.today() >= date(2029, 6, 1)
    case = town.case("front")
    query = select(Submission.element).where(
        Submission.case_id == case.id, Submission.form_key == "to_sheet"
    )
    sheets = [row.element for row in town.rows(query.order_by(Submission.at))]
    assert sheets == (["to_sheet", "sheet_v2"] if reviewed else ["to_sheet"])
    assert bodies(town, case.id) == ["dx", "honbu", *["iinkai"] * reviewed]
    years = select(Case.title, Case.stage).where(Case.process_key == "year")
    held = [
        ("計画の年度モニタリング（令和8年度分）", "year_honbu"),
        ("計画の年度モニタリング（令和9年度分）", "year_honbu"),
        ("計画の年度モニタリング（令和10年度分）", "rolling_honbu"),
    ]
    found = [tuple(row) for row in town.rows(years.order_by(Case.created_at))]
    assert found == (held if reviewed else [])


def test_the_mayor_decides_and_nobody_below(own: Town) -> None:
    case = own.case("workspace")
    for other in ("washio", "inagaki", "kureha"):
        with pytest.raises(AssertionError):
            own.complete(other, case.id, "decide", "approve")
    own.complete("mizuno", case.id, "decide", "approve")
    assert own.open(case.id) == set()
    assert own.case("workspace").stage == "monitor"


def test_an_order_is_decided_by_the_head_once_the_officer_has_checked_it(own: Town) -> None:
    case = own.case("reserve")
    with pytest.raises(AssertionError):
        own.complete("yatsuo", case.id, "spec_check", "approve")
    own.complete("ooyama", case.id, "spec_check", "approve")
    query = select(WorkItemGroup.group_key).join(
        WorkItem, WorkItem.id == WorkItemGroup.work_item_id
    )
    waits = own.rows(query.where(WorkItem.case_id == case.id, WorkItem.status == "open"))
    assert {row.group_key for row in waits} == {"post:shogai_head"}
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_a_member_votes_once_and_the_writer_of_the_sheet_never(own: Town) -> None:
    case = own.case("hyojun")
    with pytest.raises(AssertionError):
        own.complete("kuriyama", case.id, "verdict", "approve", reason="よい")
    own.complete("washio", case.id, "verdict", "approve", reason="よい")
    with pytest.raises(AssertionError):
        own.complete("washio", case.id, "verdict", "approve", reason="よい")


def test_whoever_work_waits_for_is_told_in_words(town: Town) -> None:
    groups = {row.group_key for row in town.rows(select(WorkItemGroup.group_key).distinct())}
    with town.site.database.read() as tx:
        names = naming.load(tx, organisation.directory(town.site, tx, town.site.today()))
    assert names.group("role:redesign-team") == "行財政リ・デザインチーム"
    assert names.group("role:digital-officer") == "デジタル技術官"
    told = {one: names.group(one) for one in groups if not one.startswith("user:")}
    assert [one for one, words in told.items() if words == one.partition(":")[2]] == []


def test_the_next_monitoring_may_be_begun_ahead_of_its_time(own: Town) -> None:
    query = select(PlannedStart.__table__).where(PlannedStart.process_key == "year")
    (plan,) = own.rows(query)
    with pytest.raises(NotAllowed):
        timed_starts.begin_now(
            own.site, own.actor("himi"), plan.id, plan.last_case_id or "", "急ぐ"
        )
    timed_starts.begin_now(
        own.site, own.actor("yatsuo"), plan.id, plan.last_case_id or "", "試しに"
    )
    (begun,) = own.rows(
        select(Case.__table__).where(Case.process_key == "year", Case.status == "running")
    )
    assert own.open(begun.id) == {"year_report"}
