"""たつの市のパック: every way through its processes, its gates and its traps, played by hand."""

import datetime as dt
from typing import Any

import pytest

from dxflow import feel
from dxflow.clock import local_date
from dxflow.models.model import Kind
from tests.process.tatsuno_play import KPI, PACK, SECTIONS, Case, Tatsuno

SHARED = {"decision"}


def own() -> list[Any]:
    return [process for key, process in PACK.processes.items() if key not in SHARED]


def tasks() -> list[Any]:
    return [one for p in own() for one in p.elements.values() if one.kind is Kind.USER_TASK]


# -- what the files promise


def test_every_task_has_a_lane_somebody_stands_for_a_due_date_and_says_what_it_is() -> None:
    for task in tasks():
        assert task.lane in PACK.settings["lanes"], task.id
        assert task.due, task.id
        assert task.documentation, task.id


def test_whoever_judges_is_kept_apart_from_who_wrote() -> None:
    acts = {task.id: task.properties.get("act", "") for task in tasks()}
    assert {key for key, act in acts.items() if act == "draft"} == {
        "revise_idea", "supplement_idea", "study_report", "project_sheet", "ordinance_list",
        "ordinance_plan", "retire_plan", "policy_draft",
    }  # fmt: skip
    assert {key for key, act in acts.items() if act in ("approve", "vote", "conclude")} == {
        "head_approval", "triage", "sheet_approval", "opinion", "opinion_summary",
        "kentou_reconvene", "audit", "verdict", "conclude", "reconvene", "ordinance_check",
        "audit_after", "judge", "retire_check",
    }  # fmt: skip


def test_the_head_answers_for_the_section_and_above_it_the_department() -> None:
    lanes, scope = PACK.settings["lanes"], {"section": "elderly", "department": None}
    assert feel.parse(lanes["所属の責任者"]).evaluate(scope, {}) == ["head:elderly"]
    assert Case().task("head_approval").groups == ("head:elderly", "head:dept_welfare")


# -- the tables, row by row


@pytest.mark.parametrize(
    ("row", "post", "important", "amount", "route"),
    [
        (1, "mayor", True, 0, "retire"), (1, "mayor", True, 0, "ordinance"),
        (2, "mayor", False, 0, "ordinance"), (3, "mayor", False, 10_000_000, "retire"),
        (4, "deputy_mayor", False, 9_999_999, "retire"),
    ],
)  # fmt: skip
def test_who_decides_follows_from_weight_amount_and_what_it_is(
    row: int, post: str, important: bool, amount: int, route: str
) -> None:
    given = {"important": important, "amount": amount, "route": route}
    outcome = PACK.decisions["authority"].evaluate("authority", given)
    assert (outcome.value["post_kind"], outcome.value["row"]) == (post, f"第{row}号")


@pytest.mark.parametrize(("tries", "again", "days"), [(0, True, 60), (1, True, 40), (2, False, 0)])
def test_a_review_may_be_repeated_twice(tries: int, again: bool, days: int) -> None:
    value = PACK.decisions["review_rule"].evaluate("review_rule", {"tries": tries}).value
    assert (value["again"], value["days"]) == (again, days)


# -- from the proposal to the decision of the headquarters


def test_a_proposal_of_one_section_goes_from_the_idea_to_the_end() -> None:
    case = Case(city=Tatsuno(duties=[1, 0])).measuring().do("judge", "effective")
    case.do("spread_units", "none")
    assert case.open == ["duty_check"]
    assert case.do("duty_check", "checked").status == "completed"


def test_the_plan_is_the_leaders_of_the_lead_section() -> None:
    assert Case().accepted().task("project_sheet").groups == ("role-in:elderly:leader",)


def test_head_and_office_send_an_idea_back_and_refuse_it() -> None:
    case = Case().do("head_approval", "send_back").do("revise_idea").do("head_approval", "approve")
    assert case.do("triage", "send_back").do("supplement_idea").open == ["triage"]
    assert case.do("triage", "reject").status == "rejected"
    assert Case().do("head_approval", "reject").status == "rejected"


