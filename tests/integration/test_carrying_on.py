"""A case is carried on: its section has a new proposal at once, which goes on from it."""

from datetime import date
from pathlib import Path

from sqlalchemy import select

from dxflow.audit.verify import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.services.acts import history
from dxflow.services.packs import store as packs
from dxflow.services.packs.folders import read_folder
from dxflow.services.reading import case_view
from tests.factories import City
from tests.walks import do, to_kpi

NOTE = '<zeebe:input source="=extend_note" target="note" />'
CARRIED = '<zeebe:input source="=true" target="carried" />'


def carried(city: City, *, on: bool = True) -> tuple[str, Case]:
    """Return a case whose yearly review made another one for its own section, and that one."""
    files = read_folder(Path(__file__).parents[2] / "processes" / "standard")
    if on:
        files["kpi.bpmn"] = files["kpi.bpmn"].replace(NOTE, NOTE + CARRIED)
        packs.install(city.site, files, "system")
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    task = next(one for one in city.open_tasks("applicant") if one.element == "kpi_measure")
    measure = city.form("applicant", task.id).values["actuals"][0]["measure"]
    city.complete_id("applicant", task.id, "submit", actuals=[{"measure": measure, "value": 20}])
    with city.site.database.read() as tx:
        lead = tx.execute(select(Case.lead_unit).where(Case.id == case)).scalar_one()
    do(city, case, "secretariat", "kpi_review", "extend", reason="続ける", extend_unit=lead,
       extend_note="二つ残る")  # fmt: skip
    with city.site.database.read() as tx:
        (made,) = tx.execute(select(Case.__table__).where(Case.id != case)).all()
    return case, made


def test_what_is_carried_on_goes_on_from_the_case_that_ends(city):
    case, made = carried(city)
    assert (made.previous_id, made.parent_id) == (case, None)
    (shown,) = case_view.page(city.site, city.actor("cio"), made.id).linked
    assert (shown.way, shown.id) == ("previous", case)
    (back,) = case_view.page(city.site, city.actor("cio"), case).linked
    assert back.way == "next"
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_the_proposal_says_where_it_comes_from_and_the_log_that_it_was_carried_on(city):
    case, made = carried(city)
    with city.site.database.read() as tx:
        number = tx.execute(select(Case.number).where(Case.id == case)).scalar_one()
        idea = history.latest(tx, made.id, ["idea"])["idea"]
        events = set(tx.execute(select(AuditEvent.type)).scalars())
    assert idea["change"] == f"二つ残る（{number} からの継続）"
    assert "case.carried" in events
    assert "case.extended" not in events


def test_without_it_another_sections_proposal_is_linked_as_before(city):
    case, made = carried(city, on=False)
    assert (made.previous_id, made.parent_id) == (None, case)
