"""An instance's age costs nothing: neither room nor work."""

import pytest

from dxflow import engine
from tests.process.engine.factory import Draft, World, out


def tracking(**fields: object) -> list[Draft]:
    """KPI tracking for years: a called process with a loop around two tasks and a timer."""
    top = (
        Draft("top")
        .start()
        .user("plan", outputs=out(period="1"))
        .call("kpi", "kpi", **fields)
        .user("close")
        .end()
    )
    kpi = Draft("kpi").start().xor("m").wait("w", '"P30D"')
    kpi.user("measure", outputs=out(actual="values.x")).timer(
        "measure", "remind", '"R3/P7D"', interrupting=False
    )
    kpi.service("n", "notify").end("e2")
    kpi.service("assess", "kpi.assess", after="measure", outputs=out(due="result.due"))
    kpi.user("review").script("next", "period", "period + 1").xor("g").end()
    kpi.link("g", "m", 'outcome = "again"').change("g", default_flow=kpi.flows[-2].id)
    return [top, kpi]


def cycle(w: World) -> None:
    w.later(days=30).fire().later(days=8).fire()
    w.do("measure", x=w.variables.get("period", 0)).do("review", "again")


def tokens(w: World) -> int:
    instance = engine.Instance.restore(w.definitions, w.state, w.env)
    return sum(len(level.tasks) for level in instance.top.levels())


def test_a_thousand_measurements_leave_no_trace_in_the_state() -> None:
    w = World(*tracking())
    w.host.answers["kpi.assess"] = {"due": False}
    w.start(case_id=1, section="keiei", text="改善" * 100).do("plan")
    cycle(w)
    first = len(w.state), tokens(w)
    for _count in range(1000):
        cycle(w)
    assert tokens(w) == first[1]
    assert len(w.state) <= first[0] + 8  # a longer period number
    assert len(w.state) < 10_000
    assert w.now_at.visits
    assert w.later(days=30).fire().do("measure", x=1).do("review").open == ["close"]


def beside() -> Draft:
    """The same loop beside another branch that stays open."""
    d = (
        Draft()
        .start()
        .both("s")
        .xor("m", after="s")
        .user("measure", outputs=out(n="values.n"))
        .xor("g")
    )
    d.link("g", "m", 'outcome = "again"').both("j", after="").link("g", "j", default=True)
    return d.user("duty", after="s").link("duty", "j").user("close", after="j").end()


def test_a_loop_beside_another_branch_does_not_grow_either() -> None:
    w = World(beside()).start().do("measure", "again", n=1000)
    first = tokens(w)
    for number in range(300):
        w.do("measure", "again", n=number + 1000)
    assert tokens(w) == first
    assert w.do("measure", n=7).do("duty").task("close").variables["n"] == 7


def test_reminders_that_have_ended_do_not_pile_up() -> None:
    d = Draft().start().user("a").end()
    d.timer("a", "remind", '"R/P1D"', interrupting=False).script(
        "s", "n", "if n = null then 1 else n + 1"
    ).end("e2")
    w = World(d).start()
    w.later(days=1).fire().later(days=1).fire()
    first = tokens(w)
    for _count in range(200):
        w.later(days=1).fire()
    assert tokens(w) == first


@pytest.mark.parametrize("rounds", [3, 1200])
def test_depth_makes_no_difference_to_an_instance_in_memory(rounds: int) -> None:
    w = World(beside())
    instance = engine.Instance.begin(w.definitions, "p", {}, w.env)
    for number in range(rounds):
        instance.enter(w.env)
        task = next(t for t in instance.view(b"").tasks if t.element == "measure")
        instance.complete(task.id, {"n": number}, "again" if number < rounds - 1 else "ok")
    assert instance.variables()["n"] == rounds - 1
    assert [t.element for t in instance.view(b"").tasks] == ["duty"]
