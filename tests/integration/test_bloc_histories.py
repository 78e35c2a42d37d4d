"""Whatever members do, a bloc comes to what the same votes on its matters one by one come to."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dxflow import audit
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Ballot, Case, Deliberation
from dxflow.db.engine import Database
from dxflow.db.meeting import MeetingMatter
from dxflow.errors import DxflowError
from dxflow.services.meetings import blocs, recusing, session, together
from tests.blocs import AYE, begun, conclude, vote
from tests.factories import City, Founded
from tests.sessions import SEAT_OF, attend, audited
from tests.walks import MEMBERS

NUMBER = 3
ITEMS = st.integers(0, NUMBER - 1)
WHO = st.sampled_from(MEMBERS)
STEPS = st.one_of(
    st.tuples(
        st.just("vote"), WHO, st.sampled_from(["approve", "reject", "abstain", "conditions"]),
        st.sets(ITEMS, min_size=1),
    ),
    st.tuples(st.just("vote"), WHO, st.just("approve"), st.just(set(range(NUMBER)))),
    st.tuples(st.just("recuse"), WHO, ITEMS),
    st.tuples(st.just("attend"), WHO, st.booleans()),
    st.tuples(st.just("part"), ITEMS),
)  # fmt: skip
Step = tuple[Any, ...]


class Hall:
    """A meeting of three cases whose vote is open; `together` it is one bloc."""

    def __init__(self, city: City, meeting: str, matters: list[str], *, together: bool) -> None:
        self.city, self.meeting, self.matters = city, meeting, matters
        self.together = together
        self.parted: set[int] = set()
        site, chair = city.site, city.actor("cio")
        if together:
            blocs.put_together(site, chair, meeting, matters)
            blocs.open_vote(site, chair, meeting, 1)
        else:
            for one in matters:
                session.open_vote(site, chair, one)

    def play(self, step: Step) -> None:
        """Do one thing; what is refused is as if nobody had tried."""
        with suppress(DxflowError):
            getattr(self, step[0])(*step[1:])

    def vote(self, name: str, verdict: str, items: set[int]) -> None:
        said = AYE | ({"conditions_wanted": "影響評価を"} if verdict == "conditions" else {})
        if self.together:
            chosen = [self.matters[one] for one in sorted(items)]
            vote(self.city, name, self.meeting, verdict, matters=chosen, **said)
            return
        for one in sorted(items - self.parted):
            self.single(name, one, "verdict", verdict, said)

    def single(
        self, name: str, item: int, element: str, outcome: str, said: dict[str, Any]
    ) -> None:
        """Complete somebody's task on one case alone, where there is one."""
        with self.city.site.database.read() as tx:
            query = select(MeetingMatter.case_id).where(MeetingMatter.id == self.matters[item])
            case = tx.execute(query).scalar_one()
        for task in self.city.open_tasks(name):
            if (task.case_id, task.element) == (case, element):
                with suppress(DxflowError):
                    self.city.complete_id(name, task.id, outcome, **said)

    def recuse(self, name: str, item: int) -> None:
        recusing.declare(
            self.city.site, self.city.actor(name), self.matters[item], SEAT_OF[name], "利害"
        )

    def attend(self, name: str, here: bool) -> None:
        attend(self.city, self.meeting, (name,), here=here)

    def part(self, item: int) -> None:
        if self.together:
            blocs.take_out(self.city.site, self.city.actor("secretariat"), self.matters[item])
        elif self.stands(item) != "voting":
            return
        self.parted.add(item)

    def stands(self, item: int) -> str:
        query = select(MeetingMatter.status).where(MeetingMatter.id == self.matters[item])
        with self.city.site.database.read() as tx:
            return str(tx.execute(query).scalar_one())

    def finish(self) -> None:
        """Close what is voted on and conclude it, what was taken out left aside."""
        site, chair = self.city.site, self.city.actor("cio")
        if self.together:
            with suppress(DxflowError):
                together.close_vote(site, chair, self.meeting, 1)
            for name in ("cio", "planning_head"):
                with suppress(DxflowError):
                    conclude(self.city, name, self.meeting)
            return
        left = [one for one in range(NUMBER) if one not in self.parted]
        for one in left:
            with suppress(DxflowError):
                session.close_vote(site, chair, self.matters[one])
        for name in ("cio", "planning_head"):
            for one in left:
                self.single(name, one, "conclude", "approve", {"reason": "賛成多数"})

    def came_to(self) -> list[Any]:
        """Return what there is of each case: ballots, round, matter, stage, events in their order."""
        found: list[Any] = []
        with self.city.site.database.read() as tx:
            for matter in self.matters:
                row = tx.execute(
                    select(MeetingMatter.__table__, Case.stage)
                    .join(Case, Case.id == MeetingMatter.case_id)
                    .where(MeetingMatter.id == matter)
                ).one()
                round_ = tx.execute(
                    select(Deliberation.__table__).where(Deliberation.case_id == row.case_id)
                ).one()
                cast = tx.execute(
                    select(Ballot.seat, Ballot.verdict, Ballot.reason, Ballot.person_id)
                    .where(Ballot.deliberation_id == round_.id)
                    .order_by(Ballot.seat)
                ).all()
                chain = tx.execute(
                    select(AuditEvent.type)
                    .where(AuditEvent.stream == audit.case_stream(row.case_id))
                    .order_by(AuditEvent.seq)
                ).scalars()
                types = [
                    one for one in chain if one not in ("committee.joined", "committee.separated")
                ]
                kept = (
                    round_.seats,
                    round_.recused,
                    round_.quorum,
                    round_.result,
                    round_.resolution,
                )
                found.append(
                    (row.status, row.present, row.stage, kept, list(map(tuple, cast)), types)
                )
        return found


@pytest.fixture(scope="module")
def hall(
    sqlite_founded: tuple[Path, Founded], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Founded, str, list[str]]:
    """A database with an open meeting of three cases; its file is copied."""
    file, founded = sqlite_founded
    place = tmp_path_factory.mktemp("hall") / "dxflow.db"
    shutil.copy(file, place)
    database = Database(f"sqlite:///{place}")
    meeting, _cases, matters = begun(founded.city(database, place.parent), NUMBER)
    database.close()
    return place, founded, meeting, matters


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shorter: two meetings a try
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_a_bloc_comes_to_what_single_votes_come_to(
    hall: tuple[Path, Founded, str, list[str]], tmp_path: Path, steps: list[Step]
) -> None:
    place, founded, meeting, matters = hall
    came = []
    for together_ in (True, False):
        file = tmp_path / f"{together_}.db"
        shutil.copy(place, file)
        database = Database(f"sqlite:///{file}")
        one = Hall(founded.city(database, tmp_path), meeting, matters, together=together_)
        for step in steps:
            one.play(step)
        one.finish()
        came.append(one.came_to())
        assert audited(database) == ()
        database.close()
    assert came[0] == came[1]