def test_what_touches_several_sections_is_studied_by_them_first() -> None:
    case = Case().accepted("study").do("study_open")
    assert {task.groups for task in case.step.tasks} == {("section:elderly",), ("section:tax",)}
    case.do("study_paper").do("study_paper")
    assert case.task("study_report").groups == ("role-in:elderly:leader",)
    assert case.do("study_report", "proceed").open == ["project_sheet"]


def test_a_study_goes_on_at_its_deadline_and_may_end_the_matter() -> None:
    case = Case().accepted("study").do("study_open").do("study_paper")
    case.timer("study_paper_reminder")
    assert case.city.payloads("notify")[-1]["groups"] == ["section:elderly", "section:tax"]
    assert case.timer("study_deadline").open == ["study_report"]
    assert case.do("study_report", "shelve").status == "stopped"


def test_a_proposal_is_not_studied_without_naming_the_sections() -> None:
    case = Case().do("head_approval", "approve")
    case.refuses("related", "triage", "study", related=[])


@pytest.mark.parametrize(
    "kpis",
    [
        [KPI | {"citizen": False}],
        [KPI | {"baseline": None, "target": "20"}],
        [KPI | {"baseline": "新規事業のためなし", "target": "20"}],
    ],
)
def test_nothing_comes_before_the_headquarters_without_a_measure_of_the_citizens_view(
    kpis: list[Any],
) -> None:
    case = Case().accepted().planned(kpis=kpis).advised().do("audit")
    assert case.open == ["project_sheet"]
    assert case.city.payloads("notify")[-1]["groups"] == ["section:elderly"]
    assert len(case.city.payloads("committee.convene")) == 1
    case.planned()
    assert case.open == ["audit"]
    assert case.do("audit").open == ["verdict", "verdict"]


def test_how_it_is_measured_and_when_must_be_said() -> None:
    case = Case().accepted()
    case.refuses("kpis[0].how", "project_sheet", kpis=[KPI | {"how": None}])
    case.refuses("measured_on", "project_sheet", measured_on=None)


def test_a_target_that_is_not_named_is_half_of_what_it_is_today() -> None:
    case = Case().accepted().planned()
    rows = case.city.payloads("kpi.register")[0]["measures"]
    assert [(str(row["target"]), row["frequency"]) for row in rows] == [
        ("20", "year"),
        ("10", "year"),
    ]


def test_the_plan_is_sent_back_by_head_committee_audit_and_headquarters() -> None:
    case = Case().accepted().do("project_sheet").do("sheet_approval", "send_back")
    case.planned().advised("return_sheet").planned().advised("conditions")
    assert case.do("audit", "send_back").open == ["project_sheet"]
    assert case.planned().open == ["audit"]
    case.do("audit").decided("return_sheet").planned()
    assert case.open == ["opinion", "opinion"]
    case.advised().do("audit").decided("conditions")
    assert case.open == ["exec_plan"]
    assert case.city.payloads("duty.impose")[-1]["owner"] == "section:elderly"
    assert [one["body"] for one in case.city.payloads("committee.convene")] == [
        "kentou", "kentou", "honbu", "kentou", "honbu",
    ]  # fmt: skip


def test_committee_and_headquarters_may_refuse() -> None:
    assert Case().accepted().planned().advised("reject").status == "rejected"
    case = Case().accepted().planned().advised().do("audit")
    assert case.decided("reject").status == "rejected"


@pytest.mark.parametrize(
    ("first", "vote", "again"),
    [("kentou", "opinion", "kentou_reconvene"), ("honbu", "verdict", "reconvene")],
)
def test_without_a_quorum_the_chair_extends_or_hands_back(
    first: str, vote: str, again: str
) -> None:
    met = [False, False] if first == "kentou" else [True, False, False]
    case = Case(city=Tatsuno(quorum_met=[*met, *[True] * 9])).accepted().planned()
    if first == "honbu":
        case.advised().do("audit")
    case.timer(f"{vote}_reminder").timer(f"{vote}_deadline")
    assert case.open == [again]
    assert case.do(again, "extend").open == [vote, vote]
    case.do(vote).do(vote)
    assert case.do(again, "hand_back").open == ["project_sheet"]


