"""The identity of a model's meaning.

Two files have one digest when they run and read the same: namespace prefixes, the drawing,
exporter, white space, ids of flows and lanes and the order of elements do not count. What does
count beside ids and texts of the flow nodes: the order in which an exclusive gateway tries its
conditions, and the order of mappings and commands.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dxflow.models.model import Boundary, Element, IoMapping, Kind, MultiInstance, Process, Timer

_PLACE = frozenset({"line", "lines"})


def digest(processes: Mapping[str, Process], facts: Mapping[str, int]) -> str:
    """Return SHA-256 (64 hex digits) over the canonical text of the processes and facts."""
    meaning = {
        "processes": {key: _process(process) for key, process in processes.items()},
        "facts": dict(facts),
    }
    canonical = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _process(process: Process) -> dict[str, Any]:
    sources = [*process.elements, *(b.id for e in process.elements.values() for b in e.boundaries)]
    return {
        "id": process.id,
        "name": process.name,
        "executable": process.executable,
        "version_tag": process.version_tag,
        "elements": {key: _element(element) for key, element in process.elements.items()},
        "flows": {source: _flows(process, source) for source in sources},
        "unsupported": sorted([note.construct, note.detail] for note in process.unsupported),
    }


def _flows(process: Process, source: str) -> list[list[Any]]:
    element = process.elements.get(source)
    default = element.default_flow if element else ""
    flows = [
        [flow.target, _settled(flow.condition), flow.name, flow.id == default]
        for flow in process.outgoing(source)
    ]
    tried_in_order = element is not None and element.kind is Kind.EXCLUSIVE
    conditions = [flow for flow in flows if flow[1]] if tried_in_order else []
    return conditions + sorted(flow for flow in flows if flow not in conditions)


def _element(element: Element) -> dict[str, Any]:
    meaning = {
        f.name: _plain(getattr(element, f.name))
        for f in fields(element)
        if f.name not in _PLACE | {"default_flow", "properties", "boundaries"}
    }
    ordered = [[k, _settled(v)] for k, v in element.properties.items() if k.startswith("command:")]
    others = sorted([k, v] for k, v in element.properties.items() if not k.startswith("command:"))
    meaning["properties"] = ordered + others
    meaning["boundaries"] = {boundary.id: _plain(boundary) for boundary in element.boundaries}
    meaning["documentation"] = " ".join(element.documentation.split())
    return meaning


def _plain(value: object) -> Any:
    if isinstance(value, Process):
        return _process(value)
    if isinstance(value, IoMapping | MultiInstance | Timer | Boundary):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name != "line"}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return _settled(value) if isinstance(value, str) else value


def _settled(text: str) -> str:
    """Return an expression with one space for white space outside its string literals.

    Tools wrap lines as they like. A text with a line comment stays as it is.
    """
    if "//" in text:
        return text
    settled: list[str] = []
    within = escaped = False
    for character in text:
        if not within and character.isspace():
            if settled and settled[-1] != " ":
                settled.append(" ")
            continue
        settled.append(character)
        if escaped:
            escaped = False
        elif within and character == "\\":
            escaped = True
        elif character == '"':
            within = not within
    return "".join(settled).strip()
