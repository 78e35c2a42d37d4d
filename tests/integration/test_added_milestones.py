"""Milestones added to a plan that is under way stand beside those that were planned and reported."""

from datetime import date
from pathlib import Path

from sqlalchemy import select, update

from dxflow.audit.verify import verify_database
from dxflow.db.case import Milestone
from dxflow.services.packs import store as packs
from dxflow.services.packs.folders import read_folder
from tests.factories import SHEET, City
from tests.walks import do, to_execution

REPORT = '<zeebe:property name="command:milestone.report" value="={reports: values.reports}" />'
ADD = """<zeebe:property name="command:milestone.plan" value='={add: true, milestones:
 if outcome = "progress" then [{name: "試行の拡大", due: date("2027-03-31")}] else []}' />"""


def under_way(city: City) -> str:
    """Return a case in execution whose report of progress adds a milestone."""
    files = read_folder(Path(__file__).parents[2] / "processes" / "standard")
    files["execution.bpmn"] = files["execution.bpmn"].replace(REPORT, REPORT + ADD)
    packs.install(city.site, files, "system")
    case = to_execution(city)
    task = next(one for one in city.open_tasks("applicant") if one.element == "execution_report")
    first = city.form("applicant", task.id).context.options["milestones"][0].value
    do(city, case, "applicant", "execution_report", "progress", progress="進んだ",
       reports=[{"milestone": first, "status": "done"}])  # fmt: skip
    return case


def planned(city: City, case: str) -> list[tuple[str, date, str]]:
    query = select(Milestone.name, Milestone.due_on, Milestone.status).where(
        Milestone.case_id == case
    )
    with city.site.database.read() as tx:
        return [tuple(row) for row in tx.execute(query.order_by(Milestone.position))]


def test_what_is_added_comes_last_and_what_was_reported_stays(city):
    found = planned(city, under_way(city))
    names = [one["name"] for one in SHEET["milestones"]]
    assert [name for name, _due, _status in found] == [*names, "試行の拡大"]
    assert (found[0][2], found[-1][1:]) == ("done", (date(2027, 3, 31), "planned"))


def test_nothing_to_add_changes_nothing(city):
    case = under_way(city)
    before = planned(city, case)
    do(city, case, "applicant", "execution_report", "done", progress="済んだ", reports=[])
    assert planned(city, case) == before


def test_the_log_knows_what_was_added(city):
    case = under_way(city)
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    with city.site.database.engine.begin() as tx:
        added = (Milestone.case_id == case) & (Milestone.name == "試行の拡大")
        tx.execute(update(Milestone).where(added).values(due_on=date(2029, 3, 31)))
    with city.site.database.read() as tx:
        assert len(verify_database(tx).findings) == 1
