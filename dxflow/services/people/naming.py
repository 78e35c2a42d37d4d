"""Names for the ids that stand in rows and in the log: persons, posts, units, groups."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, bindparam, select

from dxflow.authority.directory import Directory
from dxflow.authority.roles_within import unit_and_role
from dxflow.authority.verdicts import person_key
from dxflow.db.base import table
from dxflow.db.identity import Person, Post, Unit
from dxflow.db.prepared import Prepared
from dxflow.services.people.actor import SYSTEM_ID
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import told


@dataclass(frozen=True)
class Names:
    """Names by id. What nobody knows any more keeps its id."""

    who: Directory
    persons: Mapping[str, str]
    posts: Mapping[str, str]
    units: Mapping[str, str]
    seats: Mapping[str, str] = field(default_factory=dict)

    def person(self, person_id: str | None) -> str:
        """Return a person's name; the system's, when no person stands behind the id."""
        if not person_id or person_id == SYSTEM_ID:
            return _("システム")
        return self.persons.get(person_id, person_id)

    def post(self, key: str | None) -> str:
        """Return a post's title, empty without a post."""
        if not key:
            return ""
        post = self.who.posts.get(key)
        return post.title if post else self.posts.get(key, key)

    def seat(self, key: str) -> str:
        """Return a seat's title, with what tells it from others of its body that are called alike."""
        return self.seats.get(key) or self.post(key)

    def unit(self, key: str) -> str:
        """Return a unit's name."""
        unit = self.who.units.get(key)
        return unit.name if unit else self.units.get(key, key)

    def group(self, group: str) -> str:
        """Return the words for a group that work is offered to."""
        kind, _colon, key = group.partition(":")
        if kind == "user":
            return self.person(person_key(group))
        if kind == "section":
            return self.unit(key)
        if kind == "post":
            return self.post(key)
        if kind == "role":
            return self.role(key)
        if within := unit_and_role(group):
            return self._within(group, *within)
        if kind == "head":
            heads = [
                post.title
                for post in self.who.posts.values()
                if post.unit == key and post.kind in self.who.head_kinds
            ]
            return heads[0] if heads else _("{unit}の長", unit=self.unit(key))
        return group

    def role_within(self, unit: str, role: str) -> str:
        """Return the words for a role within a unit, whoever has it: 高齢政策課の推進リーダー."""
        return _("{unit}の{role}", unit=self.unit(unit), role=self.role(role))

    def addressed(self, group: str) -> str:
        """Return the words for a group, whoever has its work today."""
        within = unit_and_role(group)
        return self.role_within(*within) if within else self.group(group)

    def _within(self, group: str, unit: str, role: str) -> str:
        """Return the words for a role within a unit, and who has its work while nobody holds it."""
        words = self.role_within(unit, role)
        if self.who.is_held(group) or not self.who.holders(group):
            return words
        head = self.group(f"head:{self.who.roles_within.instead(unit)}")
        return _("{role}がいないため{head}", role=words, head=head)

    def role(self, role: str) -> str:
        """Return the words for a role; for one nobody has words for, the titles of its posts."""
        words = role_called(self.who, role)
        if words != role:
            return words
        titles = dict.fromkeys(post.title for post in self.who.posts.values() if role in post.roles)
        return "、".join(titles) or role

    def everybody(self) -> dict[str, str]:
        """Return persons and posts in one mapping, for a file that is handed out."""
        posts = {key: post.title for key, post in self.who.posts.items()}
        return {SYSTEM_ID: _("システム"), **self.posts, **posts, **self.persons}


def load(
    tx: Connection,
    who: Directory,
    persons: Iterable[str | None] = (),
    posts: Iterable[str | None] = (),
    units: Iterable[str | None] = (),
    seats: Iterable[str] = (),
) -> Names:
    """Return the names of these ids: one query for persons, others only for what has ended.

    `seats` are posts that sit together in a body; those with one title are told apart.
    """
    alike = _alike(who, seats)
    wanted = {one for one in persons if one and one != SYSTEM_ID}
    wanted |= {holder for key in alike for holder in who.holders(f"post:{key}")}
    old_posts = {one for one in (*posts, *seats) if one and one not in who.posts}
    old_units = {one for one in units if one and one not in who.units}
    found: dict[str, dict[str, str]] = {"persons": {}, "posts": {}, "units": {}}
    if wanted:
        for row in tx.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))):
            found["persons"][row.id] = row.name
    if old_posts:
        posts_then = select(Post.key, Post.title).where(Post.key.in_(old_posts))
        for row in tx.execute(posts_then.order_by(Post.valid_from)):
            found["posts"][row.key] = row.title
    if old_units:
        units_then = select(Unit.key, Unit.name).where(Unit.key.in_(old_units))
        for row in tx.execute(units_then.order_by(Unit.valid_from)):
            found["units"][row.key] = row.name
    names = Names(who, found["persons"], found["posts"], found["units"])
    return replace(names, seats=_told_apart(names, alike)) if alike else names


def _alike(who: Directory, seats: Iterable[str]) -> list[str]:
    """Return the seats whose title another one of them has too."""
    posts = [who.posts[key] for key in dict.fromkeys(seats) if key in who.posts]
    often = Counter(post.title for post in posts)
    return [post.key for post in posts if often[post.title] > 1]


def _told_apart(names: Names, alike: list[str]) -> dict[str, str]:
    """Return each seat with the section of its post where no other has it, else with its holders."""
    units = {key: names.who.posts[key].unit or "" for key in alike}
    often = Counter((names.post(key), unit) for key, unit in units.items())
    found = {}
    for key, unit in units.items():
        title = names.post(key)
        if unit and often[title, unit] == 1:
            told = names.unit(unit)
        else:
            held = sorted(map(names.person, names.who.holders(f"post:{key}")))
            told = _("、").join(held) or _("欠員")
        found[key] = _("{title}（{told}）", title=title, told=told)
    return found


_PERSON = table(Person)
_AT_A_TIME = 4
_NAMES = Prepared(
    select(_PERSON.c.id, _PERSON.c.name).where(
        _PERSON.c.id.in_([bindparam(f"id{n}") for n in range(_AT_A_TIME)])
    )
)


def of_persons(site: Site, person_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of a few persons by id."""
    found: dict[str, str] = {}
    wanted = sorted(person_ids)
    for begin in range(0, len(wanted), _AT_A_TIME):
        some = wanted[begin : begin + _AT_A_TIME]
        some += [some[0]] * (_AT_A_TIME - len(some))
        values = {f"id{n}": one for n, one in enumerate(some)}
        found.update((row.id, row.name) for row in site.database.glance(_NAMES, values))
    return found


def role_called(who: Directory, role: str) -> str:
    """Return the words for a role of the program or of a pack; the key itself when there are none."""
    own = who.role_words.get(role)
    return told(own) if own else role_name(role)


def role_name(role: str) -> str:
    """Return the words for a role; the key itself when there are none."""
    return {
        "secretariat": _("DX推進事務局"),
        "security": _("情報セキュリティ担当"),
        "finance": _("財政担当"),
        "cio": _("CIO"),
        "auditor": _("監査担当"),
        "admin": _("システム管理者"),
        "committee": _("委員会"),
        "committee-member": _("委員"),
        "committee-chair": _("委員長"),
        "committee-deputy": _("副委員長"),
    }.get(role, role)
