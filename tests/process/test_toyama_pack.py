"""富山市のパック: every way through its processes, its gates and its traps, played by hand."""

import datetime as dt
from typing import Any

import pytest

from dxflow import feel
from dxflow.clock import local_date
from dxflow.models.model import Kind
from tests.process.toyama_play import DAYS, KPI, PACK, STEPS, WORDS, Case, Toyama

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
        "revise_idea", "to_sheet", "bpr", "sheet_v2", "inhouse_try", "spec", "plan_policy",
        "plan_draft", "plan_final", "to_pubcom", "year_report", "plan_rolling",
    }  # fmt: skip
    assert {key for key, act in acts.items() if act in ("approve", "vote", "conclude")} == {
        "head_approval", "triage", "sheet_approval", "to_check", "verdict", "reconvene", "conclude",
        "advice", "extend_advice", "summarise", "to_confirm", "to_eval", "to_honbu", "to_rolling",
        "v2_check", "inhouse_confirm", "spec_check", "division_report",
    }  # fmt: skip


def test_each_division_belongs_to_the_headquarters_and_hands_on_what_it_approved() -> None:
    bodies = PACK.settings["bodies"]
    for key in ("gyozaisei", "soshiki", "dx"):
        assert (bodies[key]["parent"], bodies[key]["rules"]["referral"]) == ("honbu", "auto")
    assert bodies["godo"]["parent"] == "honbu"
    assert "parent" not in bodies["iinkai"]


def test_a_sheet_of_several_sections_is_for_all_of_them() -> None:
    scope = {"lead": "digital", "related": ["tax"]}
    lane = feel.parse(PACK.settings["lanes"]["所管所属"]).evaluate(scope, {})
    assert lane == ["section:digital", "section:tax"]


@pytest.mark.parametrize(
    ("division", "is_dx", "purpose"),
    [("dx", True, "workplace"), ("dx", True, "service"), ("soshiki", False, "workplace"),
     ("gyozaisei", False, "sustain"), ("gyozaisei", False, "revenue")],
)  # fmt: skip
def test_purpose_and_mark_suggest_the_division(division: str, is_dx: bool, purpose: str) -> None:
    given = {"is_dx": is_dx, "purpose": purpose}
    assert PACK.decisions["division"].evaluate("division", given).value == division


# -- an item from the proposal to the decision


def test_an_item_goes_from_the_proposal_to_its_end() -> None:
    case = Case(city=Toyama(duties=[1, 0])).monitoring().measured().do("to_honbu", "finish")
    assert case.open == ["duty_check"]
    assert case.do("duty_check", "checked").status == "completed"
    assert [one["body"] for one in case.city.payloads("committee.convene")] == ["dx", "honbu"]


def test_head_and_office_send_a_proposal_back_and_refuse_it() -> None:
    case = Case().do("head_approval", "send_back").do("revise_idea").do("head_approval", "approve")
    assert case.do("triage", "supplement").do("revise_idea").open == ["head_approval"]
    assert case.do("head_approval", "approve").do("triage", "reject").status == "rejected"
    assert Case().do("head_approval", "reject").status == "rejected"


def test_a_proposal_is_not_taken_in_without_saying_which_way_it_goes() -> None:
    Case().do("head_approval", "approve").refuses("kind", "triage", "proceed", kind=None)


def test_the_sheet_comes_back_to_where_it_is_wanting() -> None:
    case = Case().accepted().do("to_sheet").do("bpr")
    case.do("sheet_approval", "send_back", return_to="bpr").do("bpr")
    case.do("sheet_approval", "send_back", return_to="sheet")
    assert case.open == ["to_sheet"]
    case.do("to_sheet").do("bpr").do("sheet_approval", "approve").do("to_check", "send_back")
    assert case.written().open == ["verdict", "verdict"]


def test_the_office_may_take_another_division_than_suggested() -> None:
    case = Case().accepted().do("to_sheet").do("bpr").do("sheet_approval", "approve")
    case.do("to_check", "pass", division="gyozaisei")
    assert case.city.payloads("committee.convene")[-1]["body"] == "gyozaisei"


