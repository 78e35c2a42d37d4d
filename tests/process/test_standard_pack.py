"""The standard pack may be published, says what it promises, and every path in it can be walked."""

from functools import cache
from typing import Any

import pytest

from dxflow import feel
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.models.check import check_executable, check_set
from dxflow.models.context import Context
from dxflow.models.model import Kind
from tests.process.standard_pack import FORMS, PROCESSES, START, City, Play, standard

COMMANDS = frozenset(
    {
        "authority.find", "bpr.register", "case.amount", "case.extend", "case.title",
        "case.units", "committee.convene", "committee.resolve", "committee.tally",
        "committee.vote", "decision.record", "document.draw", "document.further", "document.route",
        "document.stamp", "draft.read", "duty.impose", "duty.open", "kpi.assess",
        "kpi.record", "kpi.register", "kpi.revise", "milestone.plan", "milestone.report",
        "notify", "opinion.record",
    }
)  # fmt: skip


def context() -> Context:
    pack = standard()
    return Context(
        forms=frozenset(pack.forms),
        decisions=frozenset(pack.decisions),
        processes=frozenset(pack.processes),
        commands=COMMANDS,
        lanes=pack.settings["lanes"],
        functions=frozenset(feel_functions(BusinessCalendar(), lambda: START)),
    )


# -- what the files promise


@pytest.mark.parametrize("name", sorted(file.name for file in PROCESSES.glob("*.bpmn")))
def test_every_drawing_may_be_published(name: str) -> None:
    assert check_executable(standard().models[name], context()) == []


def test_the_drawings_fit_together() -> None:
    assert check_set(list(standard().models.values()), context()) == []


def user_tasks() -> list[Any]:
    return [
        element
        for process in standard().processes.values()
        for element in process.elements.values()
        if element.kind is Kind.USER_TASK
    ]


def test_every_user_task_has_its_form_and_no_form_lies_idle() -> None:
    pack = standard()
    asked = {task.form_key for task in user_tasks()} | {pack.settings["start"]["form"]}
    assert asked == set(pack.forms) == {file.stem for file in FORMS.glob("*.form")}


def test_every_user_task_lies_in_a_lane_with_a_group_and_has_a_due_date() -> None:
    for task in user_tasks():
        assert task.lane in standard().settings["lanes"], task.id
        assert task.due, task.id
        assert task.documentation or task.form_key.endswith("_opinion"), task.id


def test_every_lane_of_every_drawing_has_a_group_that_can_be_computed() -> None:
    scope = {
        "applicant": "user:p1", "section": "elderly", "department": "dept_welfare",
        "lead": "elderly", "unit": "tax", "seat": "committee_chair", "chair": "post:chair",
        "stop": {"group": "role:finance"}, "decider_group": "post:mayor",
    }  # fmt: skip
    kinds = ("user:", "section:", "head:", "post:", "role:")
    for process in standard().processes.values():
        for lane in process.lanes.values():
            groups = feel.parse(standard().settings["lanes"][lane]).evaluate(scope, {})
            for group in groups if isinstance(groups, list) else [groups]:
                assert group.startswith(kinds), (lane, group)


def test_a_section_without_a_department_is_still_approved_by_its_head() -> None:
    scope = {"section": "audit_office", "lead": "audit_office", "department": None}
    for lane in ("所属長", "担当課長"):
        groups = feel.parse(standard().settings["lanes"][lane]).evaluate(scope, {})
        assert groups == ["head:audit_office"]


def test_whoever_judges_a_proposal_is_kept_apart_from_who_made_it() -> None:
    acts = {task.id: task.properties.get("act", "") for task in user_tasks()}
    assert {key for key, act in acts.items() if act == "draft"} == {
        "revise_idea", "supplement_idea", "project_sheet", "small_sheet", "bpr_analysis",
        "co_draft",
    }  # fmt: skip
    assert {key: acts[key] for key in ("head_approval", "triage", "sheet_approval")} == (
        dict.fromkeys(("head_approval", "triage", "sheet_approval"), "approve")
    )
    assert (acts["verdict"], acts["conclude"], acts["decide"]) == ("vote", "conclude", "decide")


