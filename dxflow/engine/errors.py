"""What can go wrong in a step. The state given to the step stays as it was in every case."""

from dxflow.errors import Conflict, DxflowError
from dxflow.texts import gettext as _


def why(fault: Exception) -> str:
    """Return what a fault says, as it was made: it may know its Japanese, which is stored."""
    if isinstance(fault, DxflowError):
        return fault.message
    said = fault.args[0] if isinstance(fault, ValueError) and len(fault.args) == 1 else None
    return said if isinstance(said, str) else str(fault)


class TaskNotReady(Conflict):
    """The user task is not open: done, cancelled by a deadline, or never there."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(_("この作業はもう受け付けていません（完了・取消、または期限切れ）。"))


class StepFailed(DxflowError):
    """An expression, a decision or a command inside the process failed.

    `process` and `element` are BPMN ids, `cause` is the sentence that says what was wrong. Whoever
    was completing a task notes it in `task_id`, and the pressed button in `outcome`.
    """

    task_id: str = ""
    outcome: str = ""

    def __init__(self, process: str, element: str, cause: str) -> None:
        self.process = process
        self.element = element
        self.cause = cause
        super().__init__(
            _("プロセス「{process}」の要素「{element}」で処理できませんでした: {cause}",
              process=process, element=element, cause=cause)
        )  # fmt: skip


class BudgetExceeded(StepFailed):
    """The process ran through too many elements without reaching a person or a timer."""


class StateUnreadable(DxflowError):
    """Stored state does not fit this version of the program or of the process definition."""

    kind = "unavailable"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(_("保存された進行状態を読み取れません: {cause}", cause=cause))