def test_division_and_headquarters_send_back_for_good_reason_or_refuse() -> None:
    case = Case().accepted().written(is_dx=False, purpose="workplace").met("return_bpr")
    assert case.open == ["bpr"]
    case.do("bpr").do("sheet_approval", "approve").do("to_check", "pass")
    assert case.city.payloads("committee.convene")[-1]["body"] == "soshiki"
    case.met().met("return_sheet")
    assert case.open == ["to_sheet"]
    assert case.written().met().met("reject").status == "rejected"
    assert Case().accepted().written().met("reject").status == "rejected"


def test_without_a_quorum_the_chair_extends_or_hands_back() -> None:
    case = Case(city=Toyama(quorum_met=[False, True, False])).accepted().written()
    case.do("verdict", "approve").do("verdict", "abstain").do("reconvene", "extend")
    assert case.met().open == ["verdict", "verdict"]  # now of the headquarters
    assert case.do("verdict", "approve").do("verdict", "approve").open == ["reconvene"]
    assert case.do("reconvene", "hand_back").open == ["to_sheet"]


def test_a_deadline_ends_the_voting_and_members_are_reminded() -> None:
    case = Case().accepted().written().timer("verdict_reminder")
    assert case.city.payloads("notify")[-1]["message"].startswith("判断の締切")
    assert case.timer("verdict_deadline").open == ["conclude"]


def test_conditions_of_a_body_become_duties_of_the_lead_section() -> None:
    case = Case().accepted().written().met("conditions")
    (imposed,) = case.city.payloads("duty.impose")[-1:]
    assert imposed["owner"] == "section:elderly"
    assert [one["text"] for one in imposed["conditions"]] == ["項目の一覧を作る"]


def test_a_decision_may_send_back_straight_or_refuse() -> None:
    case = Case().accepted().written().met().met()
    case.stamped("send_back", after_return="straight")
    assert case.written().open == ["decide"]
    assert case.do("decide", "reject").status == "rejected"


# -- the sheet and its measures


def registered(*kpis: dict[str, Any]) -> list[dict[str, Any]]:
    case = Case().accepted().do("to_sheet", kpis=list(kpis))
    return list(case.city.payloads("kpi.register")[-1]["measures"])


def test_the_cells_of_the_years_become_targets_of_the_years() -> None:
    (found,) = registered(KPI)
    assert found["yearly"] == "R8 前年度比+50件\nR10 前年度比+5%"
    assert (found["target"], found["target_year"]) == ("前年度比+5%", "2028")
    assert (found["baseline"], found["frequency"]) == ("824", "year")


def test_steps_are_measured_and_an_outcome_without_years_stays_in_words() -> None:
    found = registered(STEPS, WORDS)
    assert [one["name"] for one in found] == ["ツールの導入"]
    assert (found[0]["scale"], found[0]["yearly"]) == ("introduction", "R8 一部導入\nR9 完了")
    assert registered(WORDS) == []


@pytest.mark.parametrize(
    "field", ["purpose", "summary", "as_is", "issues", "logic", "lead", "begin_year"]
)
def test_a_sheet_is_not_taken_without_what_the_plan_prints(field: str) -> None:
    Case().accepted().refuses(field, "to_sheet", **{field: [] if field in LISTS else None})


LISTS = {"as_is", "issues", "logic"}


@pytest.mark.parametrize(
    "field", ["viewpoints", "rebuilt", "applications", "needs", "cost_initial"]
)
def test_the_redesign_asks_for_as_is_to_be_and_what_it_costs(field: str) -> None:
    case = Case().accepted().do("to_sheet")
    case.refuses(field, "bpr", **{field: [] if field == "viewpoints" else None})


def test_a_viewpoint_without_its_aim_is_not_taken() -> None:
    case = Case().accepted().do("to_sheet")
    case.refuses("viewpoints[0].to_be", "bpr", viewpoints=[{"viewpoint": "窓口", "as_is": "並ぶ"}])


