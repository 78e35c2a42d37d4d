"""User, service, script and business rule tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import ScriptTask, ServiceTask, UserTask

from dxflow.engine.branches import branch_of
from dxflow.engine.errors import StepFailed, why
from dxflow.engine.expressions import FAULTS, Expression, Place, parse, shown, stored
from dxflow.engine.nodes import Mappings, Node, assign
from dxflow.engine.step import Decided, Environment
from dxflow.engine.timers import moment
from dxflow.engine.tree import Token
from dxflow.errors import DxflowError
from dxflow.texts import ABOUT, PackText
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.decisions import DecisionModel

_COMMAND_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""A command's own mistakes. What the database or the network raises is not ours to judge."""

NOTED = ("groups", "assignee", "due", "about", "called")
"""What a task remembers until it is completed."""

LONGEST_WORDS = 100
"""Characters of what a task is called, and of what it is about, that stand in its name."""


@dataclass(frozen=True)
class Offer:
    """What the model says about who does a user task, until when and with which form."""

    name: str
    lane: str
    form_key: str
    candidate_groups: Expression | None
    assignee: Expression | None
    due: Expression | None
    commands: tuple[tuple[str, Expression], ...]
    """Command name and payload, in file order."""
    about: Expression | None = None
    called: Expression | None = None
    """What it is called; where that gives no text, `name` is."""


def call_command(token: Token, command: str, payload: Any) -> dict[str, Any]:
    """Run a command of the host with a copy of the payload and return a copy of its result."""
    env: Environment = token.workflow.top_workflow.env
    place: Place = token.task_spec.place
    given = stored(payload, place, command)
    if not isinstance(given, dict):
        raise place.fail(_("「{command}」に渡す値が文脈（{{…}}）ではありません。", command=command))
    try:
        result = env.host.call(command, given, place.element, branch_of(token))
    except _COMMAND_FAULTS as fault:
        raise place.fail(
            _("「{command}」が失敗しました: {why}", command=command, why=why(fault))
        ) from fault
    copy = stored(result, place, command)
    if not isinstance(copy, dict):
        raise place.fail(_("「{command}」の結果が文脈（{{…}}）ではありません。", command=command))
    return copy


