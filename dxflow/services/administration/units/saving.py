"""An act on the organisation carried through: checked, written, and told to those who watch."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection

from dxflow.authority import timelines
from dxflow.authority.organisation import Holding, Post
from dxflow.authority.structure import Structure
from dxflow.errors import Conflict
from dxflow.services.administration.units import stored
from dxflow.services.people import person_rows, powers
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.people.powers import POWERFUL, Turn
from dxflow.services.site import Site
from dxflow.texts import gettext as _

Powers = dict[Turn, frozenset[str]]


def save(
    site: Site, tx: Connection, by: Actor, before: Structure, after: Structure, reason: str = ""
) -> int:
    """Write what differs and return how many changes there were; faults are the caller's to refuse.

    Raises Conflict when nobody would be left to administer.
    """
    gained, lost = _turned(before, after)
    # No role is lost before today: an earlier day only says when it should have been.
    days = {max(turn.day, site.today()) for turn, roles in lost.items() if ADMIN_ROLE in roles}
    administered = {day for day in days if person_rows.administrators(site, tx, day)}
    done = stored.save(site, tx, by, before, after, reason)
    if any(not person_rows.administrators(site, tx, day) for day in administered):
        raise Conflict(_("管理者がいなくなるため変えられません。先に別の管理者を作ってください。"))
    powers.tell_gained(site, tx, gained)
    powers.tell_lost(site, tx, lost)
    return done


def _turned(before: Structure, after: Structure) -> tuple[Powers, Powers]:
    """Return which powerful roles people gain and lose because their posts change."""
    held: dict[str, list[Holding]] = defaultdict(list)
    for one in after.holdings:
        held[one.post].append(one)
    gained: Powers = {}
    lost: Powers = {}
    for key in held:
        old, new = before.posts.get(key, ()), after.posts.get(key, ())
        if old == new:
            continue
        for turn, was, now in _roles(key, old, new, held[key]):
            if POWERFUL & (now - was):
                gained[turn] = POWERFUL & (now - was)
            if POWERFUL & (was - now):
                lost[turn] = POWERFUL & (was - now)
    return gained, lost


def _roles(
    key: str, old: tuple[Post, ...], new: tuple[Post, ...], held: list[Holding]
) -> Iterator[tuple[Turn, frozenset[str], frozenset[str]]]:
    """Give the roles a post had and has, for each holder, on every day on which that changes."""
    days = {row.valid_from for row in (*old, *new)}
    for holding in held:
        told = (frozenset[str](), frozenset[str]())
        for day in sorted({holding.valid_from, *filter(holding.valid_on, days)}):
            was, now = (timelines.standing(rows, day) for rows in (old, new))
            both = (was.roles if was else frozenset(), now.roles if now else frozenset())
            if both != told:
                yield Turn(holding.person, key, day), *both
            told = both
