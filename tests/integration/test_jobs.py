"""Work without people: done once however often it is tried, and whoever is killed meanwhile."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select, update

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.job import Job
from dxflow.db.process import Incident, Timer
from dxflow.jobs import queue
from dxflow.jobs.leased import Leased
from dxflow.jobs.queue import BACKOFF, LEASE, MAX_ATTEMPTS
from dxflow.services.acts import cases, pulling_back, upkeep
from dxflow.services.packs import store as packs
from tests.factories import ROOT, City
from tests.integration.histories import broken
from tests.integration.test_concurrency import at_once
from tests.walks import MEMBERS, do, to_committee, to_execution, to_kpi, to_opinions


def defer(city: City, key: str, message: str = "知らせ", **given: Any) -> None:
    payload = given.pop("payload", {"groups": ["role:cio"], "message": message})
    with city.site.database.write() as tx:
        queue.defer(
            tx, city.clock(), kind="notice.deliver", key=key, payload=payload, **given
        )  # fmt: skip


def rows(city: City, statement: Any) -> Sequence[Any]:
    with city.site.database.read() as tx:
        return tx.execute(statement).all()


def messages(city: City) -> Counter[str]:
    return Counter(row.message for row in rows(city, select(Notice.message)))


def fired(city: City, case: str | None = None) -> Counter[str]:
    """Return how often each timer has fired by the log, by the case and its name."""
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body, AuditEvent.case_id).where(AuditEvent.type == "timer.fired")
        ).all()
    return Counter(
        change["after"]
        for row in bodies
        for change in orjson.loads(row.body)["changes"]
        if case is None or row.case_id == case
    )


def test_the_same_work_deferred_twice_is_done_once(city):
    defer(city, "k")
    defer(city, "k", message="別の知らせ")
    city.run_jobs()
    defer(city, "k")
    city.run_jobs()
    assert messages(city) == {"知らせ": 1}


def test_work_waits_for_its_time(city):
    defer(city, "later", run_at=city.clock() + timedelta(hours=1))
    assert city.run_jobs() == 0
    city.clock.advance(hours=1)
    assert city.run_jobs() == 1
    assert messages(city) == {"知らせ": 1}


def test_many_workers_at_once_do_each_job_once(city):
    for number in range(30):
        defer(city, f"k{number}", message=f"{number}")
    taken = at_once(*[city.run_jobs] * 4)
    assert sum(taken) == 30, taken
    assert messages(city) == {f"{number}": 1 for number in range(30)}


def test_a_worker_that_is_too_slow_undoes_its_work(city, monkeypatch):
    """Its lease ran out and another worker did the job before it came to write."""
    defer(city, "k")
    lease, first = queue.lease, iter([True])

    def slow(*given: Any) -> Leased | None:
        job = lease(*given)
        if next(first, False):
            city.clock.advance(seconds=LEASE.total_seconds() + 1)
            assert city.runner().run_due() == 1
        return job

    monkeypatch.setattr(queue, "lease", slow)
    city.run_jobs()
    assert messages(city) == {"知らせ": 1}
    assert rows(city, select(Job.status, Job.fence)) == [("done", 2)]


def test_a_lease_keeps_others_away_until_it_runs_out(city):
    defer(city, "k")
    held = queue.lease(city.site.database, city.clock())
    assert held is not None
    city.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert queue.lease(city.site.database, city.clock()) is None
    city.clock.advance(seconds=2)
    taken = queue.lease(city.site.database, city.clock())
    assert (taken.id, taken.fence) == (held.id, held.fence + 1)


def test_failing_work_is_tried_again_later_and_in_the_end_reported(city, caplog):
    defer(city, "bad", payload={"message": "宛先がない"})
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert city.run_jobs() == 1
        (job,) = rows(city, select(Job.__table__))
        assert job.attempts == attempt
        assert "KeyError" in job.last_error
        if attempt < MAX_ATTEMPTS:
            wait = BACKOFF[attempt - 1]
            assert job.run_at == city.clock() + timedelta(seconds=wait)
            assert not rows(city, select(Incident.id))
            city.clock.advance(seconds=wait - 1)
            assert city.run_jobs() == 0
            city.clock.advance(seconds=1)
    assert job.status == "dead"
    (incident,) = rows(city, select(Incident.__table__))
    assert (incident.element, incident.status) == ("notice.deliver", "open")
    assert "KeyError" in incident.cause
    city.clock.advance(days=30)
    assert city.run_jobs() == 0
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_a_failing_job_does_not_keep_the_others_waiting(city, caplog):
    defer(city, "bad", payload={})
    defer(city, "good")
    city.run_jobs()
    assert messages(city) == {"知らせ": 1}


def test_work_of_an_unknown_kind_is_reported_not_lost(city, caplog):
    with city.site.database.write() as tx:
        queue.defer(tx, city.clock(), kind="of.tomorrow", key="k", payload={})
    for wait in (*BACKOFF, 0):
        city.run_jobs()
        city.clock.advance(seconds=wait)
    assert rows(city, select(Job.status)) == [("dead",)]
    assert rows(city, select(Incident.element)) == [("of.tomorrow",)]


@pytest.mark.parametrize("point", ["leased", "worked", "committed"])
def test_a_worker_killed_at_any_point_leaves_the_work_to_be_done_exactly_once(city, point):
    case = to_committee(city)
    (reminder,) = rows(
        city,
        select(Timer.due_at).where(Timer.case_id == case, Timer.element == "verdict_reminder"),
    )
    city.clock.moment = reminder.due_at + timedelta(minutes=1)
    address = city.site.database.url.render_as_string(hide_password=False)
    worker = subprocess.run(
        [sys.executable, "-m", "tests.integration.dying_worker", address,
         city.clock().isoformat(), point],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert worker.returncode == -signal.SIGKILL, worker.stderr.decode()
    once = {"verdict_reminder": 1}
    assert fired(city, case) == (once if point == "committed" else {})
    if point != "committed":
        assert city.run_jobs() == 0  # its lease still stands
        city.clock.advance(seconds=LEASE.total_seconds() + 1)
    city.run_jobs()
    assert fired(city, case) == once
    reminded = rows(city, select(Notice.group_key).where(Notice.case_id == case))
    seats = [t.groups for name in MEMBERS for t in city.open_tasks(name) if t.case_id == case]
    assert sorted(row.group_key for row in reminded) == sorted(group for (group,) in seats)
    assert broken(city) == []


def test_a_year_later_every_timer_fires_once(city):
    committee, execution = to_committee(city), to_execution(city)
    tracked, opinions = to_kpi(city), to_opinions(city)
    armed = rows(city, select(Timer.__table__))
    assert {row.case_id for row in armed} == {committee, execution, tracked, opinions}
    city.clock.at(date(2027, 5, 11))
    city.run_jobs()
    for case in (committee, execution, tracked, opinions):
        once = Counter(row.element for row in armed if row.case_id == case)
        assert {key: fired(city, case)[key] for key in once} == once
    before = fired(city)
    assert city.run_jobs() == 0
    city.clock.advance(minutes=10)
    assert city.run_jobs() == 0
    assert fired(city) == before
    assert broken(city) == []


def test_a_repeating_reminder_that_was_missed_for_long_comes_once(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    once = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">=at(reminder, 9)</bpmn:timeDate>'
    often = '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/P1D</bpmn:timeCycle>'
    assert once in files["committee.bpmn"]
    files["committee.bpmn"] = files["committee.bpmn"].replace(once, often)
    packs.install(city.site, files, "system")
    case = to_committee(city)
    city.clock.advance(days=4)
    city.run_jobs()
    assert fired(city, case) == {"verdict_reminder": 1}
    city.clock.advance(days=1)
    city.run_jobs()
    assert fired(city, case) == {"verdict_reminder": 2}
    city.clock.advance(days=365)
    city.run_jobs()
    assert fired(city, case)["verdict_deadline"] == 1
    assert fired(city, case)["verdict_reminder"] <= 3
    assert broken(city) == []


def test_what_a_pulled_back_act_had_deferred_is_not_done(city):
    case = to_opinions(city)
    city.clock.advance(hours=1)
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    defer(city, "of the act", case_id=case)
    pulling_back.pull_back(city.site, city.actor("security"), case)
    city.clock.advance(days=1)
    city.run_jobs()
    assert messages(city) == {}
    assert rows(city, select(Job.status)) == [("cancelled",)]


@pytest.mark.parametrize("run_before", [False, True], ids=["queued", "fired"])
def test_a_timer_of_a_restored_state_fires_though_it_was_queued_or_had_fired(city, run_before):
    case = to_opinions(city)
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    city.clock.advance(days=10)
    upkeep.queue_due_timers(city.site, city.clock())
    if run_before:
        city.run_jobs()
    pulling_back.pull_back(city.site, city.actor("security"), case)
    city.run_jobs()
    assert not rows(city, select(Timer.id).where(Timer.due_at <= city.clock()))
    times = fired(city, case)
    assert times["security_reminder"] == 1, times
    assert times["finance_reminder"] == (2 if run_before else 1), times
    assert broken(city) == []


def test_timers_of_a_case_that_has_ended_do_nothing(city):
    case = to_opinions(city)
    city.clock.advance(days=10)
    upkeep.queue_due_timers(city.site, city.clock())
    cases.withdraw(city.site, city.actor("applicant"), case, "やめる")
    city.run_jobs()
    assert fired(city, case) == {}
    assert broken(city) == []


def test_a_timer_and_a_person_at_the_same_moment_leave_the_case_whole(city):
    for _round in range(4):
        case = to_committee(city)
        (deadline,) = rows(
            city,
            select(Timer.due_at).where(Timer.case_id == case, Timer.element == "verdict_deadline"),
        )
        (task,) = [t for t in city.open_tasks("cio") if t.case_id == case]
        form = city.form("cio", task.id)
        city.clock.moment = deadline.due_at + timedelta(seconds=1)
        came = at_once(
            city.run_jobs,
            partial(city.complete_form, "cio", form, "approve", reason="効果が見込める"),
        )
        assert isinstance(came[1], Exception), "the deadline was over"
        assert "受け付けていません" in str(came[1]) or "取り消されました" in str(came[1])
        city.run_jobs()
        assert fired(city, case)["verdict_deadline"] == 1
        assert broken(city) == []


def test_a_job_that_nobody_finished_is_taken_up_after_its_lease(city):
    defer(city, "k")
    with city.site.database.write() as tx:
        tx.execute(update(Job).values(lease_until=datetime(2026, 5, 11, 2, 0, tzinfo=UTC)))
    assert city.run_jobs() == 0
    assert queue.next_due(city.site.database, city.clock()) == datetime(
        2026, 5, 11, 2, 0, tzinfo=UTC
    )
    city.clock.advance(hours=2)
    assert city.run_jobs() == 1


def test_old_finished_jobs_can_be_removed_and_dead_ones_stay(city, caplog):
    defer(city, "done")
    city.run_jobs()
    defer(city, "bad", payload={})
    for wait in (*BACKOFF, 0):
        city.run_jobs()
        city.clock.advance(seconds=wait)
    with city.site.database.write() as tx:
        assert queue.purge(tx, city.clock()) == 1
        assert tx.execute(select(func.count()).select_from(Job)).scalar_one() == 1
