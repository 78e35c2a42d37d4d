"""Conditions: reported as met by those who owe them, with what shows it, once."""

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import duties
from dxflow.services.reading import case_view
from tests.factories import City
from tests.walks import to_decision

CONDITION = {"text": "個人情報の影響評価を行う", "due": "2026-12-28"}


def owed(city: City) -> tuple[str, case_view.DutyView]:
    case = to_decision(city, "conditions", conditions=[CONDITION])
    (duty,) = case_view.page(city.site, city.actor("applicant"), case).duties
    return case, duty


def test_the_lead_section_reports_a_condition_as_met(city):
    case, duty = owed(city)
    assert duty.mine
    assert duties.meet(city.site, city.actor("colleague"), duty.id, " 評価書を提出した ") == case
    (met,) = case_view.page(city.site, city.actor("cio"), case).duties
    assert (met.status, met.evidence, met.met_by) == ("met", "評価書を提出した", "colleague")
    with city.site.database.read() as tx:
        types = list(
            tx.execute(select(AuditEvent.type).where(AuditEvent.case_id == case)).scalars()
        )
        assert verify_database(tx).findings == ()
    assert types.count("duty.met") == 1


def test_who_does_not_owe_it_may_not_report_it(city):
    _case, duty = owed(city)
    with pytest.raises(NotAllowed):
        duties.meet(city.site, city.actor("cio"), duty.id, "済み")
    with pytest.raises(NotFound):
        duties.meet(city.site, city.actor("admin"), duty.id, "済み")
    with pytest.raises(NotFound):
        duties.meet(city.site, city.actor("applicant"), "0" * 32, "済み")


def test_the_second_to_report_learns_who_was_first(city):
    _case, duty = owed(city)
    duties.meet(city.site, city.actor("applicant"), duty.id, "済み")
    with pytest.raises(Conflict, match="applicant さんが"):
        duties.meet(city.site, city.actor("colleague"), duty.id, "済み")


@pytest.mark.parametrize("evidence", ["", "  ", "長" * 2001])
def test_a_report_says_what_shows_it(sqlite_city, evidence):
    _case, duty = owed(sqlite_city)
    with pytest.raises(Invalid):
        duties.meet(sqlite_city.site, sqlite_city.actor("applicant"), duty.id, evidence)
