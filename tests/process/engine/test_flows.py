"""Gateways, events and loops do what BPMN 2.0.2 says."""

import itertools

import pytest

from dxflow.engine import StepFailed
from dxflow.models.model import Element, Kind
from dxflow.problems import Refused
from tests.process.engine.factory import Draft, World, out

CHECKS = ("legal", "security", "budget")


def three_checks() -> Draft:
    d = Draft().start().xor("m").user("submit").both("split")
    for check in CHECKS:
        d.user(check, after="split", outputs=out(**{check: "values.x"}))
    d.both("join", after="legal").link("security", "join").link("budget", "join")
    d.user("review").xor("x").end()
    return d.link("x", "m", 'outcome = "again"').change("x", default_flow=d.flows[-2].id)


def test_a_task_waits_for_a_person_and_then_the_process_ends() -> None:
    w = World(Draft().start().user("a", name="申請").end()).start(title="t")
    assert [(t.element, t.name, t.process, t.path) for t in w.now_at.tasks] == [
        ("a", "申請", "p", ())
    ]
    assert not w.ended
    w.do("a")
    assert w.ended
    assert w.open == []
    assert w.variables == {"title": "t", "outcome": "ok"}


def test_the_first_true_condition_decides_and_else_the_default_flow() -> None:
    d = Draft().start().xor("g").user("big", condition="x >= 100").end()
    d.user("middle", after="g", condition="x >= 10").link("middle", "end")
    d.user("small", after="").link("g", "small", default=True).link("small", "end")
    assert [World(d).start(x=x).open for x in (500, 50, 5)] == [["big"], ["middle"], ["small"]]


def test_no_true_condition_without_default_stops_the_step() -> None:
    d = (
        Draft()
        .start()
        .xor("g")
        .user("a", condition="x > 1")
        .end()
        .user("b", after="g", condition="x > 2")
    )
    with pytest.raises(StepFailed) as failed:
        World(d).start(x=0)
    assert failed.value.element == "g"


def test_a_condition_that_is_neither_true_nor_false_is_never_taken_as_false() -> None:
    d = Draft().start().xor("g").user("a", condition="amount > 1").end()
    d.user("b", after="").link("g", "b", default=True)
    with pytest.raises(StepFailed, match="amount > 1"):
        World(d).start()


@pytest.mark.parametrize("order", list(itertools.permutations(CHECKS)))
def test_a_join_waits_for_all_branches_also_in_the_second_round(order: tuple[str, ...]) -> None:
    w = World(three_checks()).start()
    for _round in range(2):
        w.do("submit")
        for number, check in enumerate(order):
            assert "review" not in w.open
            w.do(check, x=number)
        assert w.open == ["review"]
        w.do("review", "again")
    w.do("submit")
    assert sorted(w.open) == sorted(CHECKS)


def test_what_each_branch_changed_survives_the_join() -> None:
    w = World(three_checks()).start(kept=1).do("submit")
    for number, check in enumerate(CHECKS):
        w.do(check, x=[number])
    assert w.task("review").variables == {
        "kept": 1,
        "outcome": "ok",
        "legal": [0],
        "security": [1],
        "budget": [2],
    }


def test_an_untouched_branch_does_not_bring_an_old_value_back() -> None:
    d = Draft().start().both("s").user("writer", after="s", outputs=out(x="2", made="{a: [1]}"))
    d.user("reader", after="s").both("j", after="writer").link("reader", "j").user("z").end()
    w = World(d).start(x=1, old=[{"id": "u", "v": 1}]).do("writer").do("reader")
    assert w.task("z").variables["x"] == 2
    assert w.task("z").variables["made"] == {"a": [1]}
    assert w.task("z").variables["old"] == [{"id": "u", "v": 1}]


def test_the_later_branch_wins_where_two_changed_the_same_variable() -> None:
    d = Draft().start().both("s").user("a", after="s", outputs=out(x="values.x"))
    d.user("b", after="s", outputs=out(x="values.x")).both("j", after="a").link("b", "j").user(
        "z"
    ).end()
    assert World(d).start(x=[0]).do("b", x=["b"]).do("a", x=["a"]).task("z").variables["x"] == ["a"]
    assert World(d).start(x=[0]).do("a", x=["a"]).do("b", x=["b"]).task("z").variables["x"] == ["b"]


