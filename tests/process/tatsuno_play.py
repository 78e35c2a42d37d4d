"""たつの市のパック: what is entered in its forms, and a case of it that is played by hand."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dxflow import engine
from dxflow.errors import Invalid
from dxflow.forms import Context
from dxflow.services.packs.organised import made_up
from tests.process.standard_pack import ANSWERS, CONDITIONS, City, Play, pack_of

PACK = pack_of("tatsuno")
SECTIONS = ["digital", "elderly", "tax"]
KPI = {
    "citizen": True, "name": "手続の時間", "unit": "分", "direction": "decrease",
    "aggregation": "level", "how": "受付で測る", "baseline": "40", "baseline_year": "2025",
    "target_year": "2027",
}  # fmt: skip
MARKS = {
    key: "good"
    for key in (
        "reliability_quality", "reliability_recovery", "safety_disaster", "safety_misuse",
        "effectiveness_purpose", "effectiveness_benefit",
    )
}  # fmt: skip
AUDIT = {**MARKS, **{f"{key}_grounds": "資料で確かめた" for key in MARKS}, "reason": "支障はない"}
OPINION = {"citizen_value": "high", "work_value": "some", "reason": "要る"}
MINE: dict[str, dict[str, Any]] = {
    "idea": {"title": "書かない窓口", "trouble": "書く", "change": "書かない", "beneficiary": ["citizen"]},
    "triage": {"lead": "elderly", "related": ["tax"], "reason": "足りない"},
    "ta_study": {"theme": "窓口", "units": ["elderly", "tax"], "prior": "なし", "questions": "項目",
                 "due": "2026-06-30"},
    "ta_study_paper": {"as_is": "紙", "possible": "できる"},
    "ta_report": {"findings": "減る", "plan": "一課から"},
    "project_sheet": {
        "title": "書かない窓口", "step": "digitization", "kind": "citizen", "lead": "elderly",
        "related": ["elderly", "tax"], "as_is": "紙", "problems": "手間", "content": "読み取る",
        "small": "一つの手続", "need": "減る", "cost_initial": 5_000_000, "cost_running": 1_000_000,
        "kpis": [KPI, KPI | {"citizen": False, "target": "10"}], "measured_on": "2027-03-01",
        "ordinance_blocks": False,
    },
    "sheet_approval": {"reason": "直す"},
    "kentou_opinion": {**OPINION, "conditions_wanted": "一覧"},
    "kentou_summary": {"reason": "必要", "effect": "high", "conditions": CONDITIONS},
    "audit3": AUDIT, "audit_after": AUDIT,
    "verdict": {"reason": "よい", "conditions_wanted": "一覧"},
    "conclude": {"reason": "多数", "conditions": CONDITIONS},
    "reconvene": {"reason": "会期"},
    "ordinance_list": {"clauses": [{"name": "規程", "clause": "一条", "why": "押印"}]},
    "ordinance_check": {"reason": "改正が要る"},
    "ordinance_plan": {"amendments": [{"name": "規程", "clause": "一条", "before": "押印", "after": "電子"}],
                       "reason": "電子にする", "effective": "公布の日"},
    "ordinance_done": {"promulgated": "2026-07-01", "effective": "2026-07-01", "reflected": True},
    "exec_plan": {"milestones": [{"name": "開始", "due": "2026-12-01"}]},
    "exec_report": {"progress": "進んだ", "reports": [{"milestone": "s1", "status": "done"}]},
    "judge": {"reason": "判定", "next_day": "2029-03-01"},
    "cause": {"cause": "使われない", "practice": "案内を変える",
              "revisions": [{"measure": "m1", "target": "30", "reason": "段階を踏む"}]},
    "ta_retire": {"reason": "成果なし", "data_way": "erase", "data_note": "消す", "contract_end": "2028-03-31",
                  "contract_note": "更新しない", "notice_from": "2028-01-10", "notice_note": "広報",
                  "instead": "電話"},
    "retire_check": {"reason": "直す"},
    "retire_work": {"notice_done": True, "notice_day": "2028-01-10", "data_done": True,
                    "data_day": "2028-03-31", "contract_done": True, "contract_day": "2028-03-31"},
    "spread_units": {"units": ["elderly", "tax", "digital"], "aim": "同じ効果"},
    "ta_spread": {"own_issue": "電話が多い", "difference": "枠がある"},
    "spread_advice": {"advice": "担当を決める"},
    "spread_choice": {"reason": "合う"},
    "camp_plan": {"until": "2026-07-31", "method": "聞く"},
    "ta_hearing": {"held_on": "2026-06-01", "present": "責任者", "record": "紙が多い", "reason": "足りている"},
    "ta_swot": {"strength": "人", "weakness": "紙", "opportunity": "国", "threat": "減"},
    "ta_core": {"tasks": [
        {"title": "窓口での相談", "kind": "core", "importance": "low", "propose": True, "trouble": "短い"},
        {"title": "毎月の集計", "kind": "context", "importance": "high", "propose": True, "trouble": "数える"},
        {"title": "書庫の整理", "kind": "context", "importance": "low", "propose": False, "trouble": "狭い"}]},
    "ranking": {"chosen": ["m1", "m2", "m3"], "comment": "集計から"},
    "candidate": {"change": "関数で", "reason": "後で"},
    "small_start_offer": {"offer": "一枚の表で"},
    "small_start_answer": {"title": "照会の一覧", "trouble": "照会が多い", "reason": "困らない"},
    "policy_check": {"technology": "AI", "state": "標準化", "results": "効果あり"},
    "policy_draft": {"changes": [{"place": "一章", "before": "前", "after": "後"}], "reason": "古い"},
    "policy_publish": {"published_on": "2026-12-01", "where": "ページ"},
}  # fmt: skip


@dataclass
class Tatsuno(City):
    """The city's services; quorum is met unless a test says otherwise."""

    pack: Any = field(default_factory=lambda: PACK)
    quorum_met: list[bool] = field(default_factory=lambda: [True] * 40)
    duties: list[int] = field(default_factory=lambda: [0] * 9)


