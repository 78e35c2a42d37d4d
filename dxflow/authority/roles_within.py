"""A role within one unit: whom `role-in:<unit>:<role>` means, and who has its work meanwhile.

The holders of posts with the role in the unit, or in a unit within that section, as for `section:`.
While there is none, it is the head of the unit's, or the nearest head above that there is: what is
offered to the one 推進リーダー of a section does not wait for an appointment. This is asked of the
day, so that nothing is rewritten when somebody comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from dxflow.authority.organisation import Post

if TYPE_CHECKING:
    from dxflow.authority.directory import Directory

KIND = "role-in"
_PREFIX = f"{KIND}:"


def group_of(role: str, unit: str) -> str:
    """Return the group of those who hold a role within a unit."""
    return f"{_PREFIX}{unit}:{role}"


def unit_and_role(group: str) -> tuple[str, str] | None:
    """Return unit and role of such a group, None for any other."""
    if not group.startswith(_PREFIX):
        return None
    unit, _colon, role = group.removeprefix(_PREFIX).partition(":")
    return unit, role


def unit_of_group(group: str) -> str:
    """Return the unit that a group names, whether all of it, its head or a role in it; "" for none."""
    kind, _colon, key = group.partition(":")
    if kind in ("section", "head"):
        return key
    found = unit_and_role(group)
    return found[0] if found else ""


class RolesWithin:
    """Which roles are held within which units on the directory's date.

    `posts` are those of all days. What falls to a head while nobody holds it: the roles that packs
    bring along, in every unit, and any other that a post of the unit has ever carried.
    """

    def __init__(self, who: Directory, posts: Iterable[Post]) -> None:
        self._who = who
        self._posts = tuple(post for post in posts if post.roles and post.unit)

    def seen_by(self, who: Directory) -> RolesWithin:
        """Return the same posts as they are in another view of the day."""
        return RolesWithin(who, self._posts)

    def is_held(self, group: str) -> bool:
        """Return whether somebody holds the role themselves."""
        found = unit_and_role(group)
        return found is not None and (self._who.heir(found[0]), found[1]) in self._held

    def instead(self, unit: str) -> str:
        """Return the unit whose head has the work of a role that nobody holds in a unit.

        The unit itself, or the nearest around it with a head; the unit where there is no head.
        """
        unit = self._who.heir(unit)
        line = (unit, *(one.key for one in self._who.ancestors(unit)))
        return next((one for one in line if one in self._led), unit)

    def of_post(self, post: Post) -> set[str]:
        """Return the groups that mean whoever holds a post: by its roles, or by what it leads."""
        found = {
            group_of(role, key)
            for unit in self._who.units_of_member(post)
            for key in self._who.names_of_unit(unit)
            for role in post.roles
        }
        if post.unit and post.kind in self._who.head_kinds:
            found |= self._fallen.get(post.unit, set())
        return found

    @cached_property
    def _held(self) -> set[tuple[str, str]]:
        """Return the roles that somebody holds, each by the units within which they do."""
        return {
            (unit, role)
            for post in self._who.held_posts()
            for role in post.roles
            for unit in self._who.units_of_member(post)
        }

    @cached_property
    def _led(self) -> set[str]:
        return {
            post.unit
            for post in self._who.held_posts()
            if post.unit and post.kind in self._who.head_kinds
        }

    @cached_property
    def _fallen(self) -> dict[str, set[str]]:
        """Return the groups that nobody is in, by the unit whose head has their work."""
        found: dict[str, set[str]] = {}
        carried = {
            (self._who.heir(unit), role)
            for post in self._posts
            for unit in self._who.units_of_member(post)
            for role in post.roles
        }
        of_packs = {(unit, role) for unit in self._who.units for role in self._who.role_words}
        for unit, role in carried | of_packs:
            if unit in self._who.units and (unit, role) not in self._held:
                groups = {group_of(role, key) for key in self._who.names_of_unit(unit)}
                found.setdefault(self.instead(unit), set()).update(groups)
        return found
