"""The sample city: every case stands where its plan says, made by the real process throughout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bench import scale
from dxflow.audit import verify_database
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import TOKYO
from dxflow.config import ConfigRefused, Settings, root
from dxflow.db.case import Actual, Ballot, Case, Duty, Measure, Target
from dxflow.db.engine import Database
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.process import Incident, Submission, WorkItem
from dxflow.errors import Conflict, NotLoggedIn, Throttled
from dxflow.services.acts import cases, drafts
from dxflow.services.installation import bootstrap
from dxflow.services.installation.opening import open_site
from dxflow.services.people import accounts, organisation
from dxflow.services.reading import inbox
from dxflow.services.sample import loading, script
from dxflow.services.site import Site
from tests import postgres

#: A Saturday in November, and the first Monday after a half year has ended a year later.
DAYS = (date(2026, 11, 21), date(2027, 10, 4))


@dataclass
class Made:
    """A sample as it was made, seen on the day it was made."""

    settings: Settings
    site: Site
    accounts: list[loading.Account]
    day: date
    untouched: Path

    def rows(self, query: Any) -> list[Any]:
        with self.site.database.read() as tx:
            return list(tx.execute(query))

    def case(self, key: str) -> Any:
        plan = next(plan for plan in script.read("standard").plans if plan.key == key)
        (row,) = self.rows(select(Case.__table__).where(Case.title == plan.title))
        return row

    def open(self, case: str) -> list[str]:
        query = select(WorkItem.element).where(WorkItem.case_id == case, WorkItem.status == "open")
        return [row.element for row in self.rows(query)]

    def actor(self, username: str) -> Any:
        (person,) = self.rows(select(Person.__table__).where(Person.username == username))
        with self.site.database.read() as tx:
            who = organisation.directory(self.site, tx, self.day)
        return organisation.actor(who, person.id, username, person.name)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def settings_in(home: Path, database: str = "") -> Settings:
    return Settings(home=home, database=database or f"sqlite:///{home / 'dxflow.db'}", demo=True)


@pytest.fixture(scope="module", params=DAYS, ids=str)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    settings = settings_in(tmp_path_factory.mktemp("sample"))
    moment = at(request.param)
    found = loading.load(settings, clock=lambda: moment)
    untouched = settings.home / "untouched"
    shutil.copy(settings.home / "dxflow.db", untouched)
    site = open_site(settings, lambda: moment)
    yield Made(settings, site, found, request.param, untouched)
    site.database.close()


@pytest.fixture
def own(made: Made, tmp_path: Path) -> Iterator[Made]:
    """A copy of the sample that a test may change."""
    settings = settings_in(tmp_path)
    shutil.copy(made.untouched, tmp_path / "dxflow.db")
    site = open_site(settings, made.site.clock)
    yield Made(settings, site, made.accounts, made.day, made.untouched)
    site.database.close()


@pytest.mark.parametrize("plan", script.read("standard").plans, ids=lambda plan: plan.key)
def test_each_initiative_stands_where_its_plan_says(made: Made, plan: script.Plan) -> None:
    case = made.case(plan.key)
    waiting = set(made.open(case.id))
    assert (case.status, case.stage) == (plan.expected["status"], plan.expected["stage"])
    assert set(plan.expected["must"]) <= waiting <= set(plan.expected["open"])


def test_there_are_the_21_initiatives_and_the_one_another_section_took_over(made: Made) -> None:
    linked = [row for row in made.rows(select(Case.parent_id, Case.unit)) if row.parent_id]
    assert made.rows(select(func.count()).select_from(Case))[0][0] == 22
    assert [(row.parent_id, row.unit) for row in linked] == [(made.case("copy_machine").id, "tax")]


def test_the_log_verifies(made: Made) -> None:
    with made.site.database.read() as tx:
        report = verify_database(tx)
    assert report.findings == ()
    assert report.events > 900


def test_nothing_failed_on_the_way(made: Made) -> None:
    assert made.rows(select(Incident.cause)) == []
    assert {row.status for row in made.rows(select(Job.status).distinct())} == {"done"}


def test_people_acted_in_working_hours_and_until_the_day_before(made: Made) -> None:
    calendar = BusinessCalendar()
    moments = [row.at.astimezone(TOKYO) for row in made.rows(select(Submission.at))]
    assert all(calendar.is_business_day(one.date()) and 9 <= one.hour < 17 for one in moments)
    assert max(moments).date() < made.day
    assert max(moments) - min(moments) > timedelta(days=2 * 365)


def test_nobody_voted_from_a_seat_they_did_not_hold(made: Made) -> None:
    votes = made.rows(select(Ballot.seat, Ballot.person_id, Ballot.at))
    assert len(votes) > 80
    for vote in votes:
        with made.site.database.read() as tx:
            day = vote.at.astimezone(TOKYO).date()
            who = organisation.directory(made.site, tx, day)
        assert vote.person_id in who.holders(f"post:{vote.seat}")


def test_a_seat_that_changed_hands_was_voted_from_by_both(made: Made) -> None:
    votes = made.rows(
        select(Ballot.person_id, Ballot.at).where(Ballot.seat == "committee_member_2")
    )
    before = {v.person_id for v in votes if v.at < datetime(2026, 3, 31, 15, tzinfo=UTC)}
    after = {v.person_id for v in votes} - before
    assert (len(before), len(after)) == (1, 1)


def test_measurements_a_revised_target_and_a_met_condition_are_there(made: Made) -> None:
    counts = Counter(row.case_id for row in made.rows(select(Actual.case_id)))
    measured = {key: counts[made.case(key).id] for key in ("online_procedures", "local_currency")}
    assert measured == {"online_procedures": 5, "local_currency": 2}
    targets = made.rows(
        select(Target.value)
        .join(Measure, Measure.id == Target.measure_id)
        .where(Measure.case_id == made.case("local_currency").id)
        .order_by(Target.revision)
    )
    assert [float(row.value) for row in targets] == [24.0, 26.4]
    duties = made.rows(select(Duty.status).where(Duty.case_id == made.case("front_desk").id))
    assert sorted(row.status for row in duties) == ["met", "open"]


def test_the_accounts_log_in_and_find_work(made: Made) -> None:
    busy = set()
    for account in made.accounts:
        login = accounts.log_in(made.site, account.username, account.password, "test")
        actor = accounts.actor_of_session(made.site, login.reference)
        assert actor.name == account.name
        assert not login.must_change_password
        if inbox.waiting(made.site, actor).entries:
            busy.add(account.username)
    assert busy >= {"ogawa", "ishida", "nomura", "mori", "naito", "asakura"}


def test_a_draft_waits_for_its_writer_alone(made: Made) -> None:
    assert [row.title for row in drafts.mine(made.site, made.actor("hayashi"))] == [
        "介護予防教室の申込みをスマホでもできるように"
    ]
    assert drafts.mine(made.site, made.actor("ogawa")) == []


def test_the_section_head_confirms_not_the_department_head(made: Made) -> None:
    posts = [
        row.post
        for row in made.rows(select(Submission.post).where(Submission.element == "head_approval"))
    ]
    assert len(posts) > 15
    assert all(post.endswith("_head") and not post.startswith("dept_") for post in posts)


def test_nobody_else_logs_in_with_the_password_of_the_demonstration(made: Made) -> None:
    with pytest.raises((NotLoggedIn, Throttled)):
        accounts.log_in(made.site, "p25", "dxflow-demo", "test")


def test_a_production_start_refuses_the_sample(made: Made) -> None:
    real = Settings(home=made.settings.home, database=made.settings.database, demo=False)
    site = open_site(real)
    with pytest.raises(ConfigRefused):
        bootstrap.require_ready(site)
    site.database.close()
    bootstrap.require_ready(made.site)


def test_the_proposer_goes_on_from_where_the_sample_ends(own: Made) -> None:
    case = own.case("lightbulb")
    cases.withdraw(own.site, own.actor("hayashi"), case.id, "県の事業と重なるため。")
    assert own.case("lightbulb").status == "withdrawn"
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


# -- making it, and not making it


def test_the_benchmarks_make_a_large_city_of_it(own: Made) -> None:
    scale.fill(Database(own.settings.database, guarded=False), 300)
    cases = own.rows(select(func.count()).select_from(Case))[0][0]
    assert 200 < cases < 400
    assert own.rows(select(func.count()).select_from(WorkItem))[0][0] > cases / 10


def test_a_load_that_is_broken_off_leaves_nothing_that_looks_ready(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    def stop(_line: str) -> None:
        assert (tmp_path / "dxflow.db.partial").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loading.load(settings, clock=lambda: at(DAYS[0]), say=stop)
    assert not (tmp_path / "dxflow.db").exists()
    assert not (tmp_path / "dxflow.db.partial").exists()
    assert loading.present(settings) is None


def test_a_database_that_is_no_sample_is_left_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    site = open_site(settings)
    bootstrap.init(site)
    site.database.close()
    for act in (loading.present, loading.remove, loading.load):
        with pytest.raises(Conflict):
            act(settings)
    assert (tmp_path / "dxflow.db").exists()


def test_a_sample_is_not_made_twice_and_goes_when_it_is_removed(own: Made) -> None:
    own.site.database.close()
    assert loading.present(own.settings) == "standard"
    with pytest.raises(Conflict):
        loading.load(own.settings)
    loading.remove(own.settings)
    assert loading.present(own.settings) is None


def test_a_pack_without_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(script.SampleBroken):
        loading.load(settings_in(tmp_path), "no-such-pack")


@pytest.fixture
def short_pack(tmp_path: Path) -> Path:
    """The standard pack with three of its cases."""
    folder = tmp_path / "processes" / "short"
    shutil.copytree(root() / "processes" / "standard", folder)
    shutil.copytree(root() / "forms" / "standard", tmp_path / "forms" / "short")
    file = folder / "sample.json"
    raw = json.loads(file.read_text())
    kept = ("phone_class", "esports", "city_model")
    raw["cases"] = [case for case in raw["cases"] if case["key"] in kept]
    file.write_text(json.dumps(raw))
    return folder


def test_the_sample_plays_on_postgresql_too(
    postgres_server: str, short_pack: Path, tmp_path: Path
) -> None:
    address = postgres.create_database(postgres_server, "sample_city")
    settings = settings_in(tmp_path, address)
    try:
        loading.load(settings, str(short_pack), lambda: at(DAYS[0]))
        assert loading.present(settings) == str(short_pack)
        site = open_site(settings)
        with site.database.read() as tx:
            found = Counter(tx.execute(select(Case.status)).scalars())
            report = verify_database(tx)
        site.database.close()
        assert found == {"running": 2, "completed": 1}
        assert report.findings == ()
        with pytest.raises(Conflict):
            loading.load(settings, str(short_pack))
        with pytest.raises(Conflict):
            loading.remove(settings)
    finally:
        postgres.drop_database(postgres_server, "sample_city")


def test_the_demo_answers_before_it_prints_its_one_line(short_pack: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "DXFLOW_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", "import sys; from dxflow.cli import main; sys.exit(main())"]
    with subprocess.Popen(
        [*command, "demo", "--port", "0", "--pack", str(short_pack)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as demo:
        try:
            assert demo.stdout is not None
            line = json.loads(demo.stdout.readline())
            assert [account["username"] for account in line["accounts"]][:2] == ["hayashi", "ogawa"]
            assert set(line["accounts"][0]) == {"username", "password", "name", "role"}
            with urllib.request.urlopen(line["url"] + "/login") as page:
                assert page.status == 200
            demo.send_signal(signal.SIGTERM)
            assert demo.stdout.read() == b""
            assert demo.wait(30) == 0
        finally:
            demo.kill()
