"""What somebody has on their desk, on both databases: drafts, own cases, the story of a case."""

import pytest

from dxflow.errors import NotAllowed, NotFound
from dxflow.services.acts import drafts
from dxflow.services.acts.closed_tasks import TaskClosed
from dxflow.services.acts.drafts import HandedIn
from dxflow.services.reading import briefing, case_pages, my_cases
from tests.factories import ANALYSIS, SHEET, City
from tests.integration.test_main_job import to_committee, to_kpi, to_sheet
from tests.walks import do


def test_a_draft_is_written_again_and_again_and_stays_one(city: City):
    actor, draft = city.actor("applicant"), drafts.fresh_id(city.site)
    for title in ("はじめ", "つぎ", "おわり"):
        drafts.save_start(city.site, actor, "proposal", draft, {"title": title})
        city.clock.advance(minutes=1)
    (row,) = drafts.mine(city.site, actor)
    assert (row.id, row.process, row.title) == (draft, "proposal", "おわり")
    assert drafts.mine(city.site, city.actor("colleague")) == []


def test_a_draft_belongs_to_one_person(city: City):
    draft = drafts.fresh_id(city.site)
    drafts.save_start(city.site, city.actor("applicant"), "proposal", draft, {"title": "わたしの"})
    with pytest.raises(NotFound):
        drafts.save_start(
            city.site, city.actor("colleague"), "proposal", draft, {"title": "横取り"}
        )
    with pytest.raises(NotFound):
        drafts.discard(city.site, city.actor("colleague"), draft)
    drafts.discard(city.site, city.actor("applicant"), draft)
    assert drafts.mine(city.site, city.actor("applicant")) == []


def test_a_draft_of_a_task_is_for_those_who_may_do_it_while_it_is_open(city: City):
    to_sheet(city)
    (task,) = city.open_tasks("applicant")
    with pytest.raises(NotAllowed):
        drafts.save_task(city.site, city.actor("secretariat"), task.id, {"as_is": "x"})
    drafts.save_task(city.site, city.actor("applicant"), task.id, {"as_is": "いま"})
    drafts.save_task(city.site, city.actor("colleague"), task.id, {"as_is": "同僚の"})
    (row,) = drafts.mine(city.site, city.actor("applicant"))
    assert (row.task_id, row.task, row.title) == (task.id, "個票を書く", "転入手続のオンライン予約")
    assert city.form("applicant", task.id).values["as_is"] == "いま"


def test_a_draft_of_a_task_that_ended_is_neither_taken_nor_listed(city: City):
    city.start()
    (task,) = city.open_tasks("head")
    drafts.save_task(city.site, city.actor("civic_head"), task.id, {"reason": "書きかけ"})
    city.complete("head", "head_approval", "approve")
    assert drafts.mine(city.site, city.actor("civic_head")) == []
    with pytest.raises((TaskClosed, NotAllowed)):
        drafts.save_task(city.site, city.actor("head"), task.id, {"reason": "遅れて"})


def test_a_proposal_is_handed_in_once_under_its_draft(city: City):
    actor, draft = city.actor("applicant"), drafts.fresh_id(city.site)
    drafts.require_open(city.site, actor, draft)
    from dxflow import forms
    from dxflow.services.acts import cases, task_forms

    form = task_forms.start_form(city.site, actor, "proposal")
    values = {
        "title": "番号札の改善", "trouble": "困る", "change": "変える", "beneficiary": ["staff"],
    }  # fmt: skip
    submission = forms.submit_values(form.definition, values, "submit", form.context)
    started = cases.start(
        city.site, actor, "proposal", submission, draft_id=draft, idempotency_key=draft
    )
    with pytest.raises(HandedIn) as refusal:
        drafts.save_start(city.site, actor, "proposal", draft, {"title": "遅れて届く"})
    assert refusal.value.case_id == started.id


def test_own_cases_say_whose_turn_it_is(city: City):
    case = to_committee(city)
    (mine,) = my_cases.mine(city.site, city.actor("applicant")).entries
    assert mine.id == case
    assert mine.stage_name == "委員会の審議"
    assert {turn.task for turn in mine.turns} == {"委員の判断"}
    assert "副市長（cio）" in {turn.holder for turn in mine.turns}
    assert my_cases.mine(city.site, city.actor("other")).total == 0


def test_the_briefing_holds_what_is_in_force(city: City):
    case = to_committee(city)
    city.complete("tax_head", "verdict", "approve", reason="賛成する")
    brief = briefing.of_case(city.site, city.actor("cio"), case)
    drafted = [one.title for one in brief.handed_in if one.drafts]
    assert sorted(drafted) == ["個票", "改善の提案", "業務の分析"]
    assert "委員の判断" not in {one.title for one in brief.handed_in}  # not seen before one's own
    assert [one.name for one in brief.rulings] == ["道筋の判定"]
    assert brief.round is not None
    assert (brief.round.cast, brief.round.seen) == (1, False)
    with pytest.raises(NotFound):
        briefing.of_case(city.site, city.actor("admin"), case)


def test_the_briefing_holds_earlier_values(city: City):
    from datetime import date

    case = to_kpi(city)
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    (task,) = [t for t in city.open_tasks("applicant") if t.element == "kpi_measure"]
    measure = city.form("applicant", task.id).values["actuals"][0]["measure"]
    city.complete_id("applicant", task.id, "submit", actuals=[{"measure": measure, "value": 12}])
    brief = briefing.of_case(city.site, city.actor("applicant"), case)
    assert brief.periods == ("FY2026",)
    assert [str(value) for value in brief.measured[0].values] == ["12"]


def test_what_was_handed_in_again_says_how_often_and_leads_to_what_was_before(city: City):
    case = to_sheet(city)
    for content in ("一度目の案", "二度目の案"):
        do(city, case, "applicant", "project_sheet", "submit", **(SHEET | {"content": content}))
        do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
        city.clock.advance(hours=1)
        if content == "一度目の案":
            do(city, case, "head", "sheet_approval", "send_back", reason="直す", return_to="sheet")
    brief = briefing.of_case(city.site, city.actor("head"), case)
    (sheet,) = [one for one in brief.handed_in if one.title == "個票"]
    assert sheet.view is not None
    assert "二度目の案" in str(sheet.view)
    (before,) = sheet.earlier
    assert (sheet.round, before.person, before.at < sheet.at) == (2, "applicant", True)
    papers = case_pages.papers(
        city.site, city.actor("head"), case, per_page=1, shown=before.id
    ).page.entries
    assert [one.id for one in papers] == [before.id]
    assert "一度目の案" in str(papers[0].view)
    (idea,) = [one for one in brief.handed_in if one.title == "改善の提案"]
    assert (idea.round, idea.earlier) == (1, ())