def test_what_is_decided_is_the_cost_of_the_redesign() -> None:
    case = Case().accepted().do("to_sheet").do("bpr")
    assert case.city.payloads("case.amount") == [{"amount": 13_000_000}]


# -- every year


def test_nothing_is_asked_until_the_year_is_over_and_then_people_are_reminded() -> None:
    case = Case().monitoring()
    assert case.open == []
    case.timer("period_closed")
    assert local_date(case.city.now) == dt.date(2027, 4, 1)
    assert case.task("kpi_measure").groups == ("section:elderly", "section:tax")
    case.timer("measure_reminder")
    assert case.city.payloads("notify")[-1]["groups"] == ["section:elderly", "section:tax"]


def test_an_item_that_begins_later_is_measured_from_then() -> None:
    case = Case().monitoring(begin_year="2028").timer("begin_day")
    assert local_date(case.city.now) == dt.date(2028, 4, 1)
    assert local_date(case.timer("period_closed").city.now) == dt.date(2029, 4, 2)


def test_the_office_sends_actuals_back_and_division_and_headquarters_look_in_turn() -> None:
    case = Case().monitoring().timer("period_closed").do("kpi_measure")
    assert case.do("to_confirm", "send_back").open == ["kpi_measure"]
    case.do("kpi_measure").do("to_confirm", "pass")
    assert case.task("to_eval").groups == ("role:dx-chair",)
    assert case.do("to_eval").task("to_honbu").groups == ("role:honbu-chair", "role:honbu-deputy")


def test_the_headquarters_go_on_revise_or_stop() -> None:
    case = Case().monitoring().years(1).measured().do("to_honbu", "revise")
    (revised,) = case.city.payloads("kpi.revise")
    assert (revised["body"], [one["target"] for one in revised["revisions"]]) == (
        "honbu", ["前年度比+10%"],
    )  # fmt: skip
    assert (case.open, case.city.payloads("case.extend")) == ([], [])
    assert local_date(case.step.timers[0].due) == dt.date(2029, 4, 2)
    assert Case().monitoring().measured().do("to_honbu", "stop").status == "stopped"


# -- the third year of the plan: rolling


def rolling() -> Case:
    case = Case().monitoring().years(2).measured()
    assert set(case.open) == {"advice"}
    return case


def test_only_the_third_year_of_the_plan_asks_the_council() -> None:
    case = rolling().advised().do("to_rolling", "keep")
    assert [one["body"] for one in case.city.payloads("committee.convene")][2:] == ["iinkai"]
    assert case.years(1).measured().open == ["to_honbu"]


def test_the_council_advises_and_does_not_bind() -> None:
    case = rolling()
    case.do("advice", "conditions").do("advice", "return").do("summarise", "return")
    assert case.open == ["to_rolling"]
    assert "reject" not in {one.key for one in PACK.forms["advice"].outcomes}


def test_the_council_is_reminded_and_its_chair_extends_or_hands_back() -> None:
    city = Toyama(quorum_met=[True, True, False, False])
    case = Case(city=city).monitoring().years(2).measured().timer("advice_reminder")
    assert city.payloads("notify")[-1]["message"].startswith("委員会の意見の締切")
    assert case.timer("advice_deadline").open == ["extend_advice"]
    case.do("extend_advice", "extend").do("advice", "abstain").do("advice", "approve")
    assert case.do("extend_advice", "hand_back").open == ["to_rolling"]


def test_a_changed_item_gets_a_new_sheet_and_the_old_one_stays() -> None:
    case = rolling().advised("conditions").do("to_rolling", "revise")
    case.do("sheet_v2").do("v2_check", "send_back").do("sheet_v2").do("v2_check", "pass")
    assert case.open == []
    assert len(case.city.payloads("kpi.register")) == 1  # what was measured is kept
    assert case.years(1).measured().do("to_honbu", "finish").status == "completed"


