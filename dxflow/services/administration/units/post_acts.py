"""What administrators do to one post from its page; each act is one transaction with its events."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from dxflow.authority import timelines
from dxflow.authority.organisation import Post
from dxflow.authority.structure import Structure, held_after, new_faults
from dxflow.calendars.wareki import wareki_date
from dxflow.errors import Conflict, NotFound
from dxflow.services.administration import groups
from dxflow.services.administration.units import rules, stored, unit_acts, waiting
from dxflow.services.administration.units.rules import StillNeeded
from dxflow.services.administration.units.saving import save
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class PostText:
    """What somebody typed about a post; `unit` "" is the city as a whole."""

    title: str
    unit: str
    kind: str
    roles: frozenset[str] = frozenset()


def create(
    site: Site, by: Actor, key: str, typed: PostText, since: date | None, reason: str = ""
) -> str:
    """Make a post from a day on (today unless said); return its key.

    Raises Invalid, Conflict for a key that is taken, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    day = since or site.today()
    said = rules.require_reason(day, site.today(), reason)
    new = rules.require_key(key)
    with site.database.write() as tx:
        before = stored.hold(tx)
        if new in before.posts:
            raise Conflict(_("職のコード「{key}」はすでに使われています。", key=new))
        post = Post(key=new, valid_from=day, **_values(site, tx, typed, before))
        after = before.with_post(new, [post])
        rules.require_sound(new_faults(before, after), after, "unit")
        save(site, tx, by, before, after, said)
    return new


def change(
    site: Site, by: Actor, key: str, typed: PostText, day: date, *, seen: str, reason: str = ""
) -> bool:
    """Rename a post, move it, or give it other roles, from a day on; return whether it changed.

    Raises Invalid, Conflict (also for the last administrator's role), NotFound, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    said = rules.require_reason(day, site.today(), reason)
    with site.database.write() as tx:
        before, rows = _held(tx, key, seen)
        standing = timelines.standing(rows, day)
        if standing is None:
            raise rules.invalid("day", _("この職は {day} にはありません。", day=wareki_date(day)))
        values = {
            name: value
            for name, value in _values(site, tx, typed, before).items()
            if value != getattr(standing, name)
        }
        if not values:
            return False
        after = before.with_post(key, timelines.changed(rows, day, **values))
        rules.require_sound(new_faults(before, after), after, "unit")
        save(site, tx, by, before, after, said)
    return True


def close(
    site: Site, by: Actor, key: str, day: date | None, *, seen: str, reason: str = ""
) -> list[waiting.WaitingTask]:
    """Close a post; `day` is the first without it, None takes a planned closing back.

    Returns the open work that waits at the post and that others do. Raises StillNeeded while
    somebody holds it after that day or work waits that nobody else can do; Invalid, Conflict,
    NotFound, NotAllowed.
    """
    by.require_role(ADMIN_ROLE)
    said = rules.require_reason(day or site.today(), site.today(), reason)
    with site.database.write() as tx:
        before, rows = _held(tx, key, seen)
        after = before.with_post(key, unit_acts.closed(rows, day, site.today()))
        left: list[waiting.WaitingTask] = []
        if day is not None:
            left = _require_free(site, tx, key, day, before)
        rules.require_sound(new_faults(before, after), after, "day")
        save(site, tx, by, before, after, said)
    return left


def _require_free(
    site: Site, tx: Connection, key: str, day: date, before: Structure
) -> list[waiting.WaitingTask]:
    who = organisation.directory(site, tx, max(day, site.today()))
    left = waiting.tasks(site, tx, who, waiting.groups_of_post(who, key))
    held = {one.person for one in held_after(before, key, day)}
    blockers = [*unit_acts.persons(tx, held), *unit_acts.tasks(left)]
    if blockers:
        raise StillNeeded(
            _(
                "職「{title}」には {day} のあとも次の人か作業があるので廃止できません。"
                "先に職を終えるか担当を変えてください。",
                title=rules.name_of(before.posts[key], day, key), day=wareki_date(day),
            ),
            blockers,
        )  # fmt: skip
    return left


def _held(tx: Connection, key: str, seen: str) -> tuple[Structure, tuple[Post, ...]]:
    before = stored.hold(tx)
    rows = before.posts.get(key)
    if rows is None:
        raise NotFound(_("職「{key}」はありません。", key=key))
    rules.require_same(seen, stored.state_of_post(before, key))
    return before, rows


def _values(site: Site, tx: Connection, typed: PostText, structure: Structure) -> dict[str, Any]:
    """Return the values of a post as they are kept. Raises Invalid."""
    rows = [row for of in structure.posts.values() for row in of]
    if typed.unit and typed.unit not in structure.units:
        raise rules.invalid("unit", _("組織「{key}」はありません。", key=typed.unit))
    roles = {*groups.known_roles(site, tx), *(role for row in rows for role in row.roles)}
    return {
        "title": rules.require_name(typed.title, "title"),
        "unit": typed.unit or None,
        "kind": rules.require_kind(typed.kind, {*rules.POST_KINDS, *(row.kind for row in rows)}),
        "roles": rules.require_roles(typed.roles, roles),
    }
