"""Measures as the cities' plans have them, from the sheet to the judgement."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dxflow.db import case as tables
from dxflow.errors import Invalid
from dxflow.services.reading import briefing, kpis, verification
from tests.factories import SHEET, City
from tests.walks import do, to_kpi, to_opinions, to_sheet

YEARLY = {"frequency": "year", "direction": "increase", "aggregation": "level"}
TOOLS: dict[str, Any] = {
    "name": "ツールの導入", "scale": "introduction", "baseline": "未着手", "baseline_year": "2025",
    "target": "完了", "target_year": "2027", "yearly": "R8 一部導入", "frequency": "year",
}  # fmt: skip
PROCEDURES: dict[str, Any] = {
    "name": "オンライン対応した手続数", "unit": "手続", "baseline": "824手続", "baseline_year": "2025",
    "target": "前年度比+50手続", "target_year": "2028", "yearly": "R8〜R9 前年度比+50手続", **YEARLY,
}  # fmt: skip
COSTS: dict[str, Any] = {
    "name": "運用経費", "unit": "千円", "baseline": 1000, "baseline_year": "2025",
    "target": "R7年度比3割減", "target_year": "2028", **YEARLY, "direction": "decrease",
}  # fmt: skip
NEW: dict[str, Any] = {
    "name": "貸出件数", "unit": "件", "baseline": "新規事業のためなし", "baseline_year": "",
    "target": "8,000件", "target_year": "2028", **YEARLY, "aggregation": "per_year",
}  # fmt: skip
PLANS = {"kpis": [TOOLS, PROCEDURES, COSTS, NEW]}


def measured(city: City, sheet: dict[str, Any] | None = None) -> str:
    """Play a case until its first year is to be measured."""
    case = to_kpi(city, sheet=sheet or PLANS)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    return case


def by_name(city: City, case: str) -> dict[str, kpis.KpiRow]:
    listed = kpis.listed(city.site, city.actor("cio"), case_id=case)
    return {row.measure.name: row for row in listed.page.entries}


def enter(city: City, case: str, **values: Any) -> None:
    """Hand in the year's values by the names of the measures."""
    rows = []
    for name, row in sorted(by_name(city, case).items(), key=lambda one: order(city, case, one[1])):
        cell = "state" if row.measure.scale else "value"
        rows.append({"measure": row.id, cell: values[name]})
    do(city, case, "applicant", "kpi_measure", "submit", actuals=rows)


#: What was measured of them.
ACTUALS: dict[str, Any] = {
    "ツールの導入": "一部導入",
    "オンライン対応した手続数": 860,
    "運用経費": 940,
    "貸出件数": 9000,
}


def order(city: City, case: str, row: kpis.KpiRow) -> int:
    with city.site.database.read() as tx:
        found = tx.execute(
            tables.Measure.__table__.select().where(tables.Measure.case_id == case)
        ).all()
    return next(one.position for one in found if one.id == row.id)


def test_cells_of_the_plans_are_entered_targeted_judged_and_seen(city):
    case = measured(city)
    enter(city, case, **ACTUALS)
    rows = by_name(city, case)
    told = {
        name: (row.status, row.achievement.target, row.achievement.rate)
        for name, row in rows.items()
    }
    assert told == {
        "ツールの導入": ("on_track", "一部導入", Decimal("100.0")),
        "オンライン対応した手続数": ("behind", Decimal(874), Decimal("72.0")),
        "運用経費": ("at_risk", Decimal(700), Decimal("20.0")),
        "貸出件数": ("on_track", Decimal(8000), Decimal("112.5")),
    }  # fmt: skip
    assert rows["貸出件数"].measure.baseline_note == "新規事業のためなし"
    assert rows["オンライン対応した手続数"].achievement.targets[2027] == Decimal(910)
    assert str(rows["オンライン対応した手続数"].achievement.targets[2028]) == "前年度比+50手続"
    brief = briefing.of_case(city.site, city.actor("secretariat"), case)
    assert [one.values[0] for one in brief.measured] == ["一部導入", 860, 940, 9000]


