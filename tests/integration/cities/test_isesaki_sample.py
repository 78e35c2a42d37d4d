"""The sample of 伊勢崎市: each case stands where its plan says, and people find their work."""

from datetime import date

import pytest
from sqlalchemy import select

from dxflow.db.case import Case, Duty, Measure, Target
from dxflow.db.process import WorkItem
from dxflow.errors import NotAllowed
from dxflow.services.acts import task_forms
from dxflow.services.reading import case_pages
from dxflow.services.sample import script
from tests.integration.cities.town import Town

PACK = "isesaki"
MADE = {
    "sqlite": date(2026, 11, 21), "postgresql": date(2026, 11, 21), "a-year-on": date(2027, 10, 4),
}  # fmt: skip


def test_each_case_stands_where_its_plan_says(town: Town) -> None:
    town.stands_as_planned()


def test_the_log_verifies_and_nothing_failed(town: Town) -> None:
    town.is_sound()


def test_a_target_was_revised_and_a_condition_is_open(town: Town) -> None:
    care = (
        select(Target.value).join(Measure, Measure.id == Target.measure_id)
        .where(Measure.case_id == town.case("care").id).order_by(Target.revision)
    )  # fmt: skip
    assert [float(row.value) for row in town.rows(care)] == [37.0, 36.0]
    duty = select(Duty.status).where(Duty.case_id == town.case("iseca").id)
    assert [row.status for row in town.rows(duty)] == ["open"]


def test_advice_came_while_the_work_went_on(town: Town) -> None:
    case = town.case("iseca").id
    assert town.said(case, "is_advice") == ["advisor", "answer"]
    assert {"is_action", "is_consult"} <= town.open(case)


def test_the_drawing_opens_at_the_stage_not_at_the_support_beside_it(town: Town) -> None:
    case = town.case("bus")
    standing = case_pages.progress(town.site, town.actor("cio"), case.id).standing
    assert case.stage == "orient"
    assert standing.start == "orient"


def test_every_section_names_somebody_and_the_cio_appoints(town: Town) -> None:
    query = select(Case.__table__).where(Case.process_key == "is_staff").order_by(Case.created_at)
    case = town.rows(query)[0]
    assert case.status == "completed"
    assert len(town.said(case.id, "is_nominate")) == 19
    assert town.said(case.id, "is_appoint") == ["appoint"]


def test_a_service_was_mended_and_judged_again(town: Town) -> None:
    query = select(Case.__table__).where(Case.process_key == "is_rule")
    case = town.rows(query.order_by(Case.created_at))[0]
    assert case.status == "completed"
    assert (len(town.said(case.id, "is_fix")), len(town.said(case.id, "is_rule_judge"))) == (1, 3)


def test_the_accounts_log_in_and_find_their_work(town: Town) -> None:
    assert town.busy() >= {"teian", "honbucho", "honbuin", "cio"}


def test_who_proposed_does_not_confirm_it(town: Town) -> None:
    proposer = next(one.applicant for one in script.read(PACK).plans if one.key == "bus")
    query = select(WorkItem.id).where(WorkItem.case_id == town.case("bus").id)
    (task,) = town.rows(query.where(WorkItem.status == "open", WorkItem.element == "head_check"))
    with pytest.raises(NotAllowed):
        task_forms.task_form(town.site, town.actor(proposer), task.id)
