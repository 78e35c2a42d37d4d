"""User, service, script and business rule tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import ScriptTask, ServiceTask, UserTask

from dxflow.engine.expressions import FAULTS, Expression, Place, parse, shown, stored
from dxflow.engine.nodes import Mappings, Node, assign
from dxflow.engine.step import Decided, Environment
from dxflow.engine.timers import moment
from dxflow.engine.tree import Token
from dxflow.errors import DxflowError
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.decisions import DecisionModel

_COMMAND_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""A command's own mistakes. What the database or the network raises is not ours to judge."""


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


def call_command(env: Environment, command: str, payload: Any, place: Place) -> dict[str, Any]:
    """Run a command of the host with a copy of the payload and return a copy of its result."""
    given = stored(payload, place, command)
    if not isinstance(given, dict):
        raise place.fail(_("「{command}」に渡す値が文脈（{{…}}）ではありません。", command=command))
    try:
        result = env.host.call(command, given, place.element)
    except DxflowError:
        raise
    except _COMMAND_FAULTS as fault:
        raise place.fail(
            _("「{command}」が失敗しました: {why}", command=command, why=str(fault))
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
        env = my_task.workflow.top_workflow.env
        offered: dict[str, Any] = {"groups": self._groups(my_task.data, env)}
        if self.offer.assignee is not None:
            offered["assignee"] = self._assignee(self.offer.assignee, my_task.data, env)
        if self.offer.due is not None:
            offered["due"] = self._due(self.offer.due, my_task.data, env)
        my_task.internal_data.update(offered)

    def accept(self, token: Token, values: dict[str, Any], outcome: str) -> None:
        """Run the task's commands, then let its outputs reach the variables. Raises StepFailed."""
        env = token.workflow.top_workflow.env
        scope = {**token.data, "values": values, "outcome": outcome}
        for command, payload in self.offer.commands:
            given = payload.evaluate(scope, env.functions)
            call_command(env, command, given, self.place)
        changed: dict[str, Any] = {}
        assign(self.io_outputs, scope, env.functions, changed)
        token.data.update(changed)
        token.data["outcome"] = outcome
        token.internal_data = {
            key: kept for key, kept in token.internal_data.items() if key == "index"
        }

    def _groups(self, variables: dict[str, Any], env: Environment) -> list[str]:
        expression = self.offer.candidate_groups
        if expression is None and self.offer.lane:
            text = env.lanes.get(self.offer.lane)
            if text is None:
                raise self.place.fail(
                    _("レーン「{lane}」の担当が決められていません。", lane=self.offer.lane)
                )
            expression = self._lane_expression(text)
        if expression is None:
            return []
        value = expression.evaluate(variables, env.functions)
        groups = value if isinstance(value, list) else [value]
        if not all(isinstance(group, str) and group for group in groups):
            raise self.place.fail(
                _("担当の式「{text}」の結果が文字列ではありません（{got}）。",
                  text=expression.text, got=shown(value))
            )  # fmt: skip
        return [str(group) for group in groups]

    def _lane_expression(self, text: str) -> Expression:
        try:
            return parse(text, self.place.process, self.place.element)
        except DxflowError as wrong:
            raise self.place.fail(f"{text}: {wrong}") from wrong

    def _assignee(
        self, expression: Expression, variables: dict[str, Any], env: Environment
    ) -> str | None:
        value = expression.evaluate(variables, env.functions)
        if value is None or isinstance(value, str):
            return value or None
        raise self.place.fail(
            _("担当者の式「{text}」の結果が文字列ではありません（{got}）。",
              text=expression.text, got=shown(value))
        )  # fmt: skip

    def _due(
        self, expression: Expression, variables: dict[str, Any], env: Environment
    ) -> datetime | None:
        value = expression.evaluate(variables, env.functions)
        try:
            return None if value is None else moment(value)
        except ValueError as wrong:
            raise self.place.fail(f"{expression.text}: {wrong}") from wrong


class _Working(Node):
    """A task that the engine does by itself."""

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, inputs: Mappings, outputs: Mappings, **kw: Any
    ) -> None:
        super().__init__(wf_spec, name, bpmn_id, **kw)
        self.io_inputs = inputs
        self.io_outputs = outputs

    def keep(self, token: Token, variable: str, value: Any) -> None:
        """Let a result reach the variables: through the outputs where there are any."""
        if not self.io_outputs:
            if variable:
                token.data[variable] = value
            return
        scope = {**token.data, variable or "result": value}
        assign(self.io_outputs, scope, self.functions(token), token.data)

    def inside(self, token: Token) -> dict[str, Any]:
        """Return what the task sees: the variables and its inputs."""
        scope = dict(token.data)
        assign(self.io_inputs, scope, self.functions(token), {})
        return scope


class ServiceActivity(_Working, ServiceTask):  # type: ignore[misc]
    """Runs a command of the host: the inputs are its payload, the outputs see its `result`.

    Stock hides the error of a failing service behind a NameError.
    """

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, command: str, inputs: Mappings,
        outputs: Mappings,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id, inputs, outputs)
        self.command = command

    def _run_hook(self, my_task: Token) -> bool:
        env = my_task.workflow.top_workflow.env
        payload: dict[str, Any] = {}
        assign(self.io_inputs, dict(my_task.data), env.functions, payload)
        result = call_command(env, self.command, payload, self.place)
        if self.io_outputs:
            self.keep(my_task, "result", result)
        return True


class ScriptActivity(_Working, ScriptTask):  # type: ignore[misc]
    """Puts the value of an expression into a variable."""

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, expression: Expression, result_variable: str,
        inputs: Mappings, outputs: Mappings,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id, inputs, outputs, script=expression.text)
        self.expression = expression
        self.result_variable = result_variable

    def _run_hook(self, my_task: Token) -> bool:
        value = self.expression.storable(self.inside(my_task), self.functions(my_task))
        self.keep(my_task, self.result_variable, value)
        return True


class RuleActivity(_Working):
    """Evaluates a decision over the variables; no matching rule gives null, never the old value."""

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, decision: str,
        decisions: Mapping[str, "DecisionModel"], result_variable: str, inputs: Mappings,
        outputs: Mappings,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id, inputs, outputs)
        self.decision = decision
        self.model = decisions[decision]
        self.result_variable = result_variable

    def _run_hook(self, my_task: Token) -> bool:
        top = my_task.workflow.top_workflow
        try:
            outcome = self.model.evaluate(
                self.decision, self.inside(my_task), self.functions(my_task)
            )
        except FAULTS as fault:
            raise self.place.fail(
                _("決定「{name}」を評価できません: {why}", name=self.decision, why=str(fault))
            ) from fault
        top.decided.append(Decided(self.bpmn_id, outcome))
        value = stored(outcome.value, self.place, self.decision)
        self.keep(my_task, self.result_variable, value)
        return True
