"""A running process: SpiffWorkflow's workflow with a queue instead of tree walks.

Stock 3.2.0 walks the whole tree after every completed task, stops without a word at depth 1000
and, at the end of every run, lets due timers fire by the wall clock. Here a token that becomes
ready enters a queue, timers compare with the `now` of the step, and a run is over when the queue
is empty and no timer is due.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from dxflow.engine.errors import BudgetExceeded
from dxflow.engine.expressions import NoScripts
from dxflow.engine.merging import Leftovers
from dxflow.engine.step import Decided, Environment, Visit
from dxflow.engine.tree import READY, WAITING, Token
from dxflow.texts import gettext as _

_NO_SCRIPTS = NoScripts()


class _Level:
    """What the top process and a process called by it have in common."""

    tasks: dict[str, Token]
    spec: Any
    task_tree: Token
    data: dict[str, Any]
    completed: bool
    path: tuple[str, ...]
    leftovers: Leftovers
    #: The start event at which it begins, "" for the first; asked for at the beginning only.
    begins_at: str = ""

    def begin(self, variables: dict[str, Any], at: str = "") -> None:
        """Put the first token at the start, with these variables."""
        self.begins_at = at
        self.task_tree = Token(self, self.spec.start, state=READY)
        self.task_tree.data = variables
        self.task_tree.run()

    def open_tokens(self) -> list[Token]:
        """Return the tokens that are somewhere, in order of arrival."""
        return [token for token in self.tasks.values() if token.unfinished]

    def cancel_open(self, spare: Token | None = None) -> None:
        """Take every token away, but for `spare`."""
        for token in self.open_tokens():
            if token is not spare:
                token.cancel()


class TopWorkflow(_Level, BpmnWorkflow):  # type: ignore[misc]
    """The top process of an instance, with everything it called."""

    def __init__(self, spec: Any, subprocess_specs: Any, env: Environment) -> None:
        super().__init__(spec, subprocess_specs, script_engine=_NO_SCRIPTS, deserializing=True)
        self.env = env
        self.path: tuple[str, ...] = ()
        self.leftovers = Leftovers()
        self.process: str = spec.process
        self.queue: deque[Token] = deque()
        self.budget = env.step_budget
        self.visits: list[Visit] = []
        self.decided: list[Decided] = []
        self.last_end: Any = None
        """Spec of the end event of the top process that was reached last."""

    def levels(self) -> Iterable[Any]:
        """Return the top process and the called ones, callers before called."""
        return (self, *self.subprocesses.values())

    def called(self, caller: Token) -> "CalledWorkflow":
        """Return a new level for the process that `caller` stands on."""
        spec = self.subprocess_specs[caller.task_spec.spec]
        level = CalledWorkflow(spec, caller, self)
        self.subprocesses[caller.id] = level
        return level

    def run(self) -> None:
        """Run until only people and future timers are waited for. Raises StepFailed."""
        while True:
            while self.queue:
                token = self.queue.popleft()
                if token._state == READY:
                    self._spend(token)
                    token.run()
            if not self._fire():
                return

    def visit(self, token: Token, kind: Literal["entered", "completed", "cancelled"]) -> None:
        """Note what happened at the token's element."""
        level = token.workflow
        self.visits.append(Visit(level.process, token.task_spec.bpmn_id, kind, level.path))

    def waiting_timers(self) -> list[tuple[datetime, Token]]:
        """Return the armed timers with their due moments, in order of arming."""
        return [
            (token.task_spec.due(token), token)
            for level in self.levels()
            for token in level.tasks.values()
            if token._state == WAITING and token.task_spec.is_timer
        ]

    def move_timers(self, moves: Mapping[str, datetime]) -> None:
        """Let armed timers, by their ids, fire at other moments."""
        for _due, token in self.waiting_timers():
            moment = moves.get(str(token.id))
            if moment is not None:
                token.internal_data["at"] = [moment, *token.internal_data["at"][1:]]

    def _fire(self) -> bool:
        """Fire the earliest timer that is due; tell whether there was one."""
        due = [(at, token) for at, token in self.waiting_timers() if at <= self.env.now]
        if not due:
            return False
        earliest = min(due, key=lambda pair: pair[0])[1]
        self._spend(earliest)
        earliest.task_spec.fire(earliest)
        return True

    def _spend(self, token: Token) -> None:
        self.budget -= 1
        if self.budget < 0:
            raise BudgetExceeded(
                token.workflow.process,
                token.task_spec.bpmn_id or "",
                _("人や時刻を待たずに {n} 回を超えて進みました。", n=self.env.step_budget),
            )


class CalledWorkflow(_Level, BpmnSubWorkflow):  # type: ignore[misc]
    """A called process, or the inside of an embedded sub-process.

    `process` is the id of the process it is drawn in, `path` the call activities leading to it.
    """

    def __init__(self, spec: Any, caller: Token, top: TopWorkflow) -> None:
        self.caller = caller
        outer = caller.workflow
        self.leftovers = Leftovers()
        self.process: str = spec.process
        self.path: tuple[str, ...] = outer.path
        if spec.is_called:
            self.path = (*outer.path, caller.task_spec.bpmn_id)
        super().__init__(spec, caller.id, top, deserializing=True)

    @property
    def parent_workflow(self) -> Any:
        """Return the level the call was made from."""
        return self.caller.workflow
