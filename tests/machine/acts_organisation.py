"""Transfers and reorganisations, rehearsed, applied and taken back; posts that change hands singly."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dxflow.db.case import Case
from dxflow.db.identity import Person, Unit
from dxflow.db.transfer import TransferPlan
from dxflow.services.administration.transfers import (
    applying,
    choosing,
    dividing,
    plans,
    scheduling,
    undoing,
)
from dxflow.services.people import appointments, registry
from tests.integration.transfers import content, plan, posts, units_with_origin
from tests.machine.kinds import act
from tests.machine.world import World

#: Nobody would be left to apply a transfer.
STAYS = frozenset({"admin"})


@dataclass(frozen=True)
class Wanted:
    """The files of a plan."""

    transfers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    #: A section of whose cases some are given to another, and that one.
    divided: tuple[str, str] | None = None

    def uploads(self) -> list[plans.Upload]:
        found = []
        if self.units:
            found.append(units_with_origin(*self.units))
        if self.posts:
            found.append(posts(*self.posts))
        if self.transfers:
            head = "利用者名,区分,新しい職"
            found.append(plans.Upload(content(*self.transfers, head=head), "異動.csv"))
        return found


def round_of(world: World) -> tuple[str, ...]:
    """Return lines by which some people change places, and perhaps one retires."""
    holders = sorted(
        (world.names[person], post)
        for post, people in world.people.holds.items()
        for person in people
        if world.names.get(person) not in (None, *STAYS)
    )
    chosen, seen = [], set()
    for name, post in world.rng.sample(holders, min(len(holders), world.rng.choice([2, 3, 5]))):
        if name not in seen:
            chosen.append((name, post))
            seen.add(name)
    lines = [f"{name},異動,{chosen[place - 1][1]}" for place, (name, _post) in enumerate(chosen)]
    if lines and world.rng.random() < 0.2:
        lines[0] = f"{chosen[0][0]},退職,"
    return tuple(lines)


def reorganisation(world: World, day: date) -> Wanted:
    """Return a rename of a section, one that goes into another, or one that hands work over."""
    people, rng = world.people, world.rng
    sections = sorted(key for key, unit in people.units.items() if unit.kind == "section")
    one = rng.choice(sections)
    name, parent = people.units[one].name, people.units[one].parent or ""
    if rng.random() < 0.4:
        return division(world, one, parent)
    if rng.random() < 0.6 or len(sections) < 4:
        return Wanted(units=(f"{one},{name[:6]}改,section,{parent},,,",))
    other = rng.choice([key for key in sections if key != one])
    return Wanted(units=(f"{one},{name},,,{day.isoformat()},{other},",))


def division(world: World, section: str, parent: str) -> Wanted:
    """Return a new section that takes a part of another's work over, with somebody at its head."""
    number = len(world.picture.of(Unit))
    new, head = f"part-{number}", f"head-part-{number}"
    by = world.rng.choice(sorted(set(world.city.person) - STAYS))
    return Wanted(
        (f"{by},兼務,{head}",),
        (f"{new},分室{number},section,{parent},,,{section}",),
        (f"{head},分室長{number},{new},section_head,,,",),
        (section, new),
    )


def give_some(world: World, plan: str, section: str, new: str) -> None:
    """Give some open cases of the section to the one that takes its work over."""
    led = [row.id for row in world.rows(Case, status="running") if row.lead_unit == section]
    chosen = {case: new for case in led if world.rng.random() < 0.6}
    site, by = world.city.site, world.city.actor("admin")
    if chosen:
        world.attempt("give cases", lambda: dividing.give(site, by, plan, chosen))


@act()
def transfer(world: World) -> None:
    """A transfer or reorganisation from today on, or from a night to come."""
    site, rng = world.city.site, world.rng
    day = site.today() + timedelta(rng.choice([0, 0, 1]))
    wanted = Wanted(round_of(world)) if rng.random() < 0.75 else reorganisation(world, day)
    by = world.city.actor("admin")
    uploads = wanted.uploads()
    if not uploads:
        return
    made = world.attempt(
        "plan a transfer", lambda: plan(world.city, *uploads, day=day),
        f"{wanted} from {day}",
    )  # fmt: skip
    if made is None:
        return
    if wanted.divided:
        give_some(world, made, *wanted.divided)
    world.attempt("accept proposals", lambda: choosing.accept_all(site, by, made))
    if rng.random() < 0.5:
        leave(world, made)
    if day > site.today():
        world.attempt("schedule a transfer", lambda: scheduling.schedule(site, by, made))
    else:
        world.attempt("apply a transfer", lambda: applying.apply(site, by, made))


def leave(world: World, plan: str) -> None:
    """Leave the holes that nothing fills, with a reason."""
    from tests.integration.transfers import rehearse

    open_holes = [one.hole.id for one in rehearse(world.city, plan).open]
    site, by = world.city.site, world.city.actor("admin")
    chosen = {hole: ("leave", "後任は来月") for hole in open_holes}
    if chosen:
        world.attempt("leave holes", lambda: choosing.fill(site, by, plan, chosen))


@act()
def undo(world: World) -> None:
    """Take a transfer back."""
    applied = world.rows(TransferPlan, status="applied")
    if applied:
        plan = max(applied, key=lambda row: row.applied_at)
        site, by = world.city.site, world.city.actor("admin")
        world.attempt("take a transfer back", lambda: undoing.undo(site, by, plan.id))


@act()
def reopen(world: World) -> None:
    """An administrator opens the account of somebody who left again."""
    closed = world.rows(Person, status="disabled")
    if closed:
        site, by = world.city.site, world.city.actor("admin")
        name = world.rng.choice(closed).username
        world.attempt("open an account", lambda: registry.enable(site, by, name), name)


def _has(world: World, item: Any, name: str, post: str) -> bool:
    """Return whether a task is somebody's by a post, or taken by them."""
    mine = item.assignee_id == world.city.person[name]
    return mine or any(world.people.means(post, one) for one in world.step().groups(item.id))


def _involved(world: World, item: Any | None) -> set[str]:
    return world.step().involved[item.case_id] if item is not None else set()


@act()
def change_hands(world: World) -> None:
    """An administrator gives somebody's post to another from a day on, or takes it from them."""
    site, rng, by = world.city.site, world.rng, world.city.actor("admin")
    held = sorted(
        (world.names[person], post)
        for post, people in world.people.holds.items()
        for person in people
        if world.names.get(person) not in (None, *STAYS)
    )
    item = rng.choice(world.open_items() or [None])
    concerned = [one for one in held if item is not None and _has(world, item, *one)]
    name, post = rng.choice(concerned or held)
    day = site.today() + timedelta(rng.choice([0, 0, 1]))
    if rng.random() < 0.8:
        heirs = set(world.city.person) - {name, *STAYS}
        involved = {world.names.get(one, "") for one in _involved(world, item)} & heirs
        heir = rng.choice(sorted(involved if involved and rng.random() < 0.4 else heirs))
        given = world.attempt(
            "give a post",
            lambda: appointments.grant_post(site, by, heir, post, since=day, concurrent=True),
            f"{post} to {heir} from {day}",
        )
        if given is None:
            return
    if rng.random() < 0.8:
        world.attempt(
            "end a post", lambda: appointments.end_post(site, by, name, post, day=day),
            f"{post} of {name} on {day}",
        )  # fmt: skip