def test_an_item_may_be_added_as_a_case_of_its_own() -> None:
    case = rolling().advised().do("to_rolling", "add")
    assert case.city.payloads("case.extend") == [{"unit": "tax", "note": "税も"}]
    assert case.open == []


def test_an_item_may_leave_the_plan_at_the_review() -> None:
    assert rolling().advised().do("to_rolling", "close").status == "completed"


# -- made in-house, or ordered


def test_what_the_leader_makes_is_taken_into_use() -> None:
    case = Case().accepted("inhouse")
    assert case.task("inhouse_try").groups == ("role-in:elderly:dx-leader",)
    case.do("inhouse_try", "made").do("inhouse_confirm", "send_back").do("inhouse_try", "made")
    assert case.do("inhouse_confirm", "confirm").status == "completed"


def test_a_leader_begins_in_house_work_without_waiting_for_its_acceptance() -> None:
    case = Case("inhouse_case", section="tax")
    assert case.city.payloads("notify")[0]["groups"] == ["role:dx-master"]
    assert case.open == ["inhouse_try"]
    assert case.task("inhouse_try").groups == ("role-in:tax:dx-leader",)
    case.do("inhouse_try", "made").do("inhouse_confirm", "confirm")
    assert case.status == "completed"
    case = Case("inhouse_case").do("inhouse_try", "escalate").do("master_advice", "escalate")
    case.do("officer_advice", "outsource").do("spec").do("spec_check", "approve")
    assert case.stamped("reject").status == "rejected"


def test_the_leader_is_asked_before_the_day_has_come() -> None:
    case = Case().accepted("inhouse")
    due = case.task("inhouse_try").due
    assert due is not None
    assert case.timer("try_reminder").city.now < due
    assert "マスターへの相談" in case.city.payloads("notify")[-1]["message"]


@pytest.mark.parametrize("field", ["rebuilt", "stuck"])
def test_nothing_is_handed_up_without_the_question_and_where_it_is_stuck(field: str) -> None:
    Case().accepted("inhouse").refuses(field, "inhouse_try", "escalate", **{field: None})


def outsourced() -> Case:
    case = Case().accepted("inhouse").do("inhouse_try", "escalate").do("master_advice", "escalate")
    return case.do("officer_advice", "outsource")


def test_it_goes_up_to_the_master_and_the_officer_and_may_come_back_from_each() -> None:
    case = Case().accepted("inhouse").do("inhouse_try", "escalate")
    assert case.task("master_advice").groups == ("role:dx-master",)
    case.do("master_advice", "coach").do("inhouse_try", "escalate").do("master_advice", "escalate")
    assert case.task("officer_advice").groups == ("role:digital-officer",)
    assert case.do("officer_advice", "coach").open == ["inhouse_try"]


def test_what_goes_beyond_is_ordered_with_a_specification_of_the_leader() -> None:
    case = outsourced()
    assert case.task("spec").groups == ("role-in:elderly:dx-leader",)
    case.do("spec").do("spec_check", "send_back").do("spec").do("spec_check", "approve")
    assert case.city.payloads("authority.find")[-1]["matter"] == {
        "important": False, "amount": 780_000, "route": "small",
    }  # fmt: skip
    assert case.stamped().do("order_report").status == "completed"


def test_an_order_may_be_sent_back_or_refused() -> None:
    case = outsourced().do("spec").do("spec_check", "approve").stamped("send_back")
    assert case.open == ["spec"]
    assert case.do("spec").do("spec_check", "approve").stamped("reject").status == "rejected"


# -- the plan, every five years


def drafted() -> Case:
    case = Case("plan", started_on=dt.date(2026, 6, 1)).do("plan_policy").timer("joint1_day").met()
    case.timer("honbu1_day").met().do("team_proposal").timer("council1_day").advised()
    return case.do("plan_draft")


def divisions(case: Case) -> Case:
    case.timer("divisions_day")
    for _division in range(3):
        case.met()
    return case


