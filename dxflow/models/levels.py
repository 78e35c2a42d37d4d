"""One process level of the XML (a process or the inside of a sub-process) as a `Process`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from dxflow.models import expressions
from dxflow.models.extensions import process_notes, version_tag
from dxflow.models.lanes import read_lanes
from dxflow.models.model import Boundary, Element, Flow, Kind, Process, Unsupported
from dxflow.models.nodes import note_language, read_node, read_timer, stamped, triggers
from dxflow.models.vocabulary import (
    FLOW_NODES,
    SUB_PROCESSES,
    child,
    children,
    flag,
    line,
    plain_name,
    reference,
    text,
)
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

MAX_DEPTH = 20
"""Sub-processes within each other; people draw three."""

_DRAWN_ONLY = frozenset(
    {
        "laneSet", "documentation", "extensionElements", "textAnnotation", "association", "group",
        "auditing", "monitoring", "property", "supportedInterfaceRef", "supports",
        "incoming", "outgoing", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
        "categoryValueRef", "dataInputAssociation", "dataOutputAssociation", "completionCondition",
    }
)  # fmt: skip


@dataclass
class _Level:
    """What is gathered while one level is read."""

    roots: Mapping[str, etree._Element]
    members: Mapping[str, str]
    lane: str
    depth: int
    nodes: dict[str, Element] = field(default_factory=dict)
    boundaries: dict[str, str] = field(default_factory=dict)
    """Boundary event id to the id of its activity."""
    xml: dict[str, etree._Element] = field(default_factory=dict)
    notes: list[Unsupported] = field(default_factory=list)


def read_process(
    xml: etree._Element, process_id: str, name: str, roots: Mapping[str, etree._Element]
) -> Process:
    """Return a process with everything inside it.

    Raises Refused when sub-processes are nested deeper than MAX_DEPTH.
    """
    return _read_level(xml, process_id, name, _Level(roots, {}, "", 0))


def _read_level(xml: etree._Element, process_id: str, name: str, level: _Level) -> Process:
    if level.depth > MAX_DEPTH:
        message = _("サブプロセスの入れ子が深すぎます（上限 {n}）。", n=MAX_DEPTH)
        raise Refused([Problem("bpmn-too-deep", message, line=line(xml))])
    lanes = read_lanes(xml)
    level.members = {**level.members, **lanes.members}
    for tag, found in children(xml):
        if tag in FLOW_NODES and tag != "boundaryEvent":
            _add_node(tag, found, level)
    for tag, found in children(xml):
        if tag == "boundaryEvent":
            _add_boundary(found, level)
    flows = _read_flows(xml, level)
    level.notes.extend(
        Unsupported(tag, str(found.get("id", "")), plain_name(found.get("name")), line(found))
        for tag, found in children(xml)
        if tag not in _DRAWN_ONLY and tag not in FLOW_NODES and tag != "sequenceFlow"
    )
    if level.depth == 0:
        level.notes.extend(stamped(process_notes(xml), process_id, name, line(xml)))
    return Process(
        id=process_id, name=name, elements=level.nodes, flows=flows, lanes=lanes.names,
        executable=flag(xml, "isExecutable") or level.depth > 0, version_tag=version_tag(xml),
        line=line(xml), unsupported=tuple(level.notes),
    )  # fmt: skip


def _node_id(tag: str, xml: etree._Element, level: _Level) -> str:
    """Return the node's id, or a stable one made from its kind and position."""
    written = str(xml.get("id", "")).strip()
    if written:
        return written
    made = f"_{tag}_{len(level.xml) + 1}"
    level.notes.append(Unsupported("missingId", made, plain_name(xml.get("name")), line(xml), tag))
    return made


