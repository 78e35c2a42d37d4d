"""Meetings: planned, attended, votes opened and closed, recusals, consents, minutes."""

import json
from datetime import timedelta
from typing import Any

from dxflow.db.case import Deliberation
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter, Minutes, WrittenConsent
from dxflow.services.meetings import agenda, minutes, planning, recusing, session
from dxflow.services.meetings.planning import Plan
from dxflow.services.people.actor import Actor
from tests.machine.acts_tasks import filled, send
from tests.machine.kinds import act
from tests.machine.steps import CHAIRS, SEAT_ROLE
from tests.machine.world import World
from tests.sessions import BODY

UNDECIDED = ("waiting", "voting", "closed")


def keeper(world: World) -> Actor:
    """Return the secretariat, or the chair, or now and then anybody."""
    if world.rng.random() < 0.1:
        return world.actor(world.anybody())
    group = world.rng.choice(["role:secretariat", "role:secretariat", f"role:{CHAIRS[0]}"])
    return world.actor(world.someone(group) or "secretariat")


def secretariat(world: World) -> Actor:
    """Return somebody of the secretariat, now and then somebody else."""
    name = None if world.rng.random() < 0.05 else world.someone("role:secretariat")
    return world.actor(name or world.anybody())


def seats(world: World) -> list[str]:
    """Return the posts that sit in the body."""
    return sorted(
        key for key, post in world.people.posts.items() if SEAT_ROLE in post.roles.split()
    )


def plan(world: World, *, written: bool = False) -> None:
    """Plan a meeting for one of the next days."""
    day = world.city.site.today() + timedelta(world.rng.choice([0, 0, 0, 1, 5]))
    wanted = Plan(day, written=True) if written else Plan(day, "14:00", "15:00", "第一会議室")
    site, by = world.city.site, secretariat(world)
    world.attempt("plan a meeting", lambda: planning.plan(site, by, BODY, wanted))


def add(world: World, meeting: Any) -> None:
    """Put a case that waits on an agenda, or one that does not."""
    open_rounds = [row.case_id for row in world.rows(Deliberation, resolution=None)]
    case = world.rng.choice(open_rounds or world.running() or [""])
    site, by = world.city.site, secretariat(world)
    world.attempt("add to an agenda", lambda: agenda.add(site, by, meeting.id, case))


def attend(world: World, meeting: Any, *, here: bool) -> None:
    """A member comes or goes."""
    free = [
        seat for seat in seats(world)
        if any(
            row.seat == seat and row.left_at is None
            for row in world.rows(Attendance, meeting_id=meeting.id)
        ) is not here
    ]  # fmt: skip
    if free:
        seat = world.rng.choice(free)
        site, by = world.city.site, secretariat(world)
        world.attempt(
            "come to a meeting" if here else "leave a meeting",
            lambda: session.attend(site, by, meeting.id, seat, here=here), seat,
        )  # fmt: skip


def consent(world: World, meeting: Any) -> None:
    """A member says whether to decide in writing."""
    said = {row.seat for row in world.rows(WrittenConsent, meeting_id=meeting.id)}
    seat = world.rng.choice([one for one in seats(world) if one not in said] or seats(world))
    name = world.someone(f"post:{seat}") or world.anybody()
    site, by, agrees = world.city.site, world.actor(name), world.rng.random() < 0.8
    world.attempt("consent", lambda: session.consent(site, by, meeting.id, seat, agrees=agrees))


def vote(world: World, matter: Any) -> None:
    """A member votes on a matter."""
    items = [
        item for item in world.open_items()
        if item.case_id == matter.case_id and item.element in ("verdict", "conclude", "reconvene")
    ]  # fmt: skip
    if not items:
        return
    item = world.rng.choice(items)
    able = world.able(item)
    if able and (ready := filled(world, able[0], item)):
        send(world, f"{item.element} in session", able[0], item, ready[1])


