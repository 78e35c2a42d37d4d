"""The sample's committee in session: a meeting that is to come, and one held to sealed minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dxflow.services.meetings import (
    agenda,
    minutes,
    minutes_page,
    papers,
    planning,
    session,
    stored,
)
from dxflow.services.meetings.planning import Plan
from dxflow.services.packs.settings import Body
from dxflow.services.people.actor import Actor
from dxflow.services.sample import waiting
from dxflow.services.sample.casting import Casting
from dxflow.services.sample.waiting import Waiting
from dxflow.services.site import Site

VOTE, CONCLUDE = "verdict", "conclude"
#: When in the day meetings begin, in minutes from its beginning.
BEGINS = 300
PLACE = "本庁舎 4階 第一会議室"
REMARK = "費用の見込みと、担当課の体制について質疑があった。反対の意見はなかった。"


@dataclass(frozen=True)
class Planned:
    """A meeting with one case on its agenda."""

    id: str
    matter: str
    case: str


class Sessions:
    """Plans and holds meetings of the pack's first body, as its secretariat would.

    `go` moves the clock on by minutes.
    """

    def __init__(self, site: Site, casting: Casting, go: Callable[[int], None]) -> None:
        self._site, self._casting, self._go = site, casting, go

    @property
    def _body(self) -> Body:
        return next(iter(self._casting.pack.settings.bodies.values()))

    def prepare(self, case: str, day: date, readers: int = 0) -> Planned:
        """Plan a meeting with a case on its agenda, hand its papers out; some members read them."""
        by = self._casting.member(f"role:{stored.SECRETARIAT}")
        wanted = Plan(day, "14:00", "15:30", PLACE)
        meeting = planning.plan(self._site, by, self._body.key, wanted)
        matter = agenda.add(self._site, by, meeting, case)
        planning.distribute(self._site, by, meeting)
        for seat in self._seats()[:readers]:
            papers.read(self._site, self._member(seat), matter)
        return Planned(meeting, matter, case)

    def hold(self, planned: Planned, complete: Callable[[Waiting], None]) -> None:
        """Hold a meeting: all but the last member come, vote, and the chair concludes."""
        by = self._casting.member(f"role:{stored.SECRETARIAT}")
        come = self._seats()[:-1]
        for seat in come:
            session.attend(self._site, by, planned.id, seat, here=True)
        session.begin(self._site, by, planned.id)
        self._go(10)
        session.open_vote(self._site, by, planned.matter)
        groups = {f"post:{seat}" for seat in come}
        for task in self._tasks(planned.case, VOTE):
            if task.groups & groups:
                self._go(2)
                complete(task)
        if self._tasks(planned.case, VOTE):
            session.close_vote(self._site, by, planned.matter)
        self._go(5)
        for task in self._tasks(planned.case, CONCLUDE):
            complete(task)
        self._go(5)
        session.close(self._site, by, planned.id)
        self._go(30)
        self._write_down(planned, by, come[0])

    def _write_down(self, planned: Planned, by: Actor, chair: str) -> None:
        minutes.draft(self._site, by, planned.id, {planned.matter: REMARK})
        presided = self._member(chair)
        found = minutes_page.of_meeting(self._site, presided, planned.id)
        self._go(60)
        if found is not None:
            minutes.approve(self._site, presided, planned.id, found.digest)
            self._go(5)
            minutes.seal(self._site, by, planned.id)

    def _seats(self) -> list[str]:
        return [one.key for one in stored.seats_of(self._casting.who(), self._body) if one.persons]

    def _member(self, seat: str) -> Actor:
        return self._casting.member(f"post:{seat}")

    def _tasks(self, case: str, element: str) -> list[Waiting]:
        with self._site.database.read() as tx:
            found = waiting.tasks(tx, ())
        mine = [one for one in found if (one.case_id, one.element) == (case, element)]
        return sorted(mine, key=lambda one: one.sign)
