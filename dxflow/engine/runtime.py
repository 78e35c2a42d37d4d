"""The steps of a process instance.

A step takes the stored state, works on an instance of its own and returns the new state. Nothing
else keeps anything, so a step that raises has changed nothing in here; what its commands did
outside is undone by the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dxflow.engine.codec import dump, load
from dxflow.engine.errors import TaskNotReady
from dxflow.engine.expressions import Place, stored
from dxflow.engine.merging import merged
from dxflow.engine.prune import prune
from dxflow.engine.step import ArmedTimer, Environment, OpenTask, Step
from dxflow.engine.tree import READY, STARTED, Token
from dxflow.engine.workflow import TopWorkflow
from dxflow.errors import NotFound
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.engine.compile import Definitions


def start(
    definitions: "Definitions", process_id: str, variables: dict[str, Any], env: Environment,
    at: str = "",
) -> Step:  # fmt: skip
    """Start a process and run it to its first rest; `at`: the start event, where not the first.

    Raises NotFound for an unknown process or start event, StepFailed, and what the host raises.
    """
    return Instance.begin(definitions, process_id, variables, env, at).rest()


def complete(
    definitions: "Definitions", state: bytes, task_id: str, values: dict[str, Any], outcome: str,
    env: Environment,
) -> Step:  # fmt: skip
    """Complete an open user task with the submitted values and the pressed button's key.

    Deadlines that have passed come first: an interrupting one has taken the task away. Raises
    TaskNotReady, StepFailed, StateUnreadable, and what the host raises.
    """
    instance = Instance.restore(definitions, state, env)
    instance.complete(task_id, values, outcome)
    return instance.rest()


def fire_timers(definitions: "Definitions", state: bytes, env: Environment) -> Step:
    """Fire every timer that is due at `env.now`, the earliest first, each once.

    Occurrences of a cycle that were missed count as one. Raises as `complete` does.
    """
    instance = Instance.restore(definitions, state, env)
    instance.run()
    return instance.rest()


def move_timers(
    definitions: "Definitions", state: bytes, moves: Mapping[str, datetime], env: Environment
) -> Step:
    """Let armed timers, by their ids, fire at other moments; one that is due now fires at once.

    Ids of no armed timer change nothing. Raises as `complete` does.
    """
    instance = Instance.restore(definitions, state, env)
    instance.top.move_timers(moves)
    instance.run()
    return instance.rest()


def pass_over(definitions: "Definitions", state: bytes, task_id: str, env: Environment) -> Step:
    """Let a multi-instance activity go on without the instance that an open user task is of.

    Raises TaskNotReady for a task of no such activity, otherwise as `complete` does.
    """
    instance = Instance.restore(definitions, state, env)
    instance.pass_over(task_id)
    return instance.rest()


def take_in(definitions: "Definitions", state: bytes, task_id: str, env: Environment) -> Step:
    """Let the instance of a user task that was passed over begin again, the task with its id.

    One of a sequence comes as its last. Raises TaskNotReady when the activity is over, otherwise as
    `complete` does.
    """
    instance = Instance.restore(definitions, state, env)
    instance.take_in(task_id)
    return instance.rest()


def cancel(definitions: "Definitions", state: bytes, env: Environment) -> Step:
    """End the instance where it stands: every open task and timer is taken away."""
    instance = Instance.restore(definitions, state, env)
    instance.cancel()
    return instance.rest()


def peek(definitions: "Definitions", state: bytes, env: Environment) -> Step:
    """Return where an instance stands; nothing runs and the state is the one given."""
    return Instance.restore(definitions, state, env).view(state)


def new_top(definitions: "Definitions", process_id: str, env: Environment, at: str) -> TopWorkflow:
    """Return a process that has not begun. Raises NotFound for it or the start event `at`."""
    if process_id not in definitions.processes:
        raise NotFound(_("プロセス「{process}」がありません。", process=process_id))
    spec = definitions.specs[process_id]
    if at and at not in spec.start.entries:
        raise NotFound(_("開始イベント「{element}」がありません。", element=at))
    return TopWorkflow(spec, definitions.specs, env)


class Instance:
    """A process instance in memory."""

    def __init__(self, top: TopWorkflow) -> None:
        self.top = top

    @classmethod
    def begin(
        cls, definitions: "Definitions", process_id: str, variables: dict[str, Any],
        env: Environment, at: str = "",
    ) -> "Instance":  # fmt: skip
        """Return a new instance that has run to its first rest."""
        top = new_top(definitions, process_id, env, at)
        top.begin(stored(variables, Place(process_id, ""), _("開始時の変数")), at)
        top.run()
        return cls(top)

    @classmethod
    def restore(cls, definitions: "Definitions", state: bytes, env: Environment) -> "Instance":
        """Return the instance a state stands for. Raises StateUnreadable."""
        return cls(load(definitions.specs, state, env))

    def enter(self, env: Environment) -> None:
        """Begin another step of the same instance in memory."""
        self.top.env, self.top.budget = env, env.step_budget
        self.top.visits, self.top.decided = [], []

    def run(self) -> None:
        """Let due timers fire and everything run that needs nobody."""
        if not self.top.completed:
            self.top.run()

    def complete(self, task_id: str, values: dict[str, Any], outcome: str) -> None:
        """Complete an open user task; due timers come first. Raises TaskNotReady."""
        self.run()
        token = self._ready_task(task_id)
        spec = token.task_spec
        spec.accept(token, stored(values, spec.place, _("送信された値")), outcome)
        token.run()
        self.top.run()

    def pass_over(self, task_id: str) -> None:
        """Go on without the instance that an open user task is of. Raises TaskNotReady."""
        token = self._ready_task(task_id)
        while token.task_spec.instance_of is None:
            if token.workflow is self.top:
                raise TaskNotReady(task_id)
            token = token.workflow.caller
        token.task_spec.instance_of.pass_over(token, task_id)
        self.top.run()

    def take_in(self, task_id: str) -> None:
        """Let an instance that was passed over begin again. Raises TaskNotReady."""
        for level in self.top.levels():
            for token in level.tasks.values():
                if token._state == STARTED and task_id in token.internal_data.get("aside", ()):
                    token.task_spec.take_in(token, task_id)
                    self.top.run()
                    return
        raise TaskNotReady(task_id)

    def cancel(self) -> None:
        """Take every token away."""
        if not self.top.completed:
            self.top.data = self.variables()
            self.top.cancel_open()
            self.top.completed, self.top.last_end = True, None

    def rest(self) -> Step:
        """Prune, write the state and return the step."""
        prune(self.top)
        return self.view(dump(self.top))

    def view(self, state: bytes) -> Step:
        """Return where the instance stands and what happened in this step."""
        top = self.top
        end = top.last_end if top.completed else None
        return Step(
            state=state,
            tasks=tuple(self._open_task(token) for token in self._open_tokens()),
            timers=tuple(
                ArmedTimer(token.id, token.task_spec.bpmn_id, due, token.task_spec.cancel_activity)
                for due, token in top.waiting_timers()
            ),
            visits=tuple(top.visits),
            decided=tuple(top.decided),
            ended=bool(top.completed),
            end_properties={} if end is None else dict(end.properties),
            variables=self.variables(),
            active_path=self._active_path(),
            active=self._active(),
        )

    def variables(self) -> dict[str, Any]:
        """Return the variables of the top process, open branches brought together."""
        if self.top.completed:
            return dict(self.top.data)
        tokens = [
            token
            for token in self.top.open_tokens()
            if token.task_spec.instance_of is None and not _armed_only(token.task_spec)
        ]
        return self.top.leftovers.brought_into(merged(tokens) if tokens else {})

    def _ready_task(self, task_id: str) -> Token:
        for token in self._open_tokens():
            if token.id == task_id:
                return token
        raise TaskNotReady(task_id)

    def _open_tokens(self) -> list[Token]:
        """Return the tokens at user tasks that wait for somebody."""
        return [
            token
            for level in self.top.levels()
            for token in level.tasks.values()
            if token._state == READY and token.task_spec.manual
        ]

    def _open_task(self, token: Token) -> OpenTask:
        spec, notes = token.task_spec, token.internal_data
        return OpenTask(
            id=token.id,
            element=spec.bpmn_id,
            name=spec.called(notes),
            process=token.workflow.process,
            path=token.workflow.path,
            lane=spec.offer.lane,
            form_key=spec.offer.form_key,
            groups=tuple(notes["groups"]),
            assignee=notes.get("assignee"),
            due=notes.get("due"),
            variables=dict(token.data),
        )

    def _active_path(self) -> tuple[str, ...]:
        path: list[str] = []
        level: Any = self.top
        while level is not None and not level.completed:
            visible = (token for token in level.open_tokens() if token.task_spec.visible)
            token = next(visible, None)
            if token is None:
                break
            path.append(token.task_spec.bpmn_id)
            level = self._below(token)
        return tuple(path)

    def _active(self) -> tuple[str, ...]:
        if self.top.completed:
            return ()
        return tuple(
            token.task_spec.bpmn_id for token in self.top.open_tokens() if token.task_spec.visible
        )

    def _below(self, token: Token) -> Any:
        """Return the level the token waits for, its first instance's where there are several."""
        levels = (self.top.subprocesses.get(one.id) for one in (token, *token.children))
        return next((level for level in levels if level is not None), None)


def _armed_only(spec: Any) -> bool:
    """Return whether a token here is a timer on a boundary, which stands for no branch."""
    return bool(spec.is_timer) and not spec.visible
