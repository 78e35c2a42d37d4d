"""Workers of PostgreSQL: woken at once, and each job done once whatever befalls its worker."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text

from dxflow import clock
from dxflow.db.case import Notice
from dxflow.db.engine import Database
from dxflow.db.job import Job
from dxflow.db.process import Incident
from dxflow.errors import Unavailable
from dxflow.jobs import carrying, crew, queue
from dxflow.jobs.crew import Crew
from dxflow.jobs.queue import BACKOFF, MAX_ATTEMPTS
from dxflow.services.acts import upkeep
from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import maintenance
from tests.factories import ROOT, City, found_city
from tests.integration.dying_crew import POINTS
from tests.integration.test_concurrency import at_once
from tests.integration.test_jobs import defer, fired, messages, rows
from tests.walks import to_committee

# The name makes the summary count these among the tests that met PostgreSQL.
pytestmark = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def city(kind: str, postgres_database: Database, tmp_path: Path) -> City:
    return found_city(postgres_database, tmp_path)


@pytest.fixture
def hands(city: City) -> Crew:
    """A worker whose jobs are brought by hand."""
    made = upkeep.make_worker(city.site)
    assert isinstance(made, Crew)
    return made


def carriers(city: City, *what: str) -> list[Any]:
    asked = ", ".join(what or ("args ->> 'job' AS job",))
    return list(
        rows(city, text(f"SELECT {asked} FROM procrastinate.procrastinate_jobs ORDER BY id"))
    )


def only_job(city: City) -> Any:
    (job,) = rows(city, select(Job.__table__))
    return job


def eventually(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


@contextmanager
def at_the_wheel(city: City) -> Iterator[Crew]:
    """Run a worker in a thread, as `serve` does."""
    worker = upkeep.make_worker(city.site)
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()


def woken_for(city: City, message: str) -> None:
    """Defer until the worker has woken: a commit while it begins to listen may go unheard."""
    for attempt in range(5):
        defer(city, f"{message} {attempt}", message=message)
        with suppress(AssertionError):
            return eventually(lambda: message in messages(city), 3)
    pytest.fail("no commit woke the worker")


def test_a_worker_is_woken_by_the_commit_and_does_not_look_every_few_seconds(city, monkeypatch):
    monkeypatch.setattr(crew, "LOOK_SECONDS", 600.0)
    with at_the_wheel(city):
        eventually(lambda: rows(city, text("SELECT 1 FROM procrastinate.procrastinate_workers")))
        woken_for(city, "先")
        woken_for(city, "次")
        eventually(lambda: carriers(city) == [], 3)
    assert rows(city, text("SELECT 1 FROM procrastinate.procrastinate_workers")) == []


def test_work_of_a_transaction_that_was_undone_is_not_brought(city):
    def undone() -> None:
        with city.site.database.write() as tx:
            queue.defer(tx, city.clock(), kind="notice.deliver", key="k", payload={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert carriers(city) == []


def test_the_same_work_deferred_twice_is_brought_once(city):
    defer(city, "k")
    defer(city, "k")
    assert [row.job for row in carriers(city)] == [only_job(city).id]


def test_later_work_is_brought_later(city):
    defer(city, "later", run_at=city.clock() + timedelta(hours=1))
    (row,) = carriers(city, "scheduled_at > now() + interval '59 minutes' AS later")
    assert row.later


def test_a_second_carrier_of_the_same_job_finds_it_done(city, hands):
    defer(city, "k")
    hands.perform(only_job(city).id)
    hands.perform(only_job(city).id)
    assert messages(city) == {"知らせ": 1}
    assert (only_job(city).status, only_job(city).attempts) == ("done", 1)


def test_many_workers_that_are_brought_the_same_job_do_it_once(city, hands):
    defer(city, "k")
    job = only_job(city).id
    at_once(*[lambda: hands.perform(job)] * 6)
    assert messages(city) == {"知らせ": 1}


def test_a_job_in_other_hands_is_left_there(city, hands):
    defer(city, "k")
    with city.site.database.write() as tx:
        assert carrying.take(tx, only_job(city).id, city.clock())
        hands.perform(only_job(city).id)
        assert only_job(city).status == "waiting"
    assert messages(city) == {}
    hands.perform(only_job(city).id)
    assert messages(city) == {"知らせ": 1}


@pytest.mark.parametrize("meanwhile", ["forgotten", "cancelled", "leased"])
def test_a_job_that_is_no_longer_ours_when_its_work_is_done_is_undone(city, hands, meanwhile):
    defer(city, "k", case_id="c")
    job = only_job(city).id

    def work(tx: Any, payload: Any, key: str, now: Any) -> None:
        upkeep.deliver_notice(tx, payload, key, now)
        with city.site.database.write() as other:  # whoever holds the case does not wait for us
            if meanwhile == "forgotten":
                queue.forget(other, "c", "notice.deliver")
            elif meanwhile == "cancelled":
                assert queue.cancel_since(other, "c", city.clock()) == 1
        if meanwhile == "leased":
            assert queue.lease(city.site.database, city.clock())

    hands._work = {"notice.deliver": work}
    hands.perform(job)
    assert messages(city) == {}
    left = {"forgotten": [], "cancelled": [("cancelled",)], "leased": [("waiting",)]}
    assert rows(city, select(Job.status)) == left[meanwhile]


def test_a_job_leased_by_an_embedded_runner_is_brought_again_when_the_lease_ends(city, hands):
    defer(city, "k")
    held = queue.lease(city.site.database, city.clock())
    hands.perform(held.id)
    assert messages(city) == {}
    soon, later = carriers(city, "scheduled_at", "extract(epoch FROM scheduled_at - now()) AS wait")
    assert soon.scheduled_at is None
    assert 50 < later.wait <= 60


def test_failing_work_is_brought_again_later_and_in_the_end_reported(city, hands, caplog):
    defer(city, "bad", payload={"message": "宛先がない"})
    for attempt in range(1, MAX_ATTEMPTS + 1):
        hands.perform(only_job(city).id)
        assert only_job(city).attempts == attempt
        assert "KeyError" in only_job(city).last_error
        if attempt < MAX_ATTEMPTS:
            wait = BACKOFF[attempt - 1]
            assert only_job(city).run_at == city.clock() + timedelta(seconds=wait)
            (newest,) = carriers(city, "extract(epoch FROM scheduled_at - now()) AS wait")[-1:]
            assert wait - 5 < newest.wait <= wait
            hands.perform(only_job(city).id)  # too early: it is not even tried
            assert only_job(city).attempts == attempt
            city.clock.advance(seconds=wait)
    assert only_job(city).status == "dead"
    assert rows(city, select(Incident.element, Incident.status)) == [("notice.deliver", "open")]


def test_a_job_brought_during_a_maintenance_waits_however_often_it_is_brought(city, hands):
    defer(city, "k")
    job = only_job(city)
    chief = operator(city.site)
    maintenance.announce(city.site, chief, "点検", None, None)
    for _time in range(MAX_ATTEMPTS + 1):
        hands.perform(job.id)
    assert (only_job(city).status, only_job(city).attempts, messages(city)) == ("waiting", 0, {})
    assert set(carriers(city)) == {(job.id,)}
    maintenance.end(city.site, chief)
    hands.perform(job.id)
    assert (only_job(city).status, messages(city)) == ("done", {"知らせ": 1})


def test_a_busy_database_is_no_failure_of_the_job(city, hands, caplog):
    defer(city, "k")

    def busy(*_given: Any) -> None:
        raise Unavailable("混み合っています")

    hands._work = {"notice.deliver": busy}
    hands.perform(only_job(city).id)
    assert (only_job(city).status, only_job(city).attempts) == ("waiting", 0)
    assert len(carriers(city)) == 2


def test_a_job_at_which_workers_die_again_and_again_is_given_up_in_the_end(city, hands, caplog):
    defer(city, "k")
    hands.perform(only_job(city).id, crew.MOST_DEATHS)
    assert messages(city) == {}
    assert "workers have died" in only_job(city).last_error


def test_a_carrier_that_got_lost_is_replaced(city, hands):
    defer(city, "k")
    with city.site.database.write() as tx:
        tx.execute(text("DELETE FROM procrastinate.procrastinate_jobs"))
    assert carrying.tend(city.site.database, city.clock()) == 0  # it is not overdue yet
    late = city.clock() + carrying.OVERDUE + timedelta(seconds=1)
    assert carrying.tend(city.site.database, late) == 1
    assert carrying.tend(city.site.database, late) == 0
    (row,) = carriers(city)
    hands.perform(row.job)
    assert messages(city) == {"知らせ": 1}


def test_timers_that_several_workers_find_due_fire_once(city, hands):
    case = to_committee(city)
    city.clock.advance(days=20)
    at_once(*[lambda: upkeep.queue_due_timers(city.site, city.clock())] * 4)
    brought = [row.job for row in carriers(city)]
    at_once(*[lambda: [hands.perform(job) for job in brought]] * 3)
    times = fired(city, case)
    assert times
    assert set(times.values()) == {1}


def test_a_worker_whose_search_for_timers_or_whose_loop_fails_goes_on(city, monkeypatch, caplog):
    begin, failures = Crew._carry_until_stopped, iter([True])

    def timers(*_given: Any) -> None:
        raise ZeroDivisionError

    async def carrying_fails_once(self: Crew) -> None:
        if next(failures, False):
            raise ZeroDivisionError
        await begin(self)

    monkeypatch.setattr(upkeep, "queue_due_timers", timers)
    monkeypatch.setattr(Crew, "_carry_until_stopped", carrying_fails_once)
    with at_the_wheel(city):
        defer(city, "k")
        eventually(lambda: messages(city) == {"知らせ": 1})
    assert "looking for due work failed" in caplog.text
    assert "begins anew" in caplog.text


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_the_job_to_be_done_exactly_once(
    city, point, monkeypatch
):
    city.clock.moment = clock.now()
    monkeypatch.setattr(carrying, "SILENCE", timedelta(seconds=1))
    monkeypatch.setattr(crew, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(crew, "LONGEST_PAUSE", timedelta(seconds=0.3))
    defer(city, "k")
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.dying_crew",
         city.site.database.url.render_as_string(hide_password=False), point],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    done = {"知らせ": 1} if point == "committed" else {}
    assert messages(city) == done
    assert [row.status for row in carriers(city, "status")] == ["doing"]
    with at_the_wheel(city):
        eventually(lambda: carriers(city) == [])
    assert messages(city) == {"知らせ": 1}
    assert only_job(city).status == "done"


def test_a_worker_that_does_not_own_the_tables_needs_no_more_than_the_guide_says(city):
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    granted = [
        line.replace("dxflow_app", "clerk") for line in guide.splitlines()
        if line.startswith("GRANT ") and "procrastinate" in line
    ]  # fmt: skip
    assert len(granted) == 3
    ordinary = (
        "SELECT, INSERT, UPDATE, DELETE ON job, notice, timer, incident, alembic_version,"
        " worker_heartbeat, setting"
    )
    with city.site.database.write() as tx:
        tx.execute(text("CREATE ROLE clerk LOGIN"))
        for one in (f"GRANT {ordinary} TO clerk", *granted):
            tx.execute(text(one))
    clerk = Database(city.site.database.url.set(username="clerk"))
    try:
        theirs = replace(city, site=replace(city.site, database=clerk))
        defer(theirs, "k")
        with at_the_wheel(theirs):
            eventually(lambda: messages(city) == {"知らせ": 1} and carriers(city) == [])
    finally:
        clerk.close()
        with city.site.database.write() as tx:
            tx.execute(text("DROP OWNED BY clerk"))
            tx.execute(text("DROP ROLE clerk"))


def test_a_connection_that_the_server_has_ended_is_not_handed_out(city):
    database = city.site.database
    with database.read() as one, database.read() as other:
        pids = [c.execute(text("SELECT pg_backend_pid()")).scalar_one() for c in (one, other)]
    with database.write() as tx:
        mine = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        ended = tx.execute(
            text("SELECT count(pg_terminate_backend(pid)) FROM unnest(CAST(:pids AS int[])) AS pid"
                 " WHERE pid <> :mine"), {"pids": pids, "mine": mine},
        ).scalar_one()  # fmt: skip
    assert ended >= 1
    for _turn in range(3):
        with database.read() as one, database.read() as other:
            assert one.execute(select(func.count()).select_from(Notice)).scalar_one() == 0
            assert other.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize("when", ["working", "committing", "idle"])
def test_a_connection_lost_within_a_transaction_is_unavailable_and_the_next_one_works(city, when):
    database = city.site.database

    def cut_off() -> None:
        with database.write() as tx, database.write() as other:
            pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            if when == "idle":
                tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '1ms'"))
            else:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            gone = text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid")
            eventually(lambda: other.execute(gone, {"pid": pid}).first() is None)
            if when != "committing":
                tx.execute(delete(Notice))

    with pytest.raises(Unavailable) as refused:
        cut_off()
    assert ("分かりません" in str(refused.value)) == (when == "committing")
    defer(city, "k")
    assert city.run_jobs() == 1
