"""Where a case stands: on its BPMN diagrams, and the same as a plain list of steps.

A diagram is a process of the case's own pack version; call activities open the ones they call.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.process import Timer, WorkItem
from dxflow.errors import NotFound
from dxflow.models.graph import graph_of
from dxflow.models.model import Element, Kind, Process
from dxflow.services.packs.store import Pack
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading.case_head import Facts
from dxflow.services.reading.case_opening import Opened, Visit, open_case
from dxflow.services.reading.holders import holder_of, persons_having
from dxflow.services.reading.submitted import is_return
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: What the list of steps names: what people, rules and time do. Forks and joins are left out.
_NAMED = frozenset(
    {
        Kind.USER_TASK,
        Kind.CALL_ACTIVITY,
        Kind.SUB_PROCESS,
        Kind.CATCH_TIMER,
        Kind.BUSINESS_RULE_TASK,
    }
)


@dataclass(frozen=True)
class Step:
    """A step of the list; `note` says when and by whom.

    `state` is done, active, returned, open (it may still come) or skipped (the case, or the phase
    that it lies in, went on without it).
    """

    key: str
    name: str
    state: str
    note: str = ""
    children: "tuple[Step, ...]" = ()


@dataclass(frozen=True)
class Diagram:
    """A process as drawn. `opens`: call activity to the key of the diagram it opens."""

    key: str
    name: str
    parent: str | None
    active: tuple[str, ...]
    done: Mapping[str, int]
    returned: tuple[str, ...]
    opens: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """All diagrams of a case, the top one first, with the one to open at; and the list of steps."""

    diagrams: tuple[Diagram, ...]
    start: str
    steps: tuple[Step, ...]


@dataclass
class _State:
    """What is known of every element, by process and element."""

    visits: Mapping[tuple[str, str], Visit]
    active: set[tuple[str, str]] = field(default_factory=set)
    returned: set[tuple[str, str]] = field(default_factory=set)
    holders: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def standing_of(opened: Opened, facts: Facts) -> Standing:
    """Return where the case stands: two queries more than its head."""
    calls = reached(opened.pack, opened.case["process_key"])
    state = _state(opened, facts, calls)
    diagrams = tuple(_diagram(opened.pack, key, parent, state) for key, parent in calls.items())
    active = [key for key in calls if any(process == key for process, _e in state.active)]
    of_stage = _of_stage(opened)
    innermost = [key for key in active if key in of_stage] or active
    return Standing(
        diagrams,
        innermost[-1] if innermost else opened.case["process_key"],
        tuple(_top_steps(opened, state)),
    )


def _of_stage(opened: Opened) -> Mapping[str, str | None]:
    """Return the processes of the case's stage: what goes on beside it is not where it stands."""
    top = opened.pack.processes.get(opened.case["process_key"])
    called = opens_of(top).get(opened.case["stage"], "") if top is not None else ""
    return reached(opened.pack, called)


