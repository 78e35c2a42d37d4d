"""Pages of lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import CTE, Connection, Select, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

T = TypeVar("T")

MOST_PER_PAGE = 200
LAST_PAGE = 1_000_000
#: Pages for people count no further: past it, a filter helps more than a number.
MOST_COUNTED = 1_000
#: So many ids are read to be sorted; a longer list is walked in its order.
MOST_SORTED = 100
#: What the badges of the frame count up to.
MOST_IN_BADGE = 99


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list; pages count from 1.

    `total` counts all entries, unless there are `more` than were counted.
    """

    entries: Sequence[T]
    page: int
    per_page: int
    total: int
    more: bool = False

    @property
    def pages(self) -> int:
        """Return the number of pages, at least one."""
        return max(1, -(-self.total // self.per_page))


def bounds(page: int, per_page: int) -> tuple[int, int]:
    """Return offset and limit. Raises Invalid outside 1..200 entries a page."""
    if not 1 <= per_page <= MOST_PER_PAGE:
        message = _("per_page は 1 から {most} までです。", most=MOST_PER_PAGE)
        raise Invalid(message, {"per_page": [message]})
    if not 1 <= page <= LAST_PAGE:
        message = _("page は 1 から {most} までです。", most=LAST_PAGE)
        raise Invalid(message, {"page": [message]})
    return (page - 1) * per_page, per_page


def of_list(entries: Sequence[T], page: int, per_page: int) -> Page[T]:
    """Return a page of a short list that is known as a whole. Raises Invalid as `bounds`."""
    offset, limit = bounds(page, per_page)
    return Page(entries[offset : offset + limit], page, per_page, len(entries))


def count(tx: Connection, rows: Select[Any], *, exact: bool = False) -> tuple[int, bool]:
    """Return how many rows there are, and whether there are more: no further than MOST_COUNTED.

    `rows` selects one small column. An exact count costs as much as there are rows.
    """
    if not exact:
        rows = rows.limit(MOST_COUNTED + 1)
    found = int(tx.execute(select(func.count()).select_from(rows.subquery())).scalar_one())
    return (MOST_COUNTED, True) if not exact and found > MOST_COUNTED else (found, False)


def few(
    tx: Connection, branches: Sequence[Select[Any]], most: int = MOST_SORTED
) -> list[str] | None:
    """Return the ids that the queries give together, each once; None when there are more than `most`.

    A list that is a small part of a large table is read by them and then sorted; one that is a
    large part is better walked in its order until a page is full. Reading ends one past `most`.
    """
    found = list(tx.execute(some_of(branches, most + 1)).scalars())
    return None if len(found) > most else found


def beyond_few(offset: int, limit: int, came: int) -> tuple[int, bool]:
    """Return how many rows a list of more than MOST_SORTED has at least, and whether more.

    `came` is how many came from `offset` on when one more than `limit` were asked for.
    """
    if came and came <= limit:
        return offset + came, False
    return max(MOST_SORTED, offset + came), True


def total_of(offset: int, limit: int, came: int, count: Callable[[int], int]) -> tuple[int, bool]:
    """Return the same for a list of any length.

    Only where what came does not tell is counted, no further than so many as `count` is told.
    """
    if came <= limit and (came or not offset):
        return offset + came, False
    total = count(MOST_SORTED + 1)
    return beyond_few(offset, limit, came) if total > MOST_SORTED else (total, False)


def count_of(tx: Connection, branches: Sequence[Select[Any]]) -> int:
    """Return how many ids the queries give together; it costs as much as there are."""
    ids = together(branches).subquery()
    return int(tx.execute(select(func.count()).select_from(ids)).scalar_one())


def some_of(branches: Sequence[Select[Any]], most: int) -> Select[Any]:
    """Return the query for no more than so many of the rows that the queries give together.

    Each ends there by itself: PostgreSQL would read all of them before it leaves out what is twice.
    One alone gives each row once, see `together`: to leave out what is twice, PostgreSQL would
    walk through the whole table in the order of its key.
    """
    if len(branches) == 1:
        return branches[0].limit(most)
    return together([select(one.distinct().limit(most).subquery()) for one in branches]).limit(most)


def together(branches: Sequence[Select[Any]]) -> Select[Any]:
    """Return the query for the rows that the queries give together, each once.

    One that is alone has to give each once by itself.
    """
    if len(branches) == 1:
        return branches[0]
    every = union_all(*branches).subquery()
    return select(*every.c).distinct()


def values_of(column: InstrumentedAttribute[Any]) -> CTE:
    """Return the values of an indexed column as `value`, the largest first, after all one NULL.

    Each is found from the one before, so that nobody reads all rows for a handful of values.
    """
    known = select(func.max(column).label("value")).cte(recursive=True)
    smaller = select(func.max(column)).where(column < known.c.value).scalar_subquery()
    return known.union_all(select(smaller).where(known.c.value.is_not(None)))
