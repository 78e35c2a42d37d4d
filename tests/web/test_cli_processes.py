"""`dxflow serve --processes`: several processes on one socket, kept alive, ended together."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from dxflow import clock
from dxflow.db.job import Job
from dxflow.jobs import queue
from tests.factories import City
from tests.web.fleet import wait_until
from tests.web.test_cli import run  # noqa: F401
from tests.web.test_cli_serving import Running, fetch, url_of


@pytest.fixture
def serving(sqlite_city: City) -> Iterator[Running]:
    running = Running(sqlite_city, "serve", "--port", "0", "--json", "--processes", "2")
    yield running
    running.end()


def children(running: Running) -> list[int]:
    pid = running.process.pid
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is not buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_processes_answer_and_one_does_the_jobs_and_all_stop_on_sigterm(serving, sqlite_city):
    url = url_of(serving)
    assert {fetch(f"{url}/healthz")[0] for _request in range(10)} == {200}
    running = children(serving)
    assert len(running) == 3
    with sqlite_city.site.database.write() as tx:
        queue.defer(tx, clock.now(), kind="notice.deliver", key="k",
                    payload={"groups": ["role:cio"], "message": "知らせ"})  # fmt: skip

    def done() -> bool:
        with sqlite_city.site.database.read() as tx:
            return tx.execute(select(Job.status).where(Job.key == "k")).scalar_one() == "done"

    wait_until(done, 20, "the job is not done")
    status, err = serving.stop()
    assert (status, "Traceback" in err) == (0, False)
    assert not [pid for pid in running if lives(pid)]


def test_a_process_that_is_killed_is_replaced_while_the_others_answer(serving):
    url = url_of(serving)
    killed = children(serving)[0]
    os.kill(killed, signal.SIGKILL)
    assert {fetch(f"{url}/healthz")[0] for _request in range(10)} == {200}
    wait_until(lambda: len(children(serving)) == 3 and killed not in children(serving), 20,
               "there is no other process")  # fmt: skip
    status, err = serving.stop()
    assert status == 0
    assert "a web process has ended" in err


def test_processes_whose_parent_is_killed_end_too(serving):
    running = children(serving)
    serving.process.kill()
    wait_until(lambda: not [pid for pid in running if lives(pid)], 30, "processes are left")
    serving.process.communicate()


@pytest.mark.parametrize("number", ["0", "-1", "many", "65", "２"])
def test_a_number_of_processes_that_makes_no_sense_is_wrong_usage(run, number):  # noqa: F811
    assert run("serve", "--processes", number).status == 2
