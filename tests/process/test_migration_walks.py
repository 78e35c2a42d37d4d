"""Cases of the standard pack move to an edited version at any point and are never stuck there."""

import dataclasses
import datetime as dt
import random
import re
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from dxflow import engine
from dxflow.models.model import Process
from dxflow.models.reader import read as read_bpmn
from tests.process import packs
from tests.process.standard_pack import PROCESSES, standard
from tests.process.walks import Walk

EXTRA = """
    <bpmn:userTask id="extra_{n}" name="追加の確認">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="head_approval" />
        <zeebe:assignmentDefinition candidateGroups="role:secretariat" />
      </bpmn:extensionElements>
      <bpmn:incoming>{flow}</bpmn:incoming>
      <bpmn:outgoing>from_extra_{n}</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="from_extra_{n}" sourceRef="extra_{n}" targetRef="{target}" />
"""
FLOW = re.compile(r'<bpmn:sequenceFlow id="(\w+)" sourceRef="(\w+)" targetRef="(\w+)"')
GATEWAY = re.compile(r'<bpmn:\w+Gateway id="(\w+)"')
DUE = re.compile(r'dueDate="=at\(add_business_days\(([^"]*?), (\d+)\), 17\)"')


def _add_task(text: str, rng: random.Random, n: int) -> str:
    """Draw a user task into a flow that does not lead to a gateway.

    Before a gateway it would take the place of the answer on which the gateway decides.
    """
    gateways = set(GATEWAY.findall(text))
    flow = rng.choice([one for one in FLOW.findall(text) if one[2] not in gateways])
    name, source, target = flow
    old = f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"'
    text = text.replace(
        old, f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="extra_{n}"'
    )
    way, new = (
        f"<bpmn:incoming>{name}</bpmn:incoming>",
        f"<bpmn:incoming>from_extra_{n}</bpmn:incoming>",
    )
    text = text.replace(way, new, 1)
    return text.replace(
        "</bpmn:process>", EXTRA.format(n=n, flow=name, target=target) + "</bpmn:process>", 1
    )


def _edit(text: str, rng: random.Random, n: int) -> str:
    """Rename every label, change every due date and a waiting time, and add a task or two."""
    text = re.sub(r'(<bpmn:(?:userTask|callActivity) id="\w+" name=")', r"\1新 ", text)
    text = DUE.sub(
        lambda found: f'dueDate="=at(add_business_days({found[1]}, {int(found[2]) + 3}), 17)"', text
    )
    text = text.replace(
        "add_business_days(period_end(period), 8)", "add_business_days(period_end(period), 7)"
    )
    for number in range(rng.randrange(3)):
        text = _add_task(text, rng, 10 * n + number)
    return text


@cache
def edited(seed: int) -> engine.Definitions:
    """Return the standard pack as an author might have corrected it."""
    rng = random.Random(seed)
    processes: dict[str, Process] = {}
    for number, path in enumerate(sorted(PROCESSES.glob("*.bpmn"))):
        reading = read_bpmn(_edit(path.read_text("utf-8"), rng, number).encode(), path.name)
        assert reading.model is not None, reading.problems
        processes |= reading.model.processes
    return engine.compile_definition(processes, standard().decisions)


@dataclasses.dataclass
class Case:
    """One case on its way, with the moments at which its open tasks were reached."""

    walk: Walk
    rng: random.Random
    definitions: engine.Definitions
    now: dt.datetime
    reached: dict[str, engine.Environment] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.host = self.walk.host(self.rng)
        self.step = self.definitions.start(self.walk.process, self.walk.variables, self.env)
        self._note()

    @property
    def env(self) -> engine.Environment:
        return engine.Environment(
            self.walk.functions(self.now), self.now, self.host, self.walk.lanes
        )

    def _note(self) -> None:
        for task in self.step.tasks:
            self.reached.setdefault(task.id, self.env)

    def go_on(self) -> None:
        """Do one open task, or wait for the next timer."""
        assert self.step.tasks or self.step.timers, "stuck"
        self.now += dt.timedelta(hours=self.rng.randrange(1, 40))
        if self.step.timers and (not self.step.tasks or self.rng.random() < 0.15):
            self.now = max(self.now, min(timer.due for timer in self.step.timers))
        late = any(timer.due <= self.now for timer in self.step.timers)
        if late or not self.step.tasks:
            self.step = engine.fire_timers(self.definitions, self.step.state, self.env)
        else:
            task = self.rng.choice(self.step.tasks)
            values, outcome = self.walk.choose(self.rng, task)
            self.step = engine.complete(
                self.definitions, self.step.state, task.id, values, outcome, self.env
            )
        self._note()

    def move(self, definitions: engine.Definitions) -> engine.Migrated:
        return engine.migrated(
            self.definitions, definitions, self.step.state, {}, self.env, reached=self.reached
        )


SEEDS = st.integers(0, 10**6)


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, version=st.integers(0, 11), steps=st.integers(0, 40))
def test_a_case_moves_anywhere_on_its_way_and_goes_on(seed: int, version: int, steps: int) -> None:
    walk = packs.walk(PROCESSES)
    case = Case(walk, random.Random(seed), walk.definitions, walk.now)
    for _step in range(steps):
        if case.step.ended:
            return
        case.go_on()
    if case.step.ended:
        return
    moved = case.move(edited(version))
    case.definitions, case.step = edited(version), moved.after
    back = case.move(walk.definitions)
    assert back.state == moved.before.state
    for _step in range(60):
        if case.step.ended:
            return
        case.go_on()
