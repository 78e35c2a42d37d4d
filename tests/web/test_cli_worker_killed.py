"""A worker killed between lease and commit: every timer still fires once, a year later."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.job import Job
from dxflow.db.process import Timer, WorkItem
from tests.factories import NOW, ROOT, City
from tests.integration.test_main_job import to_committee, to_kpi
from tests.web.killed_worker import POINTS

A_YEAR_LATER = NOW + timedelta(days=365)


@dataclass(frozen=True)
class Outcome:
    """What timers and jobs have left behind."""

    fired: Counter
    notices: Counter
    open_work: Counter
    jobs: Counter


@pytest.fixture
def busy(city: City) -> City:
    """A city with cases whose reminders and deadlines all run."""
    for _case in range(2):
        to_kpi(city)
    to_committee(city)
    return city


def due(city: City) -> Counter:
    """Return how many timers of each element will be due in a year."""
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Timer.element, func.count())
            .where(Timer.due_at <= A_YEAR_LATER)
            .group_by(Timer.element)
        )
        return Counter({element: count for element, count in rows})


def kill_a_worker(city: City, point: str, number: int) -> None:
    """Run a worker in a process of its own with the clock a year ahead, until it is killed."""
    address = city.site.database.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.web.killed_worker", str(city.site.settings.home), address,
         A_YEAR_LATER.isoformat(), point, str(number)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr


def outcome(city: City) -> Outcome:
    """Return what is there, by element and words, so that two cities can be compared."""
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "timer.fired")
        ).scalars()
        fired = Counter(
            (change["after"], body["stream"]) for body in map(json.loads, bodies)
            for change in body["changes"]
        )  # fmt: skip
        notices = Counter(map(tuple, tx.execute(select(Notice.group_key, Notice.message))))
        work = Counter(
            tx.execute(select(WorkItem.element).where(WorkItem.status == "open")).scalars()
        )
        jobs = Counter(map(tuple, tx.execute(select(Job.kind, Job.status))))
        assert verify_database(tx).findings == ()
    return Outcome(fired, notices, work, jobs)


def messages(found: Outcome) -> Counter:
    """Return how often each notice was left, whomever it was for."""
    return Counter(message for _group, message in found.notices.elements())


def finish_a_year_later(city: City) -> Outcome:
    """Let a healthy worker run once the killed one's lease has run out."""
    city.clock.moment = A_YEAR_LATER + timedelta(minutes=2)
    city.run_jobs()
    return outcome(city)


@pytest.mark.parametrize("point", POINTS)
def test_every_timer_fires_once_although_the_worker_was_killed(busy, point):
    armed = due(busy)
    assert armed.total() >= 4
    kill_a_worker(busy, point, number=2)
    done = finish_a_year_later(busy)
    assert max(done.fired.values()) == 1
    assert Counter(element for element, _stream in done.fired) >= armed
    assert all(status == "done" for _kind, status in done.jobs)
    assert finish_a_year_later(busy) == done


def test_the_killed_job_is_done_by_the_next_worker_only_when_its_lease_has_run_out(busy):
    kill_a_worker(busy, "worked", number=1)
    with busy.site.database.read() as tx:
        fired = tx.execute(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.type == "timer.fired")
        ).scalar_one()
        (leased,) = tx.execute(select(Job.id, Job.attempts).where(Job.fence > 0)).all()
    assert (fired, leased.attempts) == (0, 1)
    busy.clock.moment = A_YEAR_LATER
    busy.run_jobs()
    with busy.site.database.read() as tx:
        waiting = tx.execute(select(Job.status).where(Job.id == leased.id)).scalar_one()
    assert waiting == "waiting"
    finish_a_year_later(busy)
    with busy.site.database.read() as tx:
        again = tx.execute(select(Job.status, Job.attempts).where(Job.id == leased.id)).one()
    assert tuple(again) == ("done", 2)


def test_it_is_as_if_nothing_had_happened(sqlite_city, tmp_path_factory, sqlite_template):
    import shutil

    from dxflow.db.engine import Database
    from tests.factories import found_city

    folder = tmp_path_factory.mktemp("control")
    shutil.copy(sqlite_template, folder / "dxflow.db")
    control = found_city(Database(f"sqlite:///{folder}/dxflow.db"), folder)
    for city in (sqlite_city, control):
        to_kpi(city)
        to_committee(city)
    kill_a_worker(sqlite_city, "marked", number=1)
    killed, healthy = finish_a_year_later(sqlite_city), finish_a_year_later(control)
    control.site.database.close()
    # ids of persons differ from city to city
    assert messages(killed) == messages(healthy)
    assert killed.open_work == healthy.open_work
    assert killed.jobs == healthy.jobs
    assert Counter(e for e, _s in killed.fired) == Counter(e for e, _s in healthy.fired)