def test_a_mark_below_good_asks_for_a_remedy() -> None:
    case = Case().accepted().planned().advised()
    case.refuses("safety_misuse_remedy", "audit", safety_misuse="bad")
    case.do("audit", safety_misuse="bad", safety_misuse_remedy="権限を絞る")
    assert case.open == ["verdict", "verdict"]


def test_members_who_find_it_needed_say_for_whom() -> None:
    case = Case().accepted().planned()
    case.refuses("citizen_value", "opinion", citizen_value=None)
    case.do("opinion", "abstain", citizen_value=None)


# -- ordinances, execution


def blocked() -> Case:
    return Case().running(ordinance_blocks=True).do("ordinance_list")


def test_what_an_ordinance_forbids_waits_for_its_amendment() -> None:
    case = blocked().do("ordinance_check", "amend").do("ordinance_plan")
    assert case.city.payloads("authority.find")[-1]["matter"]["route"] == "ordinance"
    case.stamped("send_back", reason="直す").do("ordinance_plan").stamped()
    assert case.open == ["ordinance_done"]
    assert case.do("ordinance_done").open == ["exec_plan"]


def test_practice_may_be_enough_and_a_refused_amendment_goes_back_to_the_plan() -> None:
    case = blocked().do("ordinance_check", "send_back").do("ordinance_list")
    assert case.do("ordinance_check", "practice").open == ["exec_plan"]
    refused = blocked().do("ordinance_check", "amend").do("ordinance_plan").stamped("reject")
    assert refused.open == ["project_sheet"]
    assert refused.planned().open == ["opinion", "opinion"]


def test_the_expert_keeps_the_schedule_while_the_section_works() -> None:
    case = Case().running()
    assert case.task("exec_plan").groups == ("role:dx-expert",)
    case.do("exec_plan")
    assert case.task("execution_report").groups == ("role-in:elderly:leader",)
    case.timer("execution_report_reminder").do("execution_report", "progress")
    case.do("execution_report", "replan").do("exec_plan")
    assert len(case.city.payloads("milestone.plan")) == 2
    case.do("execution_report", "done")
    assert case.open == []
    (timer,) = case.step.timers
    assert local_date(timer.due) == dt.date(2027, 3, 1)


# -- the effect judged


def test_a_case_may_be_measured_for_years() -> None:
    case = Case().measuring().do("judge", "later").measured()
    assert [one["period"] for one in case.city.payloads("kpi.record")] == ["FY2026", "FY2028"]
    assert case.do("judge", "effective").open == ["spread_units"]


def test_measuring_is_remembered() -> None:
    case = Case().running().do("exec_plan").do("execution_report", "done").timer("measure_day")
    case.timer("kpi_measure_reminder")
    assert case.city.payloads("notify")[-1]["groups"] == ["section:elderly"]


def test_without_success_practice_and_measures_are_reviewed_twice_at_the_most() -> None:
    case = Case().measuring().fruitless()
    assert case.city.payloads("kpi.revise")[-1]["body"] == "kentou"
    days = [local_date(case.city.now)]
    for expected in (60, 40):
        (timer,) = case.step.timers
        days.append(local_date(timer.due))
        assert abs((days[-1] - days[-2]).days - expected * 7 / 5) < 12
        case.measured().fruitless()
    assert case.open == ["retire_plan"]


def retiring() -> Case:
    return Case().measuring().fruitless("retire").do("retire_plan").do("retire_check", "approve")


def test_retiring_is_a_decision_of_its_own_with_data_contract_and_notice() -> None:
    case = Case().measuring().fruitless("retire").do("retire_plan").do("retire_check", "send_back")
    case.do("retire_plan").do("retire_check", "approve")
    matter = case.city.payloads("authority.find")[-1]["matter"]
    assert (matter["route"], matter["amount"]) == ("retire", 6_000_000)
    case.stamped("send_back", reason="直す").do("retire_plan").do("retire_check", "approve")
    case.stamped()
    case.refuses("data_done", "retire_work", data_done=False)
    assert case.do("retire_work").status == "stopped"


