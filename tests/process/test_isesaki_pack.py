"""The pack of 伊勢崎市: the OODA way with its jumps, two bodies, support, rules and appointments."""

from collections.abc import Mapping
from typing import Any

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import check
from dxflow.services.packs.folders import read_folder
from tests.process.standard_pack import ANSWERS, CONDITIONS, KPI, ROOT, City, Play, pack_of

PACK = ROOT / "processes" / "isesaki"
RULES = ("user", "agile", "value", "security", "evidence")
KEPT = {rule: {"kept": "yes", "basis": "点検した"} for rule in RULES}
FIT = {rule: {"judgement": "fit"} for rule in RULES}
SHEET: dict[str, Any] = {
    "kind": "standard", "title": "総合窓口の拡充", "classification": "life", "policy": "window",
    "funding": "future", "citizen_benefit": True, "major": True, "problems": "回る", "content": "増やす",
    "effect": "減る", "tools": ["ai", "systems"], "kpis": [KPI | {"frequency": "year"}],
    "schedule": [{"year": "2026", "action": "expand"}],
    "milestones": [{"name": "開始", "due": "2026-09-30"}], "lead": "elderly", "related": ["tax"],
}  # fmt: skip
OPINION = {"reason": "合う", "doubtful": []}
MINE: dict[str, dict[str, Any]] = {
    "is_observe": {"issue": "困る", "facts": [{"fact": "30分待つ", "source": "窓口の記録"}]},
    "is_orient": {
        "direction": "減らす", "options": [{"name": "試す"}], "choice": "試す", "tools": ["ai"],
        "trial": False, "cost_initial": 1000, "cost_running": 500, "reason": "事実が足りない",
    },
    "is_sheet": SHEET, "is_head_check": {"reason": "確かめた"}, "is_fit_opinion": OPINION,
    "is_tool_fit": {"reason": "合う", "ai": {"fit": "fit", "effect": "減る"},
                    "systems": {"fit": "partly", "effect": "条件が要る"}},
    "verdict": {"reason": "よい", "conditions_wanted": "一覧"},
    "conclude": {"reason": "多数", "conditions": CONDITIONS},
    "is_action": {"progress": "試した", "reason": "前提が違った"},
    "is_measure": {"comment": "伸びた"},
    "is_tool_post": {
        "ai": {"result": "good", "note": "減った"}, "systems": {"result": "short", "note": "遅い"},
        "whole": "混雑が減った", "reason": "伸びた",
        "revisions": [{"measure": "m1", "target": 250, "reason": "伸びた"}],
    },
    "is_budget": {"reflect": "more", "amount": 2000, "plan_note": "重点", "reason": "伸びた"},
    "is_consult": {"question": "どう聞くとよいか"},
    "is_advice": {"advice": "窓口で聞く", "advisor_question": "例はあるか"},
    "is_advisor": {"advice": "店頭で聞く"},
    "is_rule_scope": {"services": [{"name": "予約", "unit": "tax"}, {"name": "端末", "unit": "digital"}]},
    "is_rule_self": KEPT, "is_rule_judge": FIT, "is_fix": {"done": "直した"},
    "is_nominate": {"people": [{"name": "茂呂"}]}, "is_appoint": {"reason": "足りない", "units": ["tax"]},
    "is_blocks": {"blocks": [{"block": "第1", "unit": "tax", "name": "茂呂"}]},
}  # fmt: skip


class Walk(Play):
    """A case of the pack's own forms."""

    answers: Mapping[str, Mapping[str, Any]] = ANSWERS | MINE

    def __init__(self, city: City | None = None, process: str = "is_main", **more: object) -> None:
        super().__init__(city or City(pack=pack_of("isesaki")), process, **more)

    def _context(self, task: Any) -> Any:
        found = super()._context(task)
        return found.__class__(
            found.options,
            {**found.variables, "submitted": {"is_sheet": {"tools": SHEET["tools"]}, "is_advice": {}}},
            found.functions, found.today,
            {"actuals": [{"measure": "m1"}]} if task.form_key == "is_measure" else {},
        )  # fmt: skip

    def do(self, element: str, outcome: str = "submit", **values: Any) -> "Walk":
        super().do(element, outcome, **values)
        return self

    def timer(self, element: str) -> "Walk":
        super().timer(element)
        return self

    def vote(self, element: str, outcome: str = "approve") -> "Walk":
        for _seat in range(2):
            self.do(element, outcome)
        return self

    def to_kaigi(self) -> "Walk":
        self.do("is_observe").do("is_orient").do("is_sheet").do("head_check", "approve")
        return self

    def to_honbu(self) -> "Walk":
        self.to_kaigi().vote("kaigi_verdict").do("is_tool_fit", "approve")
        return self

    def to_action(self) -> "Walk":
        self.to_honbu().vote("verdict").do("conclude", "approve")
        return self

    def to_year(self) -> "Walk":
        self.to_action().do("is_action", "done").timer("period_closed")
        return self

    def others(self) -> list[str]:
        return [one for one in self.open if one != "is_consult"]


