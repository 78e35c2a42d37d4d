"""A process definition as plain values: what the reader makes of a BPMN file.

Terms are BPMN 2.0.2's. Execution details come from the `zeebe:` extension elements that Camunda
Modeler writes; every expression is FEEL text without its leading `=`. The engine compiles these
values; nothing outside this room reads BPMN XML again except to draw it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The element types that may be executed, and OTHER for what may only be read."""

    START = "startEvent"
    TIMER_START = "timerStartEvent"
    """A case begins here by itself, when the time has come; nobody calls it."""
    END = "endEvent"
    TERMINATE_END = "terminateEndEvent"
    CATCH_TIMER = "timerCatchEvent"
    USER_TASK = "userTask"
    SERVICE_TASK = "serviceTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    EXCLUSIVE = "exclusiveGateway"
    PARALLEL = "parallelGateway"
    OTHER = "other"
    """Readable, never executable; `Element.construct` names it."""


class TimerKind(StrEnum):
    """How a timer's value is read (BPMN timerEventDefinition)."""

    DATE = "timeDate"
    DURATION = "timeDuration"
    CYCLE = "timeCycle"


@dataclass(frozen=True)
class IoMapping:
    """One `zeebe:input` or `zeebe:output`: `target` receives the value of FEEL `source`."""

    source: str
    target: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Timer:
    """A timer definition; `value` is FEEL (a literal ISO text arrives as a quoted string)."""

    kind: TimerKind
    value: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class MultiInstance:
    """Multi-instance: one run of the activity for each entry of `collection` (FEEL).

    `element_variable` holds the entry, `output_collection` gathers `output_element` (FEEL).
    `completion` (FEEL) ends the rest early when true.
    """

    collection: str
    element_variable: str
    sequential: bool = False
    output_collection: str = ""
    output_element: str = ""
    completion: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Boundary:
    """A timer boundary event attached to an activity."""

    id: str
    name: str
    interrupting: bool
    timer: Timer
    line: int = 0


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is FEEL or empty."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    line: int = 0


@dataclass(frozen=True)
class Element:
    """One flow node with everything the engine needs to run it."""

    id: str
    kind: Kind
    name: str = ""
    line: int = 0
    lane: str = ""
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    """`zeebe:properties`, and `zeebe:taskHeaders`; see docs/processes.md for the names used."""
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    multi: MultiInstance | None = None
    boundaries: tuple[Boundary, ...] = ()
    default_flow: str = ""
    form_key: str = ""
    candidate_groups: str = ""
    """FEEL giving a list of groups (or one), or empty: then the lane decides."""
    assignee: str = ""
    due: str = ""
    """FEEL giving a date or date and time, or empty."""
    job_type: str = ""
    """`zeebe:taskDefinition type`: the name of the command a service task runs."""
    script: str = ""
    result_variable: str = ""
    decision: str = ""
    called_process: str = ""
    propagate_all: bool = False
    """Call activity: every variable of the called process comes back, not only `outputs`."""
    timer: Timer | None = None
    body: "Process | None" = None
    """The inside of an embedded sub-process."""
    construct: str = ""
    """For Kind.OTHER: the BPMN term, e.g. `inclusiveGateway`, `messageEventDefinition`."""
    trigger: str = ""
    """For Kind.OTHER events: the name of the message, signal, error or link meant."""
    attached_to: str = ""
    """For Kind.OTHER boundary events: the activity they sit on."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Where an attribute of this class was written, when not on `line`."""


@dataclass(frozen=True)
class Unsupported:
    """Something found while reading that has no place in an executable process.

    `construct` is a BPMN term or a code of `refusals.py`; `element` is the id it was found on.
    """

    construct: str
    element: str = ""
    name: str = ""
    line: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Process:
    """One executable process (or the inside of a sub-process)."""

    id: str
    name: str
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]
    lanes: Mapping[str, str] = field(default_factory=dict)
    """Lane id to lane name."""
    executable: bool = True
    version_tag: str = ""
    line: int = 0
    unsupported: tuple[Unsupported, ...] = ()

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the id and name of every element and boundary event, inner ones too."""
        for one in self.elements.values():
            yield one.id, one.name
            yield from ((boundary.id, boundary.name) for boundary in one.boundaries)
            if one.body is not None:
                yield from one.body.names()

    def outgoing(self, element: str) -> tuple[Flow, ...]:
        """Return the flows that leave an element or boundary event, in order of evaluation.

        That is the order of the element's `outgoing` list where the file has a complete one
        (BPMN 2.0.2 §13.4.2), else file order.
        """
        return tuple(flow for flow in self.flows if flow.source == element)

    def incoming(self, element: str) -> tuple[Flow, ...]:
        """Return the flows that enter an element, in file order."""
        return tuple(flow for flow in self.flows if flow.target == element)


@dataclass(frozen=True)
class Model:
    """Everything read from one BPMN file."""

    file: str
    processes: Mapping[str, Process]
    facts: Mapping[str, int]
    """Counts: pools, lanes, activities, gateways, events, flows, message_flows."""
    digest: str
    """SHA-256 (64 hex digits) of the model's meaning; the same for the same model from
    different tools."""
    unsupported: tuple[Unsupported, ...] = ()
    """What belongs to no process: ids used twice, processes with one id."""
