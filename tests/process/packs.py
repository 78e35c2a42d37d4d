"""Every pack found, played by made-up people: nothing here knows what a pack is about."""

import json
import random
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from dxflow import decisions, engine
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import local_date
from dxflow.models.model import Element, Kind, Process
from dxflow.models.reader import read
from dxflow.services.packs.folders import read_folder
from dxflow.services.packs.organised import made_up
from tests.process.walks import Walk

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 4, 6, 1, tzinfo=UTC)
UNITS = ["keiei", "shimin", "zaisei", "joho"]
CALENDAR = BusinessCalendar()


def found() -> list[Path]:
    """Return the folders of all packs."""
    return sorted(path.parent for path in (ROOT / "processes").glob("*/pack.toml"))


def begun() -> list[tuple[Path, str]]:
    """Return every process that cases begin with, with the folder of its pack."""
    return [
        (pack, process)
        for pack in found()
        for settings in [_settings(pack)]
        for process in dict.fromkeys(
            [*(one["process"] for one in starts(settings)), *settings.get("starts", {})]
        )
    ]


def starts(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what people may begin: the tables of `[[start]]`, or the one of `[start]`."""
    found = settings["start"]
    return found if isinstance(found, list) else [found]


def walk(pack: Path, process: str = "") -> Walk:
    """Return how to play a process of a pack, without a name the one that people start."""
    settings = _settings(pack)
    first = starts(settings)[0]
    given = next((one for one in starts(settings) if one["process"] == process), first)
    return Walk(
        definitions=compiled(pack),
        process=process or first["process"],
        variables={
            **given.get("values", {}),
            **settings.get("starts", {}).get(process, {}).get("values", {}), "started_on": local_date(NOW),
            "case_id": "c1", "applicant": "user:7", "section": "keiei", "department": "soumu", "outcome": "submit",
        },
        choose=Entries(read_folder(pack), settings).choose,
        host=City,
        now=NOW,
        functions=lambda now: feel_functions(CALENDAR, lambda: now) | made_up(UNITS[:2]),
        lanes=settings.get("lanes", {}),
        begins=_start_events(pack, process or first["process"]),
    )  # fmt: skip


def _start_events(pack: Path, process: str) -> tuple[str, ...]:
    """Return where cases of a process begin: at its first start event, and at its timers."""
    events = _read(pack)[0][process].elements.values()
    return ("", *(one.id for one in events if one.kind is Kind.TIMER_START))


def planned(seed: int) -> date:
    """Return for which day a case begins by itself: any of five years, as plans are counted in."""
    return local_date(NOW).replace(year=NOW.year + seed % 5)


def _settings(pack: Path) -> dict[str, Any]:
    return tomllib.loads((pack / "pack.toml").read_text("utf-8"))


def compiled(pack: Path) -> engine.Definitions:
    """Compile all processes and decisions of a pack, the shared ones too."""
    return engine.compile_definition(*_read(pack))


def _read(pack: Path) -> tuple[dict[str, Process], dict[str, decisions.DecisionModel]]:
    processes: dict[str, Process] = {}
    tables: dict[str, decisions.DecisionModel] = {}
    for name, text in read_folder(pack).items():
        if name.endswith(".bpmn"):
            model = read(text.encode(), name).model
            assert model is not None
            processes.update({key: p for key, p in model.processes.items() if p.executable})
        elif name.endswith(".dmn"):
            found = decisions.read(text.encode(), name)
            tables.update(dict.fromkeys(found.decisions, found))
    return processes, tables


def elements(pack: Path, process: str) -> set[str]:
    """Return `process.element` for what a process and those it calls draw, boundary timers apart."""
    processes, tables = _read(pack)
    inside, left = set[str](), [process]
    while left:
        key = left.pop()
        if key not in inside:
            inside.add(key)
            left += [one.called_process for one in _drawn(processes[key]) if one.called_process]
    return {
        f"{spec.process}.{node.bpmn_id}"
        for spec in engine.compile_definition(processes, tables).specs.values()
        if spec.process in inside
        for node in spec.task_specs.values()
        if node.visible
    }


def _drawn(level: Process) -> Iterator[Element]:
    for element in level.elements.values():
        yield element
        if element.body is not None:
            yield from _drawn(element.body)


class Entries:
    """What people enter: something plausible for every field of the form, and any button."""

    def __init__(self, files: Mapping[str, str], settings: dict[str, Any]) -> None:
        forms = [json.loads(text) for name, text in files.items() if name.endswith(".form")]
        self.forms = {form["id"]: form for form in forms}
        self.options = {
            name: [option["value"] for option in options]
            for name, options in settings.get("options", {}).items()
        } | {
            "units": UNITS,
            "fiscal_years": ["2026", "2027"],
            "frequencies": ["year", "quarter", "month"],
        }

    def choose(self, rng: random.Random, task: engine.OpenTask) -> tuple[dict[str, Any], str]:
        form = self.forms.get(task.form_key, {"components": []})
        buttons = [c["properties"]["outcome"] for c in form["components"] if c["type"] == "button"]
        good = [button for button in buttons if button in ("approve", "submit", "continue")]
        outcome = rng.choice(good) if good and rng.random() < 0.6 else rng.choice(buttons or ["ok"])
        return self._fields(rng, form["components"]), outcome

    def _fields(self, rng: random.Random, components: list[dict[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for component in components:
            kind, key = component["type"], component.get("key")
            if kind == "group":
                inner = self._fields(rng, component["components"])
                values |= {component["path"]: inner} if component.get("path") else inner
            elif kind == "dynamiclist":
                rows = rng.randrange(1, 4)
                values[component["path"]] = [
                    self._fields(rng, component["components"]) for _ in range(rows)
                ]
            elif key:
                values[key] = self._value(rng, component)
        return values

    def _value(self, rng: random.Random, component: dict[str, Any]) -> Any:
        kind = component["type"]
        options = [option["value"] for option in component.get("values", [])]
        options = options or self.options.get(component.get("valuesKey", ""), ["m1", "m2"])
        if kind in ("radio", "select"):
            return rng.choice(options)
        if kind == "checklist":
            return [option for option in options if rng.random() < 0.5]
        if kind == "checkbox":
            return rng.random() < 0.5
        if kind in ("number", "expression"):
            number = Decimal(rng.choice([0, 1, 1, 3, 250_000, 4_800_000, 12_000_000]))
            return number / 4 if component.get("decimalDigits") else number
        if kind == "datetime":
            return local_date(NOW) + timedelta(days=rng.randrange(10, 400))
        return rng.choice(["", "窓口の待ち時間を減らす", "typename"])


@dataclass
class City:
    """Answers every command with something a city could answer."""

    rng: random.Random
    seen: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        self.seen.append((command, payload, element))
        answer: Callable[[], dict[str, Any]] = getattr(self, command.replace(".", "_"), dict)
        return answer()

    def kpi_register(self) -> dict[str, Any]:
        frequency = self.rng.choice(["year", "half", "quarter", "month"])
        return {"count": 2, "frequency": frequency, "target_period": "FY2027"}

    def kpi_record(self) -> dict[str, Any]:
        return {"count": 1}

    def kpi_revise(self) -> dict[str, Any]:
        return {"count": 1}

    def kpi_assess(self) -> dict[str, Any]:
        return {"achieved": self.rng.randrange(3), "total": 2, "due": self.rng.random() < 0.4}

    def bpr_register(self) -> dict[str, Any]:
        return {"saved_hours": Decimal("120.5"), "saved_yen": 361_500}

    def milestone_plan(self) -> dict[str, Any]:
        return {"count": 2}

    def milestone_report(self) -> dict[str, Any]:
        return {"open": self.rng.randrange(3)}

    def duty_impose(self) -> dict[str, Any]:
        return {"count": 1}

    def duty_open(self) -> dict[str, Any]:
        return {"count": self.rng.randrange(2)}

    def committee_convene(self) -> dict[str, Any]:
        seats = [f"member-{number}" for number in range(1, self.rng.randrange(2, 6))]
        return {
            "seats": seats, "recused": [], "quorum": 2, "deadline": self._day(5), "reminder": self._day(3),
            "chair": "post:chair",
        }  # fmt: skip

    def committee_tally(self) -> dict[str, Any]:
        return {
            "seats": 4, "cast": 3, "quorum": 2, "quorum_met": self.rng.random() < 0.7, "approve": 2, "conditions": 0,
            "return": 1, "reject": 0, "abstain": 0, "leaning": "approve", "chair": "post:chair",
        }  # fmt: skip

    def authority_find(self) -> dict[str, Any]:
        ruling = {"row": "第1号", "post_kind": "mayor", "consult": ["role:finance"]}
        return {"post": "mayor", "group": "post:mayor", "title": "市長", "ruling": ruling}

    def document_draw(self) -> dict[str, Any]:
        asked = self._stops(3, self.rng.randrange(2))
        in_turn = self.rng.random() < 0.5
        return {
            "document": "d1", "digest": "0", "reviewers": self._stops(1, self.rng.randrange(2)),
            "in_turn": asked if in_turn else [], "together": [] if in_turn else asked,
            "needed": len(asked),
        }  # fmt: skip

    def document_further(self) -> dict[str, Any]:
        asked = self._stops(10, self.rng.randrange(1, 3))
        return {
            "document": "d1", "digest": "0", "reviewers": [], "in_turn": [], "together": asked,
            "needed": len(asked),
        }  # fmt: skip

    def document_route(self) -> dict[str, Any]:
        return {"passed": self.rng.random() < 0.9}

    def _stops(self, first: int, number: int) -> list[dict[str, Any]]:
        places = range(first, first + number)
        return [{"place": one, "group": f"post:p{one}", "title": "部長"} for one in places]

    def case_extend(self) -> dict[str, Any]:
        return {"case": "R8-市民-0001"}

    def _day(self, days: int) -> date:
        return local_date(NOW) + timedelta(days=days + self.rng.randrange(10))
