"""What one unit or post was called over time: rows of half-open spans that never overlap.

Every function takes the rows of one key and returns the rows as they would be; nothing here knows
what a row says beside its span.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar

from dxflow.authority.organisation import Span

S = TypeVar("S", bound=Span)
#: From a day, to the first day without; None is open.
Days = tuple[date, date | None]


def standing(rows: Iterable[S], day: date) -> S | None:
    """Return the row in force on a day, None when there is none."""
    return next((row for row in rows if row.valid_on(day)), None)


def changed(rows: Sequence[S], day: date, **values: Any) -> tuple[S, ...]:
    """Return the rows with values changed from a day on.

    A value holds until the day on which it would have changed anyway: a new name from today leaves
    a name already planned for April as it is. Raises LookupError when no row is in force that day.
    """
    now = standing(rows, day)
    if now is None:
        raise LookupError(day)
    found = [row for row in rows if row.valid_from < now.valid_from]
    if now.valid_from < day:
        found.append(replace(now, valid_to=day))
    found.append(replace(now, valid_from=day, **values))
    left, last = dict(values), now
    for row in _in_order(row for row in rows if row.valid_from > now.valid_from):
        if row.valid_from != last.valid_to:
            left = {}  # it was away in between: what comes afterwards is another story
        left = {name: new for name, new in left.items() if getattr(row, name) == getattr(now, name)}
        found.append(replace(row, **left))
        last = row
    return joined(found)


def ended(rows: Sequence[S], day: date) -> tuple[S, ...]:
    """Return the rows as they are when `day` is the first day without; later ones are dropped."""
    return joined(
        replace(row, valid_to=day) if row.valid_on(day) else row
        for row in rows
        if row.valid_from < day
    )


def reopened(rows: Sequence[S]) -> tuple[S, ...]:
    """Return the rows with the last one open again."""
    *before, last = _in_order(rows)
    return (*before, replace(last, valid_to=None))


def joined(rows: Iterable[S]) -> tuple[S, ...]:
    """Return the rows in their order, those that say the same without a gap as one."""
    found: list[S] = []
    for row in _in_order(rows):
        before = found[-1] if found else None
        alike = before is not None and before.valid_to == row.valid_from and row == replace(
            before, valid_from=row.valid_from, valid_to=row.valid_to
        )  # fmt: skip
        if before is not None and alike:
            found[-1] = replace(before, valid_to=row.valid_to)
        else:
            found.append(row)
    return tuple(found)


def first_overlap(rows: Iterable[Span]) -> date | None:
    """Return the first day on which two of the rows are in force, None when there is none."""
    for one, after in pairwise(_in_order(rows)):
        if one.valid_to is None or after.valid_from < one.valid_to:
            return after.valid_from
    return None


def uncovered(span: Span, rows: Iterable[Span]) -> date | None:
    """Return the first day of a span on which none of the rows is in force, None when covered."""
    day = span.valid_from
    for row in _in_order(rows):
        if row.valid_from > day:
            break
        if row.valid_to is None:
            return None
        day = max(day, row.valid_to)
    return day if span.valid_to is None or day < span.valid_to else None


def end_of(rows: Sequence[Span]) -> date | None:
    """Return the first day on which it is gone for good; None when that is not planned."""
    return _in_order(rows)[-1].valid_to


def shared(one: Days, other: Days) -> Days | None:
    """Return the days that two spans have in common, None without any."""
    begin = max(one[0], other[0])
    ends = [end for end in (one[1], other[1]) if end is not None]
    end = min(ends, default=None)
    return (begin, end) if end is None or begin < end else None


def when(days: Days, day: date) -> str:
    """Return past, now or coming, as a span lies to a day."""
    if days[0] > day:
        return "coming"
    return "past" if days[1] is not None and days[1] <= day else "now"


def _in_order(rows: Iterable[S]) -> list[S]:
    from_day: Callable[[S], date] = lambda row: row.valid_from  # noqa: E731
    return sorted(rows, key=from_day)
