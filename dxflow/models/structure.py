"""How the elements of one process level are connected (BPMN 2.0.2 §10.5, §13.2–13.4).

Where an element that cannot be executed stands in the way, only what does not depend on it is
checked: its refusal comes first, the rest is asked again when it is gone.
"""

from collections.abc import Iterable, Iterator

from dxflow.models.findings import Place, at, called
from dxflow.models.graph import Graph
from dxflow.models.model import Element, Flow, Kind, Process
from dxflow.models.soundness import soundness
from dxflow.problems import Problem
from dxflow.texts import gettext as _

STARTS = frozenset({Kind.START, Kind.TIMER_START})
ENDS = frozenset({Kind.END, Kind.TERMINATE_END})
GATEWAYS = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL})
WAITING = frozenset({Kind.USER_TASK, Kind.CATCH_TIMER, Kind.CALL_ACTIVITY})
"""Kinds at which a process comes to rest, so that a loop through them takes time."""


def structure(graph: Graph) -> list[Problem]:
    """Return what is wrong with the connections of one level."""
    process = graph.process
    foreign = any(e.kind is Kind.OTHER for e in process.elements.values())
    problems = [] if foreign else list(_missing_ends(process))
    for element in process.elements.values():
        if element.kind is not Kind.OTHER:
            problems.extend(_flows_of(element, graph))
            problems.extend(_conditions_of(element, graph))
    problems.extend(_extra_starts(process))
    if foreign or problems:
        return problems
    return list(_unreachable(graph)) or [*_instant_loops(graph), *soundness(graph)]


def _missing_ends(process: Process) -> Iterator[Problem]:
    kinds = {element.kind for element in process.elements.values()}
    if not kinds & STARTS:
        yield at(
            process, "bpmn-no-start",
            _("開始イベントがありません。"), _("開始イベントを一つ置いてください。"),
        )  # fmt: skip
    if not kinds & ENDS:
        yield at(
            process, "bpmn-no-end",
            _("終了イベントがありません。"), _("終了イベントを置いてください。"),
        )  # fmt: skip


def _extra_starts(process: Process) -> Iterator[Problem]:
    starts = [e for e in process.elements.values() if e.kind is Kind.START]
    for extra in starts[1:]:
        yield at(
            extra, "bpmn-many-starts", _("人が始める開始イベントが二つ以上あります。"),
            _("人が始める開始イベントは一つにし、分岐は排他ゲートウェイで描いてください。"),
        )  # fmt: skip


def _flows_of(element: Element, graph: Graph) -> Iterator[Problem]:
    out = graph.outgoing.get(element.id, ())
    if element.kind in STARTS and graph.incoming.get(element.id):
        yield at(
            element, "bpmn-flow-into-start", _("開始イベントに入るフローがあります。"),
            _("戻り先は、開始イベントの次の要素にしてください。"),
        )  # fmt: skip
    if element.kind in ENDS and out:
        yield at(
            element, "bpmn-flow-out-of-end", _("終了イベントから出るフローがあります。"),
            _("続きがあるなら、終了イベントを消して直接つないでください。"),
        )  # fmt: skip
    leaving: list[tuple[Place, tuple[Flow, ...]]] = [(element, out)]
    leaving += [(b, graph.outgoing.get(b.id, ())) for b in element.boundaries]
    for place, flows in leaving[element.kind in ENDS :]:
        if not flows:
            yield at(
                place, "bpmn-dead-end",
                _("{name}から先に進むフローがありません。", name=called(place)),
                _("次の要素、または終了イベントにつないでください。"),
            )  # fmt: skip
        elif len(flows) > 1 and not (place is element and element.kind in GATEWAYS):
            yield at(
                place, "bpmn-implicit-fork",
                _("{name}から二本以上のフローが出ています。", name=called(place)),
                _("同時に進めるなら並行ゲートウェイ、"
                  "どれかを選ぶなら排他ゲートウェイを間に置いてください。"),
            )  # fmt: skip


