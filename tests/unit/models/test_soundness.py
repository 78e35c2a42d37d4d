"""Every token reaches an end: deadlocks and missing synchronisation are found before publication."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dxflow.models.check import check_executable
from dxflow.models.graph import Graph, graph_of
from dxflow.models.model import Element, Flow, Kind, Process
from dxflow.models.soundness import soundness
from dxflow.problems import Problem
from tests.unit.models.factory import (
    boundary,
    end,
    flow,
    gateway,
    line_of,
    model,
    node,
    service,
    start,
    timer,
    user,
)


def problems(*parts: str) -> list[Problem]:
    return check_executable(model(*parts, process="top"))


def choice(element: str, *targets: str) -> str:
    """Return an exclusive gateway; the first target is the default."""
    rest = "".join(flow(element, target, f'=way = "{target}"') for target in targets[1:])
    return gateway(element, default=f"f_{element}_{targets[0]}") + flow(element, targets[0]) + rest


def both(element: str) -> str:
    return gateway(element, "parallel")


def users(*names: str) -> str:
    return "".join(user(name) for name in names)


def test_a_parallel_block_closed_by_a_parallel_gateway_is_sound():
    assert problems(
        start(), both("p"), users("a", "b", "c"), both("j"), end(),
        line_of("s", "p", "a", "j", "e"), line_of("p", "b", "j"), line_of("p", "c", "j"),
    ) == []  # fmt: skip


def test_a_parallel_block_inside_a_remand_loop_is_sound():
    assert problems(
        start(), gateway("m"), both("p"), users("a", "b", "review"), both("j"), end(),
        line_of("s", "m", "p", "a", "j", "review", "x"), line_of("p", "b", "j"), choice("x", "e", "m"),
    ) == []  # fmt: skip


def test_a_choice_closed_by_a_parallel_gateway_waits_for_ever_and_is_named():
    [found] = problems(
        start(), choice("x", "a", "b"), users("a", "b"), both("j"), end(),
        line_of("s", "x"), line_of("a", "j", "e"), line_of("b", "j"),
    )  # fmt: skip
    assert (found.code, found.element) == ("bpmn-deadlock", "j")
    assert "「a」" in found.message or "「b」" in found.message


@pytest.mark.parametrize("meeting", ["gateway", "task"])
def test_parallel_branches_that_meet_without_a_join_are_named(meeting):
    middle = gateway("m") if meeting == "gateway" else user("m")
    [found] = problems(
        start(), both("p"), users("a", "b", "after"), middle, end(),
        line_of("s", "p", "a", "m", "after", "e"), line_of("p", "b", "m"),
    )  # fmt: skip
    assert (found.code, found.element) == ("bpmn-no-synchronisation", "m")


def test_parallel_branches_may_end_at_ends_of_their_own_or_at_one():
    parts = (
        start(),
        both("p"),
        users("a", "b"),
        end(),
        line_of("s", "p", "a", "e"),
        flow("p", "b"),
    )
    assert problems(*parts, flow("b", "e")) == []
    assert problems(*parts, end("e2"), flow("b", "e2")) == []


def test_a_branch_that_leaves_a_parallel_block_early_is_a_deadlock():
    [found] = problems(
        start(), both("p"), users("a", "b"), choice("x", "j", "out"), both("j"), end(), end("out"),
        line_of("s", "p", "a", "x"), line_of("p", "b", "j", "e"),
    )  # fmt: skip
    assert (found.code, found.element) == ("bpmn-deadlock", "j")


def test_leaving_a_parallel_block_by_a_terminate_end_is_sound():
    stop = node("endEvent", "out", "<bpmn:terminateEventDefinition/>")
    assert problems(
        start(), both("p"), users("a", "b"), choice("x", "j", "out"), both("j"), end(), stop,
        line_of("s", "p", "a", "x"), line_of("p", "b", "j", "e"),
    ) == []  # fmt: skip


def test_going_back_out_of_one_parallel_branch_is_found():
    found = problems(
        start(), gateway("m"), both("p"), users("a", "b"), choice("x", "j", "m"), both("j"), end(),
        line_of("s", "m", "p", "a", "x"), line_of("p", "b", "j", "e"),
    )  # fmt: skip
    assert {p.code for p in found} == {"bpmn-no-synchronisation"}


def test_an_interrupting_deadline_may_join_where_the_activity_would_have_gone():
    parts = (
        start(), both("p"), users("a", "b"), both("j"), end(),
        boundary("late", "a", timer("timeDuration", "P7D")),
        line_of("s", "p", "a"), line_of("p", "b", "j", "e"),
    )  # fmt: skip
    assert problems(*parts, gateway("m"), line_of("a", "m", "j"), flow("late", "m")) == []
    [found] = problems(*parts, flow("a", "j"), flow("late", "j"))
    assert (found.code, found.element) == ("bpmn-deadlock", "j")


def test_a_reminder_has_an_end_of_its_own():
    parts = (
        start(), users("a", "b"), line_of("s", "a", "b", "e"), service("mail"), end(),
        boundary("again", "a", timer("timeCycle", "R/P7D"), interrupting=False), flow("again", "mail"),
    )  # fmt: skip
    assert problems(*parts, end("e2"), flow("mail", "e2")) == []
    assert problems(*parts, flow("mail", "e")) == []
    [found] = problems(*parts, flow("mail", "b"))
    assert (found.code, found.element) == ("bpmn-side-branch-leads-back", "b")


def test_a_reminder_inside_a_reminders_branch_is_checked_too():
    found = problems(
        start(), users("a", "chase", "more"), end(), line_of("s", "a", "e"), line_of("chase", "more", "e"),
        boundary("one", "a", timer("timeDuration", "P7D"), interrupting=False), flow("one", "chase"),
        boundary("two", "chase", timer("timeDuration", "P7D"), interrupting=False), flow("two", "more"),
    )  # fmt: skip
    assert [(p.code, p.element) for p in found] == [("bpmn-side-branch-leads-back", "more")]


def test_the_inside_of_a_sub_process_is_checked_as_a_level_of_its_own():
    inside = (start("s2") + both("p") + users("a", "b") + gateway("m") + end("e2")
              + line_of("s2", "p", "a", "m", "e2") + line_of("p", "b", "m"))  # fmt: skip
    [found] = problems(start(), node("subProcess", "sub", inside), end(), line_of("s", "sub", "e"))
    assert (found.code, found.element) == ("bpmn-no-synchronisation", "m")


def test_many_parallel_branches_with_choices_are_still_checked():
    parts = [start(), both("p"), both("j"), end(), flow("s", "p"), flow("j", "e")]
    for n in range(12):
        parts += [choice(f"x{n}", f"a{n}", f"b{n}"), users(f"a{n}", f"b{n}"), gateway(f"m{n}"),
                  flow("p", f"x{n}"), line_of(f"a{n}", f"m{n}", "j"), flow(f"b{n}", f"m{n}")]  # fmt: skip
    assert problems(*parts) == []


def test_what_cannot_be_examined_to_the_end_is_refused():
    parts = [start(), both("p"), flow("s", "p")]
    for n in range(16):
        parts += [choice(f"x{n}", f"a{n}", f"b{n}"), end(f"a{n}"), end(f"b{n}"), flow("p", f"x{n}")]
    assert [p.code for p in problems(*parts)] == ["bpmn-too-complex"]


# A reference for the token game: every interleaving, no cleverness.


def sound_by_exhaustion(graph: Graph) -> bool:
    process = graph.process
    ends = {e.id for e in process.elements.values() if e.kind is Kind.END}
    initial = frozenset(f.id for f in graph.outgoing["s"])
    seen, waiting = {initial}, [initial]
    while waiting:
        state = waiting.pop()
        moves: list[tuple[frozenset[str], frozenset[str]]] = []
        for element in process.elements.values():
            ways_in = graph.incoming.get(element.id, ())
            ways_out = graph.outgoing.get(element.id, ())
            if element.id in ends or not ways_in:
                continue
            if element.kind is Kind.PARALLEL:
                moves.append((frozenset(f.id for f in ways_in), frozenset(f.id for f in ways_out)))
            else:
                moves += [(frozenset({i.id}), frozenset({o.id})) for i in ways_in for o in ways_out]
        enabled = [(taken, put) for taken, put in moves if taken <= state]
        if not enabled and any(f.id in state and f.target not in ends for f in process.flows):
            return False
        for taken, put in enabled:
            rest = state - taken
            if rest & put:
                return False
            if rest | put not in seen:
                seen.add(rest | put)
                waiting.append(rest | put)
    return True


@st.composite
def nets(draw: st.DrawFn) -> Process:
    inner = [f"n{i}" for i in range(draw(st.integers(1, 7)))]
    kinds = {
        n: draw(st.sampled_from([Kind.EXCLUSIVE, Kind.PARALLEL, Kind.PARALLEL])) for n in inner
    }
    pairs = [("s", inner[0])]
    for index, name in enumerate(inner):
        onward = [*inner[index + 1 :], "e"]
        targets = draw(st.lists(st.sampled_from(onward), min_size=1, max_size=3))
        if draw(st.integers(0, 5)) == 0:
            targets.append(draw(st.sampled_from(inner)))
        pairs += [(name, target) for target in targets]
    elements = {"s": Element("s", Kind.START), "e": Element("e", Kind.END)}
    elements |= {name: Element(name, kind) for name, kind in kinds.items()}
    flows = tuple(Flow(f"f{i}", a, b) for i, (a, b) in enumerate(pairs))
    return Process("p", "", elements, flows)


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much], deadline=None)
@given(nets())
def test_the_token_game_agrees_with_trying_every_interleaving(process):
    graph = graph_of(process)
    assume(graph.reached(["s"]) == set(process.elements) == graph.reaching(["e"]))
    assert (soundness(graph) == []) is sound_by_exhaustion(graph)