def test_sections_write_a_sheet_in_turn_and_heads_read_it_together() -> None:
    def shared(way: str) -> Play:
        play = Play().do("head_approval", "approve").do("triage", "proceed")
        return play.do("project_sheet", "share").do("share", way)

    written = shared("co_draft")
    assert [task.groups for task in written.step.tasks] == [("section:tax",)]
    written.do("co_draft", "written")
    assert [task.groups for task in written.step.tasks] == [("section:digital",)]
    assert written.do("co_draft", "written").open == ["project_sheet"]
    read = shared("pre_read")
    groups = {task.groups for task in read.step.tasks}
    assert groups == {("head:tax",), ("head:digital",)}
    assert read.do("pre_read", "read").do("pre_read", "read").open == ["project_sheet"]
    told = read.city.payloads("draft.read")
    assert [one["form"] for one in told] == ["project_sheet"] * 2


def test_every_stage_is_a_call_in_the_top_process() -> None:
    pack = standard()
    calls = [
        element.id
        for element in pack.processes["proposal"].elements.values()
        if element.kind is Kind.CALL_ACTIVITY
    ]
    assert [stage["id"] for stage in pack.settings["stages"]] == calls


# -- the tables, row by row


@pytest.mark.parametrize(
    ("row", "route", "inputs"),
    [
        (1, "initiative", {"personal_data": True, "cost": 0}),
        (2, "initiative", {"cost": 1_000_000}),
        (3, "initiative", {"sections_touched": 3}),
        (4, "initiative", {"citizen_effect": "large"}),
        (5, "small", {"cost": 999_999, "sections_touched": 2, "citizen_effect": "some"}),
    ],
)
def test_the_route_follows_from_the_row_that_fires(
    row: int, route: str, inputs: dict[str, Any]
) -> None:
    given = {"personal_data": False, "cost": 0, "sections_touched": 1, "citizen_effect": "none"}
    outcome = standard().decisions["route"].evaluate("route", given | inputs)
    assert outcome.value["route"] == route
    assert [(rule.index, bool(rule.annotation)) for rule in outcome.fired] == [(row, True)]


@pytest.mark.parametrize(
    ("row", "post", "important", "amount", "route"),
    [
        (1, "mayor", True, 0, "small"),
        (1, "mayor", True, 60_000_000, "initiative"),
        (2, "mayor", False, 50_000_000, "initiative"),
        (3, "deputy_mayor", False, 49_999_999, "initiative"),
        (3, "deputy_mayor", False, 10_000_000, "small"),
        (4, "department_head", False, 9_999_999, "initiative"),
        (4, "department_head", False, 1_000_000, "small"),
        (5, "department_head", False, 999_999, "initiative"),
        (6, "section_head", False, 999_999, "small"),
    ],
)
def test_the_deciding_post_follows_from_amount_route_and_weight(
    row: int, post: str, important: bool, amount: int, route: str
) -> None:
    outcome = (
        standard()
        .decisions["authority"]
        .evaluate("authority", {"important": important, "amount": amount, "route": route})
    )
    assert (outcome.value["post_kind"], outcome.value["row"]) == (post, f"第{row}号")
    assert [rule.index for rule in outcome.fired] == [row]


# -- stories; together they walk every flow and press every button


def to_committee(play: Play) -> Play:
    """From the head's check of the sheet through the opinions."""
    play.do("sheet_approval", "approve")
    while play.open and play.open[0].endswith("_opinion"):
        play.do(play.open[0], "agree")
    return play


def to_decision(play: Play) -> Play:
    play.do("verdict", "approve").do("verdict", "approve")
    return play.do("conclude", "approve")


