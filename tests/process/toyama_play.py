"""富山市のパック: what is entered in its forms, and a case of it that is played by hand."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dxflow import engine
from dxflow.errors import Invalid
from dxflow.forms import Context
from dxflow.services.packs.organised import made_up
from tests.process.standard_pack import ANSWERS, CONDITIONS, City, Play, pack_of

PACK = pack_of("toyama")
SECTIONS = ["digital", "elderly", "tax"]
KPI = {
    "level": "output", "name": "オンライン手続", "scale": "number", "unit": "件",
    "direction": "increase", "aggregation": "level", "baseline": "824", "baseline_year": "2025",
    "r8": "前年度比+50件", "r10": "前年度比+5%",
}  # fmt: skip
STEPS = {
    "level": "output",
    "name": "ツールの導入",
    "scale": "introduction",
    "r8": "一部導入",
    "r9": "完了",
}
WORDS = KPI | {"level": "outcome", "name": "利便性", "r8": "", "r10": ""}
REVISIONS = [{"measure": "m1", "year": "2030", "target": "前年度比+10%", "reason": "伸びた"}]
DAYS = {
    "joint1_on": "2026-06-26", "honbu1_on": "2026-08-03", "council1_on": "2026-08-25",
    "divisions_on": "2026-10-23", "joint2_on": "2027-01-13", "pubcom_from": "2027-01-18",
    "pubcom_to": "2027-01-31", "council2_on": "2027-02-10", "honbu2_on": "2027-02-25",
}  # fmt: skip
MINE: dict[str, dict[str, Any]] = {
    "idea": {"title": "書かない窓口", "wish": "item", "trouble": "書く", "change": "書かない"},
    "to_triage": {"kind": "item", "lead": "elderly", "importance": [], "reason": "足りない"},
    "to_sheet": {
        "title": "書かない窓口", "purpose": "service", "is_new": True, "is_dx": True,
        "lead": "elderly", "related": ["elderly", "tax"], "begin_year": "2026", "summary": "減らす",
        "as_is": [{"text": "紙"}], "issues": [{"text": "手間"}],
        "logic": [{"activity": "導入", "output": "移行", "outcome": "時間", "impact": "便利"}],
        "steps": [{"activity": "導入", "r8": "試行"}], "kpis": [KPI, STEPS, WORDS],
    },
    "bpr": {
        "viewpoints": [{"viewpoint": "窓口", "as_is": "並ぶ", "to_be": "並ばない"}],
        "rebuilt": "紙がない", "applications": 1200, "needs": "待ち時間の声",
        "cost_initial": 12_000_000, "cost_running": 1_000_000, "judgement": "見合う", "security": "網の中",
    },
    "sheet_approval": {"reason": "直す", "return_to": "sheet"},
    "to_check": {"item_no": 26, "reason": "直す"},
    "verdict": {"reason": "よい", "conditions_wanted": "一覧"},
    "conclude": {"reason": "多数", "conditions": CONDITIONS},
    "reconvene": {"reason": "日程"},
    "advice": {"reason": "妥当", "wanted": "数字を"},
    "advice_conclude": {"reason": "多数", "opinions": [{"text": "数字を"}]},
    "to_actual": {"activities": "進めた"},
    "to_confirm": {"reason": "直す"},
    "to_eval": {"grade": "on_track", "reason": "順調"},
    "to_honbu": {"reason": "続ける", "revisions": REVISIONS},
    "to_rolling": {"reason": "改める", "revisions": REVISIONS, "extend_unit": "tax", "extend_note": "税も"},
    "inhouse_try": {"what": "名簿", "rebuilt": "名簿がない", "tools": ["nocode"], "result": "できた",
                    "stuck": "つなげない"},
    "inhouse_confirm": {"hours": 100, "reason": "直す"},
    "master_advice": {"advice": "小さく"},
    "officer_advice": {"advice": "外に頼む"},
    "spec": {"name": "決済", "purpose": "越えた", "requirements": [{"text": "払える", "must": True}],
             "security": "中に置く", "amount": 780_000, "due": "2027-03-31"},
    "spec_check": {"reason": "直す"},
    "order_report": {"supplier": "事業者", "ordered_on": "2026-08-01", "price": 700_000,
                     "delivery": "2027-03-31"},
    "plan_policy": {"policy": "一体で", **DAYS},
    "team_proposal": {"proposals": [{"text": "窓口", "reason": "見える"}]},
    "plan_draft": {"outline": "案", "items": [{"no": 26, "name": "窓口", "purpose": "service"}]},
    "to_pubcom": {"count": 1, "opinions": [{"opinion": "置いていかないで", "view": "手助けする",
                                            "reflected": "changed"}]},
    "year_report": {"summary": "進んだ",
                    "figures": [{"purpose": "service", "on_track": 1, "behind": 0, "late": 0}]},
    "division_report": {"view": "順調"},
    "plan_rolling": {"outline": "早める",
                     "items": [{"no": 26, "name": "窓口", "action": "revise", "reason": "早める"}]},
}  # fmt: skip


@dataclass
class Toyama(City):
    """The city's services; quorum is met unless a test says otherwise."""

    pack: Any = field(default_factory=lambda: PACK)
    quorum_met: list[bool] = field(default_factory=lambda: [True] * 40)
    duties: list[int] = field(default_factory=lambda: [0] * 9)