def test_surplus_tokens_wait_at_the_join_for_their_counterparts() -> None:
    d = Draft().start().both("fork").user("slow", after="fork").xor("m", after="fork").user("fast")
    d.both("copy").xor("g").end("e1").link("g", "m", 'outcome = "again"').change(
        "g", default_flow=d.flows[-2].id
    )
    d.both("join", after="copy").link("slow", "join").user("after").end()
    w = World(d).start().do("fast", "again").do("fast")
    assert w.open == ["slow"]
    w.do("slow")
    assert w.open == ["after"]
    w.do("after")
    assert w.open == []
    assert not w.ended  # one token from the fast side will never find a partner (BPMN deadlock)


def test_several_flows_out_of_an_activity_all_carry_a_token() -> None:
    d = Draft().start().user("a").user("b").end("e1").user("c", after="a").end("e2")
    assert sorted(World(d).start().do("a").open) == ["b", "c"]


def test_an_activity_without_outgoing_flow_ends_its_branch() -> None:
    assert World(Draft().start().user("a")).start().do("a").ended


def test_ids_that_the_library_uses_itself_are_free_for_models() -> None:
    d = Draft("End").start("Start").user("Root").user("p.EndJoin").end("End")
    assert World(d).start().do("Root").do("p.EndJoin").ended


def test_a_terminate_end_takes_everything_else_away() -> None:
    d = Draft().start().both("s").user("a", after="s").terminate("stop").user("b", after="s").end()
    w = World(d).start().do("a")
    assert w.ended
    assert ("b", "cancelled") in [(v.element, v.kind) for v in w.visits]


def test_a_terminate_end_inside_a_sub_process_ends_only_that() -> None:
    body = (
        Draft("s")
        .start("s0")
        .both("s1")
        .user("a", after="s1")
        .terminate("stop")
        .user("b", after="s1")
        .end("s9")
    )
    w = World(Draft().start().inside("s", body).user("next").end()).start().do("a")
    assert w.open == ["next"]


def test_the_end_event_that_ended_the_top_process_gives_its_properties() -> None:
    d = Draft().start().user("a").xor("g").end("yes")
    d.end("no", after="", properties={"status": "rejected"}).link("g", "no", 'outcome = "no"')
    d.change("g", default_flow=d.flows[-2].id)
    assert World(d).start().do("a", "no").now_at.end_properties == {"status": "rejected"}
    assert World(d).start().do("a").now_at.end_properties == {}
    w = World(d).start().do("a", "no")
    assert w.cancel().now_at.end_properties == {"status": "rejected"}  # it had ended before


def test_every_arrival_and_departure_is_told_in_order() -> None:
    w = World(Draft().start().script("s", "x", "1").user("a").end()).start()
    assert [(v.element, v.kind) for v in w.now_at.visits] == [
        ("start", "entered"),
        ("start", "completed"),
        ("s", "entered"),
        ("s", "completed"),
        ("a", "entered"),
    ]
    w.do("a")
    assert [(v.element, v.kind) for v in w.now_at.visits] == [
        ("a", "completed"),
        ("end", "entered"),
        ("end", "completed"),
    ]


def test_the_active_path_leads_down_to_the_innermost_element() -> None:
    inner = (
        Draft("inner").start().inside("sub", Draft("sub").start("s0").user("deep").end("s9")).end()
    )
    w = World(Draft().start().call("call", "inner").end(), inner).start()
    assert w.now_at.active_path == ("call", "sub", "deep")
    assert (w.task("deep").process, w.task("deep").path) == ("inner", ("call",))


def test_what_cannot_be_run_is_refused_with_its_element() -> None:
    d = (
        Draft()
        .start()
        .add(Element("inclusive", Kind.OTHER, construct="inclusiveGateway", line=7))
        .end()
    )
    d.call("c", "nowhere").rule("r", "nothing", "x").script("s", "x", "1 +").service("v", "")
    with pytest.raises(Refused) as refused:
        World(d)
    assert {p.element for p in refused.value.problems} >= {"inclusive", "c", "r", "s", "v"}
    with pytest.raises(Refused, match="入出力"):
        World(Draft().start().script("s", "x", "1", outputs=out(y="x")).end())
    with pytest.raises(Refused, match="条件"):
        World(Draft().start().user("a").user("b", condition="x > 1").end())
