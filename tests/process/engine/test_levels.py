"""Call activities, embedded sub-processes and multi-instance."""

import pytest

from dxflow.engine import TaskNotReady
from tests.process.engine.factory import Draft, World, each, out


def called() -> Draft:
    return Draft("child").start().user("work", outputs=out(result="values.x", inner="1")).end()


def test_a_called_process_sees_its_inputs_and_gives_back_its_outputs_only() -> None:
    top = (
        Draft("top")
        .start()
        .call("c", "child", inputs=out(given="x + 1"), outputs=out(back="result * 10"))
    )
    w = World(top.user("after").end(), called()).start(x=1, secret=2)
    task = w.task("work")
    assert (task.variables, task.process, task.path) == ({"given": 2}, "child", ("c",))
    w.do("work", x=4)
    assert w.variables == {"x": 1, "secret": 2, "back": 40}


def test_without_inputs_a_called_process_sees_everything_and_nothing_leaks_back() -> None:
    w = World(Draft("top").start().call("c", "child").user("after").end(), called()).start(x=1)
    assert w.task("work").variables == {"x": 1}
    assert w.do("work", x=4).variables == {"x": 1}


def test_everything_comes_back_where_the_model_says_so() -> None:
    w = World(
        Draft("top").start().call("c", "child", propagate_all=True).user("after").end(), called()
    ).start(x=1)
    assert w.do("work", x=4).variables == {"x": 1, "result": 4, "inner": 1, "outcome": "ok"}


def test_a_sub_process_works_on_the_variables_around_it() -> None:
    body = Draft("s").start("s0").user("a", outputs=out(x="values.x", seen="x")).end("s9")
    w = World(Draft().start().inside("s", body).user("b").end()).start(x=1)
    assert w.task("a").process == "p"
    assert w.task("a").path == ()
    assert w.do("a", x=7).variables == {"x": 7, "seen": 7, "outcome": "ok"}


def test_calls_nest_and_the_path_leads_to_the_task() -> None:
    middle = Draft("middle").start().call("inner", "child", outputs=out(result="result + 1")).end()
    w = World(
        Draft("top").start().call("outer", "middle", outputs=out(r="result")).user("z").end(),
        middle,
        called(),
    )
    w.start()
    assert w.task("work").path == ("outer", "inner")
    assert w.do("work", x=1).variables == {"r": 2}


def voting(**fields: object) -> Draft:
    multi = each(
        "members",
        "member",
        output_collection="votes",
        output_element="{who: member, said: outcome}",
        **fields,
    )
    d = (
        Draft()
        .start()
        .xor("m")
        .user("vote", multi=multi, candidate_groups='"post:" + member')
        .user("conclude")
    )
    d.xor("g").end()
    return d.link("g", "m", 'outcome = "again"').change("g", default_flow=d.flows[-2].id)


def test_every_entry_of_the_list_gets_a_task_of_its_own() -> None:
    w = World(voting()).start(members=["m1", "m2", "m3"])
    assert [
        (t.variables["member"], t.groups, t.variables["loopCounter"]) for t in w.now_at.tasks
    ] == [
        ("m1", ("post:m1",), 1),
        ("m2", ("post:m2",), 2),
        ("m3", ("post:m3",), 3),
    ]
    w.do("vote", "no", which=1).do("vote", "yes", which=1).do("vote", "yes")
    assert w.variables["votes"] == [
        {"who": "m1", "said": "yes"},
        {"who": "m2", "said": "no"},
        {"who": "m3", "said": "yes"},
    ]
    assert "member" not in w.variables
    assert "outcome" not in w.variables


def test_one_after_the_other_when_sequential() -> None:
    w = World(voting(sequential=True)).start(members=["m1", "m2"])
    assert [t.variables["member"] for t in w.now_at.tasks] == ["m1"]
    w.do("vote", "a")
    assert [t.variables["member"] for t in w.now_at.tasks] == ["m2"]
    assert [v["said"] for v in w.do("vote", "b").variables["votes"]] == ["a", "b"]


def test_an_empty_list_asks_nobody() -> None:
    for fields in ({}, {"sequential": True}):
        w = World(voting(**fields)).start(members=[])
        assert w.open == ["conclude"]
        assert w.variables["votes"] == []


def test_enough_answers_end_the_rest() -> None:
    w = World(voting(completion="count(votes[item != null]) >= 2 and numberOfInstances = 4")).start(
        members=["a", "b", "c", "d"]
    )
    ids = [t.id for t in w.now_at.tasks]
    w.complete(ids[3], "x").complete(ids[0], "y")
    assert w.open == ["conclude"]
    assert w.variables["votes"] == [
        {"who": "a", "said": "y"},
        None,
        None,
        {"who": "d", "said": "x"},
    ]


