"""前橋市のパック: every way through its processes, its gates and its traps, played by hand."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dxflow import engine, forms
from tests.process.standard_pack import ANSWERS, CONDITIONS, KPI, City, Play, pack_of

PACK = pack_of("maebashi")
#: Forms that begin with the case's measures and milestones.
FILLED = ("ma_progress", "ma_close", "ma_adkar_sum")
VIEWS = {"audience": "citizen", "citizen_view": "待たない", "staff_view": "転記が減る"}
SHEET = {
    "plan": "dx2", "pillar": "contact", "focus": "counter", "title": "窓口の手続を減らす",
    "summary": "一つの窓口で済ませる", "lead": "elderly", "co_leads": [], "related": ["tax"],
    "before": "new", "related_plans": ["soumu"], **VIEWS,
    "actions": [{"year": "2026", "item": "手順の洗い出し", "effect": "減る", "due": "2026-12-25"}],
    "kpis": [KPI], "whole_city": False, "joint": False,
    "cost_initial": 20_000_000, "cost_running": 0,
}  # fmt: skip
MINE: dict[str, dict[str, Any]] = {
    "ma_idea": {"title": "窓口を減らす", "trouble": "回る", "change": "一度で", "beneficiary": ["citizen"]},
    "ma_triage": {"lead": "elderly", "cost": 1_000_000, "importance": [], "reason": "足りない"},
    "ma_sheet": SHEET,
    "ma_sheet_check": {"reason": "確かめた"},
    "ma_co_lead": {"comment": "進めたい"},
    "ma_joint": {"partners": [{"name": "県内の市", "part": "leader"}], "scope": "契約の仕組み",
                 "agreed_on": "2026-07-01"},
    "ma_team": {"members": ["elderly", "tax"], "leader": "digital", "aim": "減らす",
                "first_on": "2026-07-01"},
    "ma_support_request": {"wish": "測り方", "wanted_from": "2026-07-01"},
    "ma_support_plan": {"supporter": "担当", "way": "週に一度", "until": "2026-09-30"},
    "ma_bpr": ANSWERS["bpr_analysis"] | {"maturity_now": "ict", "maturity_aim": "bpr"},
    "ma_progress": {"progress": "進んだ", "observed": "国の方針が変わった",
                    "reports": [{"milestone": "s1", "status": "done"}],
                    "actuals": [{"measure": "m1", "value": 20}], "change_note": "合わなくなった"},
    "ma_monitor": {"comment": "見直してほしい"},
    "ma_change": {"cause": "technology", "observed": "方法が増えた",
                  "changes": [{"item": "目標", "was": "225", "becomes": "250"}],
                  "revisions": [{"measure": "m1", "target": "250", "reason": "伸びた"}],
                  "new_actions": [{"item": "共同の分析", "due": "2027-09-30"}], "redecide": False},
    "ma_close": {"actuals": [{"measure": "m1", "value": 230}], "result": "achieved", "review": "届いた"},
    "ma_carry": {"next": "広げる"},
}  # fmt: skip


@dataclass
class Maebashi(City):
    """The city's services, with its committee's quorum always met."""

    pack: Any = field(default_factory=lambda: PACK)

    def _case_extend(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"case": "R9-情報政策-0001"}


class Case(Play):
    """A case of the city, answered as the forms above say."""

    answers = ANSWERS | MINE

    def __init__(self, process: str = "ma_item", city: City | None = None, **given: object) -> None:
        super().__init__(city or Maebashi(), process, **given)

    def _context(self, task: engine.OpenTask) -> forms.Context:
        found = super()._context(task)
        rows = {"actuals": [{"measure": "m1"}], "reports": [{"milestone": "s1"}]}
        return replace(found, prefill=rows) if task.form_key in FILLED else found

    def vote(self, conclusion: str = "approve", **values: object) -> "Case":
        self.do("verdict", "approve").do("verdict", "approve").do("conclude", conclusion, **values)
        return self

    def to_sheet(self, **triage: object) -> "Case":
        self.do("head_approval", "approve").do("ma_triage", "proceed", **triage)
        return self

    def to_committee(self, **sheet: object) -> "Case":
        self.to_sheet().do("ma_sheet", **sheet).do("ma_sheet_check", "approve")
        self.do("ma_support_request").do("ma_support_plan").do("ma_bpr")
        return self

    def to_progress(self, **sheet: object) -> "Case":
        self.to_committee(**sheet).vote().decided()
        return self

    def decided(self, outcome: str = "approve", **values: object) -> "Case":
        for step in ("review", "agree_together"):
            while step in self.open:
                self.do(step, "agree")
        self.do("decide", outcome, **values)
        return self

    def to_close(self, **sheet: object) -> "Case":
        self.to_progress(**sheet)
        return self if self.open == ["ma_close"] else self.timer("plan_ends")


# -- the proposal and the sheet


def test_a_focus_project_goes_from_the_idea_to_its_review_at_the_end_of_the_plan() -> None:
    case = Case().to_close()
    assert case.city.now.date() == dt.date(2028, 2, 1)
    case.do("ma_close").vote()
    assert case.status == "completed"
    assert case.city.payloads("case.extend") == []


def test_head_and_office_send_an_idea_back_and_refuse_it() -> None:
    case = (
        Case().do("head_approval", "send_back").do("ma_revise_idea").do("head_approval", "approve")
    )
    case.do("ma_triage", "send_back").do("ma_supplement_idea")
    assert case.open == ["ma_triage"]
    assert case.do("ma_triage", "reject").status == "rejected"
    assert Case().do("head_approval", "reject").status == "rejected"


@pytest.mark.parametrize(
    ("audience", "missing"),
    [("citizen", "citizen_view"), ("business", "business_view"), ("both", "staff_view")],
)
def test_a_sheet_without_both_points_of_view_is_not_taken(audience: str, missing: str) -> None:
    case = Case().to_sheet()
    views = {"citizen_view": "一", "business_view": "二", "staff_view": "三"} | {missing: ""}
    with pytest.raises(forms.FormInvalid) as refused:
        case.do("ma_sheet", audience=audience, **views)
    assert {one.id.removeprefix("f-") for one in refused.value.errors} == {missing}


def test_business_takes_the_place_of_citizens_where_it_is_for_business() -> None:
    case = Case().to_sheet()
    case.do("ma_sheet", audience="business", business_view="印紙が要らない", citizen_view="")
    assert case.open == ["ma_sheet_check"]


def test_the_points_of_view_stand_side_by_side_before_those_who_judge() -> None:
    for form in ("ma_sheet_check", "ma_co_lead", "verdict"):
        (table,) = [one for one in PACK.forms[form].components if one.id == "table_views"]
        assert [column.label for column in table.columns] == ["市民目線・事業者目線", "職員目線"]


def test_every_joint_lead_must_agree() -> None:
    case = Case().to_sheet().do("ma_sheet", co_leads=["tax", "digital", "elderly"])
    case.do("ma_sheet_check", "approve")
    assert {task.variables["unit"] for task in case.step.tasks} == {"tax", "digital"}
    case.do("ma_co_lead", "agree").do("ma_co_lead", "object")
    assert case.open == ["ma_sheet"]
    case.do("ma_sheet", co_leads=["tax"]).do("ma_sheet_check", "approve").do("ma_co_lead", "agree")
    assert case.open == ["ma_support_request"]


def test_the_lead_head_sends_the_sheet_back() -> None:
    case = Case().to_sheet().do("ma_sheet").do("ma_sheet_check", "send_back")
    assert case.open == ["ma_sheet"]
    case.timer("ma_sheet_reminder")
    assert case.city.payloads("notify")[-1]["groups"] == ["section:elderly"]


def test_joint_procurement_is_settled_before_the_committee() -> None:
    case = Case().to_sheet().do("ma_sheet", joint=True).do("ma_sheet_check", "approve")
    assert case.open == ["ma_joint"]
    assert case.do("ma_joint").open == ["ma_support_request"]


# -- the two tracks of reviewing work


@pytest.mark.parametrize(
    ("related", "whole", "task"),
    [([], False, "ma_support_request"), (["tax"], False, "ma_support_request"),
     (["tax", "digital"], False, "ma_team"), ([], True, "ma_team")],
)  # fmt: skip
def test_the_number_of_sections_decides_between_team_and_support(
    related: list[str], whole: bool, task: str
) -> None:
    case = Case().to_sheet().do("ma_sheet", related=related, whole_city=whole)
    assert case.do("ma_sheet_check", "approve").open == [task]


def test_the_team_makes_the_analysis_together() -> None:
    case = Case().to_sheet().do("ma_sheet", whole_city=True).do("ma_sheet_check", "approve")
    case.do("ma_team")
    assert case.task("ma_bpr").groups == ("section:digital", "section:elderly", "section:tax")
    case.timer("ma_bpr_reminder").do("ma_bpr")
    assert case.city.payloads("bpr.register")[-1]["unit_cost"] == 3000
    assert case.open == ["verdict", "verdict"]


# -- committee and decision


@pytest.mark.parametrize(
    ("conclusion", "task"),
    [("return_sheet", "ma_sheet"), ("return_analysis", "ma_bpr")],
)
def test_the_committee_sends_back_to_the_sheet_or_the_analysis(conclusion: str, task: str) -> None:
    assert Case().to_committee().vote(conclusion).open == [task]


def test_the_committee_refuses() -> None:
    assert Case().to_committee().vote("reject").status == "rejected"


def test_the_deciding_post_follows_the_amount() -> None:
    case = Case().to_committee().vote()
    assert case.task("review").variables["ruling"]["post_kind"] == "deputy_mayor"
    assert case.decided("reject").status == "rejected"


def test_a_decision_sent_back_straight_skips_the_committee() -> None:
    case = Case().to_committee().vote().decided("send_back", after_return="straight")
    case.do("ma_sheet").do("ma_sheet_check", "approve")
    assert case.open == ["decide"]
    again = Case().to_committee().vote().decided("send_back", after_return="again")
    assert again.do("ma_sheet").do("ma_sheet_check", "approve").open == ["ma_support_request"]


def test_open_conditions_keep_the_case_open() -> None:
    case = Case(city=Maebashi(duties=[1, 0])).to_close().do("ma_close").vote()
    assert case.open == ["duty_check"]
    assert case.do("duty_check", "checked").status == "completed"


# -- progress, and change at any time


def test_progress_is_reported_when_the_period_is_over_and_the_committee_looks_at_it() -> None:
    case = Case().to_progress()
    assert case.task("ma_progress").variables["period"] == "FY2026-H1"
    with pytest.raises(forms.FormInvalid):
        case.do("ma_progress", "report")
    case.timer("progress_reminder").do("ma_progress", "report")
    assert case.city.payloads("kpi.record")[-1]["period"] == "FY2026-H1"
    assert case.task("ma_monitor").groups == ("role:committee-chair",)
    case.do("ma_monitor", "go_on")
    assert case.task("ma_progress").variables["period"] == "FY2026-H2"


def test_the_state_of_things_is_noted_at_any_time() -> None:
    case = Case().to_progress().do("ma_progress", "note")
    assert case.open == ["ma_progress"]
    assert case.city.payloads("milestone.report")[-1]["reports"][0]["status"] == "done"


def test_a_change_is_asked_for_at_any_time_and_the_committee_takes_it() -> None:
    case = Case().to_progress().do("ma_progress", "change").do("ma_change").vote()
    assert case.open == ["ma_progress"]
    revised = case.city.payloads("kpi.revise")[-1]
    assert (revised["body"], revised["revisions"][0]["target"]) == ("dx_committee", "250")
    added = case.city.payloads("milestone.plan")[-1]
    assert (added["add"], [one["name"] for one in added["milestones"]]) == (True, ["共同の分析"])
    assert case.task("ma_progress").variables["period"] == "FY2026-H1"


def test_a_change_of_what_was_decided_is_decided_again() -> None:
    case = Case().to_progress().do("ma_progress", "change")
    case.do("ma_change", redecide=True, new_amount=60_000_000).vote()
    assert case.task("review").variables["ruling"]["post_kind"] == "mayor"
    case.decided()
    assert case.city.payloads("document.draw")[-1]["about"] == "計画の変更"
    assert [one["about"] for one in case.city.payloads("decision.record")] == [None, "計画の変更"]
    assert case.city.payloads("case.amount")[-1]["amount"] == 60_000_000
    assert case.city.payloads("kpi.revise")
    assert case.open == ["ma_progress"]
    case.do("ma_progress", "change").do("ma_change", redecide=True, new_amount=1).vote()
    assert case.decided("send_back").open == ["ma_change"]


def test_a_change_is_sent_back_refused_or_taken_back() -> None:
    case = Case().to_progress().do("ma_progress", "change").do("ma_change").vote("return_sheet")
    assert case.open == ["ma_change"]
    assert case.do("ma_change").vote("reject").open == ["ma_progress"]
    assert case.do("ma_progress", "change").do("ma_change", "withdraw").open == ["ma_progress"]
    assert case.city.payloads("kpi.revise") == []


def test_the_committee_asks_for_a_change_or_stops_the_project() -> None:
    case = Case().to_progress().timer("progress_reminder").do("ma_progress", "report")
    case.do("ma_monitor", "ask_change")
    assert case.task("ma_change").variables["asked"] is True
    case.do("ma_change").vote().timer("progress_reminder").do("ma_progress", "report")
    assert case.do("ma_monitor", "stop").status == "stopped"


# -- the hard end of the plan


@pytest.mark.parametrize(
    ("plan", "day"), [("dx1", dt.date(2026, 5, 11)), ("dx2", dt.date(2028, 2, 1)), ("dx3", dt.date(2030, 2, 1))]
)  # fmt: skip
def test_each_plan_has_its_own_end(plan: str, day: dt.date) -> None:
    assert Case().to_close(plan=plan).city.now.date() == day


def test_what_is_carried_on_becomes_a_proposal_of_the_next_plan() -> None:
    case = Case().to_close().do("ma_close", result="carry", handover="三課が残る").vote()
    case.do("ma_carry")
    assert case.city.payloads("case.extend") == [
        {"unit": "elderly", "note": "三課が残る ／ 広げる", "carried": True}
    ]
    assert case.status == "completed"


def test_what_is_carried_on_says_what_is_handed_over() -> None:
    with pytest.raises(forms.FormInvalid):
        Case().to_close().do("ma_close", result="carry")


def test_the_committee_may_not_share_the_view_of_the_lead() -> None:
    case = Case().to_close().do("ma_close", result="end").vote("return_sheet")
    assert case.open == ["ma_close"]
    assert (
        case.do("ma_close", result="end").vote("conditions", conditions=CONDITIONS).status
        == "completed"
    )
