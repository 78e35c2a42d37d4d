"""Random histories in which administrators suspend, resume, reassign and cancel in between."""

import random
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance, Timer, WorkItem
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.acts import tasks
from dxflow.services.acts.suspension import Suspended
from dxflow.services.operations import case_acts, reassigning, unattended
from tests.factories import City
from tests.integration.histories import History, broken


class Operated(History):
    """A history with an administrator in it."""

    def one_thing(self) -> None:
        chance = self.rng.random()
        running = self._running()
        if chance < 0.12 and running:
            self._stop_for_a_while(self.rng.choice(running))
        elif chance < 0.20 and running:
            self._give_away(self.rng.choice(running))
        elif chance < 0.21 and len(running) > 1:
            self.did.append("cancel")
            case_acts.cancel(self.city.site, self.city.actor("admin"), running[0], "重複")
        else:
            super().one_thing()

    def _stop_for_a_while(self, case: str) -> None:
        self.did.append(f"suspend {case}")
        admin, site = self.city.actor("admin"), self.city.site
        case_acts.suspend(site, admin, case, "調べる")
        before = self._state(case)
        for task in self._open(case):
            with pytest.raises(Suspended):
                tasks.claim(site, self.city.actor("secretariat"), task)
        self.city.clock.advance(days=self.rng.choice([0, 3, 60]))
        self.city.run_jobs()
        assert self._state(case) == before
        case_acts.resume(site, self.city.actor("admin"), case)
        self.city.run_jobs()
        with site.database.read() as tx:
            late = select(func.count()).select_from(Timer).where(
                Timer.case_id == case, Timer.due_at <= self.city.clock()
            )  # fmt: skip
            assert tx.execute(late).scalar_one() == 0

    def _give_away(self, case: str) -> None:
        for task in self._open(case)[:1]:
            to = f"user:{self.rng.choice(sorted(self.city.person))}"
            self.did.append(f"give {task} to {to}")
            with suppress(Conflict, Invalid, NotAllowed):
                reassigning.reassign(self.city.site, self.city.actor("admin"), task, to, "代わりに")

    def _open(self, case: str) -> list[str]:
        with self.city.site.database.read() as tx:
            return list(
                tx.execute(
                    select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.status == "open")
                ).scalars()
            )

    def _state(self, case: str) -> tuple[bytes, int]:
        with self.city.site.database.read() as tx:
            row = tx.execute(
                select(ProcessInstance.state, ProcessInstance.version).where(
                    ProcessInstance.case_id == case
                )
            ).one()
        return row.state, row.version


@pytest.mark.parametrize("seed", [3, 7])
def test_whatever_administrators_do_in_between_nothing_is_lost(city: City, seed: int):
    history = Operated(city, random.Random(seed))
    history.live(70)
    assert any(line.startswith("suspend") for line in history.did)
    assert any(line.startswith("give") for line in history.did)
    assert broken(city) == [], "\n".join(history.did)
    assert unattended.stuck(city.site, city.actor("admin")) == []
    with city.site.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Case)).scalar_one() > 0
