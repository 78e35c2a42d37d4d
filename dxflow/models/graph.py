"""One process level as a graph: who follows whom, with boundary events on their activities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dxflow.models.model import Boundary, Flow, Process


@dataclass(frozen=True)
class Graph:
    """Flows by the id of their source or target; `hosts`: boundary event id to activity id."""

    process: Process
    outgoing: Mapping[str, tuple[Flow, ...]]
    incoming: Mapping[str, tuple[Flow, ...]]
    boundaries: Mapping[str, Boundary]
    hosts: Mapping[str, str]

    def exits(self, element: str, *, side_branches: bool = True) -> tuple[Flow, ...]:
        """Return the flows by which a token may leave an element, its boundary events' included.

        Without `side_branches` non-interrupting boundary events do not count.
        """
        flows = self.outgoing.get(element, ())
        for boundary in self.process.elements[element].boundaries:
            if boundary.interrupting or side_branches:
                flows += self.outgoing.get(boundary.id, ())
        return flows

    def origin(self, flow: Flow) -> str:
        """Return the element a flow leaves; for a boundary event its activity."""
        return self.hosts.get(flow.source, flow.source)

    def reached(self, starts: Iterable[str], *, side_branches: bool = True) -> set[str]:
        """Return the elements that can be reached from the given ones, these included."""
        seen: set[str] = set()
        waiting = list(starts)
        while waiting:
            element = waiting.pop()
            if element not in seen:
                seen.add(element)
                flows = self.exits(element, side_branches=side_branches)
                waiting.extend(flow.target for flow in flows)
        return seen

    def reaching(self, ends: Iterable[str]) -> set[str]:
        """Return the elements from which one of the given ones can be reached."""
        seen: set[str] = set()
        waiting = list(ends)
        while waiting:
            element = waiting.pop()
            if element not in seen:
                seen.add(element)
                waiting.extend(self.origin(flow) for flow in self.incoming.get(element, ()))
        return seen

    def onward(self, start: str) -> list[str]:
        """Return the elements reached from one, each branch in one piece, joins after branches.

        That is reverse postorder of a depth-first search; loops back do not count.
        """
        finished: list[str] = []
        seen = {start}
        path = [(start, iter(self.exits(start)))]
        while path:
            element, exits = path[-1]
            flow = next((flow for flow in exits if flow.target not in seen), None)
            if flow is None:
                finished.append(element)
                path.pop()
            else:
                seen.add(flow.target)
                path.append((flow.target, iter(self.exits(flow.target))))
        return finished[::-1]

    def cycles_among(self, elements: Iterable[str]) -> set[str]:
        """Return the elements that lie on or between cycles made of the given elements only."""
        rest = set(elements)
        waiting = list(rest)
        while waiting:
            element = waiting.pop()
            after = {flow.target for flow in self.exits(element)} & rest
            before = {self.origin(flow) for flow in self.incoming.get(element, ())} & rest
            if element in rest and not (after and before):
                rest.discard(element)
                waiting.extend((after | before) - {element})
        return rest


def graph_of(process: Process) -> Graph:
    """Return the graph of one level; insides of sub-processes are levels of their own."""
    outgoing: dict[str, tuple[Flow, ...]] = {}
    incoming: dict[str, tuple[Flow, ...]] = {}
    for flow in process.flows:
        outgoing[flow.source] = (*outgoing.get(flow.source, ()), flow)
        incoming[flow.target] = (*incoming.get(flow.target, ()), flow)
    attached = [(b, e.id) for e in process.elements.values() for b in e.boundaries]
    return Graph(
        process, outgoing, incoming,
        {boundary.id: boundary for boundary, _host in attached},
        {boundary.id: host for boundary, host in attached},
    )  # fmt: skip
