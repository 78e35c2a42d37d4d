"""Each override has its reason: what SpiffWorkflow 3.2.0 does by itself, and what we do.

When a newer SpiffWorkflow makes the first half of a test fail, the override may go.
"""

import datetime as dt
from importlib.metadata import version
from typing import Any

import pytest
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.exceptions import TaskNotFoundException
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from dxflow.errors import NotAllowed
from tests.process.engine import stock
from tests.process.engine.factory import Draft, World, each, out
from tests.process.engine.stock import flow, node, process


def test_the_version_these_overrides_are_made_for_is_installed() -> None:
    assert version("SpiffWorkflow") == "3.2.0"


def forked(*branches: str, first: str = "", loop: bool = False) -> str:
    """start, merge, fork, one user task for each branch, join, review (and round again)."""
    parts = [node("startEvent", "s"), node("exclusiveGateway", "m"), node("parallelGateway", "g")]
    parts += [node("userTask", name) if not name.startswith("<") else name for name in branches]
    names = [
        name.split('id="')[1].split('"')[0] if name.startswith("<") else name for name in branches
    ]
    parts += [node("parallelGateway", "j"), node("userTask", "review"), node("endEvent", "e")]
    parts += [flow("s", "m"), flow("m", "g")]
    parts += (
        [flow("g", name) for name in names]
        + [flow(name, "j") for name in names]
        + [flow("j", "review")]
    )
    if loop:
        parts += [
            node("exclusiveGateway", "x", default="x-e"),
            flow("review", "x"),
            flow("x", "m", "again"),
            flow("x", "e"),
        ]
    else:
        parts.append(flow("review", "e"))
    return process("p", *parts)


def our_fork(*branches: Draft, loop: bool = False) -> Draft:
    d = Draft().start().xor("m").both("g").both("j", after="")
    for name in ("a", "b", "c"):
        d.user(name, after="g", outputs=out(x="if values.x = null then x else values.x")).link(
            name, "j"
        )
    d.user("review", after="j").xor("x").end()
    return d.link("x", "m", 'outcome = "again"').change("x", default_flow=d.flows[-2].id)


def test_a_join_in_a_loop_fires_early_in_stock() -> None:
    running = stock.workflow(forked("a", "b", "c", loop=True))
    for name in ("a", "b", "c"):
        stock.do(running, name)
    stock.do(running, "review", again=True)
    stock.do(running, "c")
    assert "review" in stock.ready(running)

    w = World(our_fork()).start().do("a").do("b").do("c").do("review", "again").do("c")
    assert "review" not in w.open
    assert "review" in w.do("a").do("b").open


def test_an_untouched_branch_overwrites_a_changed_one_in_stock() -> None:
    running = stock.workflow(forked("a", "b"), x=1)
    stock.do(running, "a", x=2)
    stock.do(running, "b")
    assert running.get_next_task(state=TaskState.READY, manual=True).data["x"] == 1

    w = World(our_fork()).start(x=1).do("a", x=2).do("b").do("c")
    assert w.task("review").variables["x"] == 2


def test_a_long_loop_stands_still_without_a_word_in_stock() -> None:
    looping = process(
        "p", node("startEvent", "s"), node("exclusiveGateway", "m"), node("userTask", "a"),
        node("exclusiveGateway", "g", default="g-e"), node("endEvent", "e"),
        flow("s", "m"), flow("m", "a"), flow("a", "g"), flow("g", "m", "True"), flow("g", "e"),
    )  # fmt: skip
    running = stock.workflow(looping)
    rounds = 0
    while stock.ready(running):
        stock.do(running, "a")
        rounds += 1
    assert 300 < rounds < 400
    assert not running.completed
    assert [
        t for t in running.tasks.values() if t.state == TaskState.READY
    ]  # nobody will ever see it

    d = Draft().start().xor("m").user("a").xor("g").end()
    d.link("g", "m", 'outcome = "again"').change("g", default_flow=d.flows[-2].id)
    w = World(d).start()
    for _round in range(500):
        w.do("a", "again")
    assert w.do("a").ended


