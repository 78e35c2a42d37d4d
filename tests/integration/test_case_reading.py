"""What people read of a case: overview, standing, timeline, papers; and what stays hidden."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import update

from dxflow.db.process import DecisionEvaluation
from dxflow.errors import NotFound
from dxflow.services.acts import cases, pulling_back
from dxflow.services.packs import store as packs
from dxflow.services.reading import case_pages, case_view, diagrams
from tests.factories import ANALYSIS, ROOT, SHEET, City
from tests.integration.histories import ANSWERS
from tests.integration.test_decision_papers import Ticking
from tests.statements import counted
from tests.walks import (
    do,
    to_committee,
    to_decision,
    to_execution,
    to_kpi,
    to_opinions,
    to_sheet,
    vote,
)


def page(city: City, by: str, case: str) -> case_view.CasePage:
    return case_view.page(city.site, city.actor(by), case)


def test_the_overview_tells_what_the_sheet_says_and_what_it_saves(city):
    case = to_committee(city)
    found = page(city, "cio", case)
    assert found.summary_of == "個票"
    assert [line.label for line in found.summary] == ["課題", "事業の内容", "見込む効果"]
    assert found.savings is not None
    assert found.savings.saved_hours == Decimal(1200)
    assert found.head.amount == 3_500_000
    assert [row.status for row in found.measures] == ["planned"]
    assert {one.outcome for one in found.opinions} == {"agree", "remark"}


def test_before_the_sheet_the_idea_tells_what_it_is_about(city):
    found = page(city, "cio", to_sheet(city))
    assert found.summary_of == "改善の提案"
    assert found.summary[0].text == "窓口の待ち時間が長い。"


def test_the_head_says_who_has_it_until_when(city):
    case = city.start().id
    (waiting,) = page(city, "applicant", case).head.waiting
    assert "市民課長（head）" in waiting.holder
    assert waiting.due_at is not None
    assert not waiting.mine
    assert page(city, "head", case).head.waiting[0].mine


def test_a_stranger_learns_nothing_of_a_case(city):
    case = to_sheet(city)
    for read in (case_view.page, case_view.head, case_pages.progress, case_pages.story,
                 case_pages.papers, case_pages.whole):  # fmt: skip
        with pytest.raises(NotFound):
            read(city.site, city.actor("other"), case)
        with pytest.raises(NotFound):
            read(city.site, city.actor("admin"), case)
    with pytest.raises(NotFound):
        diagrams.source(city.site, city.actor("other"), case, "proposal")


def verdicts(found: case_view.CasePage) -> dict[str, str]:
    return {seat.key: seat.verdict for seat in found.rounds.rounds[0].seats if seat.verdict}


def test_verdicts_are_seen_by_members_who_have_voted_and_by_others_after_the_resolution(city):
    case = to_committee(city)
    do(city, case, "tax_head", "verdict", "reject", reason="反対する理由")
    assert verdicts(page(city, "civic_head", case)) == {}
    assert verdicts(page(city, "tax_head", case)) == {"head-tax": "reject"}
    assert verdicts(page(city, "applicant", case)) == {}
    do(city, case, "civic_head", "verdict", "approve", reason="賛成する理由")
    assert verdicts(page(city, "civic_head", case)) == {
        "head-tax": "reject", "head-civic": "approve",
    }  # fmt: skip
    vote(city, case, but=("tax_head", "civic_head"))
    assert verdicts(page(city, "applicant", case)) == {}
    do(city, case, "cio", "conclude", "approve", reason="まとめ")
    assert len(verdicts(page(city, "applicant", case))) == 6


def everything(city: City, by: str, case: str) -> str:
    actor = city.actor(by)
    return repr(case_pages.whole(city.site, actor, case))


def test_neither_timeline_nor_papers_give_a_hidden_verdict_away(city):
    case = to_committee(city)
    city.clock.advance(hours=1)
    do(city, case, "tax_head", "verdict", "reject", reason="反対する理由")
    for reader in ("civic_head", "applicant", "secretariat"):
        assert "反対する理由" not in everything(city, reader, case), reader
    assert "反対する理由" in everything(city, "tax_head", case)
    story = case_pages.story(city.site, city.actor("applicant"), case).page
    assert story.entries[0].withheld
    assert story.entries[0].outcome == ""
    do(city, case, "civic_head", "verdict", "approve", reason="賛成する理由")
    assert "反対する理由" in everything(city, "civic_head", case)


def test_the_standing_opens_at_the_active_call_activity(city):
    case = to_committee(city)
    standing = case_pages.progress(city.site, city.actor("cio"), case).standing
    assert standing.start == "committee"
    by_key = {one.key: one for one in standing.diagrams}
    assert by_key["proposal"].active == ("committee",)
    assert by_key["committee"].active == ("verdict",)
    assert by_key["committee"].parent == "proposal"
    assert by_key["proposal"].opens["committee"] == "committee"
    assert by_key["sheet"].done["project_sheet"] == 1
    active = next(step for step in standing.steps if step.state == "active")
    assert (active.key, active.children[0].state) == ("committee", "active")


def test_a_waiting_timer_is_where_the_case_stands(city):
    case = to_kpi(city)
    standing = case_pages.progress(city.site, city.actor("cio"), case).standing
    assert standing.start == "kpi"
    assert {one.key: one.active for one in standing.diagrams}["kpi"] == ("period_closed",)


def test_rounds_that_were_sent_back_are_marked_and_counted(city):
    case = to_sheet(city)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "send_back", reason="直す", return_to="sheet")
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    standing = case_pages.progress(city.site, city.actor("applicant"), case).standing
    sheet = next(one for one in standing.diagrams if one.key == "sheet")
    assert sheet.returned == ("sheet_approval",)
    assert sheet.done["project_sheet"] == 2


def test_the_diagram_is_the_one_of_the_cases_own_pack_version(city):
    case = to_sheet(city)
    xml = diagrams.source(city.site, city.actor("applicant"), case, "sheet")
    assert 'id="project_sheet"' in xml
    with pytest.raises(NotFound):
        diagrams.source(city.site, city.actor("applicant"), case, "../pack.toml")


def test_the_rules_that_fired_are_told_in_words(city):
    case = to_decision(city)
    rulings = {
        one.name: one for one in case_pages.progress(city.site, city.actor("cio"), case).rulings
    }
    route = rulings["道筋の判定"]
    assert ("個人情報を扱うか", "はい") in route.given
    assert ("道筋", "取組") in route.found
    assert [rule.index for rule in route.rules if rule.fired] == [1]
    assert ("決裁する職", "部長") in rulings["決裁区分"].found


@pytest.mark.parametrize("kept", [True, False])
def test_a_table_that_is_asked_again_takes_the_place_of_its_earlier_answer(city, kept):
    """Also where the branch was not kept, as by versions of before."""
    city.clock.__class__ = Ticking
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "escalate", reason="先例になる", flags=["precedent"])
    if not kept:
        with city.site.database.write() as tx:
            tx.execute(update(DecisionEvaluation).values(branch=""))
    shown = case_pages.progress(city.site, city.actor("cio"), case).rulings
    assert [(one.name, one.earlier) for one in shown] == [
        ("決裁区分", False), ("決裁区分", True), ("道筋の判定", False),
    ]  # fmt: skip


def test_the_timeline_says_who_did_what_in_which_post(city):
    case = to_sheet(city)
    entries = case_pages.story(city.site, city.actor("applicant"), case).page.entries
    first = entries[-1]
    assert (first.what, first.person, first.post) == ("提案を提出", "applicant", "市民課 主任")
    approval = entries[-2]
    assert (approval.what, approval.outcome) == ("所属長の確認", "承認する")
    triage = entries[-3]
    assert "判定表を適用" in [one.label for one in triage.consequences]


def changed(city: City, case: str) -> set[tuple[str, str]]:
    """Return label and new value of everything that the timeline says has changed."""
    return {
        (line.label, line.after)
        for entry in case_pages.story(city.site, city.actor("applicant"), case).page.entries
        for lines in (entry.changes, *(one.changes for one in entry.consequences))
        for line in lines
    }


def test_the_timeline_tells_changes_in_words(city):
    found = changed(city, to_execution(city))
    assert {
        ("担当課", "市民課"),
        ("指標（KPI） 1行目・目指す向き", "増やす・上げる"),
        ("指標（KPI） 1行目・目標年度", "令和9年度"),
        ("決裁", "承認"),
        ("意見を出した所", "情報セキュリティ担当"),
    } <= found
    told = {after for _label, after in found}
    assert not told & {"citizen", "increase", "2027", "approve", "role:security"}
    assert not {text for text in told if re.fullmatch(r"\d{4}-\d\d-\d\d", text)}


def test_the_timeline_names_what_was_measured_and_reached(city):
    case = to_execution(city)
    task = next(one for one in city.open_tasks("applicant") if one.element == "execution_report")
    (first, *_others) = city.form("applicant", task.id).values["reports"]
    done = [{"milestone": first["milestone"], "status": "done", "note": ""}]
    city.complete_id("applicant", task.id, "done", progress="終えた", reports=done)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    task = next(one for one in city.open_tasks("applicant") if one.element == "kpi_measure")
    measure = city.form("applicant", task.id).values["actuals"][0]["measure"]
    city.complete_id("applicant", task.id, "submit", actuals=[{"measure": measure, "value": 20}])
    told = changed(city, case)
    assert ("指標", SHEET["kpis"][0]["name"]) in told
    named = {after for label, after in told if label.endswith("1行目・節目")}
    assert named == {SHEET["milestones"][0]["name"]}
    assert not {after for _label, after in told} & {measure, first["milestone"]}


def test_every_form_stands_as_it_was_and_a_recalled_one_is_marked(city):
    case = to_sheet(city)
    city.clock.advance(hours=1)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    papers = case_pages.papers(city.site, city.actor("applicant"), case).page
    assert papers.entries[0].title == "個票"
    assert papers.entries[0].superseded_at is not None
    assert papers.entries[0].view is not None
    assert sum(one.superseded_at is not None for one in papers.entries) == 1


def test_linked_cases_are_named_only_to_those_who_may_see_them(city):
    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    task = next(t for t in city.open_tasks("applicant") if t.element == "kpi_measure")
    measure = city.form("applicant", task.id).values["actuals"][0]["measure"]
    city.complete_id("applicant", task.id, "submit", actuals=[{"measure": measure, "value": 20}])
    do(city, case, "secretariat", "kpi_review", "extend", reason="広げる", extend_unit="tax",
       extend_note="収納でも使う")  # fmt: skip
    assert len(page(city, "cio", case).linked) == 1
    linked = page(city, "cio", case).linked[0]
    assert linked.way == "offspring"
    assert page(city, "cio", linked.id).linked[0].way == "origin"


@pytest.mark.parametrize("reader", ["cio", "applicant"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_measures(city, reader):
    few = to_opinions(city)
    many = to_opinions(city, sheet={"kpis": [
        SHEET["kpis"][0] | {"name": f"指標{n}"} for n in range(20)
    ]})  # fmt: skip
    numbers = []
    for case in (few, many):
        page(city, reader, case)
        with counted(city.site.database) as count:
            found = page(city, reader, case)
        numbers.append(count.statements)
    assert len(found.measures) == 20
    assert numbers[0] == numbers[1]
    assert numbers[0] <= 20


def test_the_number_of_statements_does_not_depend_on_the_number_of_forms(city):
    case = to_sheet(city)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    numbers = []
    for _round in range(2):
        for read in (case_pages.papers, case_pages.story, case_pages.progress):
            with counted(city.site.database) as count:
                read(city.site, city.actor("cio"), case)
            numbers.append(count.statements)
        for _more in range(6 if _round == 0 else 0):
            do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
            do(city, case, "head", "sheet_approval", "send_back", reason="直す", return_to="sheet")
            do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    assert numbers[:3] == numbers[3:]


def milestones(city: City, case: str) -> list[tuple[str, bool]]:
    return [(one.status_name, one.late) for one in page(city, "cio", case).milestones]


def test_milestones_are_late_only_while_they_can_be_reported(city):
    case = to_execution(city)
    city.clock.at(date(2026, 8, 3))
    assert milestones(city, case) == [("これから", True), ("これから", False)]
    do(city, case, "applicant", "execution_report", "done", progress="終えた", reports=[])
    city.clock.at(date(2026, 12, 1))
    assert milestones(city, case) == [("報告なし", False), ("報告なし", False)]


def test_milestones_of_a_case_that_was_stopped_are_not_late(city):
    case = to_opinions(city)
    cases.withdraw(city.site, city.actor("applicant"), case, "やめる")
    city.clock.at(date(2026, 12, 1))
    assert {late for _name, late in milestones(city, case)} <= {False}


def states(city: City, case: str) -> dict[str, str]:
    """Return the state of every step, those inside as `outer/inner`."""
    steps = case_pages.progress(city.site, city.actor("cio"), case).standing.steps
    found = {step.key: step.state for step in steps}
    return found | {
        f"{step.key}/{inner.key}": inner.state for step in steps for inner in step.children
    }


def test_tasks_of_a_finished_phase_that_were_never_asked_for_were_not_taken(city):
    case = to_committee(city)
    found = states(city, case)
    assert found["sheet/project_sheet"] == "done"
    assert found["sheet/small_sheet"] == "skipped"
    assert found["committee/conclude"] == "open"
    assert found["decision"] == "open"
    standing = case_pages.progress(city.site, city.actor("cio"), case).standing
    sheet = next(step for step in standing.steps if step.key == "sheet")
    assert {one.note for one in sheet.children if one.state == "skipped"} == {"通らず"}
    drawn = next(one for one in standing.diagrams if one.key == "sheet")
    assert "small_sheet" not in {*drawn.active, *drawn.done, *drawn.returned}


def test_a_small_improvement_does_not_wait_for_the_phases_it_goes_past(city):
    case = to_sheet(
        city, cost=200_000, sections_touched=1, personal_data=False, citizen_effect="some"
    )
    assert states(city, case)["opinions"] == "open"
    do(city, case, "applicant", "small_sheet", "submit", **ANSWERS["small_sheet"])
    do(city, case, "head", "sheet_approval", "approve", reason="")
    found = states(city, case)
    assert found["opinions"] == found["committee"] == "skipped"


def test_nothing_is_still_to_come_once_a_case_has_ended(city):
    case = to_sheet(city)
    cases.withdraw(city.site, city.actor("applicant"), case, "やめる")
    found = states(city, case)
    assert found["idea"] == "done"
    assert found["committee"] == found["kpi"] == "skipped"
    assert "open" not in found.values()


def test_the_history_shows_what_was_answered_whatever_the_form_calls_it(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    for file, old in (
        ("forms/idea.form", '"key": "effect"'),
        ("pack.toml", '["trouble", "change", "effect"]'),
    ):
        assert old in files[file]
        files[file] = files[file].replace(old, old.replace("effect", "content"))
    packs.install(city.site, files, "system")
    case = city.start(content="予約の枠を受付前に埋める。").id
    (first,) = case_pages.story(city.site, city.actor("applicant"), case).page.entries
    assert "予約の枠を受付前に埋める。" in [one.after for one in first.changes]