def test_the_plan_is_made_in_the_published_order_and_each_waits_for_its_day() -> None:
    case = divisions(drafted()).timer("joint2_day").met()
    assert case.open == []
    case.timer("pubcom_end")
    assert local_date(case.city.now) == dt.date(2027, 2, 1)
    case.do("to_pubcom").do("plan_final").timer("council2_day").advised().timer("honbu2_day")
    assert str(local_date(case.city.now)) == DAYS["honbu2_on"]
    assert case.met().status == "completed"
    assert [one["body"] for one in case.city.payloads("committee.convene")] == [
        "godo", "honbu", "iinkai", "gyozaisei", "soshiki", "dx", "godo", "iinkai", "honbu",
    ]  # fmt: skip
    assert case.city.payloads("notify")[-1]["groups"] == [
        "head:digital",
        "head:elderly",
        "head:tax",
    ]


def test_the_draft_waits_for_the_council_and_the_team() -> None:
    case = Case("plan", started_on=dt.date(2026, 6, 1)).do("plan_policy").timer("joint1_day").met()
    case.timer("honbu1_day").met().timer("council1_day").advised()
    assert case.open == ["team_proposal"]
    assert case.task("team_proposal").groups == ("role:redesign-team",)


def test_policy_and_draft_come_back_from_the_bodies() -> None:
    case = Case("plan", started_on=dt.date(2026, 6, 1)).do("plan_policy").timer("joint1_day")
    assert case.met("return_sheet").open == ["plan_policy"]
    case.do("plan_policy").met().timer("honbu1_day").met("reject")
    assert case.open == ["plan_policy"]
    case = drafted().timer("divisions_day").met().met("return_sheet").met()
    assert case.open == ["plan_draft"]
    case = divisions(case.do("plan_draft")) if case.step.timers else case.do("plan_draft")


def test_one_division_that_does_not_agree_is_enough_to_draft_again() -> None:
    case = drafted().timer("divisions_day").met("reject").met().met()
    assert case.open == ["plan_draft"]
    case.do("plan_draft").met().met().met().timer("joint2_day").met("return_sheet")
    assert case.open == ["plan_draft"]


def test_the_headquarters_may_have_the_plan_written_again_or_refuse_it() -> None:
    case = divisions(drafted()).timer("joint2_day").met().timer("pubcom_end").do("to_pubcom")
    case.do("plan_final").timer("council2_day").advised("return").timer("honbu2_day")
    assert case.met("return_sheet").open == ["plan_final"]
    assert case.do("plan_final").advised().met("reject").status == "rejected"


def test_an_opinion_of_a_citizen_is_not_left_without_an_answer() -> None:
    case = divisions(drafted()).timer("joint2_day").met().timer("pubcom_end")
    case.refuses("opinions[0].view", "to_pubcom",
                 opinions=[{"opinion": "置いていかないで", "reflected": "changed"}])  # fmt: skip


# -- the plan as a whole, every year


def year(started_on: dt.date) -> Case:
    case = Case("year", started_on=started_on).do("year_report")
    for division in ("gyozaisei", "soshiki", "dx"):
        assert case.task("division_report").groups == (f"role:{division}-chair",)
        case.do("division_report")
    return case


def test_each_year_the_divisions_report_and_the_headquarters_look() -> None:
    case = year(dt.date(2027, 6, 1)).met("return_sheet")
    assert case.open == ["year_report"]
    case.do("year_report").do("division_report").do("division_report").do("division_report")
    assert case.met().status == "completed"


def test_after_the_third_year_the_plan_is_reviewed_with_the_council() -> None:
    case = year(dt.date(2029, 6, 1)).met().advised().do("plan_rolling").met("return_sheet")
    assert case.open == ["plan_rolling"]
    assert case.do("plan_rolling").met().status == "completed"
    assert [one["body"] for one in case.city.payloads("committee.convene")] == [
        "honbu", "iinkai", "honbu", "honbu",
    ]  # fmt: skip
