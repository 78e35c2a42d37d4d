"""Who may see which cases.

A draft is its applicant's alone, unless a pack lets their section read it. Once handed in, a case
is seen by its applicant, by the members of its lead and related sections, by the heads of the
departments around these, by everybody it came to (people and groups that took part), and by the
roles that watch over all cases.

The same rule stands in two forms: `may_see` for one case, `VisibilityScope` as the plain values
from which a query is built:
`applicant = person OR (status not private AND (all OR lead or related unit IN units
OR a participant IN groups))`.

A case whose reading is restricted (personnel matters, or what a pack says of cases that ended) is
seen by its applicant, by who took part or has work on it, and by the roles that keep and check the
record; belonging to a section or watching over all cases is not enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dxflow.authority.directory import Directory
from dxflow.authority.verdicts import person_key

ALL_SEEING_ROLES = frozenset(
    {"secretariat", "cio", "auditor", "committee", "committee-chair", "committee-member"}
)
ALL_SEEING_POSTS = frozenset({"mayor", "deputy_mayor"})
#: Of the roles that see every case, those that see the restricted ones too.
RESTRICTED_ROLES = frozenset({"secretariat", "auditor"})
PRIVATE_STATUSES = frozenset({"draft", "recalled"})


class DraftReaders(StrEnum):
    """Who besides its author reads a draft: nobody, the head of their section, or all of it."""

    AUTHOR = "author"
    HEAD = "head"
    SECTION = "section"


class LoggedViews(StrEnum):
    """Of which cases the log says who opened an attached file."""

    NEVER = "never"
    RESTRICTED = "restricted"
    ALL = "all"

    def asks(self, *, restricted: bool) -> bool:
        """Return whether the opening of a file is logged, by whether its case is restricted."""
        return self is LoggedViews.ALL or (self is LoggedViews.RESTRICTED and restricted)


@dataclass(frozen=True)
class CaseFacts:
    """What visibility depends on.

    `related_units` hold every other section concerned, also the applicant's when another leads;
    `participants` are group strings, `user:<id>` for persons.
    """

    applicant: str
    status: str
    lead_unit: str
    related_units: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    restricted: bool = False


@dataclass(frozen=True)
class VisibilityScope:
    """What a person may see: own cases always, the rest only with a status that is not private.

    `restricted_too`: cases whose reading is restricted are among `all`.
    """

    person: str
    all: bool
    units: frozenset[str]
    groups: frozenset[str]
    restricted_too: bool = False
    private_statuses: frozenset[str] = PRIVATE_STATUSES


def units_of_drafts(rule: DraftReaders, groups: Iterable[str]) -> frozenset[str]:
    """Return the units whose members' drafts somebody in these groups may read."""
    kinds = {
        DraftReaders.AUTHOR: (),
        DraftReaders.HEAD: ("head",),
        DraftReaders.SECTION: ("head", "section"),
    }[rule]
    named = (group.partition(":") for group in groups)
    return frozenset(unit for kind, _colon, unit in named if kind in kinds)


def scope_of(
    person: str,
    directory: Directory,
    all_seeing_roles: Iterable[str] = ALL_SEEING_ROLES,
    all_seeing_posts: Iterable[str] = ALL_SEEING_POSTS,
) -> VisibilityScope:
    """Return what a person may see on the directory's date."""
    key = person_key(person)
    groups = directory.groups_of(key)
    kinds = {post.kind for post in directory.posts_of(key)}
    sees_all = not groups.isdisjoint(f"role:{role}" for role in all_seeing_roles) or bool(
        kinds & frozenset(all_seeing_posts)
    )
    keeps = not groups.isdisjoint(f"role:{role}" for role in RESTRICTED_ROLES)
    units = _units_seen(groups, directory)
    return VisibilityScope(key, sees_all, units, groups, restricted_too=sees_all and keeps)


def _units_seen(groups: frozenset[str], directory: Directory) -> frozenset[str]:
    """Return the person's sections with what lies in them, and the whole units they lead.

    Membership in a unit above the sections shows that unit's own cases only.
    """
    seen: set[str] = set()
    for group in groups:
        prefix, _colon, unit = group.partition(":")
        if prefix == "section":
            is_section = directory.section_of(unit) is not None
            seen |= (directory.within(unit) if is_section else set()) or {unit}
        elif prefix == "head":
            seen |= directory.within(unit) or {unit}
    return frozenset(seen)


def may_see(scope: VisibilityScope, case: CaseFacts) -> bool:
    """Return whether the case lies in the scope."""
    if person_key(case.applicant) == scope.person:
        return True
    if case.status in scope.private_statuses:
        return False
    took_part = not scope.groups.isdisjoint(case.participants)
    if case.restricted:
        return scope.restricted_too or took_part
    return (
        scope.all
        or case.lead_unit in scope.units
        or not scope.units.isdisjoint(case.related_units)
        or took_part
    )
