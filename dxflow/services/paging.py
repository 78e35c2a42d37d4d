"""Pages of lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

T = TypeVar("T")

MOST_PER_PAGE = 200
LAST_PAGE = 1_000_000


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list; pages count from 1, `total` counts all entries."""

    entries: Sequence[T]
    page: int
    per_page: int
    total: int

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