@cache
def sent_back_everywhere() -> Play:
    """An initiative that everybody sends back once, and that is done in the end."""
    city = City(quorum_met=[False, False, *[True] * 10], duties=[2, 0])
    play = Play(city)
    play.do("head_approval", "send_back").do("revise_idea").do("head_approval", "approve")
    play.do("triage", "send_back").do("supplement_idea").do("triage", "proceed")
    play.do("project_sheet", "share").do("share", "back")
    play.do("project_sheet", "share").do("share", "co_draft").do("co_draft", "written").do(
        "co_draft", "written"
    )
    play.do("project_sheet", "share").do("share", "co_draft").timer("co_draft_deadline")
    play.do("project_sheet", "share").do("share", "pre_read").do("pre_read", "read")
    play.do("pre_read", "read").do("project_sheet", "share").do("share", "pre_read")
    play.timer("pre_read_deadline")
    play.do("project_sheet").do("bpr_analysis").do("sheet_approval", "send_back")
    play.do("project_sheet").do("bpr_analysis")
    play.do("sheet_approval", "send_back", return_to="analysis").do("bpr_analysis")
    play.do("sheet_approval", "approve").timer("security_reminder")
    play.do("security_opinion", "agree").do("finance_opinion", "agree")
    play.do("related_opinion", "agree").do("related_opinion", "remark")
    play.timer("verdict_reminder").timer("verdict_deadline").do("reconvene", "extend")
    play.do("verdict", "abstain").do("verdict", "reject").do("reconvene", "hand_back")
    play.do("project_sheet").do("bpr_analysis").do("sheet_approval", "approve")
    play.do("security_opinion", "concern").do("finance_opinion", "concern")
    play.do("related_opinion", "concern").do("related_opinion", "concern")
    play.do("verdict", "return").do("verdict", "conditions").do("conclude", "return_analysis")
    to_committee(play.do("bpr_analysis"))
    play.do("verdict", "return").do("verdict", "return").do("conclude", "return_sheet")
    to_decision(to_committee(play.do("project_sheet").do("bpr_analysis")))
    to_decision(to_committee(play.do("review", "send_back").do("project_sheet").do("bpr_analysis")))
    play.do("review", "agree").timer("decision_reminder")
    play.do("decide", "send_back", after_return="straight").do("project_sheet")
    play.do("bpr_analysis").do("sheet_approval", "approve").do("decide", "escalate")
    play.do("review", "agree").do("review", "agree").do("agree_together", "object")
    to_committee(play.do("project_sheet").do("bpr_analysis"))
    play.do("verdict", "approve").do("verdict", "conditions").do("conclude", "conditions")
    play.do("review", "agree").do("review", "agree")
    play.do("agree_together", "agree").do("agree_together", "agree").do("decide", "provisional")
    play.do("agree_together", "agree").do("agree_together", "agree").do("decide", "approve")
    play.timer("report_reminder").do("execution_report", "progress").do("execution_report", "done")
    play.timer("period_closed").timer("measure_reminder").do("kpi_measure")
    play.timer("period_closed").do("kpi_measure").do("kpi_review", "continue")
    city.achieved = 1
    play.timer("period_closed").do("kpi_measure").timer("period_closed").do("kpi_measure")
    return play.do("kpi_closing", "finish").do("duty_check", "checked")


@cache
def small_and_stopped() -> Play:
    play = Play().do("head_approval", "approve").do("triage", "proceed", cost=100_000)
    play.do("small_sheet").do("sheet_approval", "send_back", return_to="analysis")
    play.do("small_sheet").do("sheet_approval", "approve").do("decide", "again")
    play.do("decide", "conditions")
    play.do("execution_report", "done").timer("period_closed").do("kpi_measure")
    return play.do("kpi_review", "stop")


