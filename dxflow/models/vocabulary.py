"""The names of BPMN 2.0.2's XML, and how this room walks through it."""

from collections.abc import Iterator

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA_7 = "http://camunda.org/schema/1.0/bpmn"

SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = SUB_PROCESSES | frozenset(
    {
        "task", "userTask", "serviceTask", "scriptTask", "businessRuleTask",
        "manualTask", "sendTask", "receiveTask", "callActivity",
    }
)  # fmt: skip
GATEWAYS = frozenset(
    f"{kind}Gateway" for kind in ("exclusive", "parallel", "inclusive", "complex", "eventBased")
)
EVENTS = frozenset(
    f"{kind}Event"
    for kind in ("start", "end", "intermediateCatch", "intermediateThrow", "boundary")
)
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
EVENT_DEFINITIONS = frozenset(
    f"{kind}EventDefinition"
    for kind in (
        "timer", "message", "signal", "error", "escalation", "conditional", "compensate", "link",
        "cancel", "terminate",
    )
)  # fmt: skip


def children(parent: etree._Element, namespace: str = BPMN) -> Iterator[tuple[str, etree._Element]]:
    """Yield (local name, element) for the children that belong to the namespace."""
    prefix = "{" + namespace + "}"
    for child in parent:
        if isinstance(child.tag, str) and child.tag.startswith(prefix):
            yield child.tag[len(prefix) :], child


def child(parent: etree._Element, name: str, namespace: str = BPMN) -> etree._Element | None:
    """Return the first child of that name."""
    return next((found for tag, found in children(parent, namespace) if tag == name), None)


def text(element: etree._Element | None) -> str:
    """Return the element's whole text without surrounding white space."""
    return "" if element is None else "".join(element.itertext()).strip()


def line(element: etree._Element) -> int:
    """Return the line the element stands on, 0 when unknown."""
    return int(element.sourceline or 0)


def flag(element: etree._Element, attribute: str, default: bool = False) -> bool:
    """Return an xsd:boolean attribute."""
    written = str(element.get(attribute, "")).strip()
    return written in ("true", "1") if written else default


def reference(written: str | None, known: frozenset[str] | set[str] | None = None) -> str:
    """Return the id a QName means: as written when known, else without its prefix."""
    name = (written or "").strip()
    if known is not None and name in known:
        return name
    return name.rpartition(":")[2]


def plain_name(written: str | None) -> str:
    """Return a name on one line.

    A line break is layout: it becomes a space between Latin words and nothing between Japanese
    characters, so that a drawing tool's wrapping does not change the name.
    """
    lines = [" ".join(part.split()) for part in (written or "").splitlines()]
    joined = ""
    for part in filter(None, lines):
        wide = bool(joined) and ord(joined[-1]) > _LAST_NARROW and ord(part[0]) > _LAST_NARROW
        joined += part if wide or not joined else " " + part
    return joined


_LAST_NARROW = 0x2E7F
"""CJK radicals, kana, ideographs and full-width forms lie above this code point."""
