"""Multi-instance activities (BPMN 2.0.2 §13.3.7): one instance for each entry of a list.

Stock 3.2.0 refuses to enter such an activity a second time, appends results in place to a list
that earlier tasks hold too, and breaks when an instance that had called a process is cancelled.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from dxflow.engine.expressions import Expression, shown
from dxflow.engine.nodes import Node
from dxflow.engine.tree import STARTED, Token
from dxflow.models.model import MultiInstance
from dxflow.texts import gettext as _


class Instances(Node, LoopTask):  # type: ignore[misc]
    """Begins the instances and gathers what comes of them.

    What an instance changes stays its own; only the output collection reaches the variables. It
    has one entry for each entry of the input collection, null where the instance was not finished
    because the completion condition became true or a timer took the activity away.
    """

    visible = True

    def __init__(
        self, wf_spec: Any, name: str, multi: MultiInstance, collection: Expression,
        output_element: Expression | None, completion: Expression | None,
    ) -> None:  # fmt: skip
        super().__init__(wf_spec, name, name)
        self.collection = collection
        self.element_variable = multi.element_variable
        self.sequential = multi.sequential
        self.output_collection = multi.output_collection
        self.output_element = output_element
        self.completion = completion
        self.instance: Any = None
        """The node each instance stands on."""

    def instance_done(self, child: Token) -> None:
        """Take the result of an instance; begin the next one, or go on when that was enough."""
        token = child.parent
        if token is None or token._state != STARTED:
            return
        notes = token.internal_data
        index = child.internal_data["index"]
        functions = self.functions(token)
        if self.output_element is not None:
            notes["results"][index] = self.output_element.storable(child.data, functions)
        notes["done"] += 1
        self._go_on(token, child)

    def pass_over(self, child: Token, task_id: str) -> None:
        """Go on without an instance, of which an open user task is known.

        Nothing comes of it: what it would have given stays null.
        """
        token = child.parent
        notes = token.internal_data
        child.cancel()
        notes["passed"] = notes.get("passed", 0) + 1
        notes["aside"] = {**notes.get("aside", {}), task_id: child.internal_data["index"]}
        self._go_on(token, child)

    def take_in(self, token: Token, task_id: str) -> None:
        """Let an instance that was passed over begin again; in a sequence it comes last."""
        notes = token.internal_data
        aside = dict(notes["aside"])
        index = aside.pop(task_id)
        notes["aside"] = aside
        if self.sequential:
            notes["entries"] = [*notes["entries"], notes["entries"][index]]
            notes["count"] += 1
            if self.output_collection:
                notes["results"] = [*notes["results"], None]
            return
        notes["passed"] -= 1
        entries = self.collection.storable(token.data, self.functions(token))
        self._begin(token, index, entries[index], task_id)

    def _go_on(self, token: Token, child: Token) -> None:
        notes = token.internal_data
        over = notes["done"] + notes.get("passed", 0)
        if self.completion is not None and self._enough(token, child, self.completion):
            self._cancel_instances(token)
        elif over < notes["count"]:
            if self.sequential:
                self._begin(token, over, notes["entries"][over])
            return
        token._ready()

    def _update_hook(self, my_task: Token) -> bool:
        entries = self.collection.storable(my_task.data, self.functions(my_task))
        if not isinstance(entries, list):
            raise self.place.fail(
                _("繰り返しの対象「{text}」がリストではありません（{got}）。",
                  text=self.collection.text, got=shown(entries))
            )  # fmt: skip
        notes: dict[str, Any] = {"count": len(entries), "done": 0}
        if self.output_collection:
            notes["results"] = [None] * len(entries)
        if self.sequential:
            notes["entries"] = entries
        my_task.internal_data = notes
        if not entries:
            return True
        my_task._state = STARTED
        for index, entry in enumerate(entries[:1] if self.sequential else entries):
            self._begin(my_task, index, entry)
        return False

    def _begin(self, token: Token, index: int, entry: Any, task_id: str | None = None) -> None:
        """Begin an instance; `task_id`: of the open user task that it is to be, where it is one."""
        again = task_id if self.instance.manual else None
        child = Token(token.workflow, self.instance, token, id=again)
        child.internal_data["index"] = index
        child.data["loopCounter"] = index + 1
        if self.element_variable:
            child.data[self.element_variable] = entry
        self.instance._update(child)

    def _enough(self, token: Token, child: Token, completion: Expression) -> bool:
        notes = token.internal_data
        active = [1 for other in token.children if other.unfinished]
        scope = {
            **child.data,
            "numberOfInstances": notes["count"],
            "numberOfCompletedInstances": notes["done"],
            "numberOfActiveInstances": len(active),
        }
        if self.output_collection:
            scope[self.output_collection] = notes["results"]
        return completion.truth(scope, self.functions(token))

    def _cancel_instances(self, token: Token) -> None:
        for child in token.children:
            child.cancel()

    def kept(self, token: Token) -> dict[str, Any]:
        """Return the output collection as far as it has come."""
        if not self.output_collection:
            return {}
        return {self.output_collection: token.internal_data["results"]}

    def _on_complete(self, my_task: Token) -> None:
        my_task.data.update(self.kept(my_task))
        my_task.internal_data = {}
        super()._on_complete(my_task)

    def _on_cancel(self, my_task: Token) -> None:
        self._cancel_instances(my_task)
        super()._on_cancel(my_task)
