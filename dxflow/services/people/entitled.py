"""Who may do what somebody was refused, so that they know whom to ask: roles and who has them.

Who holds which post is known to everybody who is logged in; of a case it says nothing to who may
not see it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from dxflow.authority.directory import Directory
from dxflow.db.identity import Person
from dxflow.errors import NotFound
from dxflow.services.people import organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import role_name
from dxflow.services.site import Site
from dxflow.texts import gettext as _

ADMIN = "admin"
#: So many persons of a role are named.
MOST_NAMED = 3


@dataclass(frozen=True)
class Entitled:
    """A role in words, the first who have it with their posts, and how many more there are."""

    role: str
    persons: tuple[str, ...]
    more: int


def of_roles(site: Site, actor: Actor, roles: Collection[str]) -> tuple[Entitled, ...]:
    """Return who has each of the roles today, in one query. Closed accounts are left out."""
    if not roles:
        return ()
    with site.database.read() as tx:
        who = actor.who or organisation.directory(site, tx, actor.on)
        holders = {role: who.holders(f"role:{role}") for role in roles}
        wanted = {person for persons in holders.values() for person in persons}
        rows = tx.execute(
            select(Person.id, Person.name)
            .where(Person.id.in_(wanted), Person.status == "active")
            .order_by(Person.username)
        )
        names = {row.id: row.name for row in rows}
    found = []
    for role in sorted(roles, key=role_name):
        persons = [one for one in names if one in holders[role]]
        named = tuple(_named(who, one, names[one], role) for one in persons[:MOST_NAMED])
        found.append(Entitled(role_name(role), named, len(persons) - len(named)))
    return tuple(found)


def sees(site: Site, actor: Actor, case_id: str) -> bool:
    """Return whether the person may be led to a case."""
    with site.database.read() as tx:
        try:
            visibility.require(site, tx, actor, case_id)
        except NotFound:
            return False
    return True


def _named(who: Directory, person: str, name: str, role: str) -> str:
    """Return a name with the post that brings the role."""
    post = next((one for one in who.posts_of(person) if role in one.roles), None)
    return _("{name}（{post}）", name=name, post=post.title) if post else name
