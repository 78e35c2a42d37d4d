"""Histories of decisions in which anybody tries anything: the seven invariants always hold."""

import pytest

from tests.machine import copies, machine, plants
from tests.machine.__main__ import table
from tests.machine.world import ACCEPTED, Tally, Violated

#: Bugs whose finding takes moments; `make test-long` plants all of them.
QUICK = ("other-paper", "unlocked", "any-duty", "no-recusal", "kept")


@pytest.fixture(scope="module")
def city():
    with copies.made() as made:
        yield made


def test_whatever_people_try_the_seven_invariants_hold(city: copies.Copies):
    tally = Tally()
    machine.run(city, tally, 10, 50, seed=4, explain=False)
    assert tally.steps >= 500
    assert tally.found == []
    done = {kind for kind, result in tally.tried if result == ACCEPTED}
    assert len(done) > 25, "\n".join(table(tally))


@pytest.mark.parametrize("name", QUICK)
def test_a_rule_that_is_taken_out_is_noticed(city: copies.Copies, name: str):
    tally = Tally()
    with plants.planted(plants.PLANTS[name]), pytest.raises((Violated, BaseExceptionGroup)):
        machine.run(city, tally, 40, 50, seed=4, explain=False, only=plants.NEEDS[name])
    assert tally.found


@pytest.mark.parametrize("plant", plants.PLANTS.values(), ids=plants.PLANTS)
def test_every_bug_takes_the_place_of_a_rule_that_is_there(plant: plants.Plant):
    with plants.planted(plant):
        for owner, name, instead in plant.patches:
            assert getattr(owner, name) is instead


def test_histories_hold_on_postgresql_too():
    tally = Tally()
    with copies.made("postgresql") as city:
        machine.run(city, tally, 2, 40, seed=4, explain=False)
    assert tally.found == []
