"""SpiffWorkflow as it comes, to show what the engine's own specifications are for."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">'
)
MULTI = (
    "<multiInstanceLoopCharacteristics{kind}><loopDataInputRef>members</loopDataInputRef>"
    '<loopDataOutputRef>votes</loopDataOutputRef><inputDataItem id="member"/>'
    '<outputDataItem id="vote"/>{more}</multiInstanceLoopCharacteristics>'
)


def node(tag: str, node_id: str, inside: str = "", **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<{tag} id="{node_id}"{written}>{inside}</{tag}>'


def flow(source: str, target: str, condition: str = "") -> str:
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def process(process_id: str, *parts: str, tag: str = "process") -> str:
    return f'<{tag} id="{process_id}" isExecutable="true">{"".join(parts)}</{tag}>'


def parsed(*processes: str, top: str = "p") -> tuple[Any, Any]:
    parser = SpiffBpmnParser()
    parser.add_bpmn_str((_HEAD + "".join(processes) + "</definitions>").encode())
    return parser.get_spec(top), parser.get_subprocess_specs(top)


def workflow(*processes: str, **data: Any) -> Any:
    running = BpmnWorkflow(*parsed(*processes))
    running.get_next_task(spec_name="Start").set_data(**data)
    running.do_engine_steps()
    return running


def ready(running: Any) -> list[str]:
    return [
        task.task_spec.bpmn_id for task in running.get_tasks(state=TaskState.READY, manual=True)
    ]


class _AlsoReal(type):
    """Takes the machine's own dates for its instances: the library asks what a value is."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


def set_clock(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    """Set the library's clock ahead: it knows no other than the machine's."""

    class Ahead(datetime, metaclass=_AlsoReal):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(**ahead)

    monkeypatch.setattr(timer, "datetime", Ahead)


def do(running: Any, element: str, **data: Any) -> None:
    task = next(
        task for task in running.get_tasks(state=TaskState.READY, manual=True)
        if task.task_spec.bpmn_id == element
    )  # fmt: skip
    task.data.update(data)
    task.run()
    running.do_engine_steps()
