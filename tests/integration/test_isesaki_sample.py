"""The sample of 伊勢崎市: each case stands where its plan says, and people find their work."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.config import Settings
from dxflow.db.case import Case, Duty, Measure, Target
from dxflow.db.identity import Person
from dxflow.db.process import Incident, Submission, WorkItem
from dxflow.errors import NotAllowed
from dxflow.services.acts import task_forms
from dxflow.services.installation.opening import open_site
from dxflow.services.people import accounts, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.reading import case_pages, inbox
from dxflow.services.sample import loading, script
from dxflow.services.site import Site
from tests import postgres

PLANS = script.read("isesaki").plans
KEPT = "isesaki_kept"
MADE = {
    "sqlite": date(2026, 11, 21), "postgresql": date(2026, 11, 21), "a-year-on": date(2027, 10, 4),
}  # fmt: skip


@dataclass
class Town:
    """The sample as it was made, on its own day."""

    site: Site
    accounts: list[loading.Account]

    def rows(self, query: Any) -> list[Any]:
        with self.site.database.read() as tx:
            return list(tx.execute(query))

    def case(self, key: str) -> Any:
        title = next(plan.title for plan in PLANS if plan.key == key)
        (row,) = self.rows(select(Case.__table__).where(Case.title == title))
        return row

    def tasks(self, case: str) -> list[Any]:
        open_ = (WorkItem.case_id == case, WorkItem.status == "open")
        return self.rows(select(WorkItem.id, WorkItem.element).where(*open_))

    def actor(self, username: str) -> Actor:
        (person,) = self.rows(select(Person.__table__).where(Person.username == username))
        with self.site.database.read() as tx:
            who = organisation.directory(self.site, tx, self.site.today())
        return organisation.actor(who, person.id, username, person.name)

    def said(self, case: str, element: str) -> list[str]:
        query = select(Submission.outcome).where(
            Submission.case_id == case, Submission.element == element
        )
        return [row.outcome for row in self.rows(query)]


@pytest.fixture(scope="module", params=MADE)
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("isesaki")
    day = MADE[request.param]
    moment = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    address, server = f"sqlite:///{home / 'dxflow.db'}", ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        address = postgres.create_database(server, KEPT)
    settings = Settings(home=home, database=address, demo=True)
    found = loading.load(settings, "isesaki", clock=lambda: moment)
    site = open_site(settings, lambda: moment)
    yield Town(site, found)
    site.database.close()
    if server:
        postgres.drop_database(server, KEPT)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.key)
def test_each_case_stands_where_its_plan_says(town: Town, plan: script.Plan) -> None:
    case = town.case(plan.key)
    waiting = {row.element for row in town.tasks(case.id)}
    assert (case.status, case.stage) == (plan.expected["status"], plan.expected["stage"])
    assert set(plan.expected["must"]) <= waiting <= set(plan.expected["open"])


def test_the_log_verifies_and_nothing_failed(town: Town) -> None:
    with town.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    assert town.rows(select(Incident.cause)) == []


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
    assert {"is_action", "is_consult"} <= {row.element for row in town.tasks(case)}


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
    busy = set()
    for account in town.accounts:
        login = accounts.log_in(town.site, account.username, account.password, "test")
        actor = accounts.actor_of_session(town.site, login.reference)
        if inbox.waiting(town.site, actor).entries:
            busy.add(account.username)
    assert busy >= {"teian", "honbucho", "honbuin", "cio"}


def test_who_proposed_does_not_confirm_it(town: Town) -> None:
    proposer = next(plan.applicant for plan in PLANS if plan.key == "bus")
    task = next(row.id for row in town.tasks(town.case("bus").id) if row.element == "head_check")
    with pytest.raises(NotAllowed):
        task_forms.task_form(town.site, town.actor(proposer), task)
