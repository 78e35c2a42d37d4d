"""Many processes on one PostgreSQL: killed, cut off, restarted; nothing is lost or done twice."""

import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select, text, update

from dxflow import clock
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.engine import Database
from dxflow.db.job import Job
from dxflow.db.process import Incident, Timer, WorkItem
from dxflow.errors import Unavailable
from dxflow.jobs import queue
from dxflow.services.installation import schema
from tests import postgres
from tests.factories import City, found_city
from tests.integration.histories import broken
from tests.integration.test_jobs import fired
from tests.walks import to_committee, to_opinions
from tests.web.fleet import WEB, Client, Fleet, wait_until

CLIENTS = 3
TASKS = 90
#: What happens while the clients work: each of these, in an order that the seed decides.
EVENTS = (*["web"] * 4, *["worker"] * 6, *["cut"] * 2, "crash")


@pytest.fixture
def postgresql_city(tmp_path: Path) -> Iterator[tuple[City, Path]]:
    """A city on a PostgreSQL of its own, which may be crashed."""
    folder = Path(tempfile.mkdtemp(prefix="dxf"))
    database = None
    try:
        server = postgres.start_server(folder, durable=True)
        database = Database(postgres.create_database(server, "fleet"))
        schema.upgrade(database)
        city = found_city(database, tmp_path)
        city.clock.moment = clock.now()
        yield city, folder
    finally:
        if database is not None:
            database.close()
        postgres.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def sailing(city: City, folder: Path) -> Iterator[Fleet]:
    fleet = Fleet(city, folder)
    try:
        yield fleet
    finally:
        fleet.end()


def count(city: City, what: object, *where: object) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(what).where(*where)).scalar_one()


def defer_notices(city: City, stop: threading.Event, sent: list[str]) -> None:
    """Defer jobs in transactions of one's own; `sent` gets those that were committed."""
    while not stop.is_set():
        name = f"知らせ {len(sent)}"
        payload = {"groups": ["role:cio"], "message": name}
        try:
            with city.site.database.write() as tx:
                queue.defer(tx, clock.now(), kind="notice.deliver", key=name, payload=payload)
        except Unavailable:
            time.sleep(0.2)  # perhaps committed: the same key again is nothing
        else:
            sent.append(name)
            time.sleep(0.05)


def release_timers(city: City, cases: Collection[str], seconds: float) -> None:
    """Let overdue timers come due case by case.

    Those of one case together: the case itself knows that all of them are due, and its first job
    fires all.
    """
    moment = clock.now()
    with city.site.database.write() as tx:
        for number, case in enumerate(cases):
            due = moment + timedelta(seconds=seconds * number / len(cases))
            tx.execute(
                update(Timer)
                .where(Timer.case_id == case, Timer.due_at <= moment)
                .values(due_at=due)
            )


def overdue_cases(city: City) -> dict[str, set[str]]:
    """Play cases in the past; return by case the elements whose timers are due now."""
    present = city.clock.moment
    city.clock.moment = present - timedelta(days=30)
    for _number in range(3):
        to_opinions(city)
        to_committee(city)
    city.clock.moment = present
    elements: dict[str, set[str]] = {}
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Timer.case_id, Timer.element)
            .where(Timer.due_at <= present)
            .order_by(Timer.due_at)
        ).all()
    for row in rows:
        elements.setdefault(row.case_id, set()).add(row.element)
    return elements


def test_nothing_is_lost_or_done_twice_on_postgresql_whoever_is_killed(postgresql_city):
    city, folder = postgresql_city
    armed = overdue_cases(city)
    assert sum(map(len, armed.values())) >= 6
    work = waiting_tasks(city)
    release_timers(city, armed, 12)
    with sailing(city, folder) as fleet:
        clients, sent = at_work(city, fleet, work)
        fleet.revive_workers()
        settle(city, sent)
        statuses = fleet.end()
    assert [wrong for client in clients for wrong in client.wrong] == []
    assert statuses == [0, 0, 0], fleet.log()
    assert "Traceback" not in fleet.log()
    answers = sum((client.answers for client in clients), Counter())
    assert answers["cut"] + answers[503] > 0, "nothing has befallen anybody"
    assert Counter(task for client in clients for task in client.acknowledged) == Counter(work)
    completed = completions(city)
    assert {task: completed[task] for task in work} == dict.fromkeys(work, 1)
    for case, elements in armed.items():
        once = fired(city, case)
        assert {element: once[element] for element in elements} == dict.fromkeys(elements, 1)
        assert max(once.values()) == 1
    assert_each_job_was_done_once(city, sent)
    city.clock.moment = clock.now()
    assert broken(city) == []


