"""Storing an instance after every step changes nothing that anybody could observe."""

import random
from typing import Any

import pytest

from dxflow import engine
from tests.process.engine import samples
from tests.process.engine.factory import NOW, Calls
from tests.process.walks import Walk


def choose(rng: random.Random, task: engine.OpenTask) -> tuple[dict[str, Any], str]:
    values = {
        "x": rng.randrange(100),
        "units": [f"u{n}" for n in range(rng.randrange(4))],
        "shared": rng.randrange(3),
    }
    return values, rng.choice(["ok", "ok", "ok", "again", "stop"])


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample.__name__)
def test_a_stored_instance_behaves_like_one_that_never_left_memory(sample: Any) -> None:
    drafts = sample()
    definitions = engine.compile_definition({d.id: d.process() for d in drafts}, {})
    walk = Walk(definitions, drafts[0].id, {}, choose, lambda _rng: Calls(), NOW)
    for seed in range(40):
        walk.play(seed)
    assert walk.steps > 200
    assert walk.ended > 5
    assert set(walk.refused) <= {"TaskNotReady: "}
    assert walk.largest < 10_000
