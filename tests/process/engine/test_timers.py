"""Timers are due when the model says, fire once, and know no clock but the one they are given."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.engine import StepFailed, TaskNotReady
from dxflow.engine.timers import added, moment, schedule
from dxflow.feel import YearMonthDuration
from dxflow.models.model import TimerKind
from tests.process.engine.factory import NOW, Draft, World, each, out

TOKYO = ZoneInfo("Asia/Tokyo")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (date(2026, 4, 30), "2026-04-29T15:00"),
        ("2026-04-30", "2026-04-29T15:00"),
        (datetime(2026, 4, 30, 9, tzinfo=TOKYO), "2026-04-30T00:00"),
        (datetime(2026, 4, 30, 9), "2026-04-30T00:00"),  # noqa: DTZ001
        ("2026-04-30T09:00:00+00:00", "2026-04-30T09:00"),
        ("2026-04-30T09:00:00Z", "2026-04-30T09:00"),
        (timedelta(days=1, hours=2), "2026-04-02T02:00"),
        ("P7D", "2026-04-08T00:00"),
        ("PT36H", "2026-04-02T12:00"),
        ("P2W", "2026-04-15T00:00"),
        (YearMonthDuration(1), "2026-05-01T00:00"),
        ("P1Y", "2027-04-01T00:00"),
        ("R3/P7D", "2026-04-08T00:00"),
        ("R/P1D", "2026-04-02T00:00"),
        ("R2/2026-04-20T09:00:00+09:00/P1D", "2026-04-20T00:00"),
    ],
)
def test_a_timer_is_due(value: Any, due: str) -> None:
    assert schedule(value, NOW).due == utc(due)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        "soon",
        "R3",
        "R0/P1D",
        "R/P0D",
        "R/-P1D",
        "Rx/P1D",
        "R3/2026-04-01",
        [],
        "P1M2D",
        "",
    ],
)
def test_a_value_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        schedule(value, NOW)


def test_months_end_on_the_last_day_where_days_lack() -> None:
    at = datetime(2026, 1, 31, 9, tzinfo=TOKYO)
    assert added(at, YearMonthDuration(1)).astimezone(TOKYO).date() == date(2026, 2, 28)
    assert added(at, YearMonthDuration(1), 2).astimezone(TOKYO).date() == date(2026, 3, 31)
    assert added(at, YearMonthDuration(-2)).astimezone(TOKYO).date() == date(2025, 11, 30)
    # 23:30 UTC on 31 January is 1 February in Japan
    assert added(utc("2026-01-31T23:30"), YearMonthDuration(1)).astimezone(TOKYO).date() == date(
        2026, 3, 1
    )


def test_a_due_date_means_the_end_of_that_day() -> None:
    assert moment(date(2026, 4, 30)) == utc("2026-04-30T14:59")
    assert moment("2026-04-30T12:00:00") == utc("2026-04-30T03:00")
    with pytest.raises(ValueError):
        moment(timedelta(days=1))


def test_missed_occurrences_count_as_one_and_the_next_lies_ahead() -> None:
    first = schedule("R5/P7D", NOW)
    third = first.after(NOW + timedelta(days=15))
    assert third is not None
    assert (third.number, third.due) == (3, NOW + timedelta(days=21))
    assert third.after(NOW + timedelta(days=400)) is None
    assert schedule("P7D", NOW).after(NOW + timedelta(days=7)) is None


def test_a_monthly_cycle_does_not_drift() -> None:
    planned = schedule("R/P1M", datetime(2026, 1, 31, 0, 0, tzinfo=TOKYO))
    days = []
    for _count in range(4):
        days.append(planned.due.astimezone(TOKYO).date())
        planned = planned.after(planned.due)
    assert days == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


@given(st.integers(1, 10**7), st.integers(0, 10**9), st.integers(0, 50))
def test_the_next_occurrence_is_the_first_one_in_the_future(
    seconds: int, passed: int, last: int
) -> None:
    period = timedelta(seconds=seconds)
    planned = schedule(f"R{last or ''}/PT{seconds}S", NOW)
    now = max(planned.due, NOW + timedelta(seconds=passed))
    following = planned.after(now)
    number = (now - NOW) // period + 1
    if last and number > last:
        assert following is None
    else:
        assert following is not None
        assert following.due == NOW + number * period > now


def waiting(value: str, kind: TimerKind = TimerKind.DURATION) -> Draft:
    return Draft().start().wait("w", value, kind).user("after").end()


def test_an_intermediate_timer_holds_the_token_until_it_is_due() -> None:
    w = World(waiting('duration("P7D")')).start()
    assert [(t.element, t.due, t.interrupting) for t in w.now_at.timers] == [
        ("w", NOW + timedelta(days=7), True)
    ]
    assert w.later(days=6, hours=23).fire().open == []
    assert w.later(hours=1).fire().open == ["after"]
    assert w.now_at.timers == ()


def test_a_moment_that_has_passed_is_no_waiting() -> None:
    assert World(waiting('date("2026-04-01")', TimerKind.DATE)).start().open == ["after"]
    assert World(waiting("day", TimerKind.DATE)).start(day=date(2020, 1, 1)).open == ["after"]


def test_the_moment_is_worked_out_once_when_the_timer_is_armed() -> None:
    d = (
        Draft()
        .start()
        .both("s")
        .wait("w", 'today() + duration("P2D")', after="s")
        .user("a", after="w")
        .end()
    )
    d.user("b", after="s", outputs=out(x="1")).end("e2")
    w = World(d).start()
    due = w.now_at.timers[0].due
    assert due == datetime(2026, 4, 3, tzinfo=TOKYO).astimezone(UTC)
    assert w.later(days=1).do("b").now_at.timers[0].due == due


def test_a_timer_without_a_time_stops_the_step() -> None:
    with pytest.raises(StepFailed) as failed:
        World(waiting("missing")).start()
    assert failed.value.element == "w"


def deadline() -> Draft:
    d = Draft().start().user("a", outputs=out(x="values.x")).end()
    return d.timer("a", "late", '"P7D"').user("chase").end("e2")


def test_a_deadline_takes_the_task_away_and_goes_its_own_way() -> None:
    w = World(deadline()).start().later(days=7).fire()
    assert w.open == ["chase"]
    assert [(v.element, v.kind) for v in w.now_at.visits][:3] == [
        ("late", "entered"),
        ("a", "cancelled"),
        ("late", "completed"),
    ]
    assert w.do("chase").ended


def test_who_comes_after_the_deadline_is_told_so_even_if_nobody_fired_it() -> None:
    w = World(deadline()).start().later(days=7)
    before = w.state
    with pytest.raises(TaskNotReady):
        w.do("a", x=1)
    assert w.state == before
    assert w.host.seen == []
    assert w.fire().open == ["chase"]


def test_in_time_is_in_time_and_disarms_the_deadline() -> None:
    w = World(deadline()).start().later(days=6).do("a", x=1)
    assert w.ended
    assert w.now_at.timers == ()
    assert w.later(days=9).fire().visits[-1].element == "end"


def test_a_reminder_leaves_the_task_open_and_a_cycle_is_armed_again() -> None:
    d = Draft().start().user("a").end()
    d.timer("a", "remind", '"R3/P7D"', interrupting=False).service(
        "n", "notify", inputs=out(x="1")
    ).end("e2")
    w = World(d).start()
    for day in (7, 14, 21):
        assert [t.due for t in w.now_at.timers] == [NOW + timedelta(days=day)]
        w.later(days=7).fire()
        assert len(w.host.seen) == day / 7
    assert w.open == ["a"]
    assert w.now_at.timers == ()
    assert w.later(days=70).fire().do("a").ended


def test_after_an_outage_a_cycle_reminds_once() -> None:
    d = Draft().start().user("a").end()
    d.timer("a", "remind", '"R/P1D"', interrupting=False).service("n", "notify").end("e2")
    w = World(d).start().later(days=365, hours=5).fire()
    assert len(w.host.seen) == 1
    assert w.now_at.timers[0].due == NOW + timedelta(days=366)
    assert len(w.fire().host.seen) == 1


def test_an_interrupting_cycle_interrupts() -> None:
    d = Draft().start().user("a").end()
    w = World(d.timer("a", "late", '"R3/P7D"').user("chase").end("e2")).start().later(days=7).fire()
    assert w.open == ["chase"]
    assert w.now_at.timers == ()


def test_a_path_begun_by_a_reminder_goes_on_when_the_task_is_done() -> None:
    d = Draft().start().user("a").user("b").end()
    d.timer("a", "remind", '"R/P7D"', interrupting=False).user("call").end("e2")
    w = World(d).start().later(days=7).fire().later(days=7).fire().do("a")
    assert sorted(w.open) == ["b", "call", "call"]
    assert w.now_at.timers == ()
    assert w.do("call").do("b").open == ["call"]
    assert w.do("call").ended


def test_the_earliest_of_several_deadlines_wins() -> None:
    d = Draft().start().user("a").end()
    d.timer("a", "late", '"P9D"').user("chase").end("e2")
    d.timer("a", "early", '"P3D"').user("hurry").end("e3")
    assert World(d).start().later(days=30).fire().open == ["hurry"]


def test_a_deadline_on_a_called_process_takes_everything_in_it_away() -> None:
    child = (
        Draft("child")
        .start()
        .user("work")
        .timer("work", "inner", '"P30D"')
        .end("e1")
        .user("x", after="work")
        .end()
    )
    d = (
        Draft("top")
        .start()
        .call("c", "child")
        .end()
        .timer("c", "late", '"P7D"')
        .user("chase")
        .end("e2")
    )
    w = World(d, child).start()
    assert [t.element for t in w.now_at.timers] == ["late", "inner"]
    w.later(days=40).fire()
    assert (w.open, w.now_at.timers) == (["chase"], ())


def voting(**fields: Any) -> Draft:
    multi = each("members", "m", output_collection="votes", output_element="outcome", **fields)
    d = Draft().start().user("vote", multi=multi).end()
    return d.timer("vote", "late", '"P7D"').user("chase")


@pytest.mark.parametrize(
    ("fields", "voted"),
    [
        ({}, [None, "no", None]),
        ({"sequential": True}, ["no", None, None]),
        ({"completion": "count(votes[item != null]) >= 2"}, [None, "no", None]),
    ],
)
def test_a_deadline_on_many_tasks_takes_the_open_ones_away_and_keeps_what_was_done(
    fields: dict[str, Any], voted: list[str | None]
) -> None:
    w = World(voting(**fields).end("e2")).start(members=["a", "b", "c"])
    w.do("vote", "no", which=0 if "sequential" in fields else 1).later(days=7).fire()
    assert w.open == ["chase"]
    assert w.variables["votes"] == voted
    assert "m" not in w.variables
    assert w.do("chase").variables["votes"] == voted


def test_a_deadline_before_anybody_has_voted_gives_nulls_and_not_the_round_before() -> None:
    d = voting()
    d.link("chase", "vote")
    w = World(d).start(members=["a", "b"]).do("vote", "yes").later(days=7).fire()
    assert w.variables["votes"] == ["yes", None]
    w.do("chase")
    assert w.open == ["vote", "vote"]
    w.later(days=7).fire()
    assert w.variables["votes"] == [None, None]


def test_a_deadline_on_called_processes_keeps_what_the_ended_ones_gave() -> None:
    child = Draft("child").start().user("work", outputs=out(r="values.r")).end()
    multi = each("units", "unit", output_collection="all", output_element='unit + ":" + r')
    d = Draft("top").start().call("c", "child", outputs=out(r="r"), multi=multi).end()
    d.timer("c", "late", '"P7D"').user("chase").end("e2")
    w = World(d, child).start(units=["a", "b"]).do("work", which=1, r="x").later(days=7).fire()
    assert (w.open, w.variables["all"]) == (["chase"], [None, "b:x"])


def test_a_deadline_on_many_tasks_without_collection_leaves_the_variables_as_they_were() -> None:
    d = Draft().start().user("vote", multi=each("members", "m")).end()
    d.timer("vote", "late", '"P7D"').user("chase").end("e2")
    w = World(d).start(members=["a", "b"]).do("vote").later(days=7).fire()
    assert w.open == ["chase"]
    assert w.variables == {"members": ["a", "b"]}


def test_nothing_in_a_step_reads_the_clock_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    def forbidden() -> float:
        raise AssertionError("wall clock")

    d = Draft().start().user("a").wait("w", '"P1D"').end()
    d.timer("a", "remind", '"R/P1D"', interrupting=False).end("e2")
    w = World(d)
    monkeypatch.setattr(time, "time", forbidden)
    w.start().later(days=1).fire().do("a").later(days=2).fire()
    assert w.ended
