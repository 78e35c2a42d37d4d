"""The ground every BPMN element stands on: how a token arrives, runs and moves on.

SpiffWorkflow's task specifications keep their part (states, running, connections); the hooks that
stock 3.2.0 gets wrong are ours.
"""

from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.specs import StartTask, WorkflowSpec

from dxflow.engine.expressions import Expression, Functions, Place
from dxflow.engine.merging import parted_from
from dxflow.engine.tree import CANCELLED, COMPLETED, WAITING, Token

Mappings = tuple[tuple[str, Expression], ...]
"""Target name and source expression of `zeebe:input` and `zeebe:output`, in file order."""


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """One compiled process, or the inside of an embedded sub-process.

    `process` is the id of the process it is drawn in. The names of the start and the end contain
    brackets, which no BPMN id may: stock calls them `Start` and `End` like many a drawn event.
    """

    def __init__(self, name: str, process: str, is_called: bool) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.process = process
        self.is_called = is_called
        self.data_objects: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.start = Begin(self)
        self.end = Finish(self)


class Node(BpmnTaskSpec):  # type: ignore[misc]
    """A place where tokens arrive.

    `name` addresses the node in stored states. A node that is `visible` stands on the diagram as
    `bpmn_id` and its visits are recorded. `guards` are the names of the timers on its boundary.
    """

    visible = False
    is_timer = False

    def __init__(self, wf_spec: Any, name: str, bpmn_id: str = "", **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.bpmn_id = bpmn_id
        self.place = Place(wf_spec.process, bpmn_id)
        self.guards: frozenset[str] = frozenset()
        self.instance_of: Any = None
        """The multi-instance node this one is an instance of."""
        self.following: tuple[Any, ...] = ()

    def freeze(self) -> None:
        """Resolve the names of the next nodes; called once when the process is complete."""
        self.following = tuple(self.outputs)

    def functions(self, token: Token) -> Functions:
        """Return the FEEL functions of this step."""
        given: Functions = token.workflow.top_workflow.env.functions
        return given

    def next_specs(self, token: Token) -> Iterable[Any]:
        """Return where the token goes from here; more than one place makes more tokens."""
        return self.following

    def test(self) -> None:
        """Nothing: the process was checked when it was compiled."""

    def _predict(self, *_arguments: Any, **_named: Any) -> None:
        """Nothing: a token does not know its future, so the tree stays small."""

    def _update(self, my_task: Token) -> None:
        """Let a token arrive. Unlike in stock it is called once for each token."""
        if self.visible:
            my_task.workflow.top_workflow.visit(my_task, "entered")
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def _on_ready(self, my_task: Token) -> None:
        if not self.manual:
            my_task.workflow.top_workflow.queue.append(my_task)

    def kept(self, token: Token) -> dict[str, Any]:
        """Return the variables that stay of an open activity when a timer takes it away."""
        return {}

    def _run_hook(self, my_task: Token) -> bool:
        return True

    def _on_complete(self, my_task: Token) -> None:
        if self.visible:
            my_task.workflow.top_workflow.visit(my_task, "completed")
        if self.guards:
            disarm(my_task)
        if self.instance_of is not None:
            self.instance_of.instance_done(my_task)
            return
        arrived = [my_task.follow(spec) for spec in self.next_specs(my_task)]
        for token in arrived:
            token.task_spec._update(token)

    def _on_cancel(self, my_task: Token) -> None:
        if self.visible:
            my_task.workflow.top_workflow.visit(my_task, "cancelled")
        if self.guards:
            disarm(my_task)


def disarm(token: Token) -> None:
    """Stop the timers on the boundary of the token's activity; paths already begun go on."""
    parent = token.parent
    guards = token.task_spec.guards
    for other in parent.children if parent else ():
        if other._state == WAITING and other.task_spec.name in guards:
            other._state = CANCELLED


def assign(
    mappings: Mappings, scope: dict[str, Any], functions: Functions, into: dict[str, Any]
) -> None:
    """Apply mappings one after the other; a later one sees what an earlier one has set."""
    for target, source in mappings:
        into[target] = scope[target] = source.storable(scope, functions)


class Begin(Node, StartTask):  # type: ignore[misc]
    """The root of a level's tree; it stands on no diagram.

    A level begins at one of its start events: the one it was told, else the first, which is the
    plain one where there is one.
    """

    def __init__(self, wf_spec: Any) -> None:
        super().__init__(wf_spec, "(start)")
        self.entries: dict[str, Any] = {}

    def open(self, element: str, start: Any) -> None:
        """Let a level begin at a start event."""
        self.entries[element] = start
        self.connect(start)

    def next_specs(self, token: Token) -> Iterable[Any]:
        """Return the start event at which the level begins."""
        chosen = token.workflow.begins_at or next(iter(self.entries))
        return (self.entries[chosen],)


class Finish(Node, _EndJoin):  # type: ignore[misc]
    """Where the branches of a level end; the level ends with the last of them.

    What a branch that ends earlier has changed is remembered with the level. Stock keeps a token
    of every ended branch, and with it its past, until the level ends.
    """

    def __init__(self, wf_spec: Any) -> None:
        super().__init__(wf_spec, "(end)")

    def _update_hook(self, my_task: Token) -> bool:
        level = my_task.workflow
        others = [token for token in level.open_tokens() if token is not my_task]
        if not others:
            my_task.data = level.leftovers.brought_into(my_task.data)
            return True
        my_task._state = COMPLETED
        level.leftovers.note(parted_from(my_task, others).data, my_task.data)
        return False

    def _on_complete(self, my_task: Token) -> None:
        level = my_task.workflow
        level.data, level.completed = my_task.data, True
        if level is not level.top_workflow:
            level.caller.task_spec.returned(level.caller, level)
