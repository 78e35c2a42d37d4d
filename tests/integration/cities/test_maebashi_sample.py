"""The sample of 前橋市: where its cases stand, and a few of its rules tried as people would."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dxflow import forms
from dxflow.audit.verify import verify_database
from dxflow.clock import local_date
from dxflow.config import Settings
from dxflow.db.case import Case, DecisionRecord, Measure, Milestone, Target
from dxflow.db.document import DecisionDocument
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.process import Incident, PlannedStart, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, NotAllowed
from dxflow.services.acts import cases, task_forms, tasks
from dxflow.services.acts.timed_starts import begin_now
from dxflow.services.installation.opening import open_site
from dxflow.services.people import organisation
from dxflow.services.reading import case_view, inbox
from dxflow.services.sample import loading, script
from dxflow.services.site import Site
from tests import postgres

#: A Saturday within the plan's first year, and a Monday within its second.
DAYS = (date(2026, 11, 21), date(2027, 10, 4))
SCRIPT = script.read("maebashi")


@dataclass
class Made:
    """A sample as it was made, seen on the day it was made."""

    settings: Settings
    site: Site
    day: date

    def rows(self, query: Any) -> list[Any]:
        with self.site.database.read() as tx:
            return list(tx.execute(query))

    def cases(self, title: str) -> list[Any]:
        query = select(Case.__table__).where(Case.title == title).order_by(Case.created_at)
        return self.rows(query)

    def begun(self, process: str) -> list[Any]:
        query = select(Case.__table__).where(Case.process_key == process)
        return self.rows(query.order_by(Case.created_at))

    def open(self, case: str) -> list[Any]:
        query = select(WorkItem.__table__).where(WorkItem.case_id == case)
        return self.rows(query.where(WorkItem.status == "open").order_by(WorkItem.id))

    def actor(self, username: str) -> Any:
        (person,) = self.rows(select(Person.__table__).where(Person.username == username))
        with self.site.database.read() as tx:
            who = organisation.directory(self.site, tx, self.day)
        return organisation.actor(who, person.id, username, person.name)

    def complete(self, username: str, task: Any, outcome: str, **values: object) -> None:
        actor = self.actor(username)
        form = task_forms.task_form(self.site, actor, task.id)
        submission = forms.submit_values(form.definition, values, outcome, form.context)
        tasks.complete(self.site, actor, task.id, submission, version=form.version)

    def pass_on(self, case: str, element: str, outcome: str, **values: object) -> None:
        """Complete every open task of an element, each by somebody it is offered to."""
        for task in self.open(case):
            if task.element != element:
                continue
            groups = {
                row.group_key
                for row in self.rows(
                    select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id == task.id)
                )
            }
            with self.site.database.read() as tx:
                who = organisation.directory(self.site, tx, self.day)
            person = min(one for group in groups for one in who.holders(group))
            (row,) = self.rows(select(Person.username).where(Person.id == person))
            self.complete(row.username, task, outcome, **values)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def settings_in(home: Path, database: str = "") -> Settings:
    return Settings(home=home, database=database or f"sqlite:///{home / 'dxflow.db'}", demo=True)


@pytest.fixture(scope="module", params=DAYS, ids=str)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    settings = settings_in(tmp_path_factory.mktemp("maebashi"))
    loading.load(settings, "maebashi", clock=lambda: at(request.param))
    shutil.copy(settings.home / "dxflow.db", settings.home / "untouched")
    site = open_site(settings, lambda: at(request.param))
    yield Made(settings, site, request.param)
    site.database.close()


@pytest.fixture
def own(made: Made, tmp_path: Path) -> Iterator[Made]:
    """A copy of the sample that a test may change."""
    settings = settings_in(tmp_path)
    shutil.copy(made.settings.home / "untouched", tmp_path / "dxflow.db")
    site = open_site(settings, made.site.clock)
    yield Made(settings, site, made.day)
    site.database.close()


@pytest.mark.parametrize("plan", SCRIPT.plans, ids=lambda plan: plan.key)
def test_each_case_stands_where_its_plan_says(made: Made, plan: script.Plan) -> None:
    case = made.cases(plan.title)[0]
    waiting = {one.element for one in made.open(case.id)}
    assert (case.status, case.stage) == (plan.expected["status"], plan.expected["stage"])
    assert set(plan.expected["must"][:1]) <= waiting <= set(plan.expected["open"])


def test_the_log_verifies_and_nothing_failed_on_the_way(made: Made) -> None:
    with made.site.database.read() as tx:
        report = verify_database(tx)
    assert report.findings == ()
    assert report.events > 400
    assert made.rows(select(Incident.cause)) == []
    assert {row.status for row in made.rows(select(Job.status).distinct())} == {"done"}


def test_the_accounts_find_their_work(made: Made) -> None:
    busy = {
        one.username
        for one in SCRIPT.logins
        if inbox.waiting(made.site, made.actor(one.username)).entries
    }
    assert busy >= {"ono", "kamiya", "tsunoda", "arai"}


def test_what_was_carried_on_goes_on_from_the_plan_before(made: Made) -> None:
    (before,) = made.cases("行政手続のオンライン化")
    (after,) = made.cases("行政手続のオンライン化の定着")
    assert (before.status, after.previous_id, after.parent_id) == ("completed", before.id, None)
    assert after.lead_unit == before.lead_unit == "it"
    assert before.created_at.year == 2024
    assert after.applicant_id == made.actor("arai").person_id
    page = case_view.page(made.site, made.actor("kamiya"), after.id)
    assert [(one.way, one.id) for one in page.linked] == [("previous", before.id)]


def test_a_satisfaction_in_percent_is_doubted_and_left_as_it_is(made: Made) -> None:
    (case,) = made.cases("端末一台で仕事が済む職場")
    (row,) = made.rows(select(Measure.__table__).where(Measure.case_id == case.id))
    assert (row.unit, float(row.baseline)) == ("%", 2.59)
    page = case_view.page(made.site, made.actor("kamiya"), case.id)
    assert any("ポイント" in doubt for one in page.measures for doubt in one.doubts)


def test_a_level_with_its_increase_and_flows_are_read_as_numbers(made: Made) -> None:
    (data,) = made.cases("使われるデータから公開する")
    (talk,) = made.cases("地域で支え合うデジタルの相談")
    found = {
        row.name: (float(row.value), row.aggregation)
        for row in made.rows(
            select(Measure.name, Measure.aggregation, Target.value)
            .join(Target, Target.measure_id == Measure.id)
            .where(Measure.case_id.in_([data.id, talk.id]), Target.fiscal_year == 2027)
            .order_by(Target.revision)
        )
    }
    assert found["公開データ数"] == (20, "level")
    assert found["活用のモデル事例"] == (2, "cumulative")  # the committee took the change
    assert found["デジタルよろず相談所の相談の受付"] == (1500, "per_year")


def test_the_change_added_an_action_beside_those_of_the_sheet(made: Made) -> None:
    (data,) = made.cases("使われるデータから公開する")
    query = select(Milestone.name).where(Milestone.case_id == data.id).order_by(Milestone.position)
    assert [row.name for row in made.rows(query)] == [
        "データの整理と手順の標準化", "公開データの充実", "活用の例づくり", "大学との共同の分析",
    ]  # fmt: skip


def test_promoters_are_named_every_year_by_every_section(made: Made) -> None:
    begun = made.begun("ma_staff")
    assert [local_date(one.created_at) for one in begun] == [
        date(year, 4, 1) for year in range(2026, made.day.year + (made.day.month > 3))
    ]
    assert {one.status for one in begun} == {"completed"}
    named = Counter(
        row.case_id
        for row in made.rows(select(Submission.case_id).where(Submission.element == "ma_nominate"))
    )
    assert set(named.values()) == {8}  # seven sections and the audit office


def test_the_groups_tell_their_hours_every_month(made: Made) -> None:
    (first, *_later) = made.begun("ma_wg")
    told = made.rows(
        select(Submission.at).where(
            Submission.case_id == first.id, Submission.element == "ma_hours"
        )
    )
    months = {one.at.date().replace(day=1) for one in told}
    assert len(told) == 2 * len(months) >= 8


# -- tried as people would


def test_a_sheet_is_taken_with_both_points_of_view_only(own: Made) -> None:
    (case,) = own.cases("散らばった文書を探せる基盤")
    (task,) = own.open(case.id)
    plan = next(one for one in SCRIPT.plans if one.key == "ai")
    sheet = script.dated(plan.forms["ma_sheet"], own.day)
    with pytest.raises(forms.FormInvalid):
        own.complete("arai", task, "submit", **sheet | {"staff_view": ""})
    own.complete("arai", task, "submit", **sheet)
    (task,) = own.open(case.id)
    assert task.element == "ma_sheet_check"
    with pytest.raises(NotAllowed):
        own.complete("arai", task, "approve")


def test_a_change_is_asked_for_in_the_middle_of_a_period(own: Made) -> None:
    (case,) = own.cases("地域で支え合うデジタルの相談")
    (task,) = own.open(case.id)
    if own.day.month == 10:  # in October last half's report is due first
        assert task.due_at > at(own.day)
    own.complete("arai", task, "change", change_note="相談の場所が変わった")
    (task,) = own.open(case.id)
    (row, *_rest) = own.rows(select(Measure.id).where(Measure.case_id == case.id))
    own.complete(
        "arai", task, "submit", cause="society", observed="会場が閉まる",
        changes=[{"item": "会場", "was": "公民館", "becomes": "図書館"}],
        revisions=[{"measure": row.id, "target": "25", "reason": "会場が減る"}], redecide=False,
    )  # fmt: skip
    seats = own.open(case.id)
    assert {one.element for one in seats} == {"verdict"}
    assert len(seats) == 4  # the head of the section does not judge its own matter
    assert own.cases("地域で支え合うデジタルの相談")[0].stage == "follow"


def test_a_change_of_what_was_decided_is_decided_again_on_a_document_of_its_own(own: Made) -> None:
    (case,) = own.cases("地域で支え合うデジタルの相談")
    (task,) = own.open(case.id)
    own.complete("arai", task, "change", change_note="会場の費用が増える")
    (task,) = own.open(case.id)
    own.complete(
        "arai", task, "submit", cause="progress", observed="会場が足りない",
        changes=[{"item": "費用", "was": "320万円", "becomes": "1,200万円"}], revisions=[],
        redecide=True, new_amount=12_000_000,
    )  # fmt: skip
    own.pass_on(case.id, "verdict", "approve", reason="要る")
    own.pass_on(case.id, "conclude", "approve", reason="多数")
    own.pass_on(case.id, "review", "agree", comment="確かめた")
    (task,) = own.open(case.id)
    assert task.element == "decide"
    own.complete("kamiya", task, "approve")  # from ten million on the deputy mayor decides
    title = own.cases("地域で支え合うデジタルの相談")[0].title
    said = own.rows(
        select(DecisionRecord.about)
        .where(DecisionRecord.case_id == case.id)
        .order_by(DecisionRecord.at)
    )
    assert [one.about for one in said] == ["", "計画の変更"]
    papers = own.rows(
        select(DecisionDocument.title)
        .where(DecisionDocument.case_id == case.id)
        .order_by(DecisionDocument.revision)
    )
    assert [papers[0].title, papers[-1].title] == [title, f"{title}（計画の変更）"]
    assert own.cases("地域で支え合うデジタルの相談")[0].amount == 12_000_000
    assert [one.element for one in own.open(case.id)] == ["ma_progress"]
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_a_proposal_is_withdrawn_until_it_is_decided(own: Made) -> None:
    (writing,), (decided,) = (
        own.cases("散らばった文書を探せる基盤"),
        own.cases("地域で支え合うデジタルの相談"),
    )
    cases.withdraw(own.site, own.actor("arai"), writing.id, "県の仕組みを使うため。")
    assert own.cases(writing.title)[0].status == "withdrawn"
    with pytest.raises(Conflict):
        cases.withdraw(own.site, own.actor("arai"), decided.id, "やめたい。")


def test_only_who_may_decides(own: Made) -> None:
    (case,) = own.cases("電子契約システムの共同調達")
    (task,) = own.open(case.id)
    with pytest.raises(NotAllowed):
        own.complete("ishikawa", task, "approve")
    own.complete("kamiya", task, "approve")
    (task,) = own.open(case.id)
    assert task.element == "ma_progress"
    assert task.due_at > at(own.day) + timedelta(days=10)


def test_the_administrator_begins_the_promoters_early_and_all_heads_are_asked(own: Made) -> None:
    (start,) = own.rows(
        select(PlannedStart.__table__).where(PlannedStart.process_key == "ma_staff")
    )
    begun = begin_now(own.site, own.actor("yoshizawa"), start.id, start.last_case_id, "異動のため")
    asked = own.open(begun.id)
    assert ({one.element for one in asked}, len(asked)) == ({"ma_nominate"}, 8)
    last = own.begun("ma_staff")
    assert last[-1].previous_id == last[-2].id
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_the_sample_plays_on_postgresql_too(postgres_server: str, tmp_path: Path) -> None:
    address = postgres.create_database(postgres_server, "maebashi_sample")
    settings = settings_in(tmp_path, address)
    try:
        loading.load(settings, "maebashi", lambda: at(DAYS[0]))
        site = open_site(settings)
        with site.database.read() as tx:
            found = Counter(tx.execute(select(Case.status)).scalars())
            report = verify_database(tx)
        site.database.close()
        assert (found["completed"], found["rejected"]) == (2, 1)
        assert report.findings == ()
    finally:
        postgres.drop_database(postgres_server, "maebashi_sample")
