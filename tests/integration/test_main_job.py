"""The main job, headless: a proposal from its idea to a measured result, on both databases."""

from datetime import date

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.case import Case, DecisionRecord, Deliberation, Duty, Workload
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services.acts import cases, pulling_back
from tests.factories import ANALYSIS, SHEET, City
from tests.walks import to_committee, to_decision, to_kpi, to_sheet


def row(city: City, case: str):
    with city.site.database.read() as tx:
        return tx.execute(select(Case.__table__).where(Case.id == case)).one()


def assert_log_is_clean(city: City) -> None:
    with city.site.database.read() as tx:
        report = verify_database(tx)
    assert report.findings == ()
    assert report.events > 0


def test_a_proposal_goes_from_the_idea_to_a_measured_result(city):
    case = to_kpi(city)
    assert row(city, case).stage == "kpi"
    for year in (2026, 2027):
        city.clock.at(date(year + 1, 4, 20))
        city.run_jobs()
        (task,) = [t for t in city.open_tasks("applicant") if t.element == "kpi_measure"]
        form_rows = city.form("applicant", task.id).values["actuals"]
        city.complete_id(
            "applicant", task.id, "submit",
            actuals=[{"measure": form_rows[0]["measure"], "value": 30 + 30 * (year - 2026)}],
        )  # fmt: skip
        element = "kpi_review" if year == 2026 else "kpi_closing"
        outcome = "continue" if year == 2026 else "finish"
        reviewer = next(
            n for n in city.person if any(t.element == element for t in city.open_tasks(n))
        )
        city.complete(reviewer, element, outcome, reason="順調")
    assert row(city, case).status == "completed"
    assert_log_is_clean(city)


def test_the_saved_hours_and_yen_are_computed(city):
    case = to_committee(city)
    with city.site.database.read() as tx:
        workload = tx.execute(select(Workload.__table__).where(Workload.case_id == case)).one()
    assert (workload.saved_hours, workload.saved_yen) == ("1200.0", "3600000")


def test_members_of_the_applying_section_and_department_heads_without_interest_sit(city):
    case = to_committee(city)
    with city.site.database.read() as tx:
        round_ = tx.execute(
            select(Deliberation.__table__).where(Deliberation.case_id == case)
        ).one()
    assert "head-tax" in round_.seats
    assert round_.quorum == 3


def test_conditions_become_duties_that_keep_the_case_open(city):
    case = to_decision(
        city, "conditions", conditions=[{"text": "個人情報の影響評価を行う", "due": "2026-12-28"}]
    )
    with city.site.database.read() as tx:
        duties = tx.execute(select(Duty.text, Duty.status).where(Duty.case_id == case)).all()
    assert duties == [("個人情報の影響評価を行う", "open")]


def test_nobody_approves_their_own_matter(city):
    city.start(by="head")
    assert not [t for t in city.open_tasks("head") if t.element == "head_approval"]
    (task,) = [t for t in city.open_tasks("civic_head") if t.element == "head_approval"]
    with pytest.raises(NotAllowed, match="申請者は承認を行えません"):
        city.complete_id("head", task.id, "approve")
    city.complete("civic_head", "head_approval", "approve")


def test_the_decision_names_post_and_row(city):
    case = to_kpi(city)
    with city.site.database.read() as tx:
        record = tx.execute(
            select(DecisionRecord.__table__).where(DecisionRecord.case_id == case)
        ).one()
    assert record.authority_row
    assert record.post in {"head-civic", "cio", "mayor"}


def test_the_applicant_pulls_back_until_somebody_has_acted(city):
    case = to_sheet(city)
    city.complete("applicant", "project_sheet", "submit", **SHEET)
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    assert [t.element for t in city.open_tasks("applicant")] == ["project_sheet"]
    city.complete("applicant", "project_sheet", "submit", **SHEET)
    city.complete("applicant", "bpr_analysis", "submit", **ANALYSIS)
    city.complete("head", "sheet_approval", "approve")
    with pytest.raises(Conflict):
        pulling_back.pull_back(city.site, city.actor("applicant"), case)
    assert_log_is_clean(city)


def test_the_same_key_does_the_act_once(city):
    city.start()
    first = city.complete("head", "head_approval", "approve", key="k1")
    assert city.complete_again("k1") == first


def test_the_second_of_two_people_learns_who_was_first(city):
    to_sheet(city)
    (task,) = city.open_tasks("applicant")
    late = city.form("colleague", task.id)
    city.complete_id("applicant", task.id, "submit", **SHEET)
    with pytest.raises(Conflict, match="applicant さんが"):
        city.complete_form("colleague", late, "submit", **SHEET)


def test_a_proposal_pulled_back_keeps_its_number_and_is_seen_by_its_applicant_only(city):
    started = city.start()
    back = pulling_back.pull_back(city.site, city.actor("applicant"), started.id)
    assert (back.task_id, back.draft_id) == ("", started.id)
    assert row(city, started.id).status == "recalled"
    assert [t for t in city.open_tasks("head") if t.element == "head_approval"] == []
    for other in ("head", "secretariat", "auditor"):
        assert not city.sees(other, started.id)
    assert city.sees("applicant", started.id)
    again = city.start(title="転入手続の予約と案内", draft_id=back.draft_id)
    assert again == started
    assert (row(city, started.id).status, row(city, started.id).title) == (
        "running",
        "転入手続の予約と案内",
    )
    city.complete("head", "head_approval", "approve")
    with pytest.raises(Conflict):
        pulling_back.pull_back(city.site, city.actor("applicant"), started.id)
    assert_log_is_clean(city)


def test_who_may_not_see_a_case_learns_nothing_by_acting_on_it(sqlite_city):
    case = sqlite_city.start().id
    stranger = sqlite_city.actor("other")
    with pytest.raises(NotFound):
        cases.withdraw(sqlite_city.site, stranger, case, "理由")
    with pytest.raises(NotFound):
        pulling_back.pull_back(sqlite_city.site, stranger, case)
