"""What one case can hold only once at a time: a deliberation, and a document of each form.

What is drawn to go on beside itself is refused at publishing; a case could not go through it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from dxflow.models.findings import at, called, levels
from dxflow.models.graph import Graph, graph_of
from dxflow.models.model import Boundary, Element, Flow, Kind, Model, Process
from dxflow.problems import Problem
from dxflow.services.packs.settings.authority import commands_of
from dxflow.texts import gettext as _

CONVENE, DRAW = "committee.convene", "document.draw"


def check_at_once(document: Collection[str], models: Iterable[Model]) -> Iterator[Problem]:
    """Yield a problem for every place where two bodies may deliberate, or documents mix, at once.

    `document` are the forms that make up a decision document.
    """
    files = {
        key: (model.file, process)
        for model in models
        for key, process in model.processes.items()
        if process.executable
    }
    processes = {key: process for key, (_file, process) in files.items()}
    for file, process in files.values():
        for level, _owner in levels(process):
            inside = {key: _inside(one, processes) for key, one in level.elements.items()}
            for problem in _of_level(level, inside, document):
                yield problem.located(file)


def _of_level(
    level: Process, inside: Mapping[str, list[Element]], document: Collection[str]
) -> Iterator[Problem]:
    convening, drawing = (
        {key for key, found in inside.items() if _calls(found, command)}
        for command in (CONVENE, DRAW)
    )
    for key, element in level.elements.items():
        if element.multi is None or element.multi.sequential:
            continue
        if key in convening:
            yield _two_bodies(element)
        forms = {one.form_key for one in inside[key]} & set(document)
        if forms and _calls(inside[key], DRAW):
            yield _mixed(element, sorted(forms))
    for place, branches in _forks(graph_of(level)):
        if _side_by_side(branches, convening):
            yield _two_bodies(place)
        asked = {one.form_key for key in set().union(*branches) for one in inside[key]}
        if (forms := asked & set(document)) and _side_by_side(branches, drawing):
            yield _mixed(place, sorted(forms))


def _forks(graph: Graph) -> Iterator[tuple[Element | Boundary, list[set[str]]]]:
    """Yield what lets a token go on beside another one, and what each of the two may come to.

    What lies beside a boundary event that does not interrupt is its activity and all behind it.
    """
    for element in graph.process.elements.values():
        ways = graph.outgoing.get(element.id, ())
        if element.kind is Kind.PARALLEL:
            yield element, [_behind(graph, element.id, [way]) for way in ways]
        for boundary in element.boundaries:
            if not boundary.interrupting:
                others = [way for way in graph.exits(element.id) if way.source != boundary.id]
                beside = _behind(graph, element.id, graph.outgoing.get(boundary.id, ()))
                yield boundary, [beside, {element.id} | _behind(graph, element.id, others)]


def _behind(graph: Graph, start: str, ways: Sequence[Flow]) -> set[str]:
    """Return what is reached by these ways out of an element without passing it again."""
    seen, waiting = {start}, [way.target for way in ways]
    while waiting:
        element = waiting.pop()
        if element not in seen:
            seen.add(element)
            waiting += [way.target for way in graph.exits(element)]
    return seen - {start}


def _inside(element: Element, processes: Mapping[str, Process]) -> list[Element]:
    """Return an element and all that runs within it, in sub-processes and processes it calls."""
    found, called_already = [], set()
    waiting = [element]
    while waiting:
        one = waiting.pop()
        found.append(one)
        if one.body is not None:
            waiting += one.body.elements.values()
        target = processes.get(one.called_process)
        if target is not None and target.id not in called_already:
            called_already.add(target.id)
            waiting += target.elements.values()
    return found


def _calls(elements: Iterable[Element], command: str) -> bool:
    return any(command in commands_of(one) for one in elements)


def _side_by_side(branches: Iterable[set[str]], wanted: Collection[str]) -> bool:
    """Return whether two of the wanted lie on different branches.

    What both branches lead to lies behind the gateway that joins them.
    """
    reached = [branch & set(wanted) for branch in branches]
    return any(one - other and other - one for one, other in combinations(reached, 2))


def _two_bodies(element: Element | Boundary) -> Problem:
    return at(
        element, "pack-bodies-at-once",
        _("{name}では、二つ以上の審議が一つの案件で同時に始まることがあります。"
          "審議は、前の審議が終わってからでなければ始められません。", name=called(element)),
        _("マルチインスタンスは一つずつ順に（isSequential）進め、"
          "並行ゲートウェイの枝や、中断しない境界イベントの先に分けた審議は、"
          "一本の道につないでください。"),
        line=_line(element),
    )  # fmt: skip


def _mixed(element: Element | Boundary, forms: Collection[str]) -> Problem:
    return at(
        element, "pack-documents-at-once",
        _("{name}では、いくつもの起案が一つの案件で同時に進み、どの文書にも、"
          "最後に提出された様式（{forms}）の内容が載ってしまいます。",
          name=called(element), forms=_("、").join(forms)),
        _("マルチインスタンスは一つずつ順に（isSequential）進め、並行ゲートウェイの枝や、"
          "中断しない境界イベントの先に分けた起案は、一本の道につなぐか、案件を分けてください。"),
        line=_line(element),
    )  # fmt: skip


def _line(element: Element | Boundary) -> int:
    return element.multi.line if isinstance(element, Element) and element.multi else 0
