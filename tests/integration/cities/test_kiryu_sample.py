"""The sample of 桐生市: every case stands where its plan says, and its rules hold for people."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.clock import TOKYO
from dxflow.db.case import Case, Milestone
from dxflow.db.identity import Person
from dxflow.db.process import DecisionEvaluation, Submission, WorkItem, WorkItemGroup
from dxflow.errors import Invalid
from dxflow.services.acts import task_forms
from dxflow.services.people import naming, organisation
from dxflow.services.reading import briefing, case_pages, case_view, kpi_table, previous
from dxflow.services.reading.kpi_table import Wanted
from tests.integration.cities.town import Town

PACK = "kiryu"
#: A Saturday in November, on SQLite and PostgreSQL, and the beginning of a fiscal year.
MADE = {
    "sqlite": date(2026, 11, 21), "postgresql": date(2026, 11, 21), "in-april": date(2027, 4, 2),
}  # fmt: skip


def test_each_case_stands_where_its_plan_says(town: Town) -> None:
    town.stands_as_planned()


def test_the_log_verifies_and_nothing_failed_on_the_way(town: Town) -> None:
    town.is_sound()


def test_everybody_logs_in_and_most_find_work(town: Town) -> None:
    assert town.busy() >= {"niisato", "aioi", "hataya", "hirosawa", "kawauchi", "umehara"}


def test_whoever_work_waits_for_is_told_in_words(town: Town) -> None:
    groups = {row.group_key for row in town.rows(select(WorkItemGroup.group_key).distinct())}
    with town.site.database.read() as tx:
        who = organisation.directory(town.site, tx, town.site.today())
        names = naming.load(tx, who)
    told = {one: names.group(one) for one in groups if not one.startswith("user:")}
    assert [one for one, words in told.items() if words == one.partition(":")[2]] == []


def test_an_answer_names_a_case_that_everybody_who_reads_it_is_led_to(town: Town) -> None:
    last = town.case("it_reform_last")
    (body,) = town.rows(
        select(Submission.body).where(
            Submission.case_id == town.case("security").id, Submission.body.contains(last.number)
        )
    )
    assert json.loads(body.body)["related"][0]["number"] == last.number
    assert case_pages.by_number(town.site, town.actor("niisato"), last.number) == last.id


def test_the_items_wait_by_name_for_their_own_teams(town: Town) -> None:
    case = town.case("it_reform")
    names = town.rows(
        select(WorkItem.name, WorkItemGroup.group_key)
        .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.case_id == case.id, WorkItem.status == "open")
    )
    assert {(one.name, one.group_key) for one in names} == {
        (
            "項目の回答を決裁（2　各部課の垣根を超えた共通システムによるデータの一元管理）",
            "post:dx_head",
        ),
        ("項目の回答を決裁（3　セキュリティ対策の徹底）", "post:dx_head"),
        ("回答案を書く（4　デジタル人材の確保・育成）", "section:hr_training"),
    }
    assert town.waits("hataya", case.id, "answer")
    assert not town.waits("aioi", case.id, "answer")


def test_what_was_found_for_one_item_stands_beside_what_was_found_for_another(town: Town) -> None:
    case = town.case("it_reform")
    asked = town.rows(
        select(DecisionEvaluation.id).where(
            DecisionEvaluation.case_id == case.id, DecisionEvaluation.element == "find_decider"
        )
    )
    shown = case_pages.progress(town.site, town.actor("niisato"), case.id).rulings
    beside = [one for one in shown if one.element == "find_decider"]
    assert len(beside) == len(asked) > 1
    assert not any(one.earlier for one in beside)


def test_the_answer_to_each_item_is_in_force_beside_the_others(town: Town) -> None:
    case = town.case("it_reform")
    handed_in = briefing.of_case(town.site, town.actor("niisato"), case.id).handed_in
    answers = [one for one in handed_in if one.title.startswith("回答案を書く（")]
    given = town.rows(
        select(WorkItem.name).where(
            WorkItem.case_id == case.id,
            WorkItem.element == "answer",
            WorkItem.status == "completed",
        )
    )
    assert {one.title for one in answers} == {one.name for one in given}
    assert len(answers) > 1


def test_each_decision_says_which_item_it_decided(town: Town) -> None:
    page = case_view.page(town.site, town.actor("hataya"), town.case("it_reform").id)
    said = [one.about for one in page.decisions]
    assert said == ["1　紙ベースでの情報管理からデジタルデータへの移管"]


def test_this_year_goes_on_from_last_year_item_by_item(town: Town) -> None:
    last, this = town.case("it_reform_last"), town.case("it_reform")
    assert this.previous_id == last.id
    page = previous.page(town.site, town.actor("niisato"), this.id)
    assert page.number == last.number
    compared = {one.title: one for one in page.forms}
    first = compared["回答案を書く（1　紙ベースでの情報管理からデジタルデータへの移管）"]
    (answer,) = [one for one in first.changes if one.label == "回答"]
    assert "令和3年度にＤＸ推進室を置き" in answer.before
    assert "残る紙の手続を洗い出し" in answer.after
    assert compared["回答案を書く（4　デジタル人材の確保・育成）"].only == "before"
    shown = task_forms.task_form(town.site, town.actor("hataya"), answer_of(town, this.id))
    told = [one["name"] for one in shown.context.variables["last_promises"]]
    assert [one for one in told if one.startswith("4．")] == [
        "4．人材派遣型の企業版ふるさと納税など、民間人材の活用を検討する"
    ]


def answer_of(town: Town, case: str) -> str:
    query = select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.status == "open")
    (row,) = town.rows(query.where(WorkItem.element == "answer"))
    return str(row.id)


def test_both_heads_agree_before_the_department_head_decides(own: Town) -> None:
    case = own.case("training")
    (person,) = own.rows(select(Person.username).where(Person.name == "織田 千春"))
    other = person.username
    assert not own.waits("mizunuma", case.id, "decide_matter")
    asked = select(WorkItemGroup.group_key).join(
        WorkItem, WorkItem.id == WorkItemGroup.work_item_id
    )
    asked = asked.where(WorkItem.case_id == case.id, WorkItem.element == "agree")
    assert {one.group_key for one in own.rows(asked)} == {"head:dx_process", "head:hr_training"}
    own.complete("hirosawa", case.id, "agree", "agree")
    assert not own.waits("hirosawa", case.id, "agree")
    assert not own.waits("mizunuma", case.id, "decide_matter")
    with pytest.raises(Invalid):
        own.complete(other, case.id, "agree", "object")
    own.complete(other, case.id, "agree", "agree")
    assert not own.waits("kawauchi", case.id, "decide_matter")
    own.complete("mizunuma", case.id, "decide_matter", "approve")
    assert own.open(case.id) == {"merge"}


def test_an_objection_takes_the_joint_draft_back_with_what_was_written(own: Town) -> None:
    case = own.case("training")
    own.complete("hirosawa", case.id, "agree", "object", comment="三つの課では足りない。")
    assert own.open(case.id) == {"answer"}
    form = task_forms.task_form(own.site, own.actor("hataya"), answer_of(own, case.id))
    assert "課内の勉強会を広げます" in form.values["text"]


def test_the_mayor_decides_the_whole_and_it_is_sent(own: Town) -> None:
    case = own.case("security")
    for wrong in ("niisato", "kawauchi", "oshiyama"):
        assert not own.waits(wrong, case.id, "decide")
    own.complete("umehara", case.id, "decide", "approve")
    assert not own.waits("hishi", case.id, "send")
    day = own.site.today().isoformat()
    own.complete("niisato", case.id, "send", "submit", sent_on=day, how="post")
    promised = own.rows(
        select(Milestone.name, Milestone.status).where(Milestone.case_id == case.id)
    )
    assert [tuple(one) for one in promised] == [("2．訓練の結果を手順書に反映する", "planned")]
    assert own.case("security").stage == "followup_stage"
    with own.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_promises_are_measured_over_years(town: Town) -> None:
    case = town.case("it_reform_last")
    content = b"".join(kpi_table.export(town.site, town.actor("niisato"), Wanted(), "csv"))
    lines = [one for one in content.decode("utf-8-sig").splitlines() if case.number in one]
    assert any("オンラインで申請できる手続の数" in one and "令和7年度" in one for one in lines), (
        lines
    )
    rows = town.rows(
        select(Milestone.name, Milestone.status)
        .where(Milestone.case_id == case.id)
        .order_by(Milestone.position)
    )
    assert [one.name.partition("．")[0] for one in rows] == ["1", "1", "2", "4"]
    assert "done" in {one.status for one in rows}


def test_the_contacts_were_named_at_the_beginning_of_the_year(town: Town) -> None:
    query = select(Case.__table__).where(Case.process_key == "contacts").order_by(Case.created_at)
    first, *_later = town.rows(query)
    assert first.created_at.astimezone(TOKYO).strftime("%m-%d %H:%M") == "04-01 00:00"
    assert first.status == "completed"
    asked = town.rows(
        select(WorkItem.name).where(WorkItem.case_id == first.id, WorkItem.element == "nominate")
    )
    assert {one.name for one in asked} == {
        "推進員を届け出る（総務部ＤＸ推進室）", "推進員を届け出る（総務部人材育成課）",
        "推進員を届け出る（市民部市民課）", "推進員を届け出る（財務部財政課）",
        "推進員を届け出る（監査委員事務局）",
    }  # fmt: skip
