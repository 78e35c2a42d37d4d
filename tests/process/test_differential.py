"""Every shipped process, walked at random in memory and stored at every step, side by side."""

from pathlib import Path

import pytest

from tests.process import packs

#: So long that chance does not come to every element; `test_kiryu_pack` walks them all.
LONG = {("kiryu", "request")}


@pytest.mark.parametrize(
    ("pack", "process"), packs.begun(), ids=lambda one: getattr(one, "name", one)
)
def test_storing_every_step_changes_nothing_that_anybody_could_observe(
    pack: Path, process: str
) -> None:
    walk = packs.walk(pack, process)
    wanted = set() if (pack.name, process) in LONG else packs.elements(pack, process)
    reached: set[str] = set()
    seed = 0
    while seed < 20 or (wanted - reached and seed < 900):
        walk.variables["started_on"] = packs.planned(seed)
        walk.play(seed, length=150)
        reached = {seen.partition(":")[0] for seen in walk.seen}
        seed += 1
    assert set(walk.refused) <= {"TaskNotReady: "}
    assert walk.largest < 30_000, "in bytes: a request of many items has an answer for each"
    assert walk.ended > 0
    assert not wanted - reached