def source(site: Site, actor: Actor, case_id: str, process: str) -> str:
    """Return the BPMN XML of one of a case's diagrams. Raises NotFound."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
    file = opened.pack.diagrams.get(process)
    if file is None or process not in opened.pack.processes:
        raise NotFound(_("この流れ図はありません。"))
    return opened.pack.files[file]


def reached(pack: Pack, top: str) -> dict[str, str | None]:
    """Return every process that is reached from the top one, with the one that calls it."""
    found: dict[str, str | None] = {}
    waiting: list[tuple[str, str | None]] = [(top, None)]
    while waiting:
        key, parent = waiting.pop(0)
        if key in found or key not in pack.processes:
            continue
        found[key] = parent
        waiting += [(called, key) for called in opens_of(pack.processes[key]).values()]
    return found


def opens_of(process: Process) -> dict[str, str]:
    """Return the call activities of a process with the process each opens."""
    return {
        element.id: element.called_process
        for element in elements_of(process)
        if element.kind is Kind.CALL_ACTIVITY
    }


def elements_of(process: Process) -> Iterator[Element]:
    """Yield the elements of a process, those inside embedded sub-processes as well."""
    for element in process.elements.values():
        yield element
        if element.body is not None:
            yield from elements_of(element.body)


def _state(opened: Opened, facts: Facts, calls: Mapping[str, str | None]) -> _State:
    state = _State(facts.visits)
    ended = opened.tx.execute(
        select(WorkItem.process_key, WorkItem.element, WorkItem.outcome)
        .where(WorkItem.case_id == opened.id, WorkItem.outcome.is_not(None))
        .distinct()
    )
    state.returned = {(row.process_key, row.element) for row in ended if is_return(row.outcome)}
    if not opened.running:
        return state
    names = _names(opened, facts)
    for item in facts.items:
        state.active.add((item.process, item.element))
        holder = holder_of(opened, item, names)
        state.holders.setdefault((item.process, item.element), []).append(holder)
    timers = opened.tx.execute(select(Timer.element).where(Timer.case_id == opened.id)).scalars()
    waiting = set(timers)
    for key in calls:
        for element in elements_of(opened.pack.processes[key]):
            if element.kind is Kind.CATCH_TIMER and element.id in waiting:
                state.active.add((key, element.id))
    _climb(opened.pack, calls, state)
    return state


def _names(opened: Opened, facts: Facts) -> Names:
    return naming.load(opened.tx, opened.who, persons=persons_having(opened, facts.items))


def _climb(pack: Pack, calls: Mapping[str, str | None], state: _State) -> None:
    """Mark the call activities around what is active; of those that open one process, who does."""
    callers: dict[str, list[tuple[str, str]]] = {}
    for outer in calls:
        for element, called in opens_of(pack.processes[outer]).items():
            callers.setdefault(called, []).append((outer, element))
    waiting, seen = [process for process, _element in state.active], set[str]()
    while waiting:
        inner = waiting.pop()
        if inner not in seen:
            seen.add(inner)
            places = callers.get(inner, [])
            under_way = [one for one in places if _under_way(state.visits.get(one))] or places
            state.active.update(under_way)
            waiting += [outer for outer, _element in under_way]


def _under_way(visit: Visit | None) -> bool:
    return visit is not None and visit.entered > visit.completed + visit.cancelled


def _diagram(pack: Pack, key: str, parent: str | None, state: _State) -> Diagram:
    process = pack.processes[key]
    return Diagram(
        key=key,
        name=translated(process.name) or key,
        parent=parent,
        active=tuple(sorted(element for owner, element in state.active if owner == key)),
        done={
            element: visit.completed
            for (owner, element), visit in sorted(state.visits.items())
            if owner == key and visit.completed
        },
        returned=tuple(sorted(element for owner, element in state.returned if owner == key)),
        opens={
            element: called
            for element, called in opens_of(process).items()
            if called in pack.processes
        },
    )


def _top_steps(opened: Opened, state: _State) -> Iterator[Step]:
    """Yield the phases: those before the one the case is in will not be taken any more."""
    order = [one.key for one in opened.pack.stages_of(opened.case["process_key"])]
    here = opened.case["stage"]
    passed = order[: order.index(here)] if here in order else []
    for element in _listed(opened.pack.processes[opened.case["process_key"]]):
        over = not opened.running or element.id in passed
        yield _opened_step(opened.pack, opened.case["process_key"], element, state, set(), over)


def _opened_step(
    pack: Pack, key: str, element: Element, state: _State, above: set[str], over: bool
) -> Step:
    """Return a step with those inside, in the order of the flows.

    A process in itself is not opened. What was completed and is not active is over inside, whatever
    another one that opens the same process is doing.
    """
    place, inside = (key, element.id), above | {key}
    visit, called = state.visits.get(place), element.called_process
    within = over or bool(visit and visit.completed and place not in state.active)
    children: tuple[Step, ...] = ()
    if visit is None and place not in state.active:
        pass
    elif called and called in pack.processes and called not in inside:
        within_it = state if place in state.active else replace(state, active=set(), holders={})
        children = tuple(
            _opened_step(pack, called, inner, within_it, inside, within)
            for inner in _listed(pack.processes[called])
        )
    elif element.body is not None:
        children = tuple(_step(key, inner, state, within) for inner in _listed(element.body))
    return _step(key, element, state, over, children)


def _step(
    key: str, element: Element, state: _State, over: bool, children: tuple[Step, ...] = ()
) -> Step:
    place = (key, element.id)
    visit = state.visits.get(place)
    notes = []
    if place in state.active:
        kind = "active"
        notes += list(dict.fromkeys(state.holders.get(place, ())))
    elif place in state.returned:
        kind = "returned"
    elif visit is not None and visit.completed:
        kind = "done"
    else:
        kind = "skipped" if over else "open"
        if over:
            notes.append(_("通らず") if visit is None else _("途中で打ち切り"))
    if visit is not None and visit.completed:
        day = wareki_short(local_date(visit.last_at))
        notes.append(
            _("{n}回 済み（最後は{date}）", n=visit.completed, date=day)
            if visit.completed > 1
            else _("{date} 済み", date=day)
        )
    return Step(
        element.id, translated(element.name) or element.id, kind, _("、").join(notes), children
    )


def _listed(process: Process) -> list[Element]:
    return [element for element in in_order(process) if element.kind in _NAMED]


def in_order(process: Process) -> list[Element]:
    """Return the elements as the flows reach them, then those that nothing leads to."""
    graph = graph_of(process)
    order: list[str] = []
    for element in process.elements.values():
        if element.kind in (Kind.START, Kind.TIMER_START):
            order += graph.onward(element.id)
    known = [process.elements[key] for key in dict.fromkeys(order) if key in process.elements]
    return known + [one for one in process.elements.values() if one not in known]


def document(standing: Standing, address: Callable[[str], str]) -> dict[str, Any]:
    """Return what the viewer in the browser reads; `address(key)` gives a diagram's URL."""
    return {
        "diagrams": [
            {
                "key": one.key,
                "name": one.name,
                "url": address(one.key),
                "active": list(one.active),
                "done": dict(one.done),
                "returned": list(one.returned),
                "parent": one.parent,
                "opens": dict(one.opens),
            }
            for one in standing.diagrams
        ],
        "start": standing.start,
    }
