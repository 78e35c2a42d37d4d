"""What was decided again is told from what was decided side by side."""

from itertools import pairwise

import pytest

from dxflow.engine import done_again
from tests.process.engine.factory import Draft, World, each
from tests.process.engine.test_tasks import Table


def items(**multi: object) -> World:
    """Return a process that plays another one for each item, and begins anew on "again"."""
    child = Draft("child").start().user("ask").rule("r", "route", "level").user("look").xor("x")
    child.end("done").link("x", "r", 'outcome = "again"')
    child.change("x", default_flow=child.flows[-2].id)
    top = Draft("top").start().call("each", "child", multi=each("costs", "cost", **multi))
    top.user("sum").xor("y").end().link("y", "each", 'outcome = "again"')
    top.change("y", default_flow=top.flows[-2].id)
    return World(top, child, decisions={"route": Table()})


def decided(world: World) -> str:
    (one,) = world.now_at.decided
    return one.branch


def test_two_entries_are_decided_side_by_side_and_one_of_them_again() -> None:
    w = items().start(costs=[5, 7])
    first = decided(w.do("ask", which=0))
    second = decided(w.do("ask"))
    assert not done_again(first, second)
    again = decided(w.do("look", "again", which=0))
    assert done_again(first, again)
    assert not done_again(second, again)


def test_entries_one_after_the_other_do_not_take_one_another_s_place() -> None:
    w = items(sequential=True).start(costs=[5, 7])
    first = decided(w.do("ask"))
    second = decided(w.do("look").do("ask"))
    assert not done_again(first, second)


def test_a_new_round_takes_the_place_of_the_one_before() -> None:
    w = items().start(costs=[5, 7])
    before = [decided(w.do("ask")), decided(w.do("ask"))]
    w.do("look").do("look").do("sum", "again")
    after = decided(w.do("ask", which=1))
    assert all(done_again(one, after) for one in before)


def test_branches_of_a_parallel_gateway_and_calls_of_one_process_stand_side_by_side() -> None:
    child = Draft("child").start().rule("r", "route", "level").end()
    top = Draft("top").start().both("fork").call("a", "child").both("join").end()
    top.call("b", "child", after="fork").link("b", "join")
    top.last = "fork"
    top.rule("c", "route", "level").link("c", "join")
    w = World(top, child, decisions={"route": Table()}).start(cost=5)
    branches = [one.branch for one in w.now_at.decided]
    assert sorted(branches) == ["a/r", "b/r", "c"]
    assert not any(done_again(one, other) for one, other in pairwise(branches))


def test_a_loop_decides_again_in_the_same_place() -> None:
    d = Draft().start().rule("r", "route", "level").user("look").xor("x").end()
    d.link("x", "r", 'outcome = "again"').change("x", default_flow=d.flows[-2].id)
    w = World(d, decisions={"route": Table()}).start(cost=5)
    first = decided(w)
    assert done_again(first, decided(w.do("look", "again")))


def test_commands_are_told_where_they_were_reached() -> None:
    child = Draft("child").start().service("s", "authority.find").end()
    top = Draft("top").start().call("each", "child", multi=each("costs", "cost")).end()
    w = World(top, child).start(costs=[5, 7])
    one, other = w.host.branches
    assert one.endswith(".0/s")
    assert other.endswith(".1/s")
    assert not done_again(one, other)


@pytest.mark.parametrize(
    ("earlier", "later", "again"),
    [
        ("r", "r", True),
        ("r", "q", False),
        ("a/r", "r", False),
        ("m#1.0/r", "m#1.1/r", False),
        ("m#1.0/r", "m#2.1/r", True),
        ("m#1.0/r", "m#2.1/q", False),
        ("m#1.0/n#3.0/r", "m#1.0/n#4.1/r", True),
        ("m#1.0/n#3.0/r", "m#1.1/n#4.0/r", False),
    ],
)
def test_where_it_was_done_tells_whether_it_was_done_again(
    earlier: str, later: str, again: bool
) -> None:
    assert done_again(earlier, later) is again
