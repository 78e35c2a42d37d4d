"""The sample of たつの市: every case stands where its plan says, and its rules hold for people."""

from datetime import date

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.clock import TOKYO
from dxflow.db.case import Case, Deliberation
from dxflow.db.identity import Person
from dxflow.db.process import PlannedStart, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid, NotAllowed
from dxflow.services import plain
from dxflow.services.acts import timed_starts
from dxflow.services.people import naming, organisation
from dxflow.services.reading import backlog, case_list, kpi_table
from dxflow.services.reading.case_list import Filters
from dxflow.services.reading.kpi_table import Wanted
from tests.integration.cities.town import Town

PACK = "tatsuno"
#: A Saturday in November, on SQLite and PostgreSQL, and the autumn after.
MADE = {
    "sqlite": date(2026, 11, 21), "postgresql": date(2026, 11, 21), "a-year-on": date(2027, 10, 4),
}  # fmt: skip


def test_each_case_stands_where_its_plan_says(town: Town) -> None:
    town.stands_as_planned()


def test_the_log_verifies_and_nothing_failed_on_the_way(town: Town) -> None:
    town.is_sound()


def test_everybody_logs_in_and_most_find_work(town: Town) -> None:
    assert town.busy() >= {"hashimoto", "yasuda", "aoki", "hayakawa", "ueno", "fujii", "takami"}


def test_the_meetings_began_by_themselves_and_became_proposals(town: Town) -> None:
    query = select(Case.__table__).where(Case.process_key == "campaign").order_by(Case.created_at)
    first, *_later = town.rows(query)
    assert first.created_at.astimezone(TOKYO).strftime("%H:%M") == "00:00"  # on time, not late
    assert first.title.startswith("業務のデジタル化に向けた意見交換会")
    (made,) = town.rows(select(Case.title, Case.unit).where(Case.parent_id == first.id))
    assert (made.title, made.unit != first.unit) == ("毎月の集計を自動にする", True)


def test_what_worked_was_taken_up_by_another_section_as_its_own_proposal(town: Town) -> None:
    taught = town.case("ikanakute")
    (taken,) = town.rows(select(Case.__table__).where(Case.parent_id == taught.id))
    assert (taught.unit, taken.unit, taken.status) == ("elderly", "health", "running")
    query = select(Submission.body).where(Submission.case_id == taken.id)
    (idea,) = town.rows(query.where(Submission.form_key == "idea"))
    written = plain.loads(idea.body)
    assert written["trouble"] == "検診の申込みが電話に集中し、つながらない。"
    assert "提供元の助言: 足りない項目を後から聞く担当を先に決めておくとよい。" in written["change"]


def test_the_chair_steps_aside_where_it_is_their_own_sections_matter(town: Town) -> None:
    case = town.case("bunsho")
    query = select(Deliberation.recused).where(
        Deliberation.case_id == case.id, Deliberation.body == "kentou"
    )
    assert "kentou_1" in town.rows(query)[0].recused
    (told,) = town.rows(
        select(Submission.post).where(
            Submission.case_id == case.id, Submission.element == "opinion_summary"
        )
    )
    assert told.post == "kentou_2"


def test_a_member_votes_once_and_nobody_else_does(own: Town) -> None:
    case = own.case("cashless")
    opinion = {"citizen_value": "high", "work_value": "some", "reason": "要る"}
    with pytest.raises(AssertionError):
        own.complete("hashimoto", case.id, "opinion", "approve", **opinion)
    own.complete("ueno", case.id, "opinion", "approve", **opinion)
    with pytest.raises(AssertionError):
        own.complete("ueno", case.id, "opinion", "approve", **opinion)


