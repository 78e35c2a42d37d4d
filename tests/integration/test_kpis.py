"""Measures: what is overdue comes first, and who may enter which value when."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.reading import kpis
from tests.factories import SHEET, City
from tests.statements import counted
from tests.walks import do, to_kpi, to_opinions


def rows(city: City, by: str = "cio", **filters: str) -> list[kpis.KpiRow]:
    return list(kpis.listed(city.site, city.actor(by), **filters).page.entries)


def record(
    city: City, by: str, measure: str, period: str = "FY2026", value: object = "30", note: str = ""
) -> None:
    kpis.record_actual(city.site, city.actor(by), measure, period, value, note)


def test_a_measure_is_planned_until_its_case_is_measured(city):
    to_opinions(city)
    (row,) = rows(city)
    assert row.status == kpis.PLANNED
    with pytest.raises(Conflict):
        record(city, "applicant", row.id)


def test_what_is_overdue_comes_first(city):
    to_opinions(city)
    measured = to_kpi(city)
    city.clock.at(date(2027, 5, 20))
    listed = kpis.listed(city.site, city.actor("cio"))
    assert listed.page.entries[0].case_id == measured
    assert listed.page.entries[0].missing == 1
    assert listed.missing == 1
    assert listed.counts[kpis.PLANNED] == 1


def test_the_list_can_be_narrowed_and_an_unknown_status_is_refused(city):
    to_opinions(city)
    to_kpi(city)
    assert [row.status for row in rows(city, status="no_data")] == ["no_data"]
    assert rows(city, unit="tax") == []
    with pytest.raises(Invalid):
        rows(city, status="fine")


def test_nobody_sees_measures_of_cases_they_may_not_see(city):
    to_kpi(city)
    (row,) = rows(city)
    assert rows(city, by="admin") == []
    with pytest.raises(NotFound):
        kpis.one(city.site, city.actor("admin"), row.id)
    with pytest.raises(NotFound):
        record(city, "admin", row.id)


def test_a_member_of_the_lead_section_enters_a_value_and_corrects_it(city):
    to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    (row,) = rows(city)
    record(city, "colleague", row.id, value="１，２３４．５", note="速報")
    city.clock.advance(minutes=5)
    record(city, "applicant", row.id, value=Decimal("31.50"))
    detail = kpis.one(city.site, city.actor("cio"), row.id)
    assert [one.value for one in detail.entered] == [Decimal("31.50"), Decimal("1234.5")]
    assert detail.entered[1].superseded_at is not None
    assert detail.entered[1].person == "colleague"
    assert detail.row.achievement.value == Decimal("31.50")


def test_others_who_see_the_case_may_not_enter_values(city):
    to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    (row,) = rows(city)
    for name in ("secretariat", "cio", "tax_head"):
        assert kpis.one(city.site, city.actor(name), row.id).why_not
        with pytest.raises(NotAllowed):
            record(city, name, row.id)
    assert kpis.one(city.site, city.actor("applicant"), row.id).why_not == ""


@pytest.mark.parametrize(
    ("period", "value"),
    [("2026", "30"), ("FY2026-Q9", "30"), ("FY2030", "30"), ("FY2026", ""), ("FY2026", "三十"),
     ("FY2026", "NaN"), ("FY2026", "1e30"), ("FY2026", Decimal("Infinity"))],
)  # fmt: skip
def test_a_period_or_value_that_cannot_be_is_refused(sqlite_city, period, value):
    city = sqlite_city
    to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    (row,) = rows(city)
    with pytest.raises(Invalid):
        record(city, "applicant", row.id, period, value)
    assert kpis.one(city.site, city.actor("cio"), row.id).entered == ()


def test_after_the_case_has_ended_nothing_is_entered(city):
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    (row,) = rows(city)
    do(city, case, "applicant", "kpi_measure", "submit", actuals=[{"measure": row.id, "value": 10}])
    do(city, case, "secretariat", "kpi_review", "stop", reason="やめる")
    with pytest.raises(Conflict):
        record(city, "applicant", row.id)
    assert kpis.one(city.site, city.actor("applicant"), row.id).why_not


def test_a_revision_keeps_the_target_before_with_reason_and_person(city):
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    (row,) = rows(city)
    do(city, case, "applicant", "kpi_measure", "submit", actuals=[{"measure": row.id, "value": 10}])
    do(
        city, case, "secretariat", "kpi_review", "revise", reason="見直す",
        revisions=[{"measure": row.id, "target": 40, "reason": "見込みより遅い"}],
    )  # fmt: skip
    first, second = kpis.one(city.site, city.actor("cio"), row.id).targets
    assert (first.old, first.new) == ("", "50")
    assert (second.old, second.new, second.reason) == ("50", "40", "見込みより遅い")
    assert second.person == "secretariat"


def test_twenty_measures_cost_as_many_statements_as_one(city):
    to_kpi(city)
    counts = []
    for _round in range(2):
        rows(city)
        with counted(city.site.database) as count:
            found = rows(city)
        counts.append(count.statements)
        if len(found) == 1:
            to_kpi(
                city, sheet={"kpis": [SHEET["kpis"][0] | {"name": f"指標{n}"} for n in range(19)]}
            )
    assert len(found) == 20
    assert counts[0] == counts[1]
    assert counts[0] <= 13


def test_a_measure_that_was_judged_before_is_judged_anew_when_a_value_is_reported(city):
    to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    (before,) = rows(city)
    record(city, "applicant", before.id, value="30")
    listed = kpis.listed(city.site, city.actor("cio"))
    detail = kpis.one(city.site, city.actor("cio"), before.id)
    assert before.status == "no_data" != detail.row.status
    assert listed.counts[detail.row.status] == 1
    assert [row.achievement for row in listed.page.entries] == [detail.row.achievement]


def test_a_day_that_passes_makes_a_value_overdue_in_a_list_that_was_read_before(city):
    to_kpi(city)
    city.clock.at(date(2027, 3, 31))
    assert kpis.listed(city.site, city.actor("cio")).missing == 0
    city.clock.at(date(2027, 5, 20))
    assert kpis.listed(city.site, city.actor("cio")).missing == 1


def handed_in(city: City, case: str, **row: Any) -> None:
    (measure,) = rows(city)
    values = [{"measure": measure.id, **row}]
    do(city, case, "applicant", "kpi_measure", "submit", actuals=values)


@pytest.mark.parametrize("note", [{}, {"note": "　"}])
def test_a_measurement_without_a_value_says_why(city, note):
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    with pytest.raises(Invalid, match="理由を説明に書いてください") as refused:
        handed_in(city, case, **note)
    assert list(refused.value.fields) == ["actuals[0].note"]
    handed_in(city, case, note="住民アンケートの集計が6月になるため")
    assert not any(task.element == "kpi_measure" for task in city.open_tasks("applicant"))


def test_a_value_that_was_entered_before_its_task_need_not_be_explained(city):
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    (measure,) = rows(city)
    record(city, "applicant", measure.id)
    handed_in(city, case)
    assert len(kpis.one(city.site, city.actor("cio"), measure.id).entered) == 1
