"""Small processes from the model's own values, and the world around one step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dxflow import engine
from dxflow.clock import local_date
from dxflow.models.model import (
    Boundary,
    Element,
    Flow,
    IoMapping,
    Kind,
    MultiInstance,
    Process,
    Timer,
    TimerKind,
)

NOW = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)  # 09:00 in Japan


class Draft:
    """Collects elements and flows: `Draft("p").start().user("a").end()`; `link` for the rest."""

    def __init__(self, process_id: str = "p", name: str = "") -> None:
        self.id, self.name = process_id, name or process_id
        self.elements: dict[str, Element] = {}
        self.flows: list[Flow] = []
        self.last = ""

    def add(self, element: Element, after: str | None = None, condition: str = "") -> "Draft":
        source = self.last if after is None else after
        self.elements[element.id] = element
        if source:
            self.link(source, element.id, condition)
        self.last = element.id
        return self

    def link(self, source: str, target: str, condition: str = "", default: bool = False) -> "Draft":
        flow = Flow(f"f{len(self.flows)}", source, target, condition=condition)
        self.flows.append(flow)
        if default:
            self.change(source, default_flow=flow.id)
        return self

    def change(self, element: str, **fields: Any) -> "Draft":
        old = self.elements[element]
        values = {name: getattr(old, name) for name in old.__dataclass_fields__}
        self.elements[element] = Element(**{**values, **fields})
        return self

    def start(self, element_id: str = "start") -> "Draft":
        return self.add(Element(element_id, Kind.START), after="")

    def end(self, element_id: str = "end", after: str | None = None, **fields: Any) -> "Draft":
        return self.add(Element(element_id, Kind.END, **fields), after)

    def terminate(self, element_id: str, after: str | None = None) -> "Draft":
        return self.add(Element(element_id, Kind.TERMINATE_END), after)

    def user(
        self, element_id: str, after: str | None = None, condition: str = "", **fields: Any
    ) -> "Draft":
        fields.setdefault("candidate_groups", '"section:a"')
        return self.add(Element(element_id, Kind.USER_TASK, **fields), after, condition)

    def script(
        self, element_id: str, variable: str, text: str, after: str | None = None, **fields: Any
    ) -> "Draft":
        element = Element(
            element_id, Kind.SCRIPT_TASK, script=text, result_variable=variable, **fields
        )
        return self.add(element, after)

    def service(
        self, element_id: str, command: str, after: str | None = None, **fields: Any
    ) -> "Draft":
        return self.add(Element(element_id, Kind.SERVICE_TASK, job_type=command, **fields), after)

    def rule(self, element_id: str, decision: str, variable: str, **fields: Any) -> "Draft":
        return self.add(
            Element(
                element_id,
                Kind.BUSINESS_RULE_TASK,
                decision=decision,
                result_variable=variable,
                **fields,
            )
        )

    def xor(self, element_id: str, after: str | None = None) -> "Draft":
        return self.add(Element(element_id, Kind.EXCLUSIVE), after)

    def both(self, element_id: str, after: str | None = None) -> "Draft":
        return self.add(Element(element_id, Kind.PARALLEL), after)

    def call(
        self, element_id: str, process: str, after: str | None = None, **fields: Any
    ) -> "Draft":
        return self.add(
            Element(element_id, Kind.CALL_ACTIVITY, called_process=process, **fields), after
        )

    def inside(
        self, element_id: str, body: "Draft", after: str | None = None, **fields: Any
    ) -> "Draft":
        return self.add(Element(element_id, Kind.SUB_PROCESS, body=body.process(), **fields), after)

    def wait(
        self,
        element_id: str,
        value: str,
        kind: TimerKind = TimerKind.DURATION,
        after: str | None = None,
    ) -> "Draft":
        return self.add(Element(element_id, Kind.CATCH_TIMER, timer=Timer(kind, value)), after)

    def timer(self, activity: str, boundary: str, value: str, interrupting: bool = True) -> "Draft":
        """Put a timer on an activity's boundary; what is added next follows it."""
        kind = TimerKind.CYCLE if value.startswith('"R') else TimerKind.DURATION
        armed = Boundary(boundary, "", interrupting, Timer(kind, value))
        self.change(activity, boundaries=(*self.elements[activity].boundaries, armed))
        self.last = boundary
        return self

    def process(self) -> Process:
        return Process(self.id, self.name, self.elements, tuple(self.flows))


def out(**mappings: str) -> tuple[IoMapping, ...]:
    return tuple(IoMapping(source, target) for target, source in mappings.items())


def each(collection: str, variable: str, **fields: Any) -> MultiInstance:
    return MultiInstance(collection, variable, **fields)


@dataclass
class Calls:
    """A host that remembers what it was asked and answers as told."""

    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    branches: list[str] = field(default_factory=list)

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        self.seen.append((command, payload, element))
        self.branches.append(branch)
        answer = self.answers.get(command, {})
        if isinstance(answer, Exception):
            raise answer
        return answer(payload) if callable(answer) else answer


class World:
    """A pack of processes with a clock, driven one stored step at a time."""

    def __init__(
        self, *drafts: Draft, decisions: Mapping[str, Any] | None = None, **environment: Any
    ) -> None:
        processes = {draft.id: draft.process() for draft in drafts}
        self.definitions = engine.compile_definition(processes, decisions or {})
        self.top = drafts[0].id
        self.now = NOW
        self.host = Calls()
        self.environment = environment
        self.step: engine.Step | None = None
        self.visits: list[engine.Visit] = []

    @property
    def env(self) -> engine.Environment:
        functions: dict[str, Callable[..., Any]] = {"today": lambda: local_date(self.now)}
        return engine.Environment(functions, self.now, self.host, **self.environment)

    def start(self, **variables: Any) -> "World":
        return self._took(engine.start(self.definitions, self.top, variables, self.env))

    def do(self, element: str, outcome: str = "ok", which: int = 0, **values: Any) -> "World":
        return self.complete(self.task(element, which).id, outcome, **values)

    def complete(self, task_id: str, outcome: str = "ok", **values: Any) -> "World":
        return self._took(
            engine.complete(self.definitions, self.state, task_id, values, outcome, self.env)
        )

    def pass_over(self, task_id: str) -> "World":
        return self._took(engine.pass_over(self.definitions, self.state, task_id, self.env))

    def take_in(self, task_id: str) -> "World":
        return self._took(engine.take_in(self.definitions, self.state, task_id, self.env))

    def later(self, **duration: float) -> "World":
        self.now += timedelta(**duration)
        return self

    def fire(self) -> "World":
        return self._took(engine.fire_timers(self.definitions, self.state, self.env))

    def cancel(self) -> "World":
        return self._took(engine.cancel(self.definitions, self.state, self.env))

    def task(self, element: str, which: int = 0) -> engine.OpenTask:
        return [task for task in self.now_at.tasks if task.element == element][which]

    @property
    def now_at(self) -> engine.Step:
        if self.step is None:
            raise LookupError("not started")
        return self.step

    @property
    def state(self) -> bytes:
        return self.now_at.state

    @property
    def open(self) -> list[str]:
        return [task.element for task in self.now_at.tasks]

    @property
    def variables(self) -> dict[str, Any]:
        return self.now_at.variables

    @property
    def ended(self) -> bool:
        return self.now_at.ended

    def _took(self, step: engine.Step) -> "World":
        self.step = step
        self.visits.extend(step.visits)
        return self


def day(text: str) -> date:
    return date.fromisoformat(text)
