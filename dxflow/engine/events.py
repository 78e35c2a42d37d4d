"""Start, end and timer events."""

from dataclasses import astuple
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    IntermediateCatchEvent,
    StartEvent,
)
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from dxflow.engine.expressions import Expression
from dxflow.engine.nodes import Node
from dxflow.engine.timers import Schedule, schedule
from dxflow.engine.tree import COMPLETED, WAITING, Token


class FeelTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer whose value is FEEL and whose clock is the step's `now`.

    Stock evaluates Python text, asks `datetime.now` and reads dates without offset in the zone of
    the server; an interrupting cycle never interrupts there.
    """

    def __init__(self, name: str, value: Expression) -> None:
        super().__init__(name, value.text)
        self.value = value

    def arm(self, token: Token) -> None:
        """Compute once when the timer is due. Raises StepFailed."""
        env = token.workflow.top_workflow.env
        value = self.value.evaluate(token.data, env.functions)
        try:
            self.keep(token, schedule(value, env.now))
        except ValueError as wrong:
            raise self.value.place.fail(f"{self.value.text}: {wrong}") from wrong

    def keep(self, token: Token, planned: Schedule) -> None:
        """Remember on the token when the timer fires."""
        token.internal_data["at"] = (
            [planned.due] if planned.period is None else list(astuple(planned))
        )

    def planned(self, token: Token) -> Schedule:
        """Return when the timer fires."""
        return Schedule(*token.internal_data["at"])


class _Timer(Node):
    """A token waits here for a moment."""

    is_timer = True
    event_definition: FeelTimer

    def due(self, token: Token) -> Any:
        """Return the moment in UTC."""
        return token.internal_data["at"][0]

    def _update_hook(self, my_task: Token) -> bool:
        self.event_definition.arm(my_task)
        my_task._state = WAITING
        return False


class TimerCatch(_Timer, IntermediateCatchEvent):  # type: ignore[misc]
    """Intermediate timer event: the token goes on when it is due."""

    visible = True
    cancel_activity = True

    def fire(self, token: Token) -> None:
        """Let the token go on."""
        token._ready()


class TimerBoundary(_Timer, BoundaryEvent):  # type: ignore[misc]
    """Timer on the boundary of the activity `attached_to` (a node's name).

    It is visited when it fires, not when it is armed.
    """

    def __init__(
        self, wf_spec: Any, name: str, timer: FeelTimer, interrupting: bool, attached_to: str
    ) -> None:
        super().__init__(wf_spec, name, name, event_definition=timer, cancel_activity=interrupting)
        self.attached_to = attached_to

    def fire(self, token: Token) -> None:
        """Stop the activity, or begin another path beside it; a cycle is armed again."""
        top = token.workflow.top_workflow
        top.visit(token, "entered")
        if self.cancel_activity:
            token._ready()
            self._interrupt(token)
            return
        timer = self.event_definition
        again = timer.planned(token).after(top.env.now)
        if again is None:
            token._ready()
            return
        timer.keep(token, again)
        self._spread(token)

    def _interrupt(self, token: Token) -> None:
        parent = token.parent
        for other in parent.children if parent else ():
            if other.task_spec.name == self.attached_to and other.unfinished:
                token.data.update(other.task_spec.kept(other))
                other.cancel()

    def _on_complete(self, my_task: Token) -> None:
        my_task._state = COMPLETED
        self._spread(my_task)

    def _spread(self, token: Token) -> None:
        token.workflow.top_workflow.visit(token, "completed")
        for spec in self.following:
            arrived = token.follow(spec)
            arrived.task_spec._update(arrived)

    def _on_cancel(self, my_task: Token) -> None:
        """Nothing to tell: it was armed only."""


class Guard(Node, BoundaryEventSplit):  # type: ignore[misc]
    """Arms the timers on the boundary of an activity when a token arrives at it.

    The timers come before the activity among the next nodes. Stock needs a join behind the
    activity as well, which is asked after every completed task; here the activity itself stops
    its timers when it ends.
    """


class PlainStart(Node, StartEvent):  # type: ignore[misc]
    """None start event."""

    visible = True

    def __init__(self, wf_spec: Any, name: str) -> None:
        super().__init__(wf_spec, name, name, event_definition=NoneEventDefinition())


class PlainEnd(Node, EndEvent):  # type: ignore[misc]
    """None or terminate end event; `properties` are those of the model."""

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, properties: dict[str, str], terminates: bool = False
    ) -> None:
        event = TerminateEventDefinition() if terminates else NoneEventDefinition()
        super().__init__(wf_spec, name, name, event_definition=event)
        self.properties = properties
        self.terminates = terminates

    def _run_hook(self, my_task: Token) -> bool:
        level = my_task.workflow
        if self.terminates:
            level.cancel_open(spare=my_task)
        if level is level.top_workflow:
            level.last_end = self
        return True