def _add_node(tag: str, xml: etree._Element, level: _Level) -> None:
    element_id = _node_id(tag, xml, level)
    if element_id in level.xml:
        return  # reported for the whole file
    element = read_node(tag, xml, element_id, level.roots, level.notes)
    element = replace(element, lane=level.members.get(element_id, level.lane))
    if tag in SUB_PROCESSES:
        inner = _Level(level.roots, level.members, element.lane, level.depth + 1)
        body = _read_level(xml, element_id, element.name, inner)
        element = replace(element, body=body)
    level.nodes[element_id] = element
    level.xml[element_id] = xml


def _add_boundary(xml: etree._Element, level: _Level) -> None:
    """Attach a timer to its activity; any other boundary event stays an element of its own."""
    element_id = _node_id("boundaryEvent", xml, level)
    if element_id in level.xml:
        return
    level.xml[element_id] = xml
    host = level.nodes.get(reference(xml.get("attachedToRef"), set(level.nodes)))
    name = plain_name(xml.get("name"))
    found = triggers(xml, level.roots)
    own: list[Unsupported] = []
    if host is not None and [trigger.construct for trigger in found] == ["timerEventDefinition"]:
        timer = read_timer(found[0].xml, own)
        level.notes.extend(stamped(own, element_id, name, line(xml)))
        if timer is not None:
            interrupting = flag(xml, "cancelActivity", default=True)
            boundary = Boundary(element_id, name, interrupting, timer, line(xml))
            attached = (*host.boundaries, boundary)
            level.nodes[host.id] = replace(host, boundaries=attached)
            level.boundaries[element_id] = host.id
            return
    element = read_node("boundaryEvent", xml, element_id, level.roots, level.notes)
    attached_to = "" if host is None else host.id
    if host is None:
        level.notes.append(Unsupported("detachedBoundary", element_id, name, line(xml)))
    lane = level.members.get(element_id, level.lane)
    level.nodes[element_id] = replace(element, kind=Kind.OTHER, lane=lane, attached_to=attached_to)


def _read_flows(xml: etree._Element, level: _Level) -> tuple[Flow, ...]:
    by_source: dict[str, list[Flow]] = {}
    taken = {str(found.get("id")) for _tag, found in children(xml) if found.get("id")}
    for tag, found in children(xml):
        if tag == "sequenceFlow":
            flow = _read_flow(found, level, taken)
            if flow.source in level.xml and flow.target in level.nodes:
                by_source.setdefault(flow.source, []).append(flow)
            else:
                level.notes.append(
                    Unsupported("danglingFlow", flow.id, flow.name, flow.line,
                                f"{flow.source} → {flow.target}")
                )  # fmt: skip
    ordered = (_evaluation_order(level.xml[source], flows) for source, flows in by_source.items())
    return tuple(flow for flows in ordered for flow in flows)


def _read_flow(xml: etree._Element, level: _Level, taken: set[str]) -> Flow:
    source = str(xml.get("sourceRef", "")).strip()
    target = str(xml.get("targetRef", "")).strip()
    flow_id = str(xml.get("id", "")).strip() or _free(f"Flow_{source}_{target}", taken)
    taken.add(flow_id)
    name = plain_name(xml.get("name"))
    expression = child(xml, "conditionExpression")
    condition = expressions.feel(text(expression))
    if expression is not None:
        own: list[Unsupported] = []
        note_language(expression, own)
        level.notes.extend(stamped(own, flow_id, name, line(xml)))
    return Flow(flow_id, source, target, name, condition, line(xml))


def _free(wanted: str, taken: set[str]) -> str:
    """Return the wanted id, numbered when it is taken."""
    number, made = 1, wanted
    while made in taken:
        number += 1
        made = f"{wanted}_{number}"
    return made


def _evaluation_order(source: etree._Element, flows: list[Flow]) -> list[Flow]:
    """Order flows as the source's `outgoing` children list them, when they list them all."""
    listed = [reference(text(found)) for tag, found in children(source) if tag == "outgoing"]
    if len(listed) != len(flows) or set(listed) != {flow.id for flow in flows}:
        return flows
    return sorted(flows, key=lambda flow: listed.index(flow.id))
