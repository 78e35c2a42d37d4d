"""The standard pack read from its files, and a player that walks through it by hand.

The player completes tasks through the pack's own forms, fires timers by moving the clock, and
remembers every sequence flow and every button that was taken.
"""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dxflow import decisions, engine, forms
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import local_date
from dxflow.forms.shapes import Option
from dxflow.models.model import Kind, Model, Process
from dxflow.models.reader import read as read_bpmn
from dxflow.services.packs.folders import read_folder

ROOT = Path(__file__).parents[2]
PROCESSES = ROOT / "processes" / "standard"
FORMS = ROOT / "forms" / "standard"
START = dt.datetime(2026, 5, 11, 1, 0, tzinfo=dt.UTC)  # a Monday, 10:00 in Japan

Flow = tuple[str, str]
"""Process id and sequence flow id."""


@dataclass(frozen=True)
class PackFiles:
    """Everything a pack's files say."""

    settings: Mapping[str, Any]
    models: Mapping[str, Model]
    processes: Mapping[str, Process]
    decisions: Mapping[str, decisions.DecisionModel]
    forms: Mapping[str, forms.FormDefinition]
    definitions: engine.Definitions

    @property
    def starts(self) -> list[Mapping[str, Any]]:
        """Return what people may begin: the tables of `[[start]]`, or the one of `[start]`."""
        found = self.settings["start"]
        return found if isinstance(found, list) else [found]

    @property
    def flows(self) -> set[Flow]:
        return {(key, flow.id) for key, process in self.processes.items() for flow in process.flows}

    @property
    def buttons(self) -> set[tuple[str, str]]:
        return {(key, out.key) for key, form in self.forms.items() for out in form.outcomes}


@cache
def pack_of(name: str) -> PackFiles:
    """Return a pack with what it shares, read and compiled once for all tests."""
    models: dict[str, Model] = {}
    tables: dict[str, decisions.DecisionModel] = {}
    found: list[forms.FormDefinition] = []
    files = read_folder(ROOT / "processes" / name)
    for file, text in files.items():
        if file.endswith(".bpmn"):
            reading = read_bpmn(text.encode(), file)
            assert reading.model is not None, reading.problems
            assert not reading.problems
            models[file] = reading.model
        elif file.endswith(".dmn"):
            table = decisions.read(text.encode(), file)
            tables |= dict.fromkeys(table.decisions, table)
        elif file.endswith(".form"):
            found.append(forms.read(text, file))
    processes = {key: one for model in models.values() for key, one in model.processes.items()}
    return PackFiles(
        settings=tomllib.loads(files["pack.toml"]),
        models=models,
        processes=processes,
        decisions=tables,
        forms={form.key: form for form in found},
        definitions=engine.compile_definition(processes, tables),
    )


def standard() -> PackFiles:
    """Return the standard pack."""
    return pack_of("standard")