@act(weight=6)
def meet(world: World) -> None:
    """Do what comes next for a meeting, as its secretariat and members would."""
    meetings = [row for row in world.rows(Meeting) if row.status in ("planned", "open")]
    if not meetings or world.rng.random() < 0.05:
        plan(world, written=world.rng.random() < 0.3)
        return
    meeting = world.rng.choice(meetings)
    matters = [
        row for row in world.rows(MeetingMatter, meeting_id=meeting.id) if row.status in UNDECIDED
    ]
    site, rng = world.city.site, world.rng
    if meeting.status == "planned":
        if not matters or rng.random() < 0.15:
            add(world, meeting)
        elif meeting.written and rng.random() < 0.75:
            consent(world, meeting)
        elif not meeting.written and rng.random() < 0.75:
            attend(world, meeting, here=True)
        else:
            by = keeper(world)
            world.attempt("open a meeting", lambda: session.begin(site, by, meeting.id))
        return
    if not matters:
        by = keeper(world)
        world.attempt("close a meeting", lambda: session.close(site, by, meeting.id))
        return
    matter = rng.choice(matters)
    if matter.status == "waiting":
        by = keeper(world)
        world.attempt("open a vote", lambda: session.open_vote(site, by, matter.id))
    elif rng.random() < 0.8:
        vote(world, matter)
    else:
        by = keeper(world)
        world.attempt("close a vote", lambda: session.close_vote(site, by, matter.id))


@act(weight=2)
def disturb(world: World) -> None:
    """Something gets in the way of a meeting: somebody goes, is recused, a matter is put off."""
    meeting, rng, site = world.one(Meeting), world.rng, world.city.site
    if meeting is None:
        return
    matters = world.rows(MeetingMatter, meeting_id=meeting.id)
    chance = rng.random()
    if chance < 0.35:
        attend(world, meeting, here=rng.random() < 0.4)
    elif chance < 0.65 and matters:
        recuse(world, rng.choice(matters))
    elif chance < 0.75 and matters:
        matter, by = rng.choice(matters), keeper(world)
        world.attempt("defer", lambda: session.defer(site, by, matter.id, "資料が足りない"))
    elif chance < 0.82 and matters:
        matter, by = rng.choice(matters), secretariat(world)
        world.attempt("take off an agenda", lambda: agenda.remove(site, by, matter.id, "やめる"))
    elif chance < 0.88:
        by = keeper(world)
        world.attempt("close a meeting", lambda: session.close(site, by, meeting.id))
    elif chance < 0.92:
        by = secretariat(world)
        world.attempt("call a meeting off", lambda: planning.cancel(site, by, meeting.id, "台風"))
    else:
        add(world, meeting)


def recuse(world: World, matter: Any) -> None:
    """A member declares an interest; most are still taking part."""
    rounds = world.rows(Deliberation, case_id=matter.case_id)
    taking = json.loads(rounds[-1].seats) if rounds else []
    seat = world.rng.choice(taking or seats(world))
    name = world.rng.choice([world.someone(f"post:{seat}"), "secretariat"]) or world.anybody()
    site, by = world.city.site, world.actor(name)
    world.attempt("recuse", lambda: recusing.declare(site, by, matter.id, seat, "親族"), seat)


@act()
def write_minutes(world: World) -> None:
    """The minutes are written, approved, sealed or corrected."""
    meeting = world.one(Meeting, status="closed")
    if meeting is None:
        return
    row, site, rng = world.picture.of(Minutes).get(meeting.id), world.city.site, world.rng
    by = keeper(world)
    if row is None or (row.status == "draft" and rng.random() < 0.3):
        world.attempt("write minutes", lambda: minutes.draft(site, by, meeting.id))
    elif row.status == "draft":
        name = world.someone(f"post:{meeting.chair}") if rng.random() < 0.8 else None
        by = world.actor(name or world.anybody())
        world.attempt("approve minutes", lambda: minutes.approve(site, by, meeting.id, row.digest))
    elif row.status == "approved" and rng.random() < 0.8:
        world.attempt("seal minutes", lambda: minutes.seal(site, by, meeting.id))
    elif rng.random() < 0.5:
        world.attempt("write minutes", lambda: minutes.draft(site, by, meeting.id))
    else:
        world.attempt(
            "correct minutes", lambda: minutes.correct(site, by, meeting.id, "訂正", "誤記")
        )