def returned_straight() -> Play:
    """A case that the decider sends back, to have it again without the steps between."""
    play = Play().do("head_approval", "approve").do("triage", "proceed")
    to_decision(to_committee(play.do("project_sheet").do("bpr_analysis")))
    play.do("review", "agree").do("decide", "send_back", after_return="straight")
    return play.do("project_sheet").do("bpr_analysis").do("sheet_approval", "approve")


def important(city: City | None = None) -> Play:
    """A grave case before the formal decision, with two to be asked for their agreement."""
    given = {"lead": "elderly", "important": True, "amount": 1, "route": "initiative"}
    play = Play(city, "decision", **given)
    return play.do("review", "agree").do("review", "agree")


@cache
def tracked_for_years() -> Play:
    """The measurement phase alone: revised, extended, and prolonged after its target year."""
    city = City()
    play = Play(city, "kpi", lead="elderly", frequency="year")
    for button in ("revise", "extend"):
        play.timer("period_closed").do("kpi_measure").do("kpi_review", button)
    city.due = True
    for button in ("continue", "revise", "extend", "stop"):
        play.timer("period_closed").do("kpi_measure").do("kpi_closing", button)
    return play


@cache
def refused_by_the_head() -> Play:
    return Play().do("head_approval", "reject")


@cache
def refused_by_the_secretariat() -> Play:
    return Play().do("head_approval", "approve").do("triage", "reject")


@cache
def refused_by_the_committee() -> Play:
    play = Play().do("head_approval", "approve").do("triage", "proceed")
    play.do("project_sheet").do("bpr_analysis").do("sheet_approval", "approve")
    play.do("security_opinion", "remark").do("finance_opinion", "remark")
    play.do("related_opinion", "agree").do("related_opinion", "agree")
    return play.do("verdict", "reject").do("verdict", "reject").do("conclude", "reject")


@cache
def refused_by_the_decider() -> Play:
    play = Play().do("head_approval", "approve").do("triage", "proceed")
    to_decision(to_committee(play.do("project_sheet").do("bpr_analysis")))
    return play.do("review", "agree").do("decide", "reject")


STORIES = (
    sent_back_everywhere, small_and_stopped, tracked_for_years, refused_by_the_head,
    refused_by_the_secretariat, refused_by_the_committee, refused_by_the_decider,
)  # fmt: skip


def test_every_sequence_flow_of_every_drawing_is_walked() -> None:
    walked = set().union(*(story().walked for story in STORIES))
    assert standard().flows - walked == set()


def test_every_button_of_every_form_leads_on() -> None:
    pressed = set().union(*(story().pressed for story in STORIES))
    assert standard().buttons - pressed == set()


def test_a_case_ends_as_its_drawing_says() -> None:
    assert sent_back_everywhere().status == "completed"
    assert small_and_stopped().status == "stopped"
    for story in STORIES[3:]:
        assert story().status == "rejected"


# -- what the process asks of the program


def test_the_sheet_registers_title_sections_amount_measures_and_milestones() -> None:
    city = refused_by_the_committee().city
    assert city.payloads("case.title") == [{"title": "スマホ教室"}]
    assert city.payloads("case.units") == [
        {"lead": "elderly", "related": ["elderly", "tax", "digital"]}
    ]
    assert city.payloads("case.amount") == [{"amount": 21_000_000}]
    assert [row["target"] for row in city.payloads("kpi.register")[0]["measures"]] == ["225", "225"]
    assert len(city.payloads("milestone.plan")[0]["milestones"]) == 2
    assert set(city.payloads("bpr.register")[0]["steps"]) == {"as_is", "to_be"}


def test_a_small_improvement_asks_neither_opinions_nor_the_committee() -> None:
    called = {name for name, _payload in small_and_stopped().city.calls}
    assert called.isdisjoint({"opinion.record", "committee.convene", "bpr.register"})


