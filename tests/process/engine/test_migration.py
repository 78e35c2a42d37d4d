"""Running instances move to another version of their processes, or are told why they cannot."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dxflow import engine
from dxflow.models.model import TimerKind
from tests.process.engine import samples
from tests.process.engine.factory import NOW, Calls, Draft, World, each, out
from tests.process.engine.test_walks import choose

TODAY = date(2026, 4, 1)
Mapping = dict[tuple[str, str], tuple[str, str]]


def move(
    world: World, *drafts: Draft, mapping: Mapping | None = None, **options: Any
) -> engine.Migrated:
    """Move an instance to the processes of the drafts and let it go on there."""
    new = World(*drafts).definitions
    moved = engine.migrated(
        world.definitions, new, world.state, mapping or {}, world.env, **options
    )
    world.definitions, world.step = new, moved.after
    return moved


def blockers(world: World, *drafts: Draft, mapping: Mapping | None = None) -> dict[str, str]:
    state = world.state
    with pytest.raises(engine.NotMigratable) as refused:
        move(world, *drafts, mapping=mapping)
    assert world.state == state
    return {one.element: one.message for one in refused.value.blockers}


def line(*steps: str, **fields: Any) -> Draft:
    draft = Draft("p").start()
    for step in steps:
        draft.user(step, outputs=out(**{step: "values.x"}), **fields)
    return draft.end()


def there_and_back(world: World, *drafts: Draft, mapping: Mapping | None = None) -> None:
    """Make sure that going there and back leaves the very same bytes."""
    new = World(*drafts).definitions
    there = engine.migrated(world.definitions, new, world.state, mapping or {}, world.env)
    back = {target: source for source, target in (mapping or {}).items()}
    again = engine.migrated(new, world.definitions, there.state, back, world.env)
    assert again.state == world.state


def test_a_task_with_another_id_is_found_by_the_mapping_and_keeps_its_variables() -> None:
    world = World(line("a", "b")).start().do("a", x=1)
    task, new = world.task("b").id, line("a", "check", name="確認")
    assert set(blockers(world, new)) == {"b"}
    mapping = {("p", "b"): ("p", "check")}
    there_and_back(world, new, mapping=mapping)
    moved = move(world, new, mapping=mapping)
    assert (moved.before.tasks[0].element, moved.after.tasks[0].element) == ("b", "check")
    assert (world.task("check").id, world.task("check").name) == (task, "確認")
    assert world.do("check", x=2).ended
    assert world.variables == {"a": 1, "check": 2, "outcome": "ok"}


def test_a_task_added_behind_the_open_one_is_met_and_one_before_is_not() -> None:
    world = World(line("b")).start()
    move(world, line("a", "b", "c"))
    assert world.open == ["b"]
    assert world.do("b").open == ["c"]
    assert world.do("c").ended


def test_an_element_that_nobody_stands_on_may_be_gone() -> None:
    world = World(line("a", "b", "c")).start().do("a")
    move(world, line("b"))
    assert world.do("b").ended


def test_a_changed_condition_counts_from_the_move_on() -> None:
    def draft(condition: str) -> Draft:
        d = Draft("p").start().user("a", outputs=out(n="values.x")).xor("g")
        d.user("big", condition=condition).end().end("other", after="")
        return d.link("g", "other", default=True)

    world = World(draft("n > 10")).start()
    move(world, draft("n > 5"))
    assert world.do("a", x=7).open == ["big"]


def test_candidates_and_due_are_worked_out_anew_only_where_the_version_says_otherwise() -> None:
    def draft(groups: str, due: str) -> Draft:
        return line("a", candidate_groups=groups, due=due)

    same, other = '"section:a"', '["section:b", "role:x"]'
    soon, late = 'today() + duration("P3D")', 'today() + duration("P9D")'
    world = World(draft(same, soon)).start()
    before, reached = world.task("a"), replace(world.env, functions={"today": lambda: TODAY})
    world.later(days=2)
    kept = move(world, draft(same, soon)).after.tasks[0]
    assert (kept.groups, kept.due) == (before.groups, before.due)
    move(world, draft(other, late), reached={before.id: reached})
    after = world.task("a")
    assert after.groups == ("section:b", "role:x")
    assert after.due == before.due + timedelta(days=6)
    move(world, draft(other, soon))
    assert world.task("a").due == before.due + timedelta(days=2)


def test_what_a_task_is_about_stays_until_the_version_says_otherwise() -> None:
    def draft(*about: str) -> Draft:
        return line(
            "a", name="回答案", properties=dict.fromkeys(["about"][: len(about)], "".join(about))
        )

    world = World(draft("x")).start(x="窓口", y="人材")
    assert move(world, draft("x")).after.tasks[0].name == "回答案（窓口）"
    assert move(world, draft("y")).after.tasks[0].name == "回答案（人材）"
    assert move(world, draft()).after.tasks[0].name == "回答案"
    assert move(world, draft("x")).after.tasks[0].name == "回答案（窓口）"


def test_what_a_task_is_called_stays_until_the_version_says_otherwise() -> None:
    def draft(**called: str) -> Draft:
        return line("a", name="判断", properties=called)

    world = World(draft(called="x")).start(x="委員の判断", y="本部員の判断")
    assert move(world, draft(called="x")).after.tasks[0].name == "委員の判断"
    assert move(world, draft(called="y")).after.tasks[0].name == "本部員の判断"
    assert move(world, draft()).after.tasks[0].name == "判断"


def test_lanes_that_mean_others_now_offer_the_task_to_them() -> None:
    world = World(
        line("a", candidate_groups="", lane="窓口"), lanes={"窓口": '"section:a"'}
    ).start()
    old = world.environment["lanes"]
    world.environment["lanes"] = {"窓口": '"section:b"'}
    move(world, line("a", candidate_groups="", lane="窓口"), old_lanes=old)
    assert world.task("a").groups == ("section:b",)


# -- timers


def guarded(*timers: tuple[str, str, bool], task: str = "a") -> Draft:
    d = Draft("p").start().user(task).end()
    for name, value, interrupting in timers:
        d.timer(task, name, value, interrupting).user(f"after_{name}").end(f"end_{name}")
    return d


DEADLINE, REMIND = ("late", '"P5D"', True), ("remind", '"R/P2D"', False)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_timer_added_to_the_open_task_is_armed_from_when_it_was_reached(at_once: bool) -> None:
    world = World(guarded()).start()
    reached = {world.task("a").id: world.env}
    world.later(days=1)
    there_and_back(world, guarded(DEADLINE, REMIND))
    moved = move(world, guarded(DEADLINE, REMIND), reached=reached if at_once else {})
    begin = NOW if at_once else world.now
    assert {(one.element, one.what, one.after) for one in moved.timers} == {
        ("late", "armed", begin + timedelta(days=5)),
        ("remind", "armed", begin + timedelta(days=2)),
    }
    assert world.later(days=2).fire().open == ["a", "after_remind"]
    assert world.do("after_remind").later(days=3).fire().open[-1] == "after_late"
    assert "a" not in world.open
    while world.open:
        world.do(world.open[0])
    assert world.ended


def test_the_task_is_done_and_its_added_timer_is_gone() -> None:
    world = World(guarded()).start()
    move(world, guarded(DEADLINE))
    world.do("a")
    assert (world.ended, world.now_at.timers) == (True, ())


def test_a_timer_no_longer_drawn_is_dropped_and_nothing_remains_of_it() -> None:
    world = World(guarded(DEADLINE, REMIND)).start()
    plain = World(guarded()).start().state
    moved = move(world, guarded())
    assert {(one.element, one.what) for one in moved.timers} == {
        ("late", "dropped"), ("remind", "dropped"),
    }  # fmt: skip
    assert len(world.state) == len(plain)
    assert world.do("a").ended


def test_a_reminder_on_its_way_stays_when_the_timer_goes_and_its_path_is_drawn() -> None:
    once = ("remind", '"P2D"', False)
    world = World(guarded(once)).start().later(days=2).fire()
    new = guarded()
    new.user("after_remind", after="").end("end_remind")
    move(world, new)
    assert world.open == ["a", "after_remind"]
    assert not world.do("a").ended
    assert world.do("after_remind").ended


def test_a_reminder_that_has_fired_is_not_armed_again() -> None:
    once = ("remind", '"P2D"', False)
    world = World(guarded(once, DEADLINE)).start().later(days=2).fire().do("after_remind")
    moved = move(world, guarded(once, ("late", '"P6D"', True)))
    assert [timer.element for timer in world.now_at.timers] == ["late"]
    assert [(one.element, one.what) for one in moved.timers] == [("late", "rearmed")]


def test_an_unchanged_timer_keeps_its_moment_and_a_changed_cycle_its_first_start() -> None:
    world = World(guarded(DEADLINE, REMIND)).start().later(days=1)
    there_and_back(world, guarded(DEADLINE, ("remind", '"R/P3D"', False)))
    moved = move(world, guarded(DEADLINE, ("remind", '"R/P3D"', False)))
    (change,) = moved.timers
    assert (change.what, change.before, change.after) == (
        "rearmed", NOW + timedelta(days=2), NOW + timedelta(days=3),
    )  # fmt: skip
    assert {timer.element: timer.due for timer in moved.after.timers} == {
        "late": NOW + timedelta(days=5), "remind": NOW + timedelta(days=3),
    }  # fmt: skip


def test_a_cycle_made_shorter_does_not_make_up_for_what_it_would_have_said() -> None:
    world = World(guarded(("remind", '"R/P30D"', False))).start().later(days=20)
    moved = move(world, guarded(("remind", '"R/P7D"', False)))
    assert moved.after.timers[0].due == NOW + timedelta(days=21)


def test_a_moment_waited_for_is_worked_out_anew_when_its_rule_changes() -> None:
    def draft(value: str, kind: TimerKind = TimerKind.DURATION) -> Draft:
        return Draft("p").start().wait("w", value, kind).user("a").end()

    world = World(draft('"P10D"')).start().later(days=4)
    moved = move(world, draft('"2026-05-01"', TimerKind.DATE))
    assert [(one.element, one.what) for one in moved.timers] == [("w", "rearmed")]
    assert world.fire().open == []
    assert world.later(days=30).fire().open == ["a"]


# -- levels, loops, branches


def calling(*inside: str, process: str = "q", body: bool = False) -> list[Draft]:
    sub = Draft(process).start("s")
    for step in inside:
        sub.user(step)
    sub.end("e")
    top = Draft("p").start()
    if body:
        return [top.inside("c", sub).user("z").end()]
    return [top.call("c", process).user("z").end(), sub]


@pytest.mark.parametrize("body", [False, True])
def test_inside_a_called_process_and_a_sub_process(body: bool) -> None:
    world = World(*calling("a", "b", body=body)).start().do("a")
    there_and_back(world, *calling("a", "b", "c2", body=body))
    move(world, *calling("b", "c2", body=body))
    assert world.task("b").path == (() if body else ("c",))
    assert world.do("b").open == ["c2"]
    assert world.do("c2").do("z").ended


def test_a_called_process_under_another_name_is_entered_where_the_caller_says() -> None:
    world = World(*calling("a", "b")).start().do("a")
    move(world, *calling("a", "b", process="r"))
    assert world.task("b").process == "r"
    assert world.do("b").do("z").ended


def test_a_process_that_is_gone_or_that_the_caller_no_longer_calls() -> None:
    world = World(*calling("a")).start()
    gone = Draft("other").start().user("a").end()
    assert "新しい版にありません" in blockers(world, gone)["c"]
    assert "種類" in blockers(world, Draft("p").start().user("c").end())["c"]


def test_in_the_loop_of_a_measure_that_has_run_for_years() -> None:
    def draft(*extra: str) -> Draft:
        d = Draft("p").start().script("init", "year", "0").xor("again").wait("w", '"P365D"')
        d.user("measure", outputs=out(actual="values.x"))
        for step in extra:
            d.user(step)
        d.script("next", "year", "year + 1").xor("g").end()
        d.link("g", "again", "year < 4").change("g", default_flow=d.flows[-2].id)
        return d

    world = World(draft()).start()
    for _year in range(2):
        world.later(days=365).fire().do("measure", x=1)
    there_and_back(world, draft("review"))
    due = world.now_at.timers[0].due
    assert move(world, draft("review")).after.timers[0].due == due
    for _year in range(2):
        assert world.later(days=365).fire().do("measure", x=2).open == ["review"]
        world.do("review")
    assert world.ended
    assert world.variables["year"] == 4


def parallel(*branches: tuple[str, ...], last: str = "z") -> Draft:
    d = Draft("p").start().both("split")
    for number, branch in enumerate(branches):
        for step in branch:
            d.user(step, after="split" if step == branch[0] else None)
            d.change(step, outputs=out(**{step: "values.x"}))
        if number:
            d.link(branch[-1], "join")
        else:
            d.both("join")
            d.user(last, after="join").end()
    return d


OLD = parallel(("a",), ("b",))


def test_in_parallel_branches_one_of_which_waits_at_the_join() -> None:
    world = World(OLD).start().do("a", x=1)
    new = parallel(("a", "a2"), ("b", "b2"))
    there_and_back(world, new)
    move(world, new)
    assert world.do("b", x=2).open == ["b2"]
    assert world.do("b2", x=3).open == ["z"]
    assert world.do("z").ended
    assert (world.variables["a"], world.variables["b"], world.variables["b2"]) == (1, 2, 3)


def test_the_last_step_of_a_branch_that_waits_may_be_gone() -> None:
    world = World(parallel(("a", "a2"), ("b",))).start().do("a").do("a2")
    move(world, OLD)
    assert world.do("b").do("z").ended


def without_join() -> Draft:
    d = Draft("p").start().both("split").user("a").user("z").end()
    return d.user("b", after="split").link("b", "z")


def test_branches_must_part_and_meet_as_before() -> None:
    both = World(OLD).start()
    moved_before = Draft("p").start().user("a").both("split").user("c").both("join").user("z").end()
    moved_before.user("b", after="split").link("b", "join")
    cases: dict[str, Draft] = {
        "three": parallel(("a",), ("b",), ("c",)),
        "a line": line("a", "b", "z"),
        "before the fork": moved_before,
        "into one branch": parallel(("a", "b"), ("c",)),
    }
    for name, draft in cases.items():
        assert "枝" in "".join(blockers(both, draft).values()), name
    waiting = World(OLD).start().do("a")
    assert blockers(waiting, parallel(("a",), ("b",), ("c",)))
    alone = World(line("a", "b")).start()
    assert set(blockers(alone, OLD)) == {"a"}
    before = World(line("y", "b")).start()
    beginning = Draft("p").start().user("y").both("split").user("a").both("join").end()
    move(before, beginning.user("b", after="split").link("b", "join"))
    assert before.do("y").open == ["a", "b"]


def test_nested_branches_inside_a_branch_that_goes_on() -> None:
    def draft(extra: str = "") -> Draft:
        d = Draft("p").start().both("s1").user("a").both("s2").user("b").both("j2")
        d.user("c", after="s2").link("c", "j2")
        if extra:
            d.user(extra, after="j2")
        d.last = extra or "j2"
        d.both("j1").end()
        return d.user("d", after="s1").link("d", "j1")

    world = World(draft()).start().do("a").do("b")
    there_and_back(world, draft("more"))
    move(world, draft("more"))
    assert world.do("c").do("more").open == ["d"]
    assert world.do("d").ended


# -- several instances of one activity


def voting(collection: str = "members", **fields: Any) -> Draft:
    fields.setdefault("output_collection", "votes")
    fields.setdefault("output_element", "values.x")
    d = Draft("p").start().user("vote", multi=each(collection, "m", **fields))
    d.change("vote", outputs=out(values="values"), candidate_groups='"post:" + m')
    return d.user("sum", outputs=out(all="votes")).end()


@pytest.mark.parametrize("sequential", [False, True])
def test_votes_given_before_the_move_count(sequential: bool) -> None:
    world = World(voting(sequential=sequential)).start(members=["x", "y"]).do("vote", x=1)
    new = voting(sequential=sequential).timer("vote", "late", '"P9D"').end("gone")
    there_and_back(world, new)
    move(world, new)
    assert [timer.element for timer in world.now_at.timers] == ["late"]
    assert world.task("vote").groups == ("post:y",)
    assert world.do("vote", x=2).do("sum").ended
    assert world.variables["all"] == [1, 2]


@pytest.mark.parametrize(
    "new",
    [
        lambda: voting("others"), lambda: voting(sequential=True),
        lambda: voting(output_collection="other"), lambda: voting(output_element="m"),
        lambda: line("vote", "sum"),
    ],
)  # fmt: skip
def test_instances_that_have_begun_keep_their_shape(new: Callable[[], Draft]) -> None:
    world = World(voting()).start(members=["x", "y"])
    assert set(blockers(world, new())) == {"vote"}


def test_the_shape_may_change_before_and_after() -> None:
    world = World(voting()).start(members=["x"]).do("vote", x=1)
    move(world, voting("others", sequential=True))
    assert world.do("sum").ended


# -- refusals


def test_every_blocker_is_told_at_once() -> None:
    world = World(parallel(("a",), ("b",), ("c",))).start()
    new = parallel(("x",), ("b",), ("y",)).change("b", candidate_groups="")
    assert set(blockers(world, new)) == {"a", "c"}


def test_other_kinds_other_processes_and_what_has_ended_are_refused() -> None:
    world = World(line("a")).start()
    assert set(blockers(world, Draft("p").start().wait("a", '"P1D"').end())) == {"a"}
    other = [line("b"), Draft("q").start("s").user("a").end("e")]
    assert set(blockers(world, *other, mapping={("p", "a"): ("q", "a")})) == {"a"}
    world.do("a")
    assert "終わって" in blockers(world, line("a"))[""]


def test_a_rule_of_the_new_version_that_fails_is_a_blocker() -> None:
    world = World(line("a")).start()
    assert "section" in blockers(world, line("a", candidate_groups='[1, "section:x"]'))["a"]


# -- every construct, at every rest


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample.__name__)
def test_moving_to_the_same_drawing_changes_no_byte_at_any_rest(sample: Any) -> None:
    def definitions() -> engine.Definitions:
        return engine.compile_definition({d.id: d.process() for d in sample()}, {})

    old, new, moved = definitions(), definitions(), 0
    for seed in range(40):
        rng, now, host = random.Random(seed), NOW, Calls()
        env = engine.Environment({"today": lambda: TODAY}, now, host)
        step = engine.start(old, sample()[0].id, {}, env)
        for _step in range(40):
            if step.ended or not (step.tasks or step.timers):  # surplus tokens wait for good
                break
            there = engine.migrated(old, new, step.state, {}, env)
            assert (there.state, there.timers) == (step.state, ())
            moved += 1
            now += timedelta(hours=rng.randrange(1, 60))
            env = replace(env, now=now)
            late = any(timer.due <= now for timer in step.timers)
            if late or not step.tasks:
                env = replace(env, now=max(now, min(timer.due for timer in step.timers)))
                step = engine.fire_timers(old, step.state, env)
                now = env.now
                continue
            task = rng.choice(step.tasks)
            values, outcome = choose(rng, task)
            step = engine.complete(old, step.state, task.id, values, outcome, env)
    assert moved > 100
