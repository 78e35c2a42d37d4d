"""Small BPMN files for tests, written the way Camunda Modeler writes them."""

from collections.abc import Mapping
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from dxflow.models.model import Model
from dxflow.models.reader import read

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="D" targetNamespace="t">\n'
)


def bpmn(
    *parts: str, process: str = "p", name: str = "手続", executable: bool = True, around: str = ""
) -> bytes:
    """Return a file with one process; `around` goes into the definitions beside it."""
    flag = "true" if executable else "false"
    body = "\n".join(parts)
    return (
        f"{HEAD}{around}<bpmn:process id={quoteattr(process)} name={quoteattr(name)} "
        f'isExecutable="{flag}">\n{body}\n</bpmn:process>\n</bpmn:definitions>\n'
    ).encode()


def model(*parts: str, **kwargs: str) -> Model:
    """Return the model of a file that must be readable."""
    reading = read(bpmn(*parts, **kwargs), "test.bpmn")  # type: ignore[arg-type]
    assert reading.model is not None, reading.problems
    return reading.model


def node(tag: str, element: str, inner: str = "", extensions: str = "", **attributes: str) -> str:
    """Return a flow node; attribute names are BPMN's."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    if extensions:
        extensions = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>"
    return f"<bpmn:{tag} id={quoteattr(element)}{written}>{extensions}{inner}</bpmn:{tag}>"


def zeebe(tag: str, inner: str = "", **attributes: str) -> str:
    """Return an extension element."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<zeebe:{tag}{written}>{inner}</zeebe:{tag}>"


def io(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    """Return an ioMapping; keys are targets, values sources as typed."""
    return zeebe(
        "ioMapping",
        "".join(zeebe("input", source=s, target=t) for t, s in (inputs or {}).items())
        + "".join(zeebe("output", source=s, target=t) for t, s in (outputs or {}).items()),
    )


def start(element: str = "s", inner: str = "") -> str:
    return node("startEvent", element, inner)


def end(element: str = "e", inner: str = "", extensions: str = "") -> str:
    return node("endEvent", element, inner, extensions)


def user(element: str, inner: str = "", extensions: str = "", **attributes: str) -> str:
    """Return a user task with a form and candidate groups."""
    form = zeebe("formDefinition", formId=f"form-{element}")
    groups = zeebe("assignmentDefinition", candidateGroups="role:secretariat")
    return node("userTask", element, inner, form + groups + extensions, **attributes)


def service(element: str, job: str = "notify", extensions: str = "", inner: str = "") -> str:
    return node("serviceTask", element, inner, zeebe("taskDefinition", type=job) + extensions)


def script(element: str, expression: str = "=1 + 1", result: str = "total") -> str:
    extension = zeebe("script", expression=expression, resultVariable=result)
    return node("scriptTask", element, extensions=extension)


def flow(source: str, target: str, when: str = "", flow_id: str = "", name: str = "") -> str:
    """Return a sequence flow, with an id made from its ends unless given."""
    flow_id = flow_id or f"f_{source}_{target}"
    condition = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(when)}'
        "</bpmn:conditionExpression>"
        if when
        else ""
    )
    named = f" name={quoteattr(name)}" if name else ""
    return (
        f"<bpmn:sequenceFlow id={quoteattr(flow_id)} sourceRef={quoteattr(source)} "
        f"targetRef={quoteattr(target)}{named}>{condition}</bpmn:sequenceFlow>"
    )


def line_of(*elements: str) -> str:
    """Return unconditional flows from each element to the next."""
    return "\n".join(flow(a, b) for a, b in pairwise(elements))


def timer(kind: str, value: str) -> str:
    """Return a timer event definition."""
    return (
        "<bpmn:timerEventDefinition>"
        f"<bpmn:{kind}>{escape(value)}</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def boundary(element: str, on: str, inner: str, interrupting: bool = True) -> str:
    cancel = "true" if interrupting else "false"
    return node("boundaryEvent", element, inner, attachedToRef=on, cancelActivity=cancel)


def gateway(element: str, kind: str = "exclusive", default: str = "") -> str:
    attributes = {"default": default} if default else {}
    return node(f"{kind}Gateway", element, **attributes)


def lanes(members: Mapping[str, tuple[str, ...]]) -> str:
    """Return a lane set; keys are lane names."""
    return "<bpmn:laneSet>" + "".join(
        f'<bpmn:lane id="lane_{number}" name={quoteattr(name)}>'
        + "".join(f"<bpmn:flowNodeRef>{ref}</bpmn:flowNodeRef>" for ref in refs)
        + "</bpmn:lane>"
        for number, (name, refs) in enumerate(members.items())
    ) + "</bpmn:laneSet>"  # fmt: skip
