"""One element of a model as nodes of a specification."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dxflow.engine.activities import (
    Offer,
    RuleActivity,
    ScriptActivity,
    ServiceActivity,
    UserActivity,
)
from dxflow.engine.calls import Call, Embedded
from dxflow.engine.events import FeelTimer, Guard, PlainEnd, PlainStart, TimerBoundary, TimerCatch
from dxflow.engine.expressions import Expression, parse
from dxflow.engine.gateways import Exclusive, Parallel
from dxflow.engine.multi import Instances
from dxflow.engine.nodes import Mappings, ProcessSpec
from dxflow.feel import FeelSyntaxError
from dxflow.models.model import Boundary, Element, IoMapping, Kind, MultiInstance, Process, Timer
from dxflow.problems import Problem
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.decisions import DecisionModel

COMMAND, ABOUT, CALLED = "command:", "about", "called"

_WITH_INPUTS = frozenset({Kind.SERVICE_TASK, Kind.CALL_ACTIVITY})
_WITH_OUTPUTS = _WITH_INPUTS | {Kind.USER_TASK}


class NodeBuilder:
    """Builds the nodes of one level.

    `entries` maps an element to the node its incoming flows lead to, `exits` elements and boundary
    events to the node their outgoing flows come from.
    """

    def __init__(
        self, spec: ProcessSpec, problems: list[Problem], processes: Mapping[str, Process],
        decisions: Mapping[str, "DecisionModel"],
    ) -> None:  # fmt: skip
        self.spec = spec
        self.problems = problems
        self.processes = processes
        self.decisions = decisions
        self.entries: dict[str, Any] = {}
        self.exits: dict[str, Any] = {}

    def add(self, element: Element) -> None:
        """Add the nodes of an element and of the timers on its boundary."""
        build = _BUILDERS.get(element.kind)
        if build is None:
            what = element.construct or element.kind.value
            self.refuse(element, _("「{what}」は実行できません。", what=what))
            return
        name = f"{element.id}[]" if element.multi else element.id
        node = build(self, element, name)
        if node is None:
            return
        if (element.inputs and element.kind not in _WITH_INPUTS) or (
            element.outputs and element.kind not in _WITH_OUTPUTS
        ):
            self.refuse(element, _("この要素に入出力マッピングは使えません。"))
        if element.multi:
            node = self._instances(element, element.multi, node)
        self.entries[element.id] = self.exits[element.id] = node
        if element.boundaries:
            self._guard(element, node)

    def parse(self, text: str, element: str, line: int) -> Expression | None:
        """Return the parsed text; a mistake in it becomes a problem."""
        try:
            return parse(text, self.spec.process, element)
        except FeelSyntaxError as wrong:
            message = _("式「{text}」が読めません: {why}", text=text, why=wrong.message)
            self.problems.append(
                Problem("engine-feel", message, line=line, element=element, hint=wrong.hint)
            )
            return None

    def optional(self, text: str, element: Element, attribute: str = "") -> Expression | None:
        """Return the parsed text, or None when there is no text."""
        line = element.lines.get(attribute, element.line)
        return self.parse(text, element.id, line) if text else None

    def required(self, text: str, element: Element, what: str) -> Expression | None:
        """Return the parsed text; none is a problem."""
        if not text:
            self.refuse(element, _("「{what}」がありません。", what=what))
            return None
        return self.parse(text, element.id, element.line)

    def result_variable(self, element: Element) -> str:
        """Return the name of the variable for the result; none is a problem."""
        if not element.result_variable:
            self.refuse(element, _("「{what}」がありません。", what="resultVariable"))
        return element.result_variable

    def mappings(self, written: tuple[IoMapping, ...], element: Element) -> Mappings:
        """Return the parsed mappings, in file order."""
        parsed = [
            (mapping.target, self.required(mapping.source, element, mapping.target))
            for mapping in written
        ]
        return tuple((target, source) for target, source in parsed if source is not None)

    def timer(self, timer: Timer, element: str, line: int) -> FeelTimer | None:
        """Return the event definition of a timer."""
        value = self.parse(timer.value, element, timer.line or line)
        return None if value is None else FeelTimer(element, value)

    def refuse(self, element: Element, message: str) -> None:
        """Note a problem with an element."""
        self.problems.append(
            Problem("engine-compile", message, line=element.line, element=element.id)
        )

    def _instances(self, element: Element, multi: MultiInstance, node: Any) -> Any:
        collection = self.required(multi.collection, element, "inputCollection")
        if collection is None:
            return node
        instances = Instances(
            self.spec, element.id, multi, collection,
            self.optional(multi.output_element, element), self.optional(multi.completion, element),
        )  # fmt: skip
        node.visible, node.instance_of, instances.instance = False, instances, node
        return instances

    def _guard(self, element: Element, node: Any) -> None:
        guard = Guard(self.spec, f"{element.id}(!)")
        for boundary in element.boundaries:
            self._boundary(boundary, node, guard)
        guard.connect(node)
        node.guards = frozenset(boundary.id for boundary in element.boundaries)
        self.entries[element.id] = guard

    def _boundary(self, boundary: Boundary, node: Any, guard: Guard) -> None:
        timer = self.timer(boundary.timer, boundary.id, boundary.line)
        if timer is not None:
            armed = TimerBoundary(
                self.spec, boundary.id, timer, boundary.interrupting, attached_to=node.name
            )
            self.exits[boundary.id] = armed
            guard.connect(armed)


def _end(builder: NodeBuilder, element: Element, name: str) -> Any:
    terminates = element.kind is Kind.TERMINATE_END
    return PlainEnd(builder.spec, name, dict(element.properties), terminates)


def _catch(builder: NodeBuilder, element: Element, name: str) -> Any:
    if element.timer is None:
        builder.refuse(element, _("「{what}」がありません。", what="timerEventDefinition"))
        return None
    timer = builder.timer(element.timer, element.id, element.line)
    return None if timer is None else TimerCatch(builder.spec, name, name, event_definition=timer)


def _user(builder: NodeBuilder, element: Element, name: str) -> Any:
    commands = [
        (key.removeprefix(COMMAND), builder.required(payload, element, key))
        for key, payload in element.properties.items()
        if key.startswith(COMMAND)
    ]
    offer = Offer(
        name=element.name or element.id,
        lane=element.lane,
        form_key=element.form_key,
        candidate_groups=builder.optional(element.candidate_groups, element, "candidate_groups"),
        assignee=builder.optional(element.assignee, element, "assignee"),
        due=builder.optional(element.due, element, "due"),
        commands=tuple((command, payload) for command, payload in commands if payload is not None),
        about=builder.optional(element.properties.get(ABOUT, ""), element, "properties"),
        called=builder.optional(element.properties.get(CALLED, ""), element, "properties"),
    )
    outputs = builder.mappings(element.outputs, element)
    return UserActivity(builder.spec, name, element.id, offer, outputs)


def _service(builder: NodeBuilder, element: Element, name: str) -> Any:
    if not element.job_type:
        builder.refuse(element, _("「{what}」がありません。", what="taskDefinition type"))
        return None
    inputs = builder.mappings(element.inputs, element)
    outputs = builder.mappings(element.outputs, element)
    return ServiceActivity(builder.spec, name, element.id, element.job_type, inputs, outputs)


def _script(builder: NodeBuilder, element: Element, name: str) -> Any:
    expression = builder.required(element.script, element, "script")
    variable = builder.result_variable(element)
    if expression is None or not variable:
        return None
    return ScriptActivity(builder.spec, name, element.id, expression, variable)


def _rule(builder: NodeBuilder, element: Element, name: str) -> Any:
    decision, model = element.decision, builder.decisions.get(element.decision)
    variable = builder.result_variable(element)
    if model is None:
        builder.refuse(element, _("決定「{name}」が見つかりません。", name=decision))
    if model is None or not variable:
        return None
    return RuleActivity(builder.spec, name, element.id, decision, model, variable)


def _call(builder: NodeBuilder, element: Element, name: str) -> Any:
    called = element.called_process
    if called not in builder.processes:
        builder.refuse(element, _("呼び出すプロセス「{name}」が見つかりません。", name=called))
        return None
    inputs = builder.mappings(element.inputs, element)
    outputs = builder.mappings(element.outputs, element)
    arguments = (builder.spec, name, element.id, called, inputs, outputs)
    return Call(*arguments, propagate_all=element.propagate_all)


_BUILDERS: dict[Kind, Callable[[NodeBuilder, Element, str], Any]] = {
    Kind.START: lambda builder, _element, name: PlainStart(builder.spec, name),
    # when it is due is not the instance's business: there is none before
    Kind.TIMER_START: lambda builder, _element, name: PlainStart(builder.spec, name),
    Kind.END: _end,
    Kind.TERMINATE_END: _end,
    Kind.CATCH_TIMER: _catch,
    Kind.USER_TASK: _user,
    Kind.SERVICE_TASK: _service,
    Kind.SCRIPT_TASK: _script,
    Kind.BUSINESS_RULE_TASK: _rule,
    Kind.CALL_ACTIVITY: _call,
    Kind.SUB_PROCESS: lambda builder, element, name: Embedded(
        builder.spec, name, element.id, f"{builder.spec.name}/{element.id}", (), ()
    ),
    Kind.EXCLUSIVE: lambda builder, _element, name: Exclusive(builder.spec, name, name),
    Kind.PARALLEL: lambda builder, _element, name: Parallel(builder.spec, name, name),
}
