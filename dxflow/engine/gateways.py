"""Exclusive and parallel gateways (BPMN 2.0.2 §13.4.1 and §13.4.2)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway, ParallelGateway
from SpiffWorkflow.operators import Operator

from dxflow.engine.expressions import Expression
from dxflow.engine.merging import merged
from dxflow.engine.nodes import Node
from dxflow.engine.tree import COMPLETED, WAITING, Token
from dxflow.texts import gettext as _


class FeelCondition(Operator):  # type: ignore[misc]
    """The condition of a sequence flow."""

    def __init__(self, expression: Expression) -> None:
        super().__init__(expression.text)
        self.expression = expression

    def _matches(self, task: Token) -> bool:
        env = task.workflow.top_workflow.env
        return self.expression.truth(task.data, env.functions)


class Exclusive(Node, ExclusiveGateway):  # type: ignore[misc]
    """Takes the first flow whose condition is true, else the default flow."""

    visible = True

    def next_specs(self, token: Token) -> Iterable[Any]:
        """Return the one place the token goes to. Raises StepFailed when there is none."""
        specs = self._wf_spec.task_specs
        for condition, name in self.cond_task_specs:
            if condition is not None and condition._matches(token):
                return (specs[name],)
        if self.default_task_spec is None:
            raise self.place.fail(_("どの条件にも当てはまらず、既定の流れもありません。"))
        return (specs[self.default_task_spec],)


class Parallel(Node, ParallelGateway):  # type: ignore[misc]
    """Waits for one token on each incoming flow and goes on along every outgoing flow.

    Stock 3.2.0 also counts tokens that an earlier round through a loop left behind, so that the
    join fires early in the second round. Here a token waits at the gateway until it is used, and
    is used once; surplus tokens keep waiting.
    """

    visible = True

    def freeze(self) -> None:
        """Count how many tokens are needed from each place."""
        super().freeze()
        self.needed: Counter[str] = Counter(self._inputs)

    def _update(self, my_task: Token) -> None:
        if self.needed.total() > 1:
            parent = my_task.parent
            my_task.internal_data["from"] = parent.task_spec.name if parent else ""
            my_task._state = WAITING
            used = self._complete_set(my_task.workflow.tasks.values())
            if not used:
                return
            my_task.data = merged(used)
            for token in used:
                if token is not my_task:
                    token._state = COMPLETED
        my_task.internal_data.clear()
        my_task.workflow.top_workflow.visit(my_task, "entered")
        my_task._ready()

    def _on_cancel(self, my_task: Token) -> None:
        """Tell only what has entered: a token that waits for others has not."""
        if "from" not in my_task.internal_data:
            super()._on_cancel(my_task)

    def _complete_set(self, tokens: Iterable[Token]) -> list[Token]:
        """Return the waiting tokens that make up one firing, oldest first, or none."""
        missing = self.needed.copy()
        used = []
        for token in tokens:
            if token.task_spec is self and token._state == WAITING:
                source = token.internal_data["from"]
                if missing[source] > 0:
                    missing[source] -= 1
                    used.append(token)
        return used if not missing.total() else []