class Case(Play):
    """A case of the city, answered as the forms above say."""

    answers = ANSWERS | MINE

    def __init__(self, process: str = "proposal", city: City | None = None, **given: object):
        super().__init__(city or Tatsuno(), process, **given)

    def _environment(self) -> engine.Environment:
        env = super()._environment()
        return replace(env, functions={**env.functions, **made_up(SECTIONS)})

    def _context(self, task: engine.OpenTask) -> Context:
        found = super()._context(task)
        prefill = {"reports": [{"milestone": "s1"}]} if task.form_key == "exec_report" else {}
        options = {**found.options, "attachments": ()}
        return replace(found, options=options, prefill=found.prefill or prefill)

    def refuses(self, field: str, element: str, outcome: str = "", **values: object) -> None:
        """Require that a form is not taken because of one of its fields."""
        with pytest.raises(Invalid) as refused:
            self.do(element, outcome, **values)
        assert list(refused.value.fields) == [field]

    def accepted(self, way: str = "single") -> "Case":
        self.do("head_approval", "approve").do("triage", way)
        return self

    def planned(self, **sheet: object) -> "Case":
        self.do("project_sheet", **sheet).do("sheet_approval", "approve")
        return self

    def advised(self, outcome: str = "approve") -> "Case":
        self.do("opinion").do("opinion").do("opinion_summary", outcome)
        return self

    def do(self, element: str, outcome: str = "", **values: object) -> "Case":
        lead = {"opinion": "approve", "verdict": "approve", "audit": "pass"}
        super().do(element, outcome or lead.get(element, "submit"), **values)
        return self

    def decided(self, outcome: str = "approve") -> "Case":
        self.do("verdict").do("verdict").do("conclude", outcome)
        return self

    def stamped(self, outcome: str = "approve", **values: object) -> "Case":
        for step in ("review", "agree_together"):
            while step in self.open:
                self.do(step, "agree")
        self.do("decide", outcome, **values)
        return self

    def running(self, **sheet: object) -> "Case":
        self.accepted().planned(**sheet).advised().do("audit")
        return self.decided()

    def measuring(self) -> "Case":
        self.running().do("exec_plan").do("execution_report", "done")
        return self.measured()

    def measured(self) -> "Case":
        self.timer("measure_day")
        return self.do("kpi_measure", actuals=[{"measure": "m1", "value": 30}]).do("audit_after")

    def fruitless(self, step: str = "retry", **values: object) -> "Case":
        return self.do("judge", "none").do("cause", step, **values)