@dataclass
class City:
    """Stands for the services: answers the commands of the process and keeps what was asked."""

    now: dt.datetime = START
    pack: PackFiles = field(default_factory=standard)
    quorum_met: list[bool] = field(default_factory=lambda: [True] * 20)
    duties: list[int] = field(default_factory=lambda: [0])
    achieved: int = 0
    due: bool = False
    in_turn: bool = False
    stamps: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        self.calls.append((command, payload))
        answer = getattr(self, "_" + command.replace(".", "_"), None)
        return answer(payload) if answer else {}

    def payloads(self, command: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.calls if name == command]

    def _committee_convene(self, payload: dict[str, Any]) -> dict[str, Any]:
        today = local_date(self.now)
        return {
            "seats": ["seat_1", "seat_2"], "recused": ["seat_3"], "quorum": 2,
            "deadline": today + dt.timedelta(days=14), "reminder": today + dt.timedelta(days=7),
            "chair": "post:seat_1",
        }  # fmt: skip

    def _committee_tally(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {
            "seats": 2, "cast": 2, "quorum": 2, "quorum_met": self.quorum_met.pop(0),
            "approve": 2, "conditions": 0, "return": 0, "reject": 0, "abstain": 0,
            "leaning": "approve", "chair": "post:seat_1",
        }  # fmt: skip

    def _authority_find(self, payload: dict[str, Any]) -> dict[str, Any]:
        found = self.pack.decisions["authority"].evaluate("authority", payload["matter"]).value
        kind = found["post_kind"]
        return {"post": kind, "group": f"post:{kind}", "title": "副市長", "ruling": found}

    def _document_draw(self, payload: dict[str, Any]) -> dict[str, Any]:
        ruling = {} if payload["straight"] else payload["ruling"]
        stops = [
            {"place": place, "group": group, "part": part, "title": group}
            for place, (part, group) in enumerate(
                [
                    *(("review", f"post:{kind}") for kind in ruling.get("review", [])),
                    *(("agree", group) for group in ruling.get("agree", [])),
                ]
            )
        ]
        asked = [one for one in stops if one["part"] == "agree"]
        self.stamps = []
        return {
            "document": "d1", "digest": "0",
            "reviewers": [one for one in stops if one["part"] == "review"],
            "in_turn": asked if self.in_turn else [], "together": [] if self.in_turn else asked,
            "needed": len(asked),
        }  # fmt: skip

    def _document_stamp(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.stamps.append(payload["outcome"])
        return {}

    def _document_further(self, payload: dict[str, Any]) -> dict[str, Any]:
        asked = [
            {"place": place, "group": group, "part": "agree", "title": group}
            for place, group in enumerate(self.payloads("decision.record")[-1]["consult"], 10)
        ]
        return {
            "document": payload["document"], "digest": "0", "reviewers": [],
            "in_turn": asked if self.in_turn else [], "together": [] if self.in_turn else asked,
            "needed": len(asked),
        }  # fmt: skip

    def _document_route(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"passed": not {"send_back", "object"} & set(self.stamps)}

    def _kpi_assess(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"achieved": self.achieved, "total": 1, "due": self.due}

    def _duty_open(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.duties.pop(0)}

    def _case_extend(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"case": "R8-税務-0001"}


OPTIONS = {
    "units": ("elderly", "tax", "digital"), "measures": ("m1",), "milestones": ("s1",),
    "fiscal_years": tuple(str(year) for year in range(2022, 2036)),
}  # fmt: skip
KPI = {
    "name": "参加者数", "unit": "人", "direction": "increase", "aggregation": "level",
    "baseline": 194, "baseline_year": "2023", "target": 225, "target_year": "2029",
    "frequency": "half",
}  # fmt: skip
CONDITIONS = [{"text": "項目の一覧を作る", "due": "2030-03-31"}]
ANSWERS: dict[str, dict[str, Any]] = {
    "idea": {"title": "スマホ教室", "trouble": "困る", "change": "変える", "beneficiary": ["citizen"]},
    "head_approval": {"reason": "確認した"},
    "triage": {
        "lead": "elderly", "cost": 2_000_000, "sections_touched": 2, "personal_data": False,
        "citizen_effect": "some", "importance": [], "reason": "足りない",
    },
    "project_sheet": {
        "title": "スマホ教室", "classification": "life", "citizen_benefit": True,
        "lead": "elderly", "related": ["elderly", "tax", "digital"], "as_is": "今", "problems": "困る",
        "content": "開く", "effect": "増える", "tools": ["literacy"], "cost_initial": 20_000_000,
        "cost_running": 1_000_000, "kpis": [KPI, KPI | {"frequency": "year"}],
        "schedule": [{"year": "2026", "action": "expand"}],
        "milestones": [{"name": "会場", "due": "2026-06-30"}, {"name": "開始", "due": "2028-03-31"}],
    },
    "small_sheet": {
        "title": "スマホ教室", "classification": "life", "lead": "elderly", "problems": "困る",
        "content": "開く", "cost_initial": 300_000, "cost_running": 0,
        "kpis": [KPI | {"frequency": "year"}], "due": "2026-09-30",
    },
    "bpr_analysis": {
        "as_is": [{"name": "書く", "actor": "職員", "yearly_count": 100, "minutes": 10,
                   "ecrs": "simplify"}],
        "to_be": [{"name": "見る", "actor": "職員", "yearly_count": 100, "minutes": 2}],
        "unit_cost": 3000,
    },
    "sheet_approval": {"reason": "直す", "return_to": "sheet"},
    "security_opinion": {"points": ["access"], "comment": "権限を絞る"},
    "finance_opinion": {"funding_outlook": "planned", "comment": "見込む"},
    "related_opinion": {"impact": "some", "comment": "手伝う"},
    "verdict": {"reason": "測れる", "conditions_wanted": "一覧を作る"},
    "reconvene": {"reason": "時期が重なった"},
    "conclude": {"reason": "多数", "conditions": CONDITIONS},
    "decision": {"reason": "妥当", "conditions": CONDITIONS, "flags": ["unusual"],
                 "consult": ["tax", "digital"], "after_return": "again"},
    "sharing": {"units": ["elderly", "tax", "digital"], "message": "二章を見てほしい"},
    "pre_read": {"comment": "分かりやすい"},
    "review": {"comment": "確かめた"},
    "agreement": {"comment": "財源を確かめた"},
    "execution_report": {"progress": "進んだ", "reports": [{"milestone": "s1", "status": "done"}]},
    "kpi_measure": {"comment": "順調"},
    "kpi_review": {
        "reason": "見込みどおり", "revisions": [{"measure": "m1", "target": 250, "reason": "伸びた"}],
        "extend_unit": "tax", "extend_note": "案内を置く",
    },
    "duty_check": {"comment": "済んだ"},
}  # fmt: skip
ANSWERS["kpi_closing"] = ANSWERS["kpi_review"]


class Play:
    """One case, played by hand from its start or from the start of one phase.

    It is of the pack that its city has; `answers` are what is entered in a form, by its key.
    """

    answers: Mapping[str, Mapping[str, Any]] = ANSWERS

    def __init__(
        self, city: City | None = None, process: str = "proposal", begin: str = "",
        **variables: object,
    ) -> None:  # fmt: skip
        self.city = city or City()
        self.pack = self.city.pack
        self.walked: set[Flow] = set()
        self.pressed: set[tuple[str, str]] = set()
        self._completed: dict[tuple[str, tuple[str, ...], str], int] = {}
        self._clock = 0
        given = {
            "case_id": "c1", "applicant": "user:p33", "section": "elderly",
            "department": "dept_welfare", "outcome": "", **variables,
        }  # fmt: skip
        self.step = engine.start(self.pack.definitions, process, given, self._environment(), begin)
        self._follow()

    def do(self, element: str, outcome: str = "submit", **values: object) -> "Play":
        """Complete the first open task of an element with a button, its answers changed."""
        task = next((one for one in self.step.tasks if one.element == element), None)
        assert task is not None, f"{element} is not open: {self.open}"
        form = self.pack.forms[task.form_key]
        button = next(one for one in form.outcomes if one.key == outcome)
        answers = {**self.answers[task.form_key], **values}
        if button.only is not None:
            answers = {key: value for key, value in answers.items() if key in button.only}
        submission = forms.submit_values(form, answers, outcome, self._context(task))
        self.step = engine.complete(
            self.pack.definitions, self.step.state, task.id, submission.values, outcome,
            self._environment(),
        )  # fmt: skip
        self.pressed.add((task.form_key, outcome))
        self._follow()
        return self

    def timer(self, element: str) -> "Play":
        """Move the clock to when a timer is due and fire everything due until then."""
        due = next((one.due for one in self.step.timers if one.element == element), None)
        assert due is not None, f"{element} is not armed: {[t.element for t in self.step.timers]}"
        self.city.now = max(self.city.now, due)
        self.step = engine.fire_timers(self.pack.definitions, self.step.state, self._environment())
        self._follow()
        return self

    @property
    def open(self) -> list[str]:
        return sorted(task.element for task in self.step.tasks)

    def task(self, element: str) -> engine.OpenTask:
        return next(task for task in self.step.tasks if task.element == element)

    @property
    def status(self) -> str:
        assert self.step.ended, self.open
        return dict(self.step.end_properties).get("status", "completed")

    def _environment(self) -> engine.Environment:
        now = self.city.now
        functions = feel_functions(BusinessCalendar(), lambda: now)
        return engine.Environment(functions, now, self.city, self.pack.settings["lanes"])

    def _context(self, task: engine.OpenTask) -> forms.Context:
        choices = {key: tuple(Option(v, v) for v in values) for key, values in OPTIONS.items()}
        for key, rows in self.pack.settings["options"].items():
            choices[key] = tuple(Option(row["value"], row["label"]) for row in rows)
        prefill = {"actuals": [{"measure": "m1"}]} if task.form_key == "kpi_measure" else {}
        functions = feel_functions(BusinessCalendar(), lambda: self.city.now)
        return forms.Context(choices, task.variables, functions, local_date(self.city.now), prefill)

    def _follow(self) -> None:
        """Note the flows of a step: the one from whichever source was completed last."""
        for visit in self.step.visits:
            self._clock += 1
            if visit.kind == "completed":
                self._completed[visit.process, visit.path, visit.element] = self._clock
            elif visit.kind == "entered":
                self.walked |= set(self._taken(visit))

    def _taken(self, visit: engine.Visit) -> Iterator[Flow]:
        process = self.pack.processes[visit.process]
        sources = {
            flow.id: self._completed.get((visit.process, visit.path, flow.source), 0)
            for flow in process.incoming(visit.element)
        }
        joins = {key for key, one in process.elements.items() if one.kind is Kind.PARALLEL}
        if visit.element in joins:
            yield from ((visit.process, key) for key, when in sources.items() if when)
        elif sources and max(sources.values()):
            yield visit.process, max(sources, key=lambda key: sources[key])
