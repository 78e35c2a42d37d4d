"""Acts at the same moment, and acts of people whose page or post is out of date."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dxflow.db.case import Case
from dxflow.db.meeting import MeetingMatter
from dxflow.services.acts import cases, pulling_back, tasks
from dxflow.services.meetings import session
from tests.machine import acts_organisation, acts_standing
from tests.machine.acts_tasks import choose, filled, send_as
from tests.machine.kinds import act
from tests.machine.world import World
from tests.sessions import at_once


@act(weight=2)
def too_late(world: World) -> None:
    """Somebody opens a task; something else happens; then they send it, with what they were."""
    found = choose(world)
    if found is None or (ready := filled(world, found[1], found[0])) is None:
        return
    actor = world.actor(found[1])
    between = world.rng.choice(
        [
            acts_standing.be_away, acts_standing.delegate, acts_standing.substitutes,
            acts_organisation.transfer, acts_organisation.transfer, acts_organisation.undo,
            _somebody_else,
        ]
    )  # fmt: skip
    if between is _somebody_else:
        _somebody_else(world, found[0], found[1])
    else:
        between(world)
    world.judge()
    world.begin()
    send_as(world, "too late", actor, found[0], ready[1])


def _somebody_else(world: World, item: Any, name: str) -> None:
    others = [one for one in world.able(item) if one != name]
    if others and (ready := filled(world, world.rng.choice(others), item)):
        send_as(world, "first", world.actor(others[0]), item, ready[1])


@act(weight=3)
def together(world: World) -> None:
    """Two things at the same moment."""
    first = _sending(world)
    if first is None:
        return
    item, one = first
    others: list[Callable[[], Any]] = []
    if (second := _sending(world, item)) is not None:
        others += [second[1]] * 3
    site = world.city.site
    case = item.case_id
    by = world.actor(world.names.get(world.picture.of(Case)[case].applicant_id, "applicant"))
    others += [
        lambda: cases.withdraw(site, by, case, "やめる"),
        lambda: pulling_back.pull_back(site, by, case),
    ]
    matter = world.one(MeetingMatter, case_id=case, status="voting")
    if matter is not None:
        keeper = world.city.actor("secretariat")
        others.append(lambda: session.close_vote(site, keeper, matter.id))
    other = world.rng.choice(others)
    world.did.append(f"together: {item.element} {case[-5:]} and something else")
    came = at_once(one, other)
    for place, refused in enumerate(came):
        if refused is None:
            world.accepted("together")
        else:
            world.refused("together", refused)
            world.did[-1] += f" ({place})"


def _sending(world: World, item: Any = None) -> tuple[Any, Callable[[], Any]] | None:
    """Return a task and the sending of its form by somebody who may."""
    if item is None:
        found = choose(world)
        if found is None:
            return None
        item, name = found
    else:
        able = world.able(item)
        if not able:
            return None
        name = world.rng.choice(able)
    ready = filled(world, name, item)
    if ready is None:
        return None
    actor = replace(world.actor(name), channel="api")
    return item, lambda: tasks.complete(world.city.site, actor, item.id, ready[1])