class Case(Play):
    """A case of the city, answered as the forms above say."""

    answers = ANSWERS | MINE

    def __init__(self, process: str = "item", city: City | None = None, **given: object):
        super().__init__(city or Toyama(), process, **given)

    def _environment(self) -> engine.Environment:
        env = super()._environment()
        return replace(env, functions={**env.functions, **made_up(SECTIONS)})

    def _context(self, task: engine.OpenTask) -> Context:
        found = super()._context(task)
        prefill = {"actuals": [{"measure": "m1"}]} if task.form_key == "to_actual" else {}
        return replace(found, prefill=found.prefill or prefill)

    def refuses(self, field: str, element: str, outcome: str = "submit", **values: object) -> None:
        """Require that a form is not taken because of one of its fields."""
        with pytest.raises(Invalid) as refused:
            self.do(element, outcome, **values)
        assert list(refused.value.fields) == [field]

    def do(self, element: str, outcome: str = "submit", **values: object) -> "Case":
        super().do(element, outcome, **values)
        return self

    def timer(self, element: str) -> "Case":
        super().timer(element)
        return self

    def accepted(self, kind: str = "item") -> "Case":
        return self.do("head_approval", "approve").do("triage", "proceed", kind=kind)

    def written(self, **sheet: object) -> "Case":
        self.do("to_sheet", **sheet).do("bpr").do("sheet_approval", "approve")
        return self.do("to_check", "pass")

    def met(self, outcome: str = "approve", *, vote: str = "approve") -> "Case":
        """A body sits: its two members vote, the chair concludes."""
        return self.do("verdict", vote).do("verdict", vote).do("conclude", outcome)

    def advised(self, outcome: str = "approve") -> "Case":
        return self.do("advice", "approve").do("advice", "approve").do("summarise", outcome)

    def stamped(self, outcome: str = "approve", **values: object) -> "Case":
        for step in ("review", "agree_together"):
            while step in self.open:
                self.do(step, "agree")
        return self.do("decide", outcome, **values)

    def monitoring(self, **sheet: object) -> "Case":
        return self.accepted().written(**sheet).met().met().stamped()

    def measured(self) -> "Case":
        """A year is over: its actual values are handed in, checked and looked at."""
        self.timer("period_closed")
        self.do("kpi_measure", actuals=[{"measure": "m1", "value": 874, "status": "on_track"}])
        return self.do("to_confirm", "pass").do("to_eval")

    def years(self, count: int) -> "Case":
        for _year in range(count):
            self.measured().do("to_honbu", "continue")
        return self
