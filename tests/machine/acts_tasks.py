"""Tasks: done by those who may and by those who may not, taken, given back, pulled back, held."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dxflow import forms
from dxflow.clock import local_date
from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance
from dxflow.db.standing import Delegation, SubstituteRank
from dxflow.services.acts import cases, holds, pulling_back, task_forms, tasks
from dxflow.services.administration import working
from dxflow.services.operations import case_acts, reassigning
from tests.machine.kinds import act
from tests.machine.steps import JUDGING, PERSONAL
from tests.machine.world import World

COSTS = (300_000, 3_000_000, 20_000_000, 60_000_000)


def choose(world: World) -> tuple[Any, str] | None:
    """Return an open task and somebody who may do it."""
    items = world.open_items()
    world.rng.shuffle(items)
    for item in items[:4]:
        able = world.able(item)
        if able:
            return item, world.rng.choice(able)
    return None


def filled(world: World, name: str, item: Any) -> tuple[Any, forms.Submission] | None:
    """Return the form of a task as somebody opens it, and filled in."""
    form = world.attempt(
        "open", lambda: task_forms.task_form(world.city.site, world.actor(name), item.id),
        f"{name} {item.element}",
    )  # fmt: skip
    if form is None:
        return None
    outcome = world._button(form)
    values = world._answer(form, outcome)
    vary(world, form.definition.key, values)
    submission = world.attempt(
        "fill in", lambda: forms.submit_values(form.definition, values, outcome, form.context)
    )
    return None if submission is None else (form, submission)


def vary(world: World, key: str, values: dict[str, Any]) -> None:
    """Let matters differ: who leads, what it costs, how important, which day a decision bears."""
    rng = world.rng
    if key == "triage" and "lead" in values:
        values["lead"] = rng.choice(["counter", "counter", "tax", "it"])
        values["importance"] = ["precedent"] if rng.random() < 0.2 else []
    if key in ("project_sheet", "small_sheet"):
        values["cost_initial"] = rng.choice(COSTS)
    if key == "decision" and rng.random() < 0.3 and "flags" not in values:
        day = local_date(world.city.clock()) + timedelta(rng.choice([-20, -3, 3, 20, 60]))
        values["decided_on"] = day.isoformat()


def send(world: World, kind: str, name: str, item: Any, submission: forms.Submission) -> bool:
    """Hand a filled form in as somebody."""
    return send_as(world, kind, world.actor(name), item, submission)


def send_as(
    world: World, kind: str, actor: Any, item: Any, submission: forms.Submission,
    version: int | None = None,
) -> bool:  # fmt: skip
    """Hand a filled form in as an actor, who may be out of date, perhaps as read at a version."""
    told = f"{actor.name} {item.element} {submission.outcome} {item.case_id[-5:]}"
    done = world.attempt(
        kind,
        lambda: tasks.complete(world.city.site, actor, item.id, submission, version=version),
        told,
    )
    if done is not None:
        world.acknowledge(item.id, actor.person_id)
    return done is not None


@act(weight=9)
def finish(world: World) -> None:
    """Somebody does a task they may do."""
    found = choose(world)
    if found and (ready := filled(world, found[1], found[0])):
        send(world, f"finish {found[0].element}", found[1], found[0], ready[1])


@act(weight=2)
def intrude(world: World) -> None:
    """Anybody sends the form of a task, whoever it is for."""
    found, near = suspected(world, world.rng.choice(CLOSED_WAYS)), []
    if found is not None:
        found, near = found[:2], found[2]
    elif (found := choose(world)) is None:
        return
    if ready := filled(world, found[1], found[0]):
        name = world.rng.choice(near) if near and world.rng.random() < 0.7 else world.anybody()
        send(world, "intrude", name, found[0], ready[1])


def suspected(
    world: World, way: Callable[[World, Any], set[str]]
) -> tuple[Any, str, list[str]] | None:
    """Return a task, who may do it, and who may come to it by a way that is closed."""
    items = world.open_items()
    world.rng.shuffle(items)
    for item in items:
        near = sorted(world.names[one] for one in way(world, item) if one in world.names)
        able = world.able(item) if near else []
        if able:
            return item, world.rng.choice(able), near
    return None


def _involved(world: World, item: Any) -> set[str]:
    """Return whose own matter it is that waits at their desk."""
    step = world.step()
    desk = set().union(*(world.people.members(group) for group in step.groups(item.id)))
    return step.involved[item.case_id] & desk if item.element in JUDGING else set()


def _deputies(world: World, _item: Any) -> set[str]:
    return {row.deputy_id for row in world.rows(Delegation)}


def _deputies_of_deputies(world: World, item: Any) -> set[str]:
    """Return whom those named who act on a task only because they were named themselves."""
    if item.element in PERSONAL:
        return set()
    posts = [one for one in world.step().groups(item.id) if one.startswith(("post:", "head:"))]
    own = set().union(*(world.people.members(one) for one in posts))
    given = [(row.giver_id, row.deputy_id) for row in world.rows(Delegation, ended_at=None)]
    first = {deputy for giver, deputy in given if giver in own} - own
    return {deputy for giver, deputy in given if giver in first} - own


def _substitutes(world: World, item: Any) -> set[str]:
    groups = world.step().groups(item.id)
    return set().union(
        *(
            world.people.members(f"post:{row.substitute}")
            for row in world.rows(SubstituteRank)
            if any(world.people.means(row.post, group) for group in groups)
        )
    )


def _takers(world: World, item: Any) -> set[str]:
    """Return who has taken a task and lost the right to it since."""
    offered = (world.people.members(group) for group in world.step().groups(item.id))
    return {item.assignee_id}.difference({None}, *offered)


#: Their own matter, a dead letter, what was not theirs to pass on, a list whose time has not come,
#: what they took when it was theirs.
CLOSED_WAYS = (_involved, _deputies, _deputies_of_deputies, _substitutes, _takers)


@act()
def start(world: World) -> None:
    """Somebody hands an idea in."""
    if len(world.running()) > 12:
        return
    name = world.anybody()
    world.attempt("hand in an idea", lambda: world.city.start(by=name), name)


@act()
def hand_in_again(world: World) -> None:
    """Somebody hands an idea in again that was pulled back."""
    row = world.one(Case, status="recalled")
    if row is None or row.applicant_id not in world.names:
        return
    actor = world.actor(world.names[row.applicant_id])

    def again() -> None:
        form = task_forms.start_form(world.city.site, actor, "proposal", draft=row.id)
        given = forms.submit_values(form.definition, form.values, "submit", form.context)
        cases.start(world.city.site, actor, "proposal", given, draft_id=row.id)

    world.attempt("hand in again", again)


@act(weight=2)
def pull_back(world: World) -> None:
    """Whoever acted last, or somebody else, takes the last act back."""
    undone = [row for row in world.rows(ProcessInstance) if row.undo_person in world.names]
    if not undone:
        return
    row = world.rng.choice(undone)
    name = world.names[row.undo_person] if world.rng.random() < 0.8 else world.anybody()
    site, actor = world.city.site, world.actor(name)
    world.attempt("pull back", lambda: pulling_back.pull_back(site, actor, row.case_id), name)


@act()
def withdraw(world: World) -> None:
    """An applicant, or somebody else, withdraws a case."""
    row = world.one(Case, status="running")
    if row is None or len(world.running()) < 4:
        return
    own = world.names.get(row.applicant_id)
    name = own if own and world.rng.random() < 0.5 else world.anybody()
    site, actor = world.city.site, world.actor(name)
    world.attempt("withdraw", lambda: cases.withdraw(site, actor, row.id, "やめる"), name)


@act()
def claim_or_release(world: World) -> None:
    """Somebody takes a task, or gives it back."""
    found = choose(world)
    if found is None:
        return
    item, name = found
    if world.rng.random() < 0.3:
        name = world.anybody()
    site, actor = world.city.site, world.actor(name)
    if item.assignee_id and world.rng.random() < 0.7:
        world.attempt("release", lambda: tasks.release(site, actor, item.id), name)
    else:
        world.attempt("claim", lambda: tasks.claim(site, actor, item.id), f"{name} {item.element}")


@act()
def hold(world: World) -> None:
    """Somebody lays a task aside."""
    found = choose(world)
    if found:
        site, actor = world.city.site, world.actor(found[1])
        until = site.today() + timedelta(world.rng.choice([0, 3, 10]))
        world.attempt("hold", lambda: holds.hold(site, actor, found[0].id, "確かめる", until))


@act()
def reassign(world: World) -> None:
    """An administrator gives a task to somebody else, with a reason."""
    items = world.open_items()
    if items:
        item = world.rng.choice(items)
        to = f"user:{world.anybody()}"
        site, actor = world.city.site, world.actor("admin")
        world.attempt(
            "reassign", lambda: reassigning.reassign(site, actor, item.id, to, "代わりに"), to
        )


@act()
def suspend_or_resume(world: World) -> None:
    """An administrator stops a case for a while, or lets it go on."""
    row = world.one(ProcessInstance)
    if row is None:
        return
    site, actor = world.city.site, world.actor("admin")
    if row.status == "suspended":
        world.attempt("resume", lambda: case_acts.resume(site, actor, row.case_id))
    elif world.rng.random() < 0.3:
        world.attempt("suspend", lambda: case_acts.suspend(site, actor, row.case_id, "調べる"))


@act(weight=2)
def time_passes(world: World) -> None:
    """Days go by, and what is due then is done."""
    days = world.rng.choice([1, 1, 3, 10, 40])
    world.did.append(f"{days} days pass")
    world.city.clock.advance(days=days)
    worker = working.make_worker(world.city.site)
    for _round in range(20):
        if not worker.run_due():
            break
    # what the worker did may be followed by more, such as a chair who steps back
    world.city.clock.advance(seconds=30)
    world.settled = any(worker.run_due() == 0 for _round in range(20))
    world.accepted("time passes")
