"""What people and commands bring into the variables, and who is asked."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dxflow.engine import StepFailed, TaskNotReady
from dxflow.errors import Conflict, Invalid, NotAllowed
from tests.process.engine.factory import Draft, World, day, each, out


def test_form_values_reach_the_variables_through_outputs_only() -> None:
    d = (
        Draft()
        .start()
        .user("a", outputs=out(amount="values.amount * 2", by="outcome", old="x"))
        .user("b")
        .end()
    )
    w = World(d).start(x=1).do("a", "send", amount=21, secret="s")
    assert w.variables == {"x": 1, "amount": 42, "by": "send", "old": 1, "outcome": "send"}
    assert b"secret" not in w.state


def test_commands_of_a_task_run_in_file_order_before_the_token_moves() -> None:
    properties = {
        "command:case.amount": "{amount: values.amount}",
        "note": "ignored",
        "command:case.title": "{title: prefix + values.title, by: outcome}",
    }
    w = World(Draft().start().user("a", properties=properties).service("s", "notify").end()).start(
        prefix="R8 "
    )
    w.do("a", "send", amount=5, title="窓口")
    assert w.host.seen == [
        ("case.amount", {"amount": 5}, "a"),
        ("case.title", {"title": "R8 窓口", "by": "send"}, "a"),
        ("notify", {}, "s"),
    ]


def test_a_service_task_sends_its_inputs_and_reads_the_result() -> None:
    d = (
        Draft()
        .start()
        .service(
            "s",
            "kpi.assess",
            inputs=out(period="p", twice="period + period"),
            outputs=out(share="result.achieved / result.total", all="result"),
        )
        .user("a")
        .end()
    )
    w = World(d)
    w.host.answers["kpi.assess"] = {"achieved": 1, "total": 4, "on": day("2026-04-01")}
    w.start(p="FY2026-04")
    assert w.host.seen == [
        ("kpi.assess", {"period": "FY2026-04", "twice": "FY2026-04FY2026-04"}, "s")
    ]
    assert w.variables["share"] == Decimal("0.25")
    assert w.variables["all"]["on"] == day("2026-04-01")
    assert "period" not in w.variables


def test_nobody_outside_can_change_a_variable_by_holding_on_to_it() -> None:
    d = (
        Draft()
        .start()
        .service("s", "c", inputs=out(rows="rows"), outputs=out(got="result.rows"))
        .user("a")
        .end()
    )
    w = World(d)
    result = {"rows": [[1]]}
    w.host.answers["c"] = lambda payload: (payload["rows"].append("host"), result)[1]
    rows = [{"n": 1}]
    w.start(rows=rows)
    rows.append("caller")
    result["rows"][0].append("host")
    assert w.variables == {"rows": [{"n": 1}], "got": [[1]]}


@pytest.mark.parametrize("refusal", [NotAllowed("no"), Invalid("bad"), Conflict("late")])
def test_a_refusal_of_the_host_reaches_the_caller_unchanged(refusal: Exception) -> None:
    w = World(Draft().start().user("a", properties={"command:x": "{}"}).end()).start()
    w.host.answers["x"] = refusal
    with pytest.raises(type(refusal)) as raised:
        w.do("a")
    assert raised.value is refusal


def test_a_mistake_of_a_command_is_told_with_its_element() -> None:
    w = World(Draft("p").start().user("a").service("s", "boom").end()).start()
    w.host.answers["boom"] = KeyError("missing key")
    with pytest.raises(StepFailed) as failed:
        w.do("a")
    assert (failed.value.process, failed.value.element) == ("p", "s")
    assert "missing key" in failed.value.cause


def test_the_lane_says_who_is_asked_unless_the_task_does() -> None:
    d = (
        Draft()
        .start()
        .user("a", lane="課長", candidate_groups="")
        .user("b", candidate_groups='["role:x", "post:y"]')
    )
    d.user("c", assignee="applicant").end()
    w = World(d, lanes={"課長": '"head:" + section'}).start(section="keiei", applicant="user:7")
    assert (w.task("a").lane, w.task("a").groups) == ("課長", ("head:keiei",))
    assert w.do("a").task("b").groups == ("role:x", "post:y")
    assert w.do("b").task("c").assignee == "user:7"


def test_a_lane_without_group_stops_the_step_that_reaches_it() -> None:
    w = World(Draft().start().user("a").user("b", lane="誰か", candidate_groups="").end()).start()
    with pytest.raises(StepFailed, match="誰か"):
        w.do("a")
    assert w.open == ["a"]


def test_who_and_until_when_are_settled_when_the_task_is_reached() -> None:
    d = (
        Draft()
        .start()
        .both("s")
        .user("a", after="s", due="today()", candidate_groups='"section:" + x')
    )
    d.user("b", after="s", due='date and time("2026-05-01T17:00:00")').end()
    w = World(d).start(x="one")
    first = (w.task("a").due, w.task("a").groups)
    assert first == (datetime(2026, 4, 1, 14, 59, tzinfo=UTC), ("section:one",))  # 23:59 in Japan
    assert w.task("b").due == datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    w.later(days=9).do("b")
    assert (w.task("a").due, w.task("a").groups) == first


def test_a_task_among_several_is_called_by_what_it_is_about() -> None:
    d = (
        Draft()
        .start()
        .user("a", name="回答案", properties={"about": "one"}, multi=each("xs", "one"))
    )
    w = World(d.user("b", name="まとめ", properties={"about": "missing"}).end())
    w.start(xs=["窓口", "人材"])
    assert sorted(one.name for one in w.step.tasks) == ["回答案（人材）", "回答案（窓口）"]
    w.do("a").do("a")
    assert w.task("b").name == "まとめ"  # a task is offered even where nothing says that
    w = World(d).start(xs=["長" * 300])
    assert w.task("a").name == "回答案（" + "長" * 100 + "）"


def test_a_task_is_called_what_its_variables_say_and_as_drawn_where_they_say_nothing() -> None:
    d = Draft().start().user("a", name="判断", properties={"called": 'words.member + "の判断"'})
    called = World(d.end()).start(words={"member": "本部員"})
    assert called.task("a").name == "本部員の判断"
    assert World(d).start().task("a").name == "判断"
    both = {"called": "x", "about": '"第1号"'}
    assert World(Draft().start().user("a", properties=both).end()).start(x="長" * 300).task(
        "a"
    ).name == ("長" * 100 + "（第1号）")


def test_groups_that_are_no_texts_are_refused() -> None:
    with pytest.raises(StepFailed, match="missing"):
        World(Draft().start().user("a", candidate_groups="missing").end()).start()


def test_a_task_can_be_completed_once() -> None:
    w = World(Draft().start().user("a").user("b").end()).start()
    task = w.task("a").id
    w.complete(task)
    for unknown in (task, "0" * 32, ""):
        with pytest.raises(TaskNotReady):
            w.complete(unknown)
    assert w.open == ["b"]


def test_a_script_sets_its_variable() -> None:
    d = Draft().start().script("s", "total", "sum(for r in rows return r.n * r.m)").user("a").end()
    assert World(d).start(rows=[{"n": 2, "m": 3}, {"n": 1, "m": Decimal("0.5")}]).variables[
        "total"
    ] == Decimal("6.5")


def test_a_value_that_cannot_be_kept_stops_the_step() -> None:
    with pytest.raises(StepFailed) as failed:
        World(Draft().start().script("s", "x", "[1..5]").end()).start()
    assert failed.value.element == "s"


class Table:
    """Stands for a decision model: by cost, nothing above 100."""

    def evaluate(self, decision_id: str, inputs: dict, functions: dict) -> object:
        if inputs.get("cost") is None:
            raise ValueError("cost is missing")
        value = "small" if inputs["cost"] <= 100 else None
        return type("Outcome", (), {"value": value, "fired": (1,), "decision": decision_id})()


def test_a_decision_sets_its_variable_and_is_told() -> None:
    d = Draft().start().rule("r", "route", "level").user("a").end()
    w = World(d, decisions={"route": Table()}).start(cost=5)
    assert w.variables["level"] == "small"
    assert [(x.element, x.outcome.fired) for x in w.now_at.decided] == [("r", (1,))]
    assert w.do("a").now_at.decided == ()


def test_a_decision_without_match_clears_the_old_value() -> None:
    d = Draft().start().rule("r", "route", "level").user("a").end()
    assert (
        World(d, decisions={"route": Table()}).start(cost=500, level="old").variables["level"]
        is None
    )


def test_a_failing_decision_stops_the_step_with_its_reason() -> None:
    d = Draft().start().rule("r", "route", "level").end()
    with pytest.raises(StepFailed, match="cost is missing") as failed:
        World(d, decisions={"route": Table()}).start()
    assert failed.value.element == "r"