def test_a_system_whose_end_is_refused_is_measured_again() -> None:
    case = retiring().stamped("reject", reason="使う人がいる")
    assert case.open == []
    assert case.measured().open == ["judge"]


def test_the_retirement_of_what_weighs_heavily_is_the_mayors() -> None:
    case = Case().measuring().fruitless("retire").do("retire_plan", flags=["precedent"])
    case.do("retire_check", "approve")
    assert case.city.payloads("authority.find")[-1]["matter"]["important"] is True


def test_others_take_it_up_from_their_own_problem_not_by_copying() -> None:
    case = Case().measuring().do("judge", "effective").do("spread_units", "spread")
    assert {task.groups for task in case.step.tasks} == {("head:tax",), ("head:digital",)}
    case.refuses("own_issue", "spread_survey", own_issue="")
    case.do("spread_survey").do("spread_survey")
    assert case.task("spread_advice").groups == ("role-in:elderly:leader",)
    case.do("spread_advice").do("spread_advice")
    case.do("spread_choice", "adopt").do("spread_choice", "decline")
    (taken,) = case.city.payloads("case.extend")
    assert taken["note"] == "自課の課題: 電話が多い 前提の違い: 枠がある 提供元の助言: 担当を決める"
    assert taken["entries"] == {"trouble": "電話が多い"}
    assert case.status == "completed"


# -- what begins by itself


def campaign() -> Case:
    return Case("campaign", section="digital", wait_days=60).do("camp_plan")


def test_every_section_is_heard_and_the_candidates_are_ranked() -> None:
    case = campaign()
    assert case.open == ["hearing"] * 3
    assert case.task("hearing").groups == ("role:secretariat", "head:digital")
    for _section in SECTIONS:
        case.do("hearing", "needed").do("swot").do("core")
    found = [(one["title"], one["score"]) for one in case.step.variables["candidates"]]
    assert found == [("毎月の集計", 3)] * 3 + [("窓口での相談", 2)] * 3
    case.do("ranking")
    assert case.open == ["candidate_choice"] * 3
    case.do("candidate_choice", "propose").do("candidate_choice", "propose")
    case.do("candidate_choice", "leave")
    made = case.city.payloads("case.extend")
    assert [one["unit"] for one in made] == ["digital", "elderly"]
    assert made[0]["entries"] == {"title": "毎月の集計", "trouble": "数える", "change": "関数で"}
    assert case.status == "completed"


def test_no_need_is_recorded_with_its_reason_and_a_small_start_is_offered_later() -> None:
    case = campaign()
    case.refuses("reason", "hearing", "not_needed", reason="")
    case.do("hearing", "not_needed").do("hearing", "not_needed")
    case.timer("hearing_deadline").do("ranking", chosen=[])
    assert case.open == []
    case.timer("small_start_wait")
    assert case.open == ["small_start_offer"] * 2
    case.do("small_start_offer").do("small_start_offer")
    assert case.task("small_start_answer").groups == ("section:digital",)
    case.do("small_start_answer", "try").do("small_start_answer", "later")
    (made,) = case.city.payloads("case.extend")
    assert made["entries"]["change"] == "一枚の表で"
    assert case.status == "completed"


def test_what_is_not_done_by_the_deadline_is_left_and_the_rest_is_ranked() -> None:
    case = campaign().do("hearing", "needed").do("swot").do("core")
    case.do("hearing", "needed").do("hearing", "needed").do("swot")
    assert sorted(case.open) == ["core", "swot"]
    assert case.timer("core_deadline").open == ["ranking"]
    assert [one["title"] for one in case.step.variables["candidates"]] == [
        "毎月の集計",
        "窓口での相談",
    ]


def test_the_policy_is_checked_and_changed_by_the_headquarters() -> None:
    def drafted() -> Case:
        case = Case("policy_review", begin="policy_start", section="digital", office="")
        return case.do("policy_check", "revise").do("policy_draft")

    kept = Case("policy_review", begin="policy_start", section="digital", office="")
    assert kept.do("policy_check", "keep").status == "completed"
    case = drafted().decided("return_sheet").do("policy_draft").decided()
    assert case.do("policy_publish").status == "completed"
    assert drafted().decided("reject").city.payloads("notify") == []


