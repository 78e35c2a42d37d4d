"""The tree of tokens: SpiffWorkflow's tasks without clock, log and prediction.

Stock 3.2.0 draws the future of every branch into the tree, copies nested values from task to
task, asks the wall clock at each change of state and collects log lines whether or not anybody
reads them. Here a task comes into being when its token arrives. Values are shared between tasks
and never changed in place; whoever changes a variable puts another value into its own `data`.
"""

from secrets import token_hex
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

FINISHED = TaskState.FINISHED_MASK
FUTURE = TaskState.FUTURE
WAITING = TaskState.WAITING
READY = TaskState.READY
STARTED = TaskState.STARTED
COMPLETED = TaskState.COMPLETED
CANCELLED = TaskState.CANCELLED


class Token(Task):  # type: ignore[misc]
    """One arrival of a token at an element.

    `data` are the variables it sees, `internal_data` what the element remembers about it.
    """

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: "Token | None" = None,
        state: int = FUTURE,
        id: str | None = None,  # noqa: A002, RUF100
    ) -> None:
        self.id: str = id or token_hex(16)
        self.workflow = workflow
        self.task_spec = task_spec
        self._parent: str | None = None
        self._children: list[str] = []
        self._state = state
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.triggered = False
        self.thread_id = 0
        self.last_state_change = 0.0
        workflow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            self.data.update(parent.data)
            parent._children.append(self.id)

    @property
    def unfinished(self) -> bool:
        """Return whether the token is still somewhere."""
        return not self._state & FINISHED

    def follow(self, spec: Any) -> "Token":
        """Return a new token at `spec`, made by this one; it sees the same variables."""
        return Token(self.workflow, spec, self)

    def cancel(self) -> None:
        """Take the token away; what it holds is its element's business. A finished one stays."""
        if not self._state & FINISHED:
            self._state = CANCELLED
            self.task_spec._on_cancel(self)

    def _set_state(self, value: int) -> None:
        self._state = value