def test_a_script_reaches_into_other_branches_in_stock() -> None:
    script = node("scriptTask", "u", "<script>x['y']['z'] = 'u'</script>")
    running = stock.workflow(forked(script, "b"), x={"y": {"z": "orig"}})
    assert running.get_next_task(spec_name="b").data["x"]["y"]["z"] == "u"

    d = (
        Draft()
        .start()
        .both("g")
        .script("u", "x", 'context put(x, ["y", "z"], "u")', after="g")
        .both("j")
    )
    d.user("b", after="g").link("b", "j").user("z", after="j").end()
    w = World(d).start(x={"y": {"z": "orig"}})
    assert w.task("b").variables["x"] == {"y": {"z": "orig"}}
    assert w.do("b").task("z").variables["x"] == {"y": {"z": "u"}}


def voting(more: str = "") -> str:
    return process(
        "p", node("startEvent", "s"), node("exclusiveGateway", "m"),
        node("userTask", "voting", stock.MULTI.format(kind="", more=more)), node("userTask", "review"),
        node("exclusiveGateway", "x", default="x-e"), node("endEvent", "e"),
        flow("s", "m"), flow("m", "voting"), flow("voting", "review"), flow("review", "x"),
        flow("x", "m", "again"), flow("x", "e"),
    )  # fmt: skip


def test_multi_instance_cannot_be_entered_twice_in_stock() -> None:
    running = stock.workflow(voting(), members=["m1"])
    stock.do(running, "voting", vote=1)
    with pytest.raises(Exception, match="output must be empty"):
        stock.do(running, "review", again=True)

    multi = each("members", "member", output_collection="votes", output_element="values_n")
    d = (
        Draft()
        .start()
        .xor("m")
        .user("vote", multi=multi, outputs=out(values_n="values.n"))
        .user("review")
        .xor("x")
        .end()
    )
    d.link("x", "m", 'outcome = "again"').change("x", default_flow=d.flows[-2].id)
    w = World(d).start(members=["m1"]).do("vote", n=1).do("review", "again").do("vote", n=2)
    assert w.variables["votes"] == [2]


def test_called_processes_of_cancelled_instances_break_stock() -> None:
    child = process(
        "child",
        node("startEvent", "cs"),
        node("userTask", "work"),
        node("endEvent", "ce"),
        flow("cs", "work"),
        flow("work", "ce"),
    )
    multi = stock.MULTI.format(kind="", more="<completionCondition>True</completionCondition>")
    top = process(
        "p", node("startEvent", "s"), node("callActivity", "c", multi, calledElement="child"),
        node("userTask", "z"), node("endEvent", "e"), flow("s", "c"), flow("c", "z"), flow("z", "e"),
        node("boundaryEvent", "b", "<timerEventDefinition><timeDuration>\"PT0S\"</timeDuration></timerEventDefinition>", attachedToRef="c"),
        node("userTask", "late"), flow("b", "late"), flow("late", "e"),
    )  # fmt: skip
    with pytest.raises(TaskNotFoundException):
        stock.workflow(top, child, members=["m1", "m2"])

    d = Draft("p").start().call("c", "child", multi=each("members", "m")).end()
    d.timer("c", "b", '"PT1S"').user("late").end("e2")
    w = (
        World(d, Draft("child").start().user("work").end())
        .start(members=["m1", "m2"])
        .later(seconds=1)
        .fire()
    )
    assert w.open == ["late"]
    assert w.state.count(b"child") == 0


def test_a_field_called_typename_bricks_an_instance_in_stock() -> None:
    running = stock.workflow(forked("a", "b"))
    stock.do(running, "a", form={"typename": "x"})
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(DEFAULT_CONFIG))
    stored = serializer.serialize_json(running)
    with pytest.raises(TypeError):
        serializer.deserialize_json(stored)

    d = Draft().start().user("a", outputs=out(form="values")).user("b").end()
    assert World(d).start().do("a", typename="x").task("b").variables["form"] == {"typename": "x"}