def test_an_entry_is_passed_over_and_the_others_end_it() -> None:
    w = World(voting()).start(members=["a", "b", "c"])
    passed = w.now_at.tasks[1].id
    w.pass_over(passed).do("vote", "x", which=1).do("vote", "y")
    assert w.open == ["conclude"]
    assert w.variables["votes"] == [{"who": "a", "said": "y"}, None, {"who": "c", "said": "x"}]


def test_the_last_entry_passed_over_ends_it_at_once() -> None:
    w = World(voting()).start(members=["a", "b"]).do("vote", "x")
    assert w.pass_over(w.task("vote").id).open == ["conclude"]


def test_an_entry_taken_in_again_is_the_task_it_was_while_the_activity_lasts() -> None:
    w = World(voting()).start(members=["a", "b"])
    passed = w.now_at.tasks[0]
    w.pass_over(passed.id).take_in(passed.id)
    assert {task.id: task.variables for task in w.now_at.tasks}[passed.id] == passed.variables
    w.pass_over(passed.id).do("vote", "x")
    with pytest.raises(TaskNotReady):
        w.take_in(passed.id)


def test_in_a_sequence_the_next_comes_and_who_is_taken_in_again_comes_last() -> None:
    w = World(voting(sequential=True)).start(members=["a", "b", "c"])
    passed = w.task("vote").id
    w.pass_over(passed)
    assert w.task("vote").variables["member"] == "b"
    w.take_in(passed).do("vote", "x").do("vote", "y")
    assert w.task("vote").variables["member"] == "a"
    w.do("vote", "z")
    assert [one and one["said"] for one in w.variables["votes"]] == [None, "x", "y", "z"]


def test_an_instance_that_called_a_process_is_passed_over_with_it() -> None:
    multi = each("units", "unit", output_collection="all", output_element="r")
    top = Draft("top").start().call("c", "child", outputs=out(r="string(result)"), multi=multi)
    w = World(top.user("z").end(), called()).start(units=["a", "b"])
    passed = w.now_at.tasks[0].id
    w.pass_over(passed)
    assert w.open == ["work"]
    assert w.take_in(passed).open == ["work", "work"]
    w.pass_over(w.now_at.tasks[0].id).do("work", x=4)
    assert (w.open, w.variables["all"].count(None)) == (["z"], 1)


def test_a_task_that_is_no_instance_is_not_passed_over() -> None:
    w = World(Draft().start().user("a").end()).start()
    with pytest.raises(TaskNotReady):
        w.pass_over(w.task("a").id)


def test_it_can_be_entered_again() -> None:
    w = (
        World(voting())
        .start(members=["a", "b"])
        .do("vote", "1")
        .do("vote", "2")
        .do("conclude", "again")
    )
    assert len(w.open) == 2
    w.do("vote", "3").do("vote", "4")
    assert [v["said"] for v in w.variables["votes"]] == ["3", "4"]


def test_it_counts_as_one_visit() -> None:
    w = World(voting()).start(members=["a", "b"]).do("vote").do("vote")
    assert [v.kind for v in w.visits if v.element == "vote"] == ["entered", "completed"]


def test_a_called_process_for_each_entry() -> None:
    multi = each("units", "unit", output_collection="all", output_element='unit + ":" + r')
    top = (
        Draft("top")
        .start()
        .call("c", "child", inputs=out(unit="unit"), outputs=out(r="string(result)"), multi=multi)
    )
    w = World(top.user("z").end(), called()).start(units=["u1", "u2"])
    assert [t.variables for t in w.now_at.tasks] == [{"unit": "u1"}, {"unit": "u2"}]
    w.do("work", x=1, which=1).do("work", x=2)
    assert w.variables["all"] == ["u1:2", "u2:1"]


def test_cancelling_takes_called_processes_of_all_levels_away() -> None:
    multi = each("units", "unit", output_collection="all", output_element="1", completion="true")
    middle = Draft("middle").start().call("inner", "child").end()
    w = World(
        Draft("top").start().call("c", "middle", multi=multi).user("z").end(), middle, called()
    )
    w.start(units=["u1", "u2", "u3"]).do("work", which=1)
    assert w.open == ["z"]
    assert w.state.count(b'"child"') == 0
    w = (
        World(Draft("top").start().call("c", "middle").user("z").end(), middle, called())
        .start()
        .cancel()
    )
    assert w.ended
    assert (w.open, w.now_at.timers) == ([], ())
    assert {v.element for v in w.visits if v.kind == "cancelled"} == {"c", "inner", "work"}
