"""Can every token reach an end? A token game on one process level.

The level is a free-choice Petri net whose places are its sequence flows (van der Aalst, "The
application of Petri nets to workflow management", 1998): an exclusive gateway, and an activity
with interrupting boundary events, choose one way out; a parallel gateway takes a token from every
way in and puts one on every way out. Only one element moves at a time, always the most advanced
that can: in a free-choice net elements that move do not take tokens from each other, so every end
of the game is still found; and as one branch runs to its join before the next one starts, the
states add up instead of multiplying. Tokens stay on the flow before an end event, so that two
tokens on one way meet there at the latest.

A non-interrupting boundary event opens a side branch as often as it likes; each is played alone
and must not lead back into the main flow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from dxflow.models.findings import at, called
from dxflow.models.graph import Graph
from dxflow.models.model import Boundary, Element, Flow, Kind
from dxflow.problems import Problem
from dxflow.texts import gettext as _

MAX_LOOKS = 300_000
"""How many tokens are looked at, over all states of one game, before giving up."""

_STARTS = frozenset({Kind.START, Kind.TIMER_START})
_ENDS = frozenset({Kind.END, Kind.TERMINATE_END})

State = frozenset[int]
"""The flows that hold a token, as positions in `_Game.places`."""


class _TwoTokens(Exception):
    """A second token has come onto a flow that still holds one."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow


@dataclass(frozen=True)
class _Game:
    graph: Graph
    places: tuple[Flow, ...]
    """The flows; those that lie further from the start come later."""
    position: dict[str, int]

    def positions(self, flows: tuple[Flow, ...]) -> State:
        return frozenset(self.position[flow.id] for flow in flows)

    def target(self, place: int) -> Element:
        return self.graph.process.elements[self.places[place].target]

    def moves(self, state: State) -> list[State] | None:
        """Return the states after the first possible move; None when nothing can move."""
        for place in sorted(state, reverse=True):
            element = self.target(place)
            if element.kind in _ENDS:
                continue
            if element.kind is not Kind.PARALLEL:
                exits = self.graph.exits(element.id, side_branches=False)
                rest = state - {place}
                return [self._put(rest, self.positions((flow,))) for flow in exits]
            needed = self.positions(self.graph.incoming[element.id])
            if needed <= state:
                made = self.positions(self.graph.outgoing[element.id])
                return [self._put(state - needed, made)]
        return None

    def _put(self, state: State, made: State) -> State:
        for place in made & state:
            raise _TwoTokens(self.places[place])
        return state | made


def soundness(graph: Graph) -> list[Problem]:
    """Return deadlocks, missing synchronisation and side branches that lead back.

    Expects a level in which every element can be reached and can reach an end.
    """
    starts = [e.id for e in graph.process.elements.values() if e.kind in _STARTS]
    order = dict.fromkeys(chain.from_iterable(map(graph.onward, starts)))
    rank = {element: number for number, element in enumerate(order)}
    places = tuple(sorted(graph.process.flows, key=lambda flow: rank[flow.target]))
    game = _Game(graph, places, {flow.id: number for number, flow in enumerate(places)})
    # a case begins at one of them: each is a game of its own
    problems = [
        problem
        for start in starts
        for problem in _play(game, game.positions(graph.outgoing[start]))
    ]
    main = graph.reached(starts, side_branches=False)
    sides = [boundary for boundary in graph.boundaries.values() if not boundary.interrupting]
    reach = {
        side.id: graph.reached(
            (flow.target for flow in graph.outgoing[side.id]), side_branches=False
        )
        for side in sides
    }
    for side in sides:
        host = graph.hosts[side.id]
        within = main.union(*(found for found in reach.values() if host in found))
        shared = [graph.process.elements[key] for key in reach[side.id] & within]
        meeting = [element for element in shared if element.kind not in _ENDS]
        if meeting:
            problems.append(_leads_back(side, min(meeting, key=lambda e: (e.line, e.id))))
        else:
            problems.extend(_play(game, game.positions(graph.outgoing[side.id])))
    return list(dict.fromkeys(problems))


def _play(game: _Game, initial: State) -> list[Problem]:
    """Play every course of the game from a state; the first fault of each kind is reported."""
    seen, waiting = {initial}, [initial]
    stuck: dict[str, Problem] = {}
    looks = 0
    while waiting:
        state = waiting.pop()
        looks += len(state)
        if looks > MAX_LOOKS:
            return [_too_large(game)]
        try:
            following = game.moves(state)
        except _TwoTokens as meeting:
            return [_not_synchronised(game, meeting.flow)]
        if following is None:
            stuck.update(_stuck(game, state))
        for after in following or ():
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return list(stuck.values())


def _stuck(game: _Game, state: State) -> Iterator[tuple[str, Problem]]:
    """Yield the joins that wait for ever, unless a terminate end event clears the level."""
    targets = [game.target(place) for place in sorted(state)]
    if any(element.kind is Kind.TERMINATE_END for element in targets):
        return
    for join in targets:
        if join.kind in _ENDS:
            continue
        missing = [
            game.graph.process.elements[game.graph.origin(flow)]
            for flow in game.graph.incoming[join.id]
            if game.position[flow.id] not in state
        ]
        names = "".join(called(element) for element in missing)
        yield join.id, at(
            join, "bpmn-deadlock",
            _("行き詰まり（デッドロック）: 並行ゲートウェイ{name}は、"
              "{missing}からのトークンを待ったまま先に進めないことがあります。",
              name=called(join), missing=names),
            _("排他ゲートウェイで分かれた道は排他ゲートウェイで、"
              "並行ゲートウェイで分かれた道は並行ゲートウェイで合流させてください。"),
        )  # fmt: skip


def _not_synchronised(game: _Game, flow: Flow) -> Problem:
    """Name the element where the ways meet: the nearest before the flow with several ways in."""
    graph = game.graph
    seen: set[str] = set()
    element = graph.process.elements[graph.origin(flow)]
    while element.id not in seen:
        seen.add(element.id)
        ways_in = graph.incoming.get(element.id, ())
        if not ways_in or (len(ways_in) > 1 and element.kind is not Kind.PARALLEL):
            break
        element = graph.process.elements[graph.origin(ways_in[0])]
    return at(
        element, "bpmn-no-synchronisation",
        _("同期の欠落: {name}を、並行する枝のトークンが別々に通り、"
          "その先が二度実行されることがあります。", name=called(element)),
        _("並行ゲートウェイで分かれた枝は、並行ゲートウェイで合流させてから先へ進めてください。"),
    )  # fmt: skip


def _leads_back(side: Boundary, meeting: Element) -> Problem:
    return at(
        meeting, "bpmn-side-branch-leads-back",
        _("同期の欠落: 中断しない境界イベント{name}の枝が{meeting}で本流に戻り、"
          "その先が二度実行されます。",
          name=called(side), meeting=called(meeting)),
        _("枝には専用の終了イベントを置いてください。"),
    )  # fmt: skip


def _too_large(game: _Game) -> Problem:
    return at(
        game.graph.process, "bpmn-too-complex",
        _("分岐と並行の組み合わせが多すぎて、行き詰まりがないことを確かめられません。"),
        _("まとまりをサブプロセスか呼び出しアクティビティに分けてください。"),
    )  # fmt: skip
