"""Two web processes and two workers on one PostgreSQL, and what can befall them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

from tests import postgres
from tests.factories import PASSWORD, City

DXFLOW = Path(sys.executable).with_name("dxflow")
WEB, WORKERS = 2, 2


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something to become true; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s: {what}"
        time.sleep(0.05)


class Fleet:
    """The processes; workers that are killed are started again, as an operator's system would."""

    def __init__(self, city: City, server: Path) -> None:
        self.server = server
        self._address = city.site.database.engine.url.render_as_string(hide_password=False)
        self._home = city.site.settings.home
        city.site.settings.make_secret_key()
        self._log = (self._home / "fleet.log").open("ab")
        self.serving = self._start("serve", "--port", "0", "--json", "--processes", str(WEB),
                                   "--no-worker", stdout=subprocess.PIPE)  # fmt: skip
        self.url = json.loads(self.serving.stdout.readline())["url"]
        self.workers = [self._start("worker") for _number in range(WORKERS)]

    def _start(self, *words: str, stdout: int | None = None) -> subprocess.Popen:
        return subprocess.Popen(
            [DXFLOW, *words],
            env={"DXFLOW_HOME": str(self._home), "DXFLOW_DATABASE": self._address,
                 "DXFLOW_THREADS": "4", "PATH": "/usr/bin:/bin"},
            stdout=stdout or self._log, stderr=self._log,
        )  # fmt: skip

    def web_processes(self) -> list[int]:
        """Return the processes that answer requests now."""
        pid = self.serving.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_web(self, which: int) -> None:
        """Kill one of the web processes; its parent starts another."""
        running = self.web_processes()
        if running:
            os.kill(running[which % len(running)], signal.SIGKILL)

    def kill_worker(self, which: int) -> None:
        """Kill one of the workers and start another."""
        self.workers[which].kill()
        self.workers[which].wait()
        self.workers[which] = self._start("worker")

    def revive_workers(self) -> None:
        """Start again what refused to start while the database was away."""
        for number, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.workers[number] = self._start("worker")

    def cut_connections(self) -> int:
        """Have the server end every connection to the database; return how many."""
        where = self._address.replace("+psycopg", "")
        with psycopg.connect(where, autocommit=True) as connection:
            return connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()[0]

    def crash_server(self, seconds: float) -> None:
        """Stop the server at once, as a power cut would, and start it after a while."""
        postgres.stop(self.server)
        time.sleep(seconds)
        postgres.start_server(self.server, durable=True)

    def log(self) -> str:
        return (self._home / "fleet.log").read_text(encoding="utf-8")

    def end(self) -> list[int]:
        """Stop everything as an operator would; return the exit statuses."""
        running = [self.serving, *self.workers]
        if self._log.closed:
            return [one.returncode for one in running]
        for one in running:
            one.terminate()
        try:
            return [one.wait(40) for one in running]
        finally:
            for one in running:
                one.kill()
                one.wait()
            self.serving.stdout.close()
            self._log.close()


@dataclass
class Client:
    """One program that completes tasks over the API until each has been acknowledged."""

    url: str
    acknowledged: dict[str, int] = field(default_factory=dict)
    answers: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    token: str = ""

    def log_in(self, username: str) -> None:
        status, body, _retry = self.ask(
            "POST", "/api/v1/token", {"username": username, "password": PASSWORD}
        )
        assert status == 200, body
        self.token = json.loads(body)["token"]

    def complete_all(self, tasks: list[str], deadline: float, pause: float) -> None:
        for task in tasks:
            key = uuid.uuid4().hex
            while time.monotonic() < deadline and not self._complete(task, key):
                time.sleep(0.1)
            time.sleep(pause)

    def look(self, path: str, stop: threading.Event) -> None:
        """Open a page over and over."""
        while not stop.is_set():
            self._ask_and_judge("GET", path, None, "")
            time.sleep(0.05)

    def _complete(self, task: str, key: str) -> bool:
        body = {"values": {}, "outcome": "approve"}
        status = self._ask_and_judge("POST", f"/api/v1/tasks/{task}/complete", body, key)
        if status == 200:
            self.acknowledged[task] = self.acknowledged.get(task, 0) + 1
        return status == 200

    def _ask_and_judge(self, method: str, path: str, body: object, key: str) -> int:
        """Ask; whatever is neither done nor 503 with Retry-After is kept as wrong."""
        try:
            status, text, retry = self.ask(method, path, body, key)
        except (OSError, HTTPException):  # the process at the other end was killed
            self.answers["cut"] += 1
            return 0
        self.answers[status] += 1
        if status != 200 and (status != 503 or retry is None):
            self.wrong.append(f"{method} {path}: {status} {text[:300]}")
        return status

    def ask(
        self, method: str, path: str, body: object = None, key: str = ""
    ) -> tuple[int, str, str | None]:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Retry-After")
        finally:
            connection.close()