def test_staff_ask_for_a_review_of_the_policy_and_the_office_has_it() -> None:
    case = Case("policy_review", section="elderly", office="digital")
    assert case.open == ["policy_check"]
    assert case.task("policy_check").groups == ("role:secretariat",)
    case.do("policy_check", "revise")
    assert case.city.payloads("case.units") == [{"lead": "digital", "related": []}]
    assert case.do("policy_draft").decided().do("policy_publish").status == "completed"


def test_a_head_who_has_not_looked_is_reminded() -> None:
    case = Case().timer("head_approval_reminder")
    assert case.city.payloads("notify")[-1]["groups"] == ["head:elderly", "head:dept_welfare"]


def test_members_say_what_they_think_in_every_way() -> None:
    for first, second in (("conditions", "return"), ("reject", "abstain")):
        case = Case().accepted().planned().do("opinion", first).do("opinion", second)
        case.do("opinion_summary", "approve").do("audit").do("verdict", first).do("verdict", second)
        cast = [one["verdict"] for one in case.city.payloads("committee.vote")]
        assert cast == [first, second] * 2


STORIES = [
    test_a_proposal_of_one_section_goes_from_the_idea_to_the_end,
    test_head_and_office_send_an_idea_back_and_refuse_it,
    test_what_touches_several_sections_is_studied_by_them_first,
    test_a_study_goes_on_at_its_deadline_and_may_end_the_matter,
    test_the_plan_is_sent_back_by_head_committee_audit_and_headquarters,
    test_committee_and_headquarters_may_refuse,
    lambda: test_without_a_quorum_the_chair_extends_or_hands_back("kentou", "opinion", "kentou_reconvene"),
    lambda: test_without_a_quorum_the_chair_extends_or_hands_back("honbu", "verdict", "reconvene"),
    lambda: test_nothing_comes_before_the_headquarters_without_a_measure_of_the_citizens_view(
        [KPI | {"citizen": False}]
    ),
    test_what_an_ordinance_forbids_waits_for_its_amendment,
    test_practice_may_be_enough_and_a_refused_amendment_goes_back_to_the_plan,
    test_the_expert_keeps_the_schedule_while_the_section_works,
    test_a_case_may_be_measured_for_years,
    test_measuring_is_remembered,
    test_without_success_practice_and_measures_are_reviewed_twice_at_the_most,
    test_retiring_is_a_decision_of_its_own_with_data_contract_and_notice,
    test_a_system_whose_end_is_refused_is_measured_again,
    test_others_take_it_up_from_their_own_problem_not_by_copying,
    test_every_section_is_heard_and_the_candidates_are_ranked,
    test_no_need_is_recorded_with_its_reason_and_a_small_start_is_offered_later,
    test_what_is_not_done_by_the_deadline_is_left_and_the_rest_is_ranked,
    test_the_policy_is_checked_and_changed_by_the_headquarters,
    test_staff_ask_for_a_review_of_the_policy_and_the_office_has_it,
    test_a_head_who_has_not_looked_is_reminded,
    test_members_say_what_they_think_in_every_way,
]  # fmt: skip


def test_the_stories_walk_every_way_and_press_every_button(monkeypatch) -> None:
    played: list[Case] = []
    begin = Case.__init__

    def remembered(self: Case, *args: Any, **given: Any) -> None:
        begin(self, *args, **given)
        played.append(self)

    monkeypatch.setattr(Case, "__init__", remembered)
    for story in STORIES:
        story()
    walked = {flow for case in played for flow in case.walked}
    assert {flow for flow in PACK.flows if flow[0] not in SHARED} - walked == set()
    pressed = {button for case in played for button in case.pressed}
    elsewhere = {one.form_key for one in PACK.processes["decision"].elements.values()}
    # what only begins a case is handed in before anything is played
    elsewhere |= {one["form"] for one in PACK.starts} - {task.form_key for task in tasks()}
    assert {one for one in PACK.buttons - pressed if one[0] not in elsewhere} == set()
