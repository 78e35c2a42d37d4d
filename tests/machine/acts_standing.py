"""Absences, deputies, lists of substitutes; conditions and later readings."""

from datetime import timedelta

from dxflow.db.case import Duty
from dxflow.db.document import DecisionDocument
from dxflow.db.standing import Absence, Delegation, StoodIn
from dxflow.services.acts import additions, duties, later_reading
from dxflow.services.people import standing
from dxflow.services.people.standing import Span
from tests.machine.kinds import act
from tests.machine.world import World


def span(world: World) -> Span:
    """Return some days from today or soon."""
    begin = world.city.site.today() + timedelta(world.rng.choice([0, 0, 0, 2]))
    return Span(begin, begin + timedelta(world.rng.choice([0, 5, 30])))


@act(weight=2)
def be_away(world: World) -> None:
    """Somebody is away, as they or the secretariat say; or somebody comes back."""
    site, rng = world.city.site, world.rng
    row = world.one(Absence)
    if row is not None and rng.random() < 0.3 and row.person_id in world.names:
        by = world.actor(world.names[row.person_id])
        world.attempt("come back", lambda: standing.end_absence(site, by, row.id))
        return
    item = rng.choice(world.open_items() or [None])
    able = world.able(item) if item else []
    name = rng.choice(able) if able else world.anybody()
    by = world.actor(name)
    world.attempt(
        "be away",
        lambda: standing.enter_absence(site, by, by.person_id, span(world), "出張"),
        name,
    )


@act(weight=2)
def delegate(world: World) -> None:
    """Somebody names a deputy, perhaps for one post, or takes that back."""
    site, rng = world.city.site, world.rng
    row = world.one(Delegation)
    if row is not None and rng.random() < 0.3:
        by = world.actor(world.names.get(rng.choice([row.giver_id, row.deputy_id]), "other"))
        world.attempt("end a delegation", lambda: standing.end_delegation(site, by, row.id))
        return
    item = rng.choice(world.open_items() or [None])
    able = world.able(item) if item else []
    deputies = sorted(
        world.names[one.deputy_id] for one in world.rows(Delegation) if one.deputy_id in world.names
    )
    if deputies and rng.random() < 0.3:  # what is not theirs is not theirs to pass on
        by = world.actor(rng.choice(deputies))
    else:
        by = world.actor(rng.choice(able) if able else world.anybody())
    involved = (
        sorted(world.names[k] for k in world.step().involved[item.case_id] if k in world.names)
        if item
        else []
    )
    to = rng.choice(involved) if involved and rng.random() < 0.3 else world.anybody()
    post = rng.choice(["", *(one.key for one in by.posts)])
    world.attempt(
        "delegate", lambda: standing.delegate(site, by, to, span(world), post=post),
        f"{by.name} to {to} for {post or 'everything'}",
    )  # fmt: skip


@act()
def substitutes(world: World) -> None:
    """An administrator sets who decides while a post's holder is away."""
    posts = sorted(world.people.posts)
    post = world.rng.choice(posts)
    chosen = world.rng.sample(posts, world.rng.randrange(4))
    site, by = world.city.site, world.actor("admin")
    world.attempt(
        "list substitutes", lambda: standing.set_substitutes(site, by, post, chosen),
        f"{post}: {chosen}",
    )  # fmt: skip


@act()
def read_later(world: World) -> None:
    """Somebody reads what was done for them, or tries to read what was not."""
    row = world.one(StoodIn)
    if row is None:
        return
    own = world.names.get(row.owner_id or "")
    name = own if own and world.rng.random() < 0.7 else world.anybody()
    site, by = world.city.site, world.actor(name)
    world.attempt("read later", lambda: later_reading.read(site, by, row.submission_id), name)


@act(weight=2)
def conditions(world: World) -> None:
    """Somebody reports a condition as met, or hands it over."""
    row = world.one(Duty)
    if row is None:
        return
    owner = world.someone(row.owner_group)
    name = owner if owner and world.rng.random() < 0.7 else world.anybody()
    site, by = world.city.site, world.actor(name)
    if world.rng.random() < 0.5:
        world.attempt("meet a condition", lambda: duties.meet(site, by, row.id, "済んだ"), name)
    else:
        to = world.rng.choice(["tax", "it", "counter"])
        why = world.rng.choice(["", "所管が変わった"])
        world.attempt("hand a condition over", lambda: duties.hand_over(site, by, row.id, to, why))


@act()
def add_to_paper(world: World) -> None:
    """Somebody sets a text beside a document, decided or not."""
    row = world.one(DecisionDocument)
    if row is not None:
        own = world.names.get(row.drafter_id)
        name = own if own and world.rng.random() < 0.5 else world.anybody()
        site, by = world.city.site, world.actor(name)
        world.attempt("add to a paper", lambda: additions.add(site, by, row.id, "補足"), name)
