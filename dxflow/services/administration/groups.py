"""Who is behind the groups that work is offered to, who reads what, and where nobody is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dxflow.authority.decision import post_kind_label
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import SECTION_KINDS
from dxflow.authority.visibility import ALL_SEEING_POSTS, ALL_SEEING_ROLES
from dxflow.db.identity import Person
from dxflow.services.packs import store as packs
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.reading import audit_log
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: A group written out in a lane's expression; the key is empty where the case decides it.
_WRITTEN = re.compile(r'"(role|post|section|head|user):([^"\s]*)"', re.ASCII)

#: A role within a unit that the case decides.
_WITHIN = re.compile(r'\brole_in\(\s*"([^"]+)"')


@dataclass(frozen=True)
class Group:
    """A group with its people today. `hole`: nobody who can log in is behind it."""

    key: str
    name: str
    people: tuple[str, ...]
    closed: tuple[str, ...] = ()

    @property
    def hole(self) -> bool:
        """Return whether work offered to the group would reach nobody."""
        return not self.people


@dataclass(frozen=True)
class LaneRow:
    """A lane of a running pack. `groups` are those it names; `varies` says what the case decides."""

    pack: str
    lane: str
    expression: str
    groups: tuple[Group, ...]
    varies: str


@dataclass(frozen=True)
class SectionRow:
    """A section: how many belong to it, and who leads it."""

    key: str
    name: str
    members: int
    head: Group


@dataclass(frozen=True)
class Reading:
    """What somebody may read, by which rule, and who that is today."""

    what: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Overview:
    """Everything about groups today. `holes` are names of groups with nobody behind them."""

    lanes: Sequence[LaneRow]
    roles: Sequence[Group]
    sections: Sequence[SectionRow]
    readings: Sequence[Reading]
    holes: Sequence[str]


def overview(site: Site, by: Actor) -> Overview:
    """Return who is in which group today, in a fixed number of queries. Raises NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        who = organisation.directory(site, tx, site.today())
        running = packs.current(site, tx)
        people = _People(who, *_people(tx, who), naming.load(tx, who))
        roles = [people.group(f"role:{role}") for role in known_roles(site, tx)]
    lanes = [
        _lane(people, pack, lane, text)
        for pack in running
        for lane, text in pack.settings.lanes.items()
    ]
    sections = [_section(people, key) for key in _sections(who)]
    named = [group for row in lanes for group in row.groups]
    heads = [row.head for row in sections if row.members]
    holes = dict.fromkeys(one.name for one in (*named, *roles, *heads) if one.hole)
    return Overview(lanes, roles, sections, _readings(people), list(holes))


def known_roles(site: Site, tx: Connection) -> list[str]:
    """Return every role that posts of today carry, that packs name, or that the program knows."""
    who = organisation.directory(site, tx, site.today())
    running = packs.current(site, tx)
    texts = [text for pack in running for text in pack.settings.lanes.values()]
    written = {key for text in texts for kind, key in _WRITTEN.findall(text) if kind == "role"}
    written |= {role for pack in running for role in pack.settings.roles}
    return sorted(_roles(who, running) | written - {""})


class _People:
    """Names of persons by id, who of them cannot log in, and the words for groups."""

    def __init__(
        self, who: Directory, persons: Mapping[str, str], closed: frozenset[str],
        names: naming.Names,
    ) -> None:  # fmt: skip
        self.who, self.persons, self.closed, self.names = who, persons, closed, names

    def group(self, key: str, name: str = "") -> Group:
        """Return a group with its people of today."""
        return self.of(key, name or self.names.group(key), self.who.holders(key))

    def of(self, key: str, name: str, persons: Iterable[str]) -> Group:
        """Return some people as a group."""
        ids = frozenset(persons)
        return Group(key, name, self._named(ids - self.closed), self._named(ids & self.closed))

    def _named(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.persons.get(one, one) for one in ids))


def _people(tx: Connection, who: Directory) -> tuple[dict[str, str], frozenset[str]]:
    rows = tx.execute(
        select(Person.id, Person.name, Person.status).where(Person.id.in_(sorted(who.persons)))
    ).all()
    closed = frozenset(row.id for row in rows if row.status != "active")
    return {row.id: row.name for row in rows}, closed


def _lane(people: _People, pack: packs.Pack, lane: str, text: str) -> LaneRow:
    written = list(dict.fromkeys(_WRITTEN.findall(text)))
    fixed = tuple(people.group(f"{kind}:{key}") for kind, key in written if key)
    kinds = list(dict.fromkeys(kind for kind, key in written if not key))
    words = {
        "section": _("案件で決まる課の全員"), "head": _("案件で決まる課・部の長"),
        "post": _("案件で決まる職"), "user": _("案件で決まる人"), "role": _("案件で決まる役割"),
    }  # fmt: skip
    within = [people.names.role(role) for role in dict.fromkeys(_WITHIN.findall(text))]
    there = [words[kind] for kind in kinds]
    there += [_("案件で決まる課の{role}", role=role) for role in within]
    varies = _("、").join(there)
    if not written and not within:
        varies = _("案件で決まる人または職")
    return LaneRow(translated(pack.settings.title), pack.said(lane), text, fixed, varies)


def _roles(who: Directory, running: Iterable[packs.Pack]) -> set[str]:
    roles = {role for post in who.posts.values() for role in post.roles}
    roles |= {ADMIN_ROLE, *ALL_SEEING_ROLES, *audit_log.ROLES}
    for pack in running:
        for body in pack.settings.bodies.values():
            roles |= {body.seat_role, *body.chair_roles}
    return roles


def _sections(who: Directory) -> list[str]:
    return [unit.key for unit in who.units.values() if unit.kind in SECTION_KINDS]


def _section(people: _People, key: str) -> SectionRow:
    name = organisation.unit_name(people.who, key)
    members = people.group(f"section:{key}")
    head = people.group(f"head:{key}", _("{unit}の長", unit=name))
    return SectionRow(key, name, len(members.people), head)


def _readings(people: _People) -> list[Reading]:
    who = people.who
    kinds = []
    for kind in sorted(ALL_SEEING_POSTS):
        holders = {
            person
            for post in who.posts.values()
            if post.kind == kind
            for person in who.holders(f"post:{post.key}")
        }
        kinds.append(people.of(f"kind:{kind}", post_kind_label(kind), holders))
    seeing = tuple(people.group(f"role:{role}") for role in sorted(ALL_SEEING_ROLES))
    return [
        Reading(_("提出された案件のすべて"), (*seeing, *kinds)),
        Reading(
            _("監査ログ"), tuple(people.group(f"role:{role}") for role in sorted(audit_log.ROLES))
        ),
        Reading(_("運用の画面（案件の内容は含まない）"), (people.group(f"role:{ADMIN_ROLE}"),)),
    ]
