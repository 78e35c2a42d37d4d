"""Units, posts and who holds them, each for a span of days.

Spans are half-open: `valid_from` counts, `valid_to` does not, None is open. A rename or a move is
a second value with the same key and a later span.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dxflow.texts import gettext as _


class UnitKind(StrEnum):
    """The levels of a city's organisation that rules speak of; other kinds may exist beside."""

    CITY = "city"
    DEPARTMENT = "department"
    SECTION = "section"
    OFFICE = "office"
    TEAM = "team"


def unit_kind_label(kind: str) -> str:
    """Return the word for a kind of unit, the kind itself when it has none."""
    return {
        "city": _("市全体"),
        "department": _("部"),
        "section": _("課"),
        "office": _("室"),
        "team": _("係"),
        "committee": _("委員会"),
    }.get(kind, kind)


SECTION_KINDS = frozenset({UnitKind.SECTION.value, UnitKind.OFFICE.value})
"""Kinds of the level that makes proposals: 課, and 室 beside it."""

HEAD_KINDS = frozenset({"team_head", "section_head", "department_head"})
"""Kinds of posts that lead the unit they lie in."""

LADDER = ("team_head", "section_head", "department_head", "deputy_mayor", "mayor")
"""Deciding posts from the lowest to the highest."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days on which something is in force."""

    valid_from: date = date.min
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("有効期間の終わりは始まりより後の日にしてください。"))

    def valid_on(self, day: date) -> bool:
        """Return whether a day lies in the span."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Unit(Span):
    """A department, section or other part of the organisation."""

    key: str
    name: str
    parent: str | None = None
    kind: str = UnitKind.SECTION.value


@dataclass(frozen=True)
class Post(Span):
    """A post such as 経営企画課長. `unit` None or empty: of the city as a whole.

    `kind` is what authority tables name (staff, section_head, department_head, deputy_mayor,
    mayor, …); `roles` are role keys that come with the post.
    """

    key: str
    title: str
    unit: str | None
    kind: str
    roles: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Holding(Span):
    """A person holds a post; `concurrent` marks a further post beside the main one (兼務)."""

    person: str
    post: str
    concurrent: bool = False


@dataclass(frozen=True)
class RoleGrant(Span):
    """A role given to a person apart from any post."""

    person: str
    role: str
