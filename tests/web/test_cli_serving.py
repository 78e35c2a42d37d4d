"""`dxflow serve` and `dxflow worker` as processes: they answer, and stop without losing anything."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.factories import PASSWORD, City

DXFLOW = Path(sys.executable).with_name("dxflow")


class Running:
    """A process of the command line."""

    def __init__(self, city: City, *words: str) -> None:
        settings = city.site.settings
        settings.make_secret_key()
        self.process = subprocess.Popen(
            [DXFLOW, *words],
            env={
                "DXFLOW_HOME": str(settings.home),
                "DXFLOW_DATABASE": city.site.database.engine.url.render_as_string(False),
                "PATH": "/usr/bin:/bin",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.first_line = self.process.stdout.readline()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal and return exit status and standard error."""
        self.process.send_signal(number)
        _out, err = self.process.communicate(timeout=30)
        return self.process.returncode, err

    def end(self) -> None:
        """Make sure that nothing is left running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def serving(city: City) -> Iterator[Running]:
    running = Running(city, "serve", "--port", "0", "--json")
    yield running
    running.end()


def url_of(serving: Running) -> str:
    return json.loads(serving.first_line)["url"]


def fetch(url: str, body: object = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read()


def test_serve_says_where_it_answers_and_stops_on_sigterm(serving):
    url = url_of(serving)
    assert fetch(f"{url}/healthz")[0] == 200
    assert json.loads(fetch(f"{url}/api/v1/openapi.json")[1])["openapi"] == "3.1.0"
    assert b"dxflow_up 1" in fetch(f"{url}/metrics")[1]
    status, err = serving.stop()
    assert (status, "Traceback" in err) == (0, False)


def test_requests_that_have_begun_are_answered_before_the_end(serving):
    url = url_of(serving)
    body = json.dumps({"username": "applicant", "password": PASSWORD})
    programs = [HTTPConnection(url.removeprefix("http://"), timeout=20) for _number in range(3)]
    for program in programs:
        program.request("POST", "/api/v1/token", body, {"Content-Type": "application/json"})
    # what was sent last is answered: what was sent before it has been taken in
    answers = [programs[-1].getresponse()]
    status, err = serving.stop()
    answers += [program.getresponse() for program in programs[:-1]]
    assert (status, [answer.status for answer in answers]) == (0, [200, 200, 200]), err
    for connection in (*answers, *programs):
        connection.close()


def test_serve_stops_on_an_interrupt_too(sqlite_city):
    running = Running(sqlite_city, "serve", "--port", "0", "--no-worker")
    assert "http://127.0.0.1:" in running.first_line
    assert running.stop(signal.SIGINT)[0] == 0


def test_a_port_that_is_taken_is_one_sentence(sqlite_city, serving_sqlite):
    port = url_of(serving_sqlite).rpartition(":")[2]
    second = Running(sqlite_city, "serve", "--port", port)
    _out, err = second.process.communicate(timeout=30)
    assert (second.process.returncode, "Traceback" in err) == (1, False)
    assert "Address already in use" in err


@pytest.fixture
def serving_sqlite(sqlite_city: City) -> Iterator[Running]:
    running = Running(sqlite_city, "serve", "--port", "0", "--json")
    yield running
    running.end()


def test_the_worker_beside_stops_on_sigterm(city):
    running = Running(city, "worker")
    assert "自動処理" in running.first_line
    status, err = running.stop()
    assert (status, "Traceback" in err) == (0, False)