def waiting_tasks(city: City) -> list[str]:
    """Hand ideas in; return the tasks that now wait for the head."""
    started = {city.start().id for _number in range(TASKS)}
    with city.site.database.read() as tx:
        rows = tx.execute(select(WorkItem.id, WorkItem.case_id).where(WorkItem.status == "open"))
        return [row.id for row in rows if row.case_id in started]


def at_work(city: City, fleet: Fleet, work: list[str]) -> tuple[list[Client], list[str]]:
    """Have clients at work, and onlookers, while all sorts of things befall the processes.

    Returns the clients, and the jobs that were deferred meanwhile.
    """
    clients = [Client(fleet.url) for _number in range(CLIENTS)]
    onlookers = [Client(fleet.url) for _path in range(2)]
    for client in clients:
        client.log_in("head")
    onlookers[1].log_in("secretariat")
    deadline, stop, sent = time.monotonic() + 120, threading.Event(), []
    working = [
        threading.Thread(target=client.complete_all, args=(work[number::CLIENTS], deadline, 0.25))
        for number, client in enumerate(clients)
    ]
    looking = [
        threading.Thread(target=onlookers[0].look, args=("/login", stop)),
        threading.Thread(target=onlookers[1].look, args=("/api/v1/tasks?scope=all", stop)),
        threading.Thread(target=defer_notices, args=(city, stop, sent)),
    ]
    for thread in (*working, *looking):
        thread.start()
    try:
        befall(fleet, random.Random(20))
        for thread in working:
            thread.join()
        wait_until(lambda: healthy(fleet), 30, "the web processes do not answer")
    finally:
        stop.set()
        for thread in looking:
            thread.join()
    return [*clients, *onlookers], sent


def befall(fleet: Fleet, rng: random.Random) -> None:
    events = list(EVENTS)
    rng.shuffle(events)
    for event in events:
        time.sleep(rng.uniform(0.3, 1.0))
        if event == "web":
            fleet.kill_web(rng.randrange(WEB))
        elif event == "worker":
            fleet.kill_worker(rng.randrange(2))
        elif event == "cut":
            assert fleet.cut_connections() > 0
        else:
            fleet.crash_server(rng.uniform(1.0, 2.0))


def healthy(fleet: Fleet) -> bool:
    """Return whether every web process runs, and ten questions in a row are answered."""
    client = Client(fleet.url)
    running = len(fleet.web_processes()) == WEB
    return running and all(client.ask("GET", "/healthz")[0] == 200 for _number in range(10))


def settle(city: City, sent: list[str]) -> None:
    """Wait until nothing is left to do, and see that the workers take new work at once."""
    wait_until(
        lambda: not count(city, Job, Job.status == "waiting")
        and not count(city, Timer, Timer.due_at <= clock.now()),
        120, "jobs or timers are left",
    )  # fmt: skip
    with city.site.database.write() as tx:
        queue.defer(tx, clock.now(), kind="notice.deliver", key="last",
                    payload={"groups": ["role:cio"], "message": "last"})  # fmt: skip
    sent.append("last")
    wait_until(lambda: not count(city, Job, Job.status == "waiting"), 30, "the last job waits")


def completions(city: City) -> Counter:
    """Return how often each task was completed, by the log."""
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "task.completed")
        ).scalars()
        return Counter(orjson.loads(body)["object"]["id"] for body in bodies)


def assert_each_job_was_done_once(city: City, sent: list[str]) -> None:
    with city.site.database.read() as tx:
        found = tx.execute(select(Job.kind, Job.status, Job.payload, Job.last_error)).all()
        left = Counter(tx.execute(select(Notice.message)).scalars())
        carriers = tx.execute(
            text("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'todo'")
        ).scalar_one()
    assert {job.status for job in found} == {"done"}
    asked: Counter[str] = Counter()
    for job in found:
        if job.kind == "notice.deliver":
            payload = orjson.loads(job.payload)
            asked[payload["message"]] += len(payload["groups"])
    assert left == asked
    assert {name: left[name] for name in sent} == dict.fromkeys(sent, 1)
    assert count(city, Incident) == 0
    assert carriers == 0
