"""One flow node of the XML as an `Element`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from dxflow.models import expressions
from dxflow.models.extensions import Fields, read_extensions, read_multi_instance
from dxflow.models.model import Element, Kind, Timer, TimerKind, Unsupported
from dxflow.models.vocabulary import (
    ACTIVITIES,
    EVENT_DEFINITIONS,
    child,
    children,
    flag,
    line,
    plain_name,
    reference,
    text,
)

_KINDS = {
    "startEvent": Kind.START,
    "endEvent": Kind.END,
    "userTask": Kind.USER_TASK,
    "serviceTask": Kind.SERVICE_TASK,
    "scriptTask": Kind.SCRIPT_TASK,
    "businessRuleTask": Kind.BUSINESS_RULE_TASK,
    "callActivity": Kind.CALL_ACTIVITY,
    "subProcess": Kind.SUB_PROCESS,
    "exclusiveGateway": Kind.EXCLUSIVE,
    "parallelGateway": Kind.PARALLEL,
}
_EVENT_KINDS = {
    ("endEvent", "terminateEventDefinition"): Kind.TERMINATE_END,
    ("intermediateCatchEvent", "timerEventDefinition"): Kind.CATCH_TIMER,
    ("startEvent", "timerEventDefinition"): Kind.TIMER_START,
}
_TIMED = frozenset({Kind.CATCH_TIMER, Kind.TIMER_START})
_EXPECTED_CHILDREN = frozenset(
    {
        "incoming", "outgoing", "documentation", "extensionElements", "auditing", "monitoring",
        "property", "categoryValueRef", "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics", "eventDefinitionRef",
    }
)  # fmt: skip
_DRAWN_DATA = frozenset({"dataInputAssociation", "dataOutputAssociation"})


@dataclass(frozen=True)
class Trigger:
    """An event definition: its BPMN term, the name it refers to, and its XML."""

    construct: str
    name: str
    xml: etree._Element


def triggers(node: etree._Element, roots: Mapping[str, etree._Element]) -> list[Trigger]:
    """Return the event definitions of an event; `roots` are the file's elements by id."""
    found = [(tag, xml) for tag, xml in children(node) if tag in EVENT_DEFINITIONS]
    for tag, xml in children(node):
        shared = roots.get(reference(text(xml), set(roots)))
        if tag == "eventDefinitionRef" and shared is not None:
            found.append((etree.QName(shared).localname, shared))
    return [Trigger(tag, _trigger_name(tag, xml, roots), xml) for tag, xml in found]


def read_timer(definition: etree._Element, notes: list[Unsupported]) -> Timer | None:
    """Return the timer of a timerEventDefinition; exactly one kind of value counts."""
    values = [(tag, xml) for tag, xml in children(definition) if tag in list(TimerKind)]
    if len(values) != 1 or not text(values[0][1]):
        notes.append(Unsupported("timerWithoutValue", line=line(definition)))
        return None
    tag, xml = values[0]
    note_language(xml, notes)
    return Timer(TimerKind(tag), expressions.timer(text(xml)), line(xml))


def note_language(expression: etree._Element, notes: list[Unsupported]) -> None:
    """Report an expression that says it is written in another language than FEEL."""
    language = str(expression.get("language", ""))
    if language and "feel" not in language.lower():
        notes.append(Unsupported("foreignExpression", line=line(expression), detail=language))


def read_node(
    tag: str,
    node: etree._Element,
    element_id: str,
    roots: Mapping[str, etree._Element],
    notes: list[Unsupported],
) -> Element:
    """Return the element without its lane, boundary events and inside."""
    own: list[Unsupported] = []
    name = plain_name(node.get("name"))
    fields: Fields = {
        "documentation": text(child(node, "documentation")),
        "default_flow": str(node.get("default", "")).strip(),
    }
    fields |= _classify(tag, node, roots, own)
    fields |= read_extensions(node, own)
    if tag in ACTIVITIES:
        fields["multi"] = read_multi_instance(node, own)
    if tag == "callActivity":
        fields |= _called_element(node, fields)
    _note_children(tag, node, own)
    notes.extend(stamped(own, element_id, name, line(node)))
    return Element(id=element_id, name=name, line=line(node), **fields)


def stamped(notes: list[Unsupported], element: str, name: str, at_line: int) -> list[Unsupported]:
    """Return the notes with the element they were made on."""
    return [replace(note, element=element, name=name, line=note.line or at_line) for note in notes]


def _classify(
    tag: str, node: etree._Element, roots: Mapping[str, etree._Element], notes: list[Unsupported]
) -> Fields:
    """Return kind, timer, construct and trigger."""
    if tag == "subProcess" and flag(node, "triggeredByEvent"):
        return {"kind": Kind.OTHER, "construct": "eventSubProcess"}
    found = triggers(node, roots) if tag not in ACTIVITIES else []
    if len(found) > 1:
        names = " ".join(trigger.construct for trigger in found)
        return {"kind": Kind.OTHER, "construct": "multipleEventDefinitions", "trigger": names}
    if found:
        kind = _EVENT_KINDS.get((tag, found[0].construct), Kind.OTHER)
        if kind is Kind.OTHER:
            construct = found[0].construct
            if construct in ("timerEventDefinition", "terminateEventDefinition"):
                construct = f"{construct}:{tag}"
            return {"kind": kind, "construct": construct, "trigger": found[0].name}
        timer = read_timer(found[0].xml, notes) if kind in _TIMED else None
        return {"kind": kind, "timer": timer}
    kind = _KINDS.get(tag, Kind.OTHER)
    return {"kind": kind, "construct": tag if kind is Kind.OTHER else ""}


def _called_element(node: etree._Element, fields: Fields) -> Fields:
    """Complete a call: Zeebe's element first, else BPMN's own attribute.

    Without an explicit choice everything comes back where nothing is mapped (Zeebe's default).
    """
    called = fields.get("called_process") or reference(node.get("calledElement"))
    spread = fields.get("propagate_all", not fields.get("outputs"))
    return {"called_process": called, "propagate_all": spread}


def _note_children(tag: str, node: etree._Element, notes: list[Unsupported]) -> None:
    for found_tag, found in children(node):
        if found_tag in _DRAWN_DATA:
            notes.append(Unsupported("dataAssociation", line=line(found)))
        elif tag in ("subProcess", "transaction", "adHocSubProcess"):
            continue
        elif found_tag not in _EXPECTED_CHILDREN | EVENT_DEFINITIONS:
            notes.append(Unsupported(found_tag, line=line(found)))
    if flag(node, "isForCompensation"):
        notes.append(Unsupported("isForCompensation"))
    for attribute in ("startQuantity", "completionQuantity"):
        if str(node.get(attribute, "1")).strip() != "1":
            notes.append(Unsupported(attribute))


def _trigger_name(tag: str, definition: etree._Element, roots: Mapping[str, etree._Element]) -> str:
    """Return the name of what an event definition refers to."""
    for attribute in ("messageRef", "signalRef", "errorRef", "escalationRef", "activityRef"):
        if definition.get(attribute):
            target = reference(definition.get(attribute), set(roots))
            found = roots.get(target)
            return target if found is None else plain_name(found.get("name")) or target
    if tag == "linkEventDefinition":
        return plain_name(definition.get("name"))
    return plain_name(text(definition))
