"""Acts at the same moment, and acts of people whose page or post is out of date."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dxflow.db.case import Case
from dxflow.db.meeting import MeetingMatter
from dxflow.db.process import ProcessInstance, WorkItem
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
    case = world.picture.of(Case)[found[0].case_id]
    between = world.rng.choice(
        [
            acts_standing.be_away, acts_standing.delegate, acts_standing.substitutes,
            acts_organisation.transfer, acts_organisation.transfer, acts_organisation.undo,
            _somebody_else, _beside, _beside, _taken,
        ]
    )  # fmt: skip
    if between in (_somebody_else, _beside, _taken):
        between(world, found[0], found[1])
    else:
        between(world)
    world.judge()
    world.begin()
    version = ready[0].version if world.rng.random() < 0.7 else None
    moved = world.picture.of(ProcessInstance)[found[0].case_id].version != ready[0].version
    kept = world.picture.of(WorkItem)[found[0].id] == found[0]
    kept &= world.picture.of(Case)[found[0].case_id] == case
    kind = "too late, version sent" if version is not None and moved else "too late"
    done = send_as(world, kind, actor, found[0], ready[1], version)
    if done and version is not None and moved and not kept:
        world.wrong.append(f"{found[0].id} was done, not as it was read at {version}")


def _somebody_else(world: World, item: Any, name: str) -> None:
    others = [one for one in world.able(item) if one != name]
    if others and (ready := filled(world, world.rng.choice(others), item)):
        send_as(world, "first", world.actor(others[0]), item, ready[1])


def _beside(world: World, item: Any, _name: str) -> None:
    """Somebody does another task of the same case."""
    others = [
        one for one in world.open_items() if one.case_id == item.case_id and one.id != item.id
    ]
    for one in others[:1]:
        able = world.able(one)
        if able and (ready := filled(world, able[0], one)):
            send_as(world, "beside", world.actor(able[0]), one, ready[1])


def _taken(world: World, item: Any, name: str) -> None:
    """Somebody takes the task, or gives it back."""
    taking = tasks.release if item.assignee_id else tasks.claim
    actor = world.actor(name)
    world.attempt("taken", lambda: taking(world.city.site, actor, item.id), name)


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
