"""Random histories in which running cases move between three versions of their pack, and back."""

import random

import pytest

from dxflow.services.operations import migration_list, migration_plans, migrations, unattended
from dxflow.services.packs import store as packs
from tests.factories import City
from tests.integration.histories import History, broken
from tests.integration.test_migrations import corrected, renamed

OLD, NEW = "idea/triage", "idea/reception"


class Moved(History):
    """A history with an administrator who keeps moving cases; `came` are the outcomes."""

    def __init__(self, city: City, rng: random.Random) -> None:
        super().__init__(city, rng)
        self.batches: list[str] = []
        self.came: set[str] = set()
        packs.install(city.site, corrected(), "system")
        packs.install(city.site, corrected() | {"idea.bpmn": renamed()["idea.bpmn"]}, "system")

    def one_thing(self) -> None:
        chance = self.rng.random()
        if chance < 0.12 and (running := self._running()):
            self._move(self.rng.sample(running, self.rng.randrange(1, len(running) + 1)))
        elif chance < 0.22 and self.batches:
            self._put_back(self.rng.choice(self.batches[-3:]))
        else:
            super().one_thing()

    def _move(self, cases: list[str]) -> None:
        to = self.rng.randrange(1, 4)
        self.did.append(f"move {cases} to {to}")
        old, new = (OLD, NEW) if to == 3 else (NEW, OLD)
        site, admin = self.city.site, self.city.actor("admin")
        plan = migration_plans.read(site, admin, f'to = {to}\n[map]\n"{old}" = "{new}"\n')
        self.batches.append(migrations.begin(site, admin, plan, cases))
        self._work_off(self.batches[-1])

    def _put_back(self, batch: str) -> None:
        self.did.append(f"put {batch} back")
        migrations.revert(self.city.site, self.city.actor("admin"), batch)
        self._work_off(batch)

    def _work_off(self, batch: str) -> None:
        self.city.run_jobs()
        actor = self.city.actor("admin")
        for row in migration_list.one(self.city.site, actor, batch)[1].entries:
            self.came.add(row.outcome)
            assert row.outcome not in migration_list.PENDING
            # it may be there already, or stand on the one step that the first version lacks
            expected = "すでに版" in row.reason or "kpi/figures_check" in row.reason
            assert row.outcome != "blocked" or expected, row.reason


@pytest.mark.parametrize("seed", [1, 9])
def test_however_often_cases_move_nothing_is_lost_and_nothing_stands_still(city: City, seed: int):
    history = Moved(city, random.Random(seed))
    history.live(90)
    assert {"migrated", "blocked"} <= history.came
    assert history.came & {"reverted", "kept"}
    assert broken(city) == [], "\n".join(history.did)
    assert unattended.stuck(city.site, city.actor("admin")) == []
