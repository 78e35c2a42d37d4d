"""Range functions: how points and ranges lie to each other (DMN 1.3 §10.3.4.9).

A range is seen as its two ends, each a pair (value, side): side -1 stands just before the value,
0 on it, +1 just after it. Comparing pairs then covers every mixture of open and closed ends.
"""

from collections.abc import Callable
from typing import Any

from dxflow.feel.library.registry import builtin
from dxflow.feel.values import Range, equal, less

End = tuple[Any, int]


def _start(span: Range) -> End:
    return span.start, 0 if span.start_included else 1


def _end(span: Range) -> End:
    return span.end, 0 if span.end_included else -1


def _point(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value, True, True)


class _NoOrderError(ValueError):
    """The ends have no order; the function gives null."""


def _precedes(one: End, other: End) -> bool:
    """Tell whether one end lies before another; raises when they have no order."""
    if equal(one[0], other[0]):
        return one[1] < other[1]
    outcome = less(one[0], other[0])
    if outcome is None:
        raise _NoOrderError
    return outcome


def _same(one: End, other: End) -> bool:
    return not _precedes(one, other) and not _precedes(other, one)


def _before(one: Range, other: Range) -> bool:
    return _precedes(_end(one), _start(other))


def _touch(one: Range, other: Range) -> bool:
    """Tell whether the first ends on the very value on which the second starts."""
    return one.end_included and other.start_included and equal(one.end, other.start) is True


def _includes(one: Range, other: Range) -> bool:
    return not _precedes(_start(other), _start(one)) and not _precedes(_end(one), _end(other))


def _overlaps(one: Range, other: Range) -> bool:
    return not _before(one, other) and not _before(other, one)


def _overlaps_before(one: Range, other: Range) -> bool:
    starts = _precedes(_start(one), _start(other)) or _same(_start(one), _start(other))
    ends = _precedes(_end(one), _end(other)) or _same(_end(one), _end(other))
    return starts and ends and not _before(one, other)


def _starts(one: Range, other: Range) -> bool:
    return _same(_start(one), _start(other)) and not _precedes(_end(other), _end(one))


def _finishes(one: Range, other: Range) -> bool:
    return _same(_end(one), _end(other)) and not _precedes(_start(one), _start(other))


def _coincides(one: Range, other: Range) -> bool:
    return _same(_start(one), _start(other)) and _same(_end(one), _end(other))


def _flip(relation: Callable[[Range, Range], bool]) -> Callable[[Range, Range], bool]:
    return lambda one, other: relation(other, one)


def _declare(name: str, relation: Callable[[Range, Range], bool], first: str, second: str) -> None:
    """Declare a relation for the given types; a point counts as a range of one value."""

    def outcome(one: Any, other: Any) -> bool:
        return relation(_point(one), _point(other))

    labels = ("point1", "point2") if first == second == "point" else (first, second)
    if first == second == "range":
        labels = ("range1", "range2")
    builtin(name, f"{labels[0]}:{first}", f"{labels[1]}:{second}")(outcome)


for _first, _second in (
    ("point", "point"), ("point", "range"), ("range", "point"), ("range", "range"),
):  # fmt: skip
    _declare("before", _before, _first, _second)
    _declare("after", _flip(_before), _first, _second)
    _declare("coincides", _coincides, _first, _second)
_declare("meets", _touch, "range", "range")
_declare("met by", _flip(_touch), "range", "range")
_declare("overlaps", _overlaps, "range", "range")
_declare("overlaps before", _overlaps_before, "range", "range")
_declare("overlaps after", _flip(_overlaps_before), "range", "range")
for _first in ("point", "range"):
    _declare("starts", _starts, _first, "range")
    _declare("finishes", _finishes, _first, "range")
    _declare("during", _flip(_includes), _first, "range")
    _declare("started by", _flip(_starts), "range", _first)
    _declare("finished by", _flip(_finishes), "range", _first)
    _declare("includes", _includes, "range", _first)