# -- the files


def test_it_may_be_published_and_nothing_is_warned_of() -> None:
    assert check.check_files(read_folder(PACK), COMMANDS).problems == []


# -- IS-1: the phases and the jumps


def test_from_the_proposal_to_the_end() -> None:
    play = Walk(City(pack=pack_of("isesaki"), achieved=1)).to_year()
    play.do("kpi_measure").do("is_tool_post", "finish")
    assert play.status == "completed"


@pytest.mark.parametrize(
    ("outcome", "lands"),
    [
        ("return_sheet", "is_sheet"),
        ("return_orient", "is_orient"),
        ("return_observe", "is_observe"),
    ],
)
def test_the_head_sends_back_to_where_it_lacks(outcome: str, lands: str) -> None:
    play = Walk().do("is_observe").do("is_orient").do("is_sheet").do("head_check", outcome)
    assert lands in play.open


def test_every_phase_may_go_back_to_observe_and_orient() -> None:
    assert "is_observe" in Walk().do("is_observe").do("is_orient", "back").open
    for outcome, lands in (("return_observe", "is_observe"), ("return_orient", "is_orient")):
        assert lands in Walk().to_kaigi().vote("kaigi_verdict").do("is_tool_fit", outcome).open
        assert lands in Walk().to_honbu().vote("verdict").do("conclude", outcome).open
        assert lands in Walk().to_year().do("kpi_measure").do("is_tool_post", outcome).open
    for outcome, lands in (("back_observe", "is_observe"), ("back_orient", "is_orient")):
        assert lands in Walk().to_action().do("is_action", outcome).open


def test_going_back_needs_a_reason() -> None:
    with pytest.raises(Exception, match="入力内容"):
        Walk().do("is_observe").do("is_orient", "back", reason="")
    with pytest.raises(Exception, match="入力内容"):
        Walk().to_action().do("is_action", "back_observe", reason="")


def test_measures_are_not_registered_anew_once_there_are_actuals() -> None:
    play = Walk().to_year()
    play.do("kpi_measure").do("is_tool_post", "return_orient").do("is_orient").do("is_sheet")
    assert len(play.city.payloads("kpi.register")) == 1
    assert "head_check" in play.open


# -- IS-2: two bodies, one below the other


def test_the_lower_body_forwards_and_the_upper_one_decides() -> None:
    play = Walk().to_action()
    asked = [one["body"] for one in play.city.payloads("committee.convene")]
    assert asked == ["kaigi", "honbu"]
    bodies = pack_of("isesaki").settings["bodies"]
    assert bodies["kaigi"]["parent"] == "honbu"


def test_the_upper_body_refuses_or_decides_with_conditions() -> None:
    assert Walk().to_honbu().vote("verdict", "reject").do("conclude", "reject").status == "rejected"
    play = Walk().to_honbu().vote("verdict", "conditions").do("conclude", "conditions")
    assert len(play.city.payloads("duty.impose")[-1]["conditions"]) == 1
    assert "is_action" in play.open


def test_without_a_quorum_it_is_asked_again_or_handed_back() -> None:
    city = City(pack=pack_of("isesaki"), quorum_met=[False, False])
    play = Walk(city).to_kaigi().timer("kaigi_deadline").do("kaigi_reconvene", "extend")
    assert play.vote("kaigi_verdict").do("kaigi_reconvene", "hand_back").others() == ["is_orient"]


# -- IS-3: support at any time, beside everything


def test_advice_is_asked_for_at_any_time_and_stops_nothing() -> None:
    play = Walk().to_kaigi().do("is_consult", "ask")
    assert {"is_advice", "kaigi_verdict"} <= set(play.open)
    play.do("is_advice", "advisor").do("is_advisor").do("is_advice", "answer")
    assert {"is_consult", "kaigi_verdict"} <= set(play.open)


