"""Call activities and embedded sub-processes."""

from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import CallActivity, SubWorkflowTask

from dxflow.engine.nodes import Mappings, Node, assign
from dxflow.engine.tree import STARTED, Token


class _Calling(Node):
    """The token waits here while a level of its own runs."""

    visible = True
    spec: str

    def __init__(
        self, wf_spec: Any, name: str, bpmn_id: str, called: str, inputs: Mappings,
        outputs: Mappings,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, bpmn_id, subworkflow_spec=called)
        self.io_inputs = inputs
        self.io_outputs = outputs

    def inside(self, token: Token) -> dict[str, Any]:
        """Return the variables the level begins with."""
        raise NotImplementedError

    def take_back(self, token: Token, variables: dict[str, Any]) -> None:
        """Let variables of the ended level reach those of the token."""
        raise NotImplementedError

    def returned(self, token: Token, level: Any) -> None:
        """Go on behind an ended level."""
        del token.workflow.top_workflow.subprocesses[token.id]
        self.take_back(token, level.data)
        token._ready()

    def _update_hook(self, my_task: Token) -> bool:
        my_task._state = STARTED
        variables = self.inside(my_task)
        my_task.workflow.top_workflow.called(my_task).begin(variables)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        level = my_task.workflow.top_workflow.subprocesses.pop(my_task.id, None)
        if level is not None:
            level.cancel_open()
            level.completed = True
        super()._on_cancel(my_task)


class Call(_Calling, CallActivity):  # type: ignore[misc]
    """Calls a process of the pack.

    With inputs the called process sees nothing but them; without, everything. Only the outputs
    come back, computed over the called process's variables, unless `propagate_all`.
    """

    def __init__(self, *arguments: Any, propagate_all: bool) -> None:
        super().__init__(*arguments)
        self.propagate_all = propagate_all

    def inside(self, token: Token) -> dict[str, Any]:
        """Return the inputs, or a copy of all variables."""
        if not self.io_inputs:
            return dict(token.data)
        variables: dict[str, Any] = {}
        assign(self.io_inputs, dict(token.data), self.functions(token), variables)
        return variables

    def take_back(self, token: Token, variables: dict[str, Any]) -> None:
        """Apply the outputs."""
        if self.propagate_all:
            token.data.update(variables)
        assign(self.io_outputs, dict(variables), self.functions(token), token.data)


class Embedded(_Calling, SubWorkflowTask):  # type: ignore[misc]
    """An embedded sub-process works on the variables around it."""

    def inside(self, token: Token) -> dict[str, Any]:
        """Return all variables."""
        return dict(token.data)

    def take_back(self, token: Token, variables: dict[str, Any]) -> None:
        """Take all changes over."""
        token.data = variables