def test_nothing_of_it_contradicts_the_log(city):
    case = measured(city)
    enter(city, case, **ACTUALS)
    tools = by_name(city, case)["ツールの導入"]
    do(
        city, case, "secretariat", "kpi_review", "revise", reason="見直す",
        revisions=[
            {"measure": tools.id, "year": "2027", "target": "一部導入", "reason": "時期を延ばす"},
            {"measure": tools.id, "year": "2029", "target": "完了", "reason": "時期を延ばす"},
        ],
    )  # fmt: skip
    detail = kpis.one(city.site, city.actor("cio"), tools.id)
    assert [(one.fiscal_year, one.old, one.new) for one in detail.targets][-2:] == [
        (2027, "完了", "一部導入"), (2029, "", "完了"),
    ]  # fmt: skip
    found = verification.verify(city.site, city.actor("auditor")).findings
    assert [one.text for one in found] == []


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"target": "半分"}, "target", "未着手、一部導入、完了 のどれか"),
        ({"baseline": "なかば"}, "baseline", "未着手、一部導入、完了 のどれか"),
        ({"baseline_year": ""}, "baseline_year", "年度を選んで"),
        ({"yearly": "R8 完了\nR8 完了"}, "yearly", "二度"),
        ({"yearly": "R8 未着手\nR9 一部導入"}, "yearly", "違います"),
        ({"yearly": "R11 完了"}, "yearly", "目標年度より後"),
        ({"scale": "own", "scale_words": "完了"}, "scale_words", "二つ以上"),
    ],
)
def test_a_cell_that_cannot_be_says_where_and_how_to_mend_it(sqlite_city, change, path, said):
    city = sqlite_city
    case = to_sheet(city)
    with pytest.raises(Invalid) as refused:
        submit_sheet(city, case, [PROCEDURES, TOOLS | change])
    assert list(refused.value.fields) == [f"kpis[1].{path}"]
    assert said in refused.value.fields[f"kpis[1].{path}"][0]


def submit_sheet(city: City, case: str, rows: list[dict[str, Any]]) -> None:
    do(city, case, "applicant", "project_sheet", "submit", **(SHEET | {"kpis": rows}))


def test_a_state_is_one_of_the_scale_wherever_it_is_entered(city):
    case = measured(city, {"kpis": [TOOLS]})
    (row,) = by_name(city, case).values()
    with pytest.raises(Invalid) as refused:
        do(city, case, "applicant", "kpi_measure", "submit",
           actuals=[{"measure": row.id, "state": "ほぼ完了"}])  # fmt: skip
    assert list(refused.value.fields) == ["actuals[0].state"]
    with pytest.raises(Invalid, match="未着手、一部導入、完了"):
        kpis.record_actual(city.site, city.actor("applicant"), row.id, "FY2026", "ほぼ完了")
    kpis.record_actual(city.site, city.actor("applicant"), row.id, "FY2026", "完 了")
    (row,) = by_name(city, case).values()
    assert (row.status, row.achievement.value) == ("achieved", "完了")


def test_what_looks_wrong_is_said_before_the_sheet_is_approved_and_left_as_it_is(city):
    satisfaction = {
        "name": "職員満足度", "unit": "%", "baseline": "2.59%", "baseline_year": "2025",
        "target": "3.20%", "target_year": "2027", **YEARLY,
    }  # fmt: skip
    case = to_opinions(city, sheet={"kpis": [satisfaction]})
    brief = briefing.of_case(city.site, city.actor("cio"), case)
    ((name, text),) = brief.doubts
    assert name == "職員満足度"
    assert "ポイント" in text
    (row,) = by_name(city, case).values()
    assert (row.measure.unit, row.measure.baseline) == ("%", Decimal("2.59"))


def test_own_steps_are_written_in_the_form(city):
    moving = TOOLS | {
        "scale": "own", "scale_words": "未着手→移行→一部移行→完了", "yearly": "R8 移行",
    }  # fmt: skip
    case = measured(city, {"kpis": [moving]})
    (row,) = by_name(city, case).values()
    assert row.measure.scale == ("未着手", "移行", "一部移行", "完了")


@pytest.mark.parametrize(
    "changed", [{"scale": "未着手\n完了"}, {"baseline_note": "なし"}, {"baseline": "一部導入"}]
)
def test_a_scale_or_a_note_that_was_changed_behind_the_log_is_found(city, changed):
    case = measured(city, {"kpis": [TOOLS]})
    auditor = city.actor("auditor")
    assert verification.verify(city.site, auditor).findings == ()
    with city.site.database.write() as tx:
        measure = tables.Measure.__table__
        tx.execute(measure.update().where(measure.c.case_id == case).values(**changed))
    found = verification.verify(city.site, auditor).findings
    assert ["指標か目標値が、記録と違います" in one.text for one in found] == [True]
