"""A step happens as a whole or not at all, and always comes to an end."""

import pytest

from dxflow.engine import BudgetExceeded, StepFailed
from dxflow.errors import Conflict, NotFound
from tests.process.engine.factory import Draft, World, out


def test_an_error_further_on_leaves_the_stored_instance_as_it_was() -> None:
    d = Draft().start().user("a", outputs=out(x="values.x")).script("s1", "y", "x * 2")
    d.service("s2", "note").script("s3", "z", "fail(y)").user("b").end()
    w = World(d).start()
    before, task = w.state, w.task("a").id
    with pytest.raises(StepFailed) as failed:
        w.do("a", x=1)
    assert (failed.value.process, failed.value.element) == ("p", "s3")
    assert "fail" in failed.value.cause
    assert w.state == before
    assert (w.open, w.task("a").id) == (["a"], task)


def test_a_process_that_runs_in_circles_is_stopped() -> None:
    d = Draft().start().xor("m").script("s", "n", "if n = null then 1 else n + 1").xor("g").end()
    d.link("g", "m", "n < 1000").change("g", default_flow=d.flows[-2].id)
    with pytest.raises(BudgetExceeded) as stopped:
        World(d).start()
    assert stopped.value.element in ("m", "s", "g")
    assert World(d, step_budget=5000).start().variables["n"] == 1000


def test_a_process_that_calls_itself_is_stopped() -> None:
    with pytest.raises(BudgetExceeded):
        World(Draft("p").start().call("again", "p").end()).start()


def test_timers_that_are_always_due_are_stopped() -> None:
    d = Draft().start().xor("m").wait("w", '"PT0S"').link("w", "m")
    with pytest.raises(BudgetExceeded):
        World(d).start()


def test_an_unknown_process_is_not_started() -> None:
    w = World(Draft().start().end())
    w.top = "other"
    with pytest.raises(NotFound):
        w.start()


def test_what_the_database_raises_is_not_taken_for_a_mistake_of_the_process() -> None:
    class Locked(Exception):
        pass

    w = World(Draft().start().service("s", "x").end())
    w.host.answers["x"] = Locked("database is locked")
    with pytest.raises(Locked):
        w.start()


@pytest.mark.parametrize("answer", [None, [], "text", {1: 2}, {"x": object()}])
def test_a_command_must_answer_with_a_context(answer: object) -> None:
    w = World(Draft().start().service("s", "x", outputs=out(y="result.y")).end())
    w.host.answers["x"] = lambda _payload: answer
    with pytest.raises(StepFailed) as failed:
        w.start()
    assert failed.value.element == "s"


def test_a_payload_must_be_a_context() -> None:
    w = World(Draft().start().user("a", properties={"command:x": "values.n"}).end()).start()
    with pytest.raises(StepFailed):
        w.do("a", n=3)
    assert w.host.seen == []


def test_errors_say_what_kind_of_refusal_they_are() -> None:
    w = World(Draft().start().user("a").end()).start()
    with pytest.raises(Conflict) as late:
        w.complete("nothing")
    assert late.value.kind == "conflict"