class UserActivity(Node, UserTask):  # type: ignore[misc]
    """A person does something; the token waits until `complete` is called."""

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, offer: Offer, outputs: Mappings
    ) -> None:
        super().__init__(wf_spec, name, bpmn_id)
        self.offer = offer
        self.io_outputs = outputs

    def _on_ready(self, my_task: Token) -> None:
        """Work out once who may do it and until when. Raises StepFailed."""
        notes, offer = my_task.internal_data, self.offer
        notes["groups"] = self._groups(my_task)
        if offer.assignee is not None:
            notes["assignee"] = self._assignee(my_task, offer.assignee)
        if offer.due is not None:
            notes["due"] = self._due(my_task, offer.due)
        if offer.about is not None:
            notes["about"] = self._words(my_task, offer.about)
        if offer.called is not None:
            notes["called"] = self._words(my_task, offer.called)

    def called(self, notes: Mapping[str, Any]) -> str:
        """Return what a task is called, with what it is about where the model says that."""
        own = self.offer.name
        name, about = notes.get("called") or own, notes.get("about")
        whole = f"{name}{ABOUT[0]}{about}{ABOUT[1]}" if about else name
        return PackText(whole, own.words) if isinstance(own, PackText) else whole

    def accept(self, token: Token, values: dict[str, Any], outcome: str) -> None:
        """Run the task's commands, then let its outputs reach the variables. Raises StepFailed."""
        env = token.workflow.top_workflow.env
        scope = {**token.data, "values": values, "outcome": outcome}
        for command, payload in self.offer.commands:
            given = payload.evaluate(scope, env.functions)
            call_command(token, command, given)
        changed: dict[str, Any] = {}
        assign(self.io_outputs, scope, env.functions, changed)
        token.data.update(changed)
        token.data["outcome"] = outcome
        for key in NOTED:
            token.internal_data.pop(key, None)

    def _groups(self, token: Token) -> list[str]:
        expression = self.offer.candidate_groups or self._lane_groups(token)
        if expression is None:
            return []
        value = expression.evaluate(token.data, self.functions(token))
        groups = value if isinstance(value, list) else [value]
        if all(isinstance(group, str) and group for group in groups):
            return [str(group) for group in groups]
        raise self._no_text(expression, value)

    def _lane_groups(self, token: Token) -> Expression | None:
        lane = self.offer.lane
        if not lane:
            return None
        text = token.workflow.top_workflow.env.lanes.get(lane)
        if text is None:
            raise self.place.fail(_("レーン「{lane}」の担当が決められていません。", lane=lane))
        try:
            return parse(text, self.place.process, self.place.element)
        except DxflowError as wrong:
            raise self.place.fail(f"{text}: {wrong}") from wrong

    def _assignee(self, token: Token, expression: Expression) -> str | None:
        value = expression.evaluate(token.data, self.functions(token))
        if value is None or isinstance(value, str):
            return value or None
        raise self._no_text(expression, value)

    def _words(self, token: Token, expression: Expression) -> str:
        value = expression.evaluate(token.data, self.functions(token))
        return value[:LONGEST_WORDS] if isinstance(value, str) else ""

    def _no_text(self, expression: Expression, value: Any) -> StepFailed:
        text, got = expression.text, shown(value)
        message = _("担当の式「{text}」の結果が文字列ではありません（{got}）。", text=text, got=got)
        return self.place.fail(message)

    def _due(self, token: Token, expression: Expression) -> datetime | None:
        value = expression.evaluate(token.data, self.functions(token))
        try:
            return None if value is None else moment(value)
        except ValueError as wrong:
            raise self.place.fail(f"{expression.text}: {wrong}") from wrong


class ServiceActivity(Node, ServiceTask):  # type: ignore[misc]
    """Runs a command of the host: the inputs are its payload, the outputs see its `result`.

    Stock hides the error of a failing service behind a NameError.
    """

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, command: str, inputs: Mappings,
        outputs: Mappings,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id)
        self.command = command
        self.io_inputs = inputs
        self.io_outputs = outputs

    def _run_hook(self, my_task: Token) -> bool:
        env = my_task.workflow.top_workflow.env
        payload: dict[str, Any] = {}
        assign(self.io_inputs, dict(my_task.data), env.functions, payload)
        result = call_command(my_task, self.command, payload)
        assign(self.io_outputs, {**my_task.data, "result": result}, env.functions, my_task.data)
        return True


class ScriptActivity(Node, ScriptTask):  # type: ignore[misc]
    """Puts the value of an expression into a variable."""

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, expression: Expression, result_variable: str
    ) -> None:
        super().__init__(wf_spec, name, bpmn_id, script=expression.text)
        self.expression = expression
        self.result_variable = result_variable

    def _run_hook(self, my_task: Token) -> bool:
        value = self.expression.storable(my_task.data, self.functions(my_task))
        my_task.data[self.result_variable] = value
        return True


class RuleActivity(Node):
    """Evaluates a decision over the variables; no matching rule gives null, never the old value."""

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, decision: str, model: "DecisionModel",
        result_variable: str,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id)
        self.decision = decision
        self.model = model
        self.result_variable = result_variable

    def _run_hook(self, my_task: Token) -> bool:
        top = my_task.workflow.top_workflow
        try:
            outcome = self.model.evaluate(self.decision, my_task.data, self.functions(my_task))
        except FAULTS as fault:
            raise self.place.fail(
                _("決定「{name}」を評価できません: {why}", name=self.decision, why=why(fault))
            ) from fault
        top.decided.append(Decided(self.bpmn_id, branch_of(my_task), outcome))
        my_task.data[self.result_variable] = stored(outcome.value, self.place, self.decision)
        return True
