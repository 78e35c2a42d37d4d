"""The torture harness itself: a small round on each database, and a bug that it must notice."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from torture import invariants, plants, points, powercut, rounds
from torture.installation import installed
from torture.powercut import SYNC_BEGINS, SYNC_ENDED, WRITE, Disk, Done


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_small_round_keeps_every_promise(database):
    plan = rounds.Plan(seconds=40, acts=15, clients=6, pause=1.5, lease=2, quiet=60)
    with installed(database) as installation:
        result = rounds.play(installation, plan)
    assert {name: texts for name, texts in result.violations.items() if texts} == {}
    assert sum(result.kills.values()) > 0
    assert result.figures["acknowledged"] > 5
    assert result.figures["unanswered"] == 0
    assert len(result.violations) == result.checked


def test_a_planted_bug_is_noticed():
    plan = rounds.Plan(
        seconds=40, acts=25, clients=6, pause=0, plant="work-left-open", quiet=1, patience=20
    )
    with installed("sqlite") as installation:
        result = rounds.play(installation, plan)
    assert "submissions_are_completed_work" in result.noticed_by()


def test_every_plant_names_points_that_exist():
    known = {*points.WEB, *points.WORKER}
    assert {point for one in plants.PLANTS.values() for point in one.points} <= known
    assert {one.by for one in plants.PLANTS.values()} <= {"round", "powercut"}
    assert all(one.__doc__ for one in invariants.INVARIANTS)


PLANTING = """
import os
from pathlib import Path
from torture import plants, points
for name in (*points.WEB, *points.WORKER):
    points.arm(name, 10**9, Path(os.devnull))
for one in plants.PLANTS.values():
    one.install()
"""


def test_every_point_and_plant_finds_its_place_in_the_program():
    planted = subprocess.run(
        [sys.executable, "-c", PLANTING], capture_output=True, text=True, check=False,
        cwd=Path(plants.__file__).parents[1],
    )  # fmt: skip
    assert planted.stderr == ""


def entry(kind, data=b"", offset=0, fsync=(0, 1)):
    return Done(kind, fsync, "x", offset, data, 0)


def test_what_was_written_before_an_ended_fsync_is_on_the_disk():
    disk = Disk({"x": bytearray(b"....")})
    disk.take(entry(WRITE, b"AA", 0))
    disk.take(entry(SYNC_BEGINS))
    disk.take(entry(WRITE, b"BB", 2))  # while the fsync is at work: nobody knows
    disk.take(entry(SYNC_ENDED))
    found = {bytes(disk.after_cut(random.Random(seed))["x"]) for seed in range(20)}
    assert found == {b"AA..", b"AABB"}
    disk.take(entry(SYNC_BEGINS, fsync=(0, 2)))
    assert b"AA.." in {bytes(disk.after_cut(random.Random(seed))["x"]) for seed in range(20)}
    disk.take(entry(SYNC_ENDED, fsync=(0, 2)))
    assert {bytes(disk.after_cut(random.Random(seed))["x"]) for seed in range(20)} == {b"AABB"}


def test_a_torn_write_keeps_some_of_its_sectors():
    disk = Disk({"x": bytearray(2048)})
    disk.take(entry(WRITE, b"1" * 2048))
    found = {bytes(disk.after_cut(random.Random(seed))["x"]) for seed in range(60)}
    assert bytes(2048) in found
    assert b"1" * 2048 in found
    assert any(0 < one.count(b"1") < 2048 for one in found)
    assert all(one.count(b"1") % 512 == 0 for one in found)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_few_power_cuts_lose_nothing_that_was_acknowledged():
    with installed("sqlite") as installation:
        result = powercut.run(installation, seconds=2, cuts=8, clients=4)
    assert result.violations == []
    assert (result.cuts, result.recovered) == (8, 8)
    assert result.fsyncs > 0
