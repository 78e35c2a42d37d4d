"""From the values of `models` to SpiffWorkflow specifications.

The specifications are built directly: no XML is read again, and what a tool may leave out (ids of
flows, an end event) cannot get lost on the way. What cannot be compiled is refused with its place,
though `models` should have refused it before. Compiled processes are frozen: make them once for
each pack digest and keep them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dxflow.engine import runtime
from dxflow.engine.build import NodeBuilder
from dxflow.engine.gateways import Exclusive, FeelCondition
from dxflow.engine.nodes import ProcessSpec
from dxflow.engine.step import Environment, Step
from dxflow.models.model import Flow, Kind, Process
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.decisions import DecisionModel


@dataclass(frozen=True)
class Definition:
    """One compiled process."""

    id: str
    name: str
    spec: Any


@dataclass(frozen=True)
class Definitions:
    """All compiled processes of a pack.

    `processes` maps process ids to their definitions; `specs` holds every level, the insides of
    embedded sub-processes included, by its name.
    """

    processes: Mapping[str, Definition]
    specs: Mapping[str, Any]

    def start(
        self, process_id: str, variables: dict[str, Any], env: Environment, at: str = ""
    ) -> Step:
        """Start a process of the pack; see `engine.start`."""
        return runtime.start(self, process_id, variables, env, at)


def compile_definition(
    processes: Mapping[str, Process], decisions: Mapping[str, "DecisionModel"]
) -> Definitions:
    """Compile all processes of a pack; `decisions` maps decision ids to the models they are in.

    Raises Refused with every problem found. The result never changes and may be used by several
    threads at once.
    """
    specs: dict[str, ProcessSpec] = {}
    problems: list[Problem] = []
    for process in processes.values():
        _Level(process, process.id, process.id, specs, problems, processes, decisions).compile()
    if problems:
        raise Refused(problems)
    return Definitions(
        {name: Definition(name, process.name, specs[name]) for name, process in processes.items()},
        specs,
    )


class _Level:
    """Compiles one process, or the inside of one embedded sub-process."""

    def __init__(
        self, process: Process, name: str, drawn_in: str, specs: dict[str, ProcessSpec],
        problems: list[Problem], processes: Mapping[str, Process],
        decisions: Mapping[str, "DecisionModel"],
    ) -> None:  # fmt: skip
        self.process = process
        self.specs = specs
        self.problems = problems
        self.known = (processes, decisions)
        self.spec = ProcessSpec(name, drawn_in, is_called=name == drawn_in)
        self.builder = NodeBuilder(self.spec, problems, processes, decisions)

    def compile(self) -> None:
        """Add the level and those inside it to the specifications."""
        specs = self.specs
        specs[self.spec.name] = self.spec
        for element in self.process.elements.values():
            self.builder.add(element)
            if element.body is not None:
                name = f"{self.spec.name}/{element.id}"
                drawn_in = self.spec.process
                _Level(element.body, name, drawn_in, specs, self.problems, *self.known).compile()
        for flow in self.process.flows:
            self._connect(flow)
        self._begin()
        self._end()
        for node in self.spec.task_specs.values():
            node.freeze()

    def _connect(self, flow: Flow) -> None:
        source = self.builder.exits.get(flow.source)
        target = self.builder.entries.get(flow.target)
        if source is None or target is None:
            self._refuse(flow.id, flow.line, _("シーケンスフローの端が見つかりません。"))
            return
        if not isinstance(source, Exclusive):
            if flow.condition:
                message = _("条件は排他ゲートウェイから出る流れにだけ書けます。")
                self._refuse(flow.id, flow.line, message)
            source.connect(target)
            return
        element = self.process.elements[flow.source]
        alone = len(self.process.outgoing(flow.source)) == 1
        if flow.id == element.default_flow or (alone and not flow.condition):
            source.connect(target)
        elif flow.condition:
            expression = self.builder.parse(flow.condition, flow.source, flow.line)
            if expression is not None:
                source.connect_if(FeelCondition(expression), target)
        else:
            message = _("排他ゲートウェイから出る流れに条件がありません。")
            self._refuse(flow.id, flow.line, message)

    def _begin(self) -> None:
        found = [one for one in self.process.elements.values() if one.id in self.builder.entries]
        plain = [one.id for one in found if one.kind is Kind.START]
        starts = [*plain, *(one.id for one in found if one.kind is Kind.TIMER_START)]
        if not starts:
            self._refuse(self.process.id, self.process.line, _("開始イベントがありません。"))
        for start in starts:
            self.spec.start.open(start, self.builder.entries[start])

    def _end(self) -> None:
        """Let every node without an outgoing flow lead to the end."""
        for node in self.builder.exits.values():
            if not node._outputs:
                node.connect(self.spec.end)

    def _refuse(self, element: str, line: int, message: str) -> None:
        self.problems.append(Problem("engine-compile", message, line=line, element=element))
