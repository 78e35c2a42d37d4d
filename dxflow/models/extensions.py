"""The `zeebe:` extension elements of a flow node, as fields of `Element`.

Source: Camunda Modeler's element templates and zeebe-bpmn-moddle 1.x. What this room does not
know is reported, never dropped: it would change what the process does.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree

from dxflow.models import expressions
from dxflow.models.model import IoMapping, MultiInstance, Unsupported
from dxflow.models.vocabulary import CAMUNDA_7, ZEEBE, child, children, flag, line, text

Fields = dict[str, Any]
Reader = Callable[[etree._Element], Fields]

COMMAND = "command:"
"""Properties of this prefix are FEEL payloads of the command named after it."""
ABOUT = "about"
"""FEEL text of what one task among several of the same name is about."""
CALLED = "called"
"""FEEL text of what a task is called, where that is not known before it is reached."""
WORDS = frozenset({ABOUT, CALLED})
"""Properties of a user task whose values are FEEL texts."""


def read_extensions(node: etree._Element, notes: list[Unsupported]) -> Fields:
    """Return the fields of `Element` that the extension elements of a node set."""
    fields: Fields = {}
    lines: dict[str, int] = {}
    holder = child(node, "extensionElements")
    for tag, found in children(holder, ZEEBE) if holder is not None else ():
        if tag not in _READERS:
            notes.append(Unsupported(f"zeebe:{tag}", line=line(found)))
            continue
        for name, value in _READERS[tag](found).items():
            both = name == "properties" and name in fields
            fields[name] = fields[name] | value if both else value
            lines[name] = line(found)
        notes.extend(_ignored_attributes(tag, found))
    if holder is not None and next(children(holder, CAMUNDA_7), None):
        notes.append(Unsupported("camunda7", line=line(holder)))
    fields["lines"] = lines
    return fields


def read_multi_instance(node: etree._Element, notes: list[Unsupported]) -> MultiInstance | None:
    """Return the multi-instance marker of an activity; other loop kinds are reported."""
    standard = child(node, "standardLoopCharacteristics")
    if standard is not None:
        notes.append(Unsupported("standardLoopCharacteristics", line=line(standard)))
    marker = child(node, "multiInstanceLoopCharacteristics")
    if marker is None:
        return None
    for tag, found in children(marker):
        if tag not in ("extensionElements", "completionCondition", "documentation"):
            notes.append(Unsupported(tag, line=line(found)))
    holder = child(marker, "extensionElements")
    loop = child(holder, "loopCharacteristics", ZEEBE) if holder is not None else None
    return MultiInstance(
        collection=expressions.feel(_written(loop, "inputCollection")),
        element_variable=_written(loop, "inputElement"),
        sequential=flag(marker, "isSequential"),
        output_collection=_written(loop, "outputCollection"),
        output_element=expressions.feel(_written(loop, "outputElement")),
        completion=expressions.feel(text(child(marker, "completionCondition"))),
        line=line(marker),
    )


def version_tag(process: etree._Element) -> str:
    """Return `zeebe:versionTag` of a process, or an empty text."""
    holder = child(process, "extensionElements")
    tag = child(holder, "versionTag", ZEEBE) if holder is not None else None
    return "" if tag is None else str(tag.get("value", "")).strip()


def process_notes(process: etree._Element) -> list[Unsupported]:
    """Report the extension elements of a process that would change what it does."""
    holder = child(process, "extensionElements")
    if holder is None:
        return []
    return [
        Unsupported(f"zeebe:{tag}", line=line(found))
        for tag, found in children(holder, ZEEBE)
        if tag not in ("versionTag", "properties")
    ]


def _written(found: etree._Element | None, attribute: str) -> str:
    return "" if found is None else str(found.get(attribute, "")).strip()


def _mappings(found: etree._Element) -> Fields:
    inputs, outputs = [], []
    for tag, mapping in children(found, ZEEBE):
        written, target = mapping.get("source"), str(mapping.get("target", "")).strip()
        if tag == "input":
            inputs.append(IoMapping(expressions.value(written), target, line(mapping)))
        elif tag == "output":
            outputs.append(IoMapping(expressions.feel(written), target, line(mapping)))
    return {"inputs": tuple(inputs), "outputs": tuple(outputs)}


def _pairs(found: etree._Element, tag: str, name: str) -> Fields:
    pairs = {}
    for found_tag, pair in children(found, ZEEBE):
        if found_tag == tag:
            key, value = str(pair.get(name, "")).strip(), str(pair.get("value", "")).strip()
            formula = key in WORDS or key.startswith(COMMAND)
            pairs[key] = expressions.feel(value) if formula else value
    return {"properties": pairs}


def _called(found: etree._Element) -> Fields:
    fields: Fields = {"called_process": str(found.get("processId", "")).strip()}
    if found.get("propagateAllChildVariables") is not None:
        fields["propagate_all"] = flag(found, "propagateAllChildVariables")
    return fields


def _assigned(found: etree._Element) -> Fields:
    return {
        "assignee": expressions.value(found.get("assignee")),
        "candidate_groups": expressions.groups(found.get("candidateGroups")),
    }


def _literal(**attributes: str) -> Reader:
    """Return a reader that copies attributes into fields as they are."""
    return lambda found: {
        name: str(found.get(attribute, "")).strip() for name, attribute in attributes.items()
    }


_READERS: dict[str, Reader] = {
    "formDefinition": lambda found: {
        "form_key": str(found.get("formId") or found.get("formKey") or "").strip()
    },
    "assignmentDefinition": _assigned,
    "taskSchedule": lambda found: {"due": expressions.moment(found.get("dueDate"))},
    "ioMapping": _mappings,
    "properties": lambda found: _pairs(found, "property", "name"),
    "taskHeaders": lambda found: _pairs(found, "header", "key"),
    "taskDefinition": _literal(job_type="type"),
    "calledElement": _called,
    "calledDecision": _literal(decision="decisionId", result_variable="resultVariable"),
    "script": lambda found: {
        "script": expressions.feel(found.get("expression")),
        "result_variable": str(found.get("resultVariable", "")).strip(),
    },
    "userTask": lambda _found: {},
    "versionTag": lambda _found: {},
}

_IGNORED = {
    "assignmentDefinition": ("candidateUsers",),
    "taskSchedule": ("followUpDate",),
    "taskDefinition": ("retries",),
}


def _ignored_attributes(tag: str, found: etree._Element) -> list[Unsupported]:
    notes = [
        Unsupported(f"zeebe:{name}", line=line(found))
        for name in _IGNORED.get(tag, ())
        if found.get(name)
    ]
    if tag == "calledElement" and found.get("propagateAllParentVariables") is not None:
        passes_all = flag(found, "propagateAllParentVariables")
        notes.append(Unsupported("zeebe:propagateAllParentVariables", line=line(found),
                                 detail="true" if passes_all else "false"))  # fmt: skip
    return notes
