"""List functions (DMN 1.3 §10.3.4.4). Positions count from 1, negative ones from the end."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any

from dxflow.feel.arithmetic import ADD, apply
from dxflow.feel.library.registry import builtin
from dxflow.feel.values import CONTEXT, FunctionValue, equal, finite, kind, less

Aggregate = Callable[[list[Any]], Any]

_ADDABLE = ({"number"}, {"days and time duration"}, {"years and months duration"})


def aggregate(name: str, label: str) -> Callable[[Aggregate], Aggregate]:
    """Declare a function of a list, to be called as `f([a, b])` and as `f(a, b)`."""

    def declare(function: Aggregate) -> Aggregate:
        builtin(name, "list:list")(function)
        builtin(name, f"{label}:any*")(lambda *elements: function(list(elements)))
        return function

    return declare


def _numbers(elements: list[Any]) -> list[Decimal] | None:
    return elements if elements and all(type(one) is Decimal for one in elements) else None


def _same(one: Any, other: Any) -> bool:
    return equal(one, other) is True


@builtin("list contains", "list:list", "element:any")
def _contains(elements: list[Any], wanted: Any) -> bool:
    return any(_same(one, wanted) for one in elements)


@builtin("count", "list:list")
def _count(elements: list[Any]) -> Decimal:
    return Decimal(len(elements))


@builtin("is empty", "list:list")
def _empty(elements: list[Any]) -> bool:
    return not elements


def _best(elements: list[Any], better: Callable[[Any, Any], bool | None]) -> Any:
    """Return the element better than all others; null when some two cannot be compared."""
    best = elements[0] if elements else None
    for element in elements:
        outcome = better(element, best)
        if outcome is None:
            return None
        best = element if outcome else best
    return best


@aggregate("min", "c")
def _min(elements: list[Any]) -> Any:
    return _best(elements, less)


@aggregate("max", "c")
def _max(elements: list[Any]) -> Any:
    return _best(elements, lambda one, best: less(best, one))


@aggregate("sum", "n")
def _sum(elements: list[Any]) -> Any:
    """Return the sum of numbers, or of durations of one kind; null for an empty list."""
    if {kind(one) for one in elements} not in _ADDABLE:
        return None
    return reduce(lambda one, other: apply(ADD, one, other), elements)


@aggregate("product", "n")
def _product(elements: list[Any]) -> Decimal | None:
    numbers = _numbers(elements)
    return finite(reduce(CONTEXT.multiply, numbers)) if numbers else None


@aggregate("mean", "n")
def _mean(elements: list[Any]) -> Decimal | None:
    numbers = _numbers(elements)
    if not numbers:
        return None
    return finite(CONTEXT.divide(reduce(CONTEXT.add, numbers), Decimal(len(numbers))))


@aggregate("median", "n")
def _median(elements: list[Any]) -> Decimal | None:
    numbers = sorted(_numbers(elements) or [])
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return CONTEXT.divide(CONTEXT.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@aggregate("stddev", "n")
def _stddev(elements: list[Any]) -> Decimal | None:
    """Return the standard deviation of a sample; null for fewer than two numbers."""
    numbers = _numbers(elements)
    if not numbers or len(numbers) < 2:
        return None
    mean = CONTEXT.divide(reduce(CONTEXT.add, numbers), Decimal(len(numbers)))
    squares = [CONTEXT.power(CONTEXT.subtract(one, mean), Decimal(2)) for one in numbers]
    return CONTEXT.sqrt(CONTEXT.divide(reduce(CONTEXT.add, squares), Decimal(len(numbers) - 1)))


@aggregate("mode", "n")
def _mode(elements: list[Any]) -> list[Decimal] | None:
    """Return the most frequent numbers in ascending order."""
    if not elements:
        return []
    numbers = _numbers(elements)
    if not numbers:
        return None
    counts = Counter(numbers)
    most = max(counts.values())
    return sorted(number for number, count in counts.items() if count == most)


@aggregate("all", "b")
def _all(elements: list[Any]) -> bool | None:
    if any(one is False for one in elements):
        return False
    return True if all(one is True for one in elements) else None


@aggregate("any", "b")
def _any(elements: list[Any]) -> bool | None:
    if any(one is True for one in elements):
        return True
    return False if all(one is False for one in elements) else None


def _place(elements: list[Any], position: Decimal, *, behind: int = 0) -> int | None:
    """Return the index of a position, which may lie `behind` the last element; None outside."""
    place = int(position)
    if place != position or place == 0 or abs(place) > len(elements) + (behind if place > 0 else 0):
        return None
    return place - 1 if place > 0 else len(elements) + place


@builtin("sublist", "list:list", "start position:number", "length:number?")
def _sublist(
    elements: list[Any], start: Decimal, length: Decimal | None = None
) -> list[Any] | None:
    first = _place(elements, start)
    if first is None or (length is not None and not 0 <= length <= len(elements) - first):
        return None
    return elements[first:] if length is None else elements[first : first + int(length)]


@builtin("append", "list:list", "item:any*")
def _append(elements: list[Any], *more: Any) -> list[Any]:
    return [*elements, *more]


@builtin("concatenate", "list:list*")
def _concatenate(*lists: list[Any]) -> list[Any]:
    return [one for elements in lists for one in elements]


@builtin("insert before", "list:list", "position:number", "newItem:any")
def _insert(elements: list[Any], position: Decimal, element: Any) -> list[Any] | None:
    place = _place(elements, position, behind=1)
    return None if place is None else [*elements[:place], element, *elements[place:]]


@builtin("remove", "list:list", "position:number")
def _remove(elements: list[Any], position: Decimal) -> list[Any] | None:
    place = _place(elements, position)
    return None if place is None else elements[:place] + elements[place + 1 :]


@builtin("list replace", "list:list", "position:number", "newItem:any")
def _replace(elements: list[Any], position: Decimal, element: Any) -> list[Any] | None:
    place = _place(elements, position)
    return None if place is None else [*elements[:place], element, *elements[place + 1 :]]


@builtin("list replace", "list:list", "match:function", "newItem:any")
def _replace_matching(elements: list[Any], match: FunctionValue, element: Any) -> list[Any] | None:
    outcomes = [match(one, element) for one in elements]
    if not all(isinstance(outcome, bool) for outcome in outcomes):
        return None
    return [element if outcome else one for one, outcome in zip(elements, outcomes, strict=True)]


@builtin("reverse", "list:list")
def _reverse(elements: list[Any]) -> list[Any]:
    return elements[::-1]


@builtin("index of", "list:list", "match:any")
def _index_of(elements: list[Any], match: Any) -> list[Decimal]:
    return [Decimal(place) for place, one in enumerate(elements, 1) if _same(one, match)]


def _identity(value: Any) -> Any:
    """Return something hashable that is the same for equal values."""
    if isinstance(value, list):
        return "list", tuple(map(_identity, value))
    if isinstance(value, dict):
        return "context", frozenset((key, _identity(one)) for key, one in value.items())
    return kind(value), value


@builtin("distinct values", "list:list")
def _distinct(elements: list[Any]) -> list[Any]:
    first: dict[Any, Any] = {}
    for element in elements:
        first.setdefault(_identity(element), element)
    return list(first.values())


@builtin("duplicate values", "list:list")
def _duplicates(elements: list[Any]) -> list[Any]:
    counts = Counter(map(_identity, elements))
    return [one for one in _distinct(elements) if counts[_identity(one)] > 1]


@builtin("union", "list:list*")
def _union(*lists: list[Any]) -> list[Any]:
    return _distinct(_concatenate(*lists))


@builtin("flatten", "list:list")
def _flatten(elements: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for element in elements:
        flat.extend(_flatten(element) if isinstance(element, list) else [element])
    return flat


@builtin("sort", "list:list", "precedes:function?")
def _sort(elements: list[Any], precedes: FunctionValue | None = None) -> list[Any] | None:
    """Sort by `precedes(a, b)`, or ascending; null when two elements cannot be compared."""
    before = precedes or less
    if precedes is None and any(less(one, elements[0]) is None for one in elements):
        return None

    def order(one: Any, other: Any) -> int:
        return -1 if before(one, other) is True else int(before(other, one) is True)

    return sorted(elements, key=cmp_to_key(order))