def test_the_deputy_mayor_decides_to_retire_and_the_section_carries_it_out(own: Town) -> None:
    case = own.case("chatbot")
    with pytest.raises(AssertionError):
        own.complete("fujii", case.id, "decide", "approve")
    own.complete("takami", case.id, "decide", "approve")
    assert own.open(case.id) == {"retire_work"}
    (leader,) = own.rows(select(Person.username).where(Person.id == case.applicant_id))
    done = {"notice_day": "2027-10-01", "data_day": "2027-10-01", "contract_day": "2027-10-01"}
    with pytest.raises(Invalid):
        own.complete(leader.username, case.id, "retire_work", "submit", **done)
    done |= {"notice_done": True, "data_done": True, "contract_done": True}
    own.complete(leader.username, case.id, "retire_work", "submit", **done)
    assert own.case("chatbot").status == "stopped"
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_the_sheet_waits_for_the_leader_and_not_for_the_section(town: Town) -> None:
    query = select(WorkItemGroup.group_key, WorkItem.case_id, WorkItem.element).where(
        WorkItem.id == WorkItemGroup.work_item_id, WorkItem.assignee_id.is_(None)
    )
    waiting = town.rows(query.where(WorkItemGroup.group_key.startswith("role-in:")))
    assert waiting
    with town.site.database.read() as tx:
        who = organisation.directory(town.site, tx, town.site.today())
        usernames = {row.id: row.username for row in tx.execute(select(Person.id, Person.username))}
    for one in waiting:
        section = one.group_key.split(":")[1]
        (leader,) = who.holders(f"post:{section}_leader")
        colleagues = who.holders(f"section:{section}")
        assert len(colleagues) > 1
        for person in colleagues:
            assert town.waits(usernames[person], one.case_id, one.element) == (person == leader)


def test_the_most_effective_stands_first_in_the_order(town: Town) -> None:
    ranked = backlog.listed(town.site, town.actor("takami"), "tatsuno")
    assert [one.title for one in ranked.entries] == [
        "障害者手帳のデジタル化", "検診の申込みを家からできるように", "オープンデータの追加公開",
        "文書管理のデジタル化",
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        backlog.listed(town.site, town.actor("hashimoto"), "tatsuno")


def test_whoever_work_waits_for_is_told_in_words(town: Town) -> None:
    groups = {row.group_key for row in town.rows(select(WorkItemGroup.group_key).distinct())}
    groups |= {"role:legal", "role:dx-expert", "role:cio-adviser", "role:kentou-chair"}
    with town.site.database.read() as tx:
        who = organisation.directory(town.site, tx, town.site.today())
        names = naming.load(tx, who)
    assert names.group("role:legal") == "法規担当"
    told = {one: names.group(one) for one in groups if not one.startswith("user:")}
    assert [one for one, words in told.items() if words == one.partition(":")[2]] == []


def test_the_review_of_the_policy_may_be_begun_at_any_time(own: Town) -> None:
    def reviews() -> int:
        return len(own.rows(select(Case.id).where(Case.process_key == "policy_review")))

    (plan,) = own.rows(
        select(PlannedStart.__table__).where(PlannedStart.process_key == "policy_review")
    )
    before = reviews()
    with pytest.raises(NotAllowed):
        timed_starts.begin_now(own.site, own.actor("hashimoto"), plan.id, plan.last_case_id, "急ぐ")
    admin = own.actor("shiraishi")
    timed_starts.begin_now(own.site, admin, plan.id, plan.last_case_id, "国の計画が改められた")
    assert reviews() == before + 1


def test_any_member_of_staff_asks_for_a_review_of_the_policy(own: Town) -> None:
    asked = own.case("hoshin")
    assert own.waits("aoki", asked.id, "policy_check")
    assert not own.waits("hashimoto", asked.id, "policy_check")
    own.complete(
        "aoki", asked.id, "policy_check", "revise",
        technology="生成AI", state="国の指針", results="試行の成果",
    )  # fmt: skip
    (case,) = own.rows(select(Case.__table__).where(Case.id == asked.id))
    assert (case.unit, case.lead_unit) == ("citizen", "digital")
    found = case_list.search(own.site, own.actor("takami"), Filters(process="policy_review"))
    assert {asked.id} < {one.id for one in found.entries}  # those of every year stand there too


def test_measures_are_published_with_the_licence_as_csv_and_excel(town: Town) -> None:
    by = town.actor("aoki")
    content = b"".join(kpi_table.export(town.site, by, Wanted(open_data=True), "csv"))
    lines = content.decode("utf-8-sig").splitlines()
    assert any("転入手続にかかる時間" in line for line in lines)
    assert all("CC BY 4.0" in line and "たつの市" in line for line in lines[1:])
    assert b"".join(kpi_table.export(town.site, by, Wanted(open_data=True), "xlsx"))[:2] == b"PK"
    with pytest.raises(NotAllowed):
        kpi_table.export(town.site, town.actor("hashimoto"), Wanted(open_data=True), "csv")
