"""Whether tokens that stand somewhere in a level can always reach its end.

The token game without variables: a gateway may take any of its flows, a person may press any
button, an interrupting timer may fire. Reminders beside an activity are left out; they end by
themselves. Markings are explored up to a limit, beyond which nothing is claimed.
"""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from dxflow.engine.events import Guard, PlainEnd
from dxflow.engine.gateways import Exclusive, Parallel

LIMIT = 4000

Mark = tuple[str, str]
"""Name of the node; for a token that waits at a join also the name of where it came from."""

Marking = frozenset[tuple[Mark, int]]


def can_always_end(spec: Any, marks: Counter[Mark]) -> bool:
    """Return whether the level can end from every marking that can be reached; False if unsure."""
    first = _frozen(marks)
    came_from: dict[Marking, list[Marking]] = {first: []}
    waiting = deque([first])
    while waiting:
        marking = waiting.popleft()
        for following in _moves(spec, Counter(dict(marking))):
            if following not in came_from:
                if len(came_from) >= LIMIT:
                    return False
                came_from[following] = []
                waiting.append(following)
            came_from[following].append(marking)
    return _reach(came_from, frozenset()) == len(came_from)


def _reach(came_from: dict[Marking, list[Marking]], end: Marking) -> int:
    """Return from how many markings the end can be reached."""
    if end not in came_from:
        return 0
    seen, stack = {end}, [end]
    while stack:
        for marking in came_from[stack.pop()]:
            if marking not in seen:
                seen.add(marking)
                stack.append(marking)
    return len(seen)


def _frozen(marks: Counter[Mark]) -> Marking:
    return frozenset((mark, n) for mark, n in marks.items() if n)


def _moves(spec: Any, marks: Counter[Mark]) -> Iterator[Marking]:
    for mark in marks:
        name, came = mark
        if came:
            continue
        node = spec.task_specs[name]
        rest = marks - Counter([mark])
        if name == "(end)" or (isinstance(node, PlainEnd) and node.terminates):
            yield _frozen(rest if name == "(end)" else Counter())
            continue
        for ways, source in _ways(spec, node):
            yield _frozen(_arrived(rest, ways, source))


def _ways(spec: Any, node: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield where a token may go from a node, and from which node it is seen to come."""
    if isinstance(node, Guard):
        yield tuple(one for one in node.following if not one.is_timer), node.name
        return
    if isinstance(node, Exclusive):
        yield from (((one,), node.name) for one in node.following)
    else:
        yield node.following, node.name
    for guard in node.guards:
        timer = spec.task_specs[guard]
        if timer.cancel_activity:
            yield timer.following, timer.name


def _arrived(rest: Counter[Mark], ways: tuple[Any, ...], source: str) -> Counter[Mark]:
    marks = Counter(rest)
    for node in ways:
        if not _joins(node):
            marks[node.name, ""] += 1
            continue
        marks[node.name, source] += 1
        needed = {(node.name, arm): n for arm, n in node.needed.items()}
        if all(marks[mark] >= n for mark, n in needed.items()):
            marks.subtract(needed)
            marks[node.name, ""] += 1
    return marks


def _joins(node: Any) -> bool:
    return isinstance(node, Parallel) and node.needed.total() > 1


def before(node: Any) -> Iterator[Any]:
    """Yield the nodes that lead to a node, the nearest first."""
    seen, queue = {node.name}, deque([node])
    while queue:
        for one in queue.popleft().inputs:
            if one.name not in seen:
                seen.add(one.name)
                queue.append(one)
                yield one


def ahead(node: Any) -> Iterator[Any]:
    """Yield the nodes that a token may come to, up to the joins (included)."""
    seen: set[str] = set()
    queue = deque([node])
    while queue:
        current = queue.popleft()
        boundary = (current._wf_spec.task_specs[guard] for guard in current.guards)
        for one in (*current.following, *(way for timer in boundary for way in timer.following)):
            if one.name not in seen:
                seen.add(one.name)
                yield one
                if not _joins(one):
                    queue.append(one)


def arms_reached(node: Any, join: Parallel) -> set[str]:
    """Return the branches of a join that a token at a node may arrive along."""
    on_the_way = {node.name, *(one.name for one in ahead(node) if not _joins(one))}
    return {arm for arm in join.needed if arm in on_the_way}


def meets(node: Any, fork: Any) -> bool:
    """Return whether a token at a node may come to a fork before any join."""
    return any(one is fork for one in ahead(node))