def test_log_lines_are_collected_for_nobody_in_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    collected = []

    def counting(self: Any, extra: Any = None) -> dict[str, Any]:
        collected.append(self)
        return {}

    monkeypatch.setattr(Task, "collect_log_extras", counting)
    stock.workflow(forked("a", "b"))
    assert len(collected) > 10
    collected.clear()
    World(our_fork()).start().do("a")
    assert collected == []


def waiting(value: str, kind: str, cancel: str) -> str:
    event = f"<timerEventDefinition><{kind}>{value}</{kind}></timerEventDefinition>"
    return process(
        "p", node("startEvent", "s"), node("userTask", "a"), node("endEvent", "e"),
        node("boundaryEvent", "b", event, attachedToRef="a", cancelActivity=cancel),
        node("userTask", "late"), flow("s", "a"), flow("a", "e"), flow("b", "late"), flow("late", "e"),
    )  # fmt: skip


def test_an_interrupting_cycle_never_interrupts_in_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    running = stock.workflow(waiting('"R3/PT1H"', "timeCycle", "true"))
    stock.set_clock(monkeypatch, hours=2)
    running.refresh_timers()
    running.do_engine_steps()
    assert "a" in stock.ready(running)

    w = World(
        Draft().start().user("a").end().timer("a", "b", '"R3/P1D"').user("late").end("e2")
    ).start()
    assert w.later(days=1).fire().open == ["late"]


def test_who_comes_after_the_deadline_wins_in_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    running, left_alone = (
        stock.workflow(waiting('"PT1H"', "timeDuration", "true")) for _same in range(2)
    )
    stock.set_clock(monkeypatch, hours=2)
    left_alone.refresh_timers()
    left_alone.do_engine_steps()
    assert stock.ready(left_alone) == ["late"]  # the hour is over
    stock.do(running, "a")
    assert running.completed


def test_the_error_of_a_service_is_hidden_in_stock() -> None:
    operator = (
        '<extensionElements><spiffworkflow:serviceTaskOperator id="x"><spiffworkflow:parameters/>'
        "</spiffworkflow:serviceTaskOperator></extensionElements>"
    )
    parts = (node("startEvent", "s"), node("serviceTask", "t", operator), node("endEvent", "e"))
    with pytest.raises(NameError, match="script"):
        stock.workflow(process("p", *parts, flow("s", "t"), flow("t", "e")))

    w = World(Draft().start().service("t", "x").end())
    w.host.answers["x"] = NotAllowed("今日は決裁できません。")
    with pytest.raises(NotAllowed, match="今日は"):
        w.start()


def test_the_library_reads_dates_in_the_zone_of_the_server() -> None:
    from SpiffWorkflow.bpmn.specs.event_definitions.timer import LOCALTZ, TimerEventDefinition

    read = TimerEventDefinition.get_datetime("2026-04-30")
    assert read == dt.datetime(2026, 4, 30, tzinfo=LOCALTZ)

    d = Draft().start().wait("w", '"2026-04-30"').end()
    assert World(d).start().now_at.timers[0].due == dt.datetime(2026, 4, 29, 15, tzinfo=dt.UTC)


def test_expressions_are_python_in_stock() -> None:
    parts = (
        node("startEvent", "s"),
        node("scriptTask", "t", "<script>import os; here = os.getcwd()</script>"),
    )
    running = stock.workflow(
        process(
            "p",
            *parts,
            node("userTask", "a"),
            node("endEvent", "e"),
            flow("s", "t"),
            flow("t", "a"),
            flow("a", "e"),
        )
    )
    assert "here" in running.get_next_task(state=TaskState.READY, manual=True).data

    w = World(Draft().start().user("a").end()).start()
    from dxflow.engine import Instance

    instance = Instance.restore(w.definitions, w.state, w.env)
    with pytest.raises(NotImplementedError):
        instance.top.script_engine.evaluate(None, "1 + 1")