def test_the_lead_section_is_not_asked_for_an_opinion_on_its_own_proposal() -> None:
    asked = [p["by"] for p in refused_by_the_committee().city.payloads("opinion.record")]
    assert sorted(asked) == ["head:digital", "head:tax", "role:finance", "role:security"]


def test_conditions_become_duties_only_when_they_were_imposed() -> None:
    imposed = sent_back_everywhere().city.payloads("duty.impose")
    assert [len(payload["conditions"]) for payload in imposed] == [0] * 6 + [1, 0, 0]
    assert {payload["owner"] for payload in imposed} == {"section:elderly"}


def test_measurement_is_asked_at_the_finest_interval_and_after_the_period_has_ended() -> None:
    recorded = sent_back_everywhere().city.payloads("kpi.record")
    periods = [payload["period"] for payload in recorded]
    assert [period[-2:] for period in periods] == ["H1", "H2", "H1", "H2"]
    assert periods == sorted(set(periods))


def test_revision_and_extension_are_asked_with_what_was_entered() -> None:
    city = tracked_for_years().city
    assert [p["revisions"][0]["target"] for p in city.payloads("kpi.revise")] == ["250", "250"]
    extended = {"unit": "tax", "note": "案内を置く"}
    assert city.payloads("case.extend") == [extended, extended]


def test_the_committee_is_asked_for_a_verdict_until_its_deadline() -> None:
    play = Play().do("head_approval", "approve").do("triage", "proceed")
    to_committee(play.do("project_sheet").do("bpr_analysis"))
    assert play.open == ["verdict", "verdict"]
    assert {task.groups for task in play.step.tasks} == {("post:seat_1",), ("post:seat_2",)}
    play.do("verdict", "approve").timer("verdict_deadline")
    assert play.open == ["conclude"]
    assert play.task("conclude").groups == ("post:seat_1",)


def test_what_was_sent_back_straight_comes_to_the_decider_at_once() -> None:
    play = returned_straight()
    assert play.open == ["decide"]
    again = play.do("decide", "send_back").do("project_sheet").do("bpr_analysis")
    assert again.do("sheet_approval", "approve").open[0].endswith("_opinion")


def test_a_matter_that_is_passed_up_is_drawn_up_anew_for_the_head() -> None:
    play = returned_straight().do("decide", "escalate")
    assert play.city.payloads("authority.find")[-1]["matter"]["important"] is True
    assert play.task("review").groups == ("post:department_head",)


@pytest.mark.parametrize("in_turn", [False, True])
def test_a_provisional_decision_asks_further_and_comes_back_for_the_final_one(in_turn) -> None:
    step = "agree_in_turn" if in_turn else "agree_together"
    play = important(City(in_turn=in_turn)).do(step, "agree").do(step, "agree")
    play.do("decide", "provisional")
    assert set(play.open) == {step}
    assert play.task(step).groups == ("head:tax",)
    assert play.do(step, "agree").do(step, "agree").open == ["decide"]
    assert play.city.payloads("decision.record")[0]["document"] == "d1"
    play.do("decide", "approve")
    first, last = play.city.payloads("decision.record")
    assert (first["outcome"], last["outcome"]) == ("provisional", "approve")
    assert first["document"] == last["document"]
    assert last["consult"] == []


def test_agreement_is_asked_of_all_at_once_or_one_after_the_other() -> None:
    assert important().open == ["agree_together", "agree_together"]
    one = important(City(in_turn=True))
    assert one.open == ["agree_in_turn"]
    assert one.do("agree_in_turn", "agree").do("agree_in_turn", "agree").open == ["decide"]


def test_who_does_not_agree_sends_the_matter_back() -> None:
    play = important(City(in_turn=True)).do("agree_in_turn", "object")
    assert play.step.ended
    assert play.step.variables["decision_result"] == "returned"


def test_the_state_of_the_engine_stays_small() -> None:
    assert len(sent_back_everywhere().step.state) < 8_000
    largest = tracked_for_years().step.variables
    assert len(str(largest)) < 2_000