def test_who_does_not_need_it_closes_it_and_the_end_closes_it_too() -> None:
    assert Walk().do("is_consult", "close").open == ["is_observe"]
    play = Walk(City(pack=pack_of("isesaki"), due=True)).to_year().do("is_consult", "ask")
    assert play.do("kpi_measure").do("is_tool_post", "finish").status == "completed"


# -- IS-4: the five rules


def test_a_service_is_mended_until_it_keeps_all_rules() -> None:
    play = Walk(process="is_rule", first_day="2024-10-01", interval="P1Y").do("is_rule_scope")
    assert play.open == ["is_rule_self", "is_rule_self"]
    wrong: dict[str, Any] = FIT | {
        "agile": {"judgement": "fix"},
        "fix_text": "直す",
        "fix_due": "2030-03-31",
    }
    play.do("is_rule_self").do("is_rule_judge", **wrong)
    assert play.open == ["is_fix", "is_rule_self"]
    play.do("is_fix").do("is_rule_judge").do("is_rule_self").do("is_rule_judge")
    assert play.status == "completed"


def test_what_is_to_be_mended_has_a_due_date() -> None:
    play = Walk(process="rule_service", service_name="予約", lead="tax").do("is_rule_self")
    with pytest.raises(Exception, match="入力内容"):
        play.do("is_rule_judge", user={"judgement": "fix"}, fix_text="直す")


# -- IS-5: one line for each tool that is used


@pytest.mark.parametrize("lacks", ["ai", "systems"])
def test_each_tool_of_the_sheet_is_judged_before_and_after(lacks: str) -> None:
    with pytest.raises(Exception, match="入力内容"):
        Walk().to_kaigi().vote("kaigi_verdict").do("is_tool_fit", "approve", **{lacks: {}})
    with pytest.raises(Exception, match="入力内容"):
        Walk().to_year().do("kpi_measure").do("is_tool_post", "continue", **{lacks: {}})


# -- IS-6: targets at any time, and the budget


def test_targets_are_revised_by_the_upper_body_and_go_to_the_budget() -> None:
    play = Walk().to_year().do("kpi_measure").do("is_tool_post", "revise")
    (revised,) = play.city.payloads("kpi.revise")
    assert (revised["body"], len(revised["revisions"])) == ("honbu", 1)
    assert "is_budget" in play.open
    assert play.do("is_budget").others() == []


def test_a_review_may_be_asked_for_before_the_year_ends() -> None:
    half = SHEET | {"kpis": [KPI | {"frequency": "half"}]}
    play = (
        Walk().do("is_observe").do("is_orient").do("is_sheet", **half).do("head_check", "approve")
    )
    play.vote("kaigi_verdict").do("is_tool_fit", "approve").vote("verdict")
    play.do("conclude", "approve").do("is_action", "done").timer("period_closed")
    assert "is_tool_post" in play.do("kpi_measure", "review").open


def test_it_is_stopped_when_it_does_not_work() -> None:
    assert Walk().to_year().do("kpi_measure").do("is_tool_post", "stop").status == "stopped"


# -- IS-7: appointments


def test_nothing_is_appointed_before_somebody_is_named() -> None:
    play = Walk(process="staff_section", unit="tax", remind_every="P7D")
    with pytest.raises(Exception, match="入力内容"):
        play.do("is_nominate", people=[])
    play.timer("is_nominate_reminder")
    assert play.city.payloads("notify")[-1]["groups"] == ["head:tax"]


# -- IS-8: the sheet


def test_an_individual_project_is_written_more_briefly() -> None:
    with pytest.raises(Exception, match="入力内容"):
        Walk().do("is_observe").do("is_orient").do("is_sheet", effect="")
    play = Walk().do("is_observe").do("is_orient").do("is_sheet", kind="individual", effect="")
    assert "head_check" in play.open


def test_a_new_project_has_no_baseline_and_one_may_go_down_or_stay() -> None:
    rows = [
        KPI | {"baseline": "新規事業のためなし", "baseline_year": None},
        KPI | {"direction": "decrease", "baseline": 45.3, "target": 37},
        KPI | {"direction": "maintain", "baseline": 20, "target": 20},
        KPI | {"aggregation": "cumulative"},
    ]
    play = Walk().do("is_observe").do("is_orient").do("is_sheet", kpis=rows)
    assert len(play.city.payloads("kpi.register")[0]["measures"]) == 4