def _conditions_of(element: Element, graph: Graph) -> Iterator[Problem]:
    if element.kind in ENDS:
        return
    out = graph.outgoing.get(element.id, ())
    if element.default_flow and element.default_flow not in {flow.id for flow in out}:
        yield at(
            element, "bpmn-default-elsewhere",
            _("{name}の既定のフローが、その要素から出ていません。", name=called(element)),
            _("既定のフローを指定し直してください。"),
        )  # fmt: skip
    if element.kind is Kind.EXCLUSIVE:
        yield from _choices(element, out)
        return
    if element.default_flow:
        yield at(
            element, "bpmn-default-unused", _("既定のフローは排他ゲートウェイでだけ使えます。"),
            _("既定のフローの指定を外すか、排他ゲートウェイに変えてください。"),
        )  # fmt: skip
    for flow in graph.exits(element.id):
        if flow.condition:
            yield _misplaced(flow)


def _misplaced(flow: Flow) -> Problem:
    return at(
        flow, "bpmn-condition-misplaced",
        _("このフローの条件は調べられません。"
          "条件は、行き先が二つ以上ある排他ゲートウェイから出るフローにだけ付けられます。"),
        _("排他ゲートウェイを間に置いて、その先のフローに条件を付けてください。"),
    )  # fmt: skip


def _choices(gateway: Element, out: tuple[Flow, ...]) -> Iterator[Problem]:
    """Every way out of an exclusive gateway but the default one needs a condition."""
    for flow in out:
        default = flow.id == gateway.default_flow
        if flow.condition and len(out) == 1:
            yield _misplaced(flow)
        elif flow.condition and default:
            yield at(
                flow, "bpmn-default-with-condition", _("既定のフローに条件が付いています。"),
                _("条件を消すか、別のフローを既定にしてください。"),
            )  # fmt: skip
        elif not flow.condition and not default and len(out) > 1:
            yield at(
                flow, "bpmn-condition-missing",
                _("排他ゲートウェイ{name}から出るフローに条件がありません。", name=called(gateway)),
                _("条件を書くか、既定のフローにしてください。"),
            )  # fmt: skip


def _unreachable(graph: Graph) -> Iterator[Problem]:
    elements = graph.process.elements
    from_start = graph.reached(e.id for e in elements.values() if e.kind in STARTS)
    to_end = graph.reaching(e.id for e in elements.values() if e.kind in ENDS)
    for element in elements.values():
        if element.id not in from_start:
            yield at(
                element, "bpmn-unreachable",
                _("{name}に、開始イベントからたどり着けません。", name=called(element)),
                _("前の要素からフローをつなぐか、要素を消してください。"),
            )  # fmt: skip
        if element.id not in to_end:
            yield at(
                element, "bpmn-no-way-out",
                _("{name}から、終了イベントにたどり着けません。", name=called(element)),
                _("くり返しを抜ける道を描いてください。"),
            )  # fmt: skip


def rests(element: Element) -> bool:
    """Return whether a token may come to rest at the element."""
    if element.body is not None:
        return any(rests(inner) for inner in element.body.elements.values())
    return element.kind in WAITING


def _instant_loops(graph: Graph) -> Iterator[Problem]:
    elements = graph.process.elements
    busy = graph.cycles_among(e.id for e in elements.values() if not rests(e))
    if busy:
        first = next(element for key, element in elements.items() if key in busy)
        names = listed(element for key, element in elements.items() if key in busy)
        yield at(
            first, "bpmn-instant-loop",
            _("人もタイマーも待たないくり返しです: {names}", names=names),
            _("くり返しの中にユーザータスクかタイマーを置いてください。"),
        )  # fmt: skip


def listed(places: Iterable[Place], most: int = 6) -> str:
    """Return the names of places in one line."""
    names = [called(place) for place in places]
    return "".join(names[:most]) + ("…" if len(names) > most else "")
