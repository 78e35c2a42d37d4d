"""A task completed over HTTP by one client of one real server process, page and API."""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select

from bench.cities import version
from bench.measuring import BareRows, Stopwatch, alternate, counting
from bench.report import Figure
from dxflow.cli.application import build
from dxflow.db.process import WorkItem
from tests.factories import PASSWORD, City

_DXFLOW = Path(sys.executable).with_name("dxflow")
_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


class Client:
    """One connection that is kept, with cookies or a token."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        """Send a request; return status and text, and keep the cookies."""
        self._connection.request(method, path, body.encode() or None, self._headers | headers)
        answer: HTTPResponse = self._connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self._headers["Cookie"] = cookie.partition(";")[0]
        return answer.status, text

    @property
    def cookie(self) -> str:
        """Return the cookie that is sent."""
        return self._headers["Cookie"]

    @cookie.setter
    def cookie(self, value: str) -> None:
        self._headers["Cookie"] = value

    def post_form(self, path: str, **values: str) -> int:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(values), **kind)[0]

    def post_json(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        kind = {"Content-Type": "application/json"}
        status, text = self.ask("POST", path, json.dumps(body), **kind, **headers)
        return status, json.loads(text)

    def take_token(self) -> None:
        """Log in over the API as the head of the section."""
        credentials = {"username": "head", "password": PASSWORD}
        status, answer = self.post_json("/api/v1/token", credentials)
        _expect(status, 200, 201)
        self._headers["Authorization"] = f"Bearer {answer['token']}"

    def log_in(self) -> str:
        """Log in as the head of the section over the page; return the CSRF token."""
        token = self._csrf("/login")
        _expect(self.post_form("/login", username="head", password=PASSWORD, _csrf=token), 303)
        return self._csrf("/password")

    def _csrf(self, path: str) -> str:
        status, page = self.ask("GET", path)
        _expect(status, 200)
        return _token(page)


class Served(NamedTuple):
    """A server process: its address, how long until its first page was there, its number."""

    url: str
    seconds: float
    process: int


@contextmanager
def serving(city: City) -> Iterator[Served]:
    """Run a server process until the block is over."""
    settings = city.site.settings
    address = city.site.database.engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"DXFLOW_HOME": str(settings.home), "DXFLOW_DATABASE": address}
    begin = time.perf_counter()
    with subprocess.Popen(
        [_DXFLOW, "serve", "--port", "0", "--json"], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            line = process.stdout.readline() if process.stdout else ""
            url = json.loads(line)["url"]
            _expect(Client(url).ask("GET", "/login")[0], 200)
            yield Served(url, time.perf_counter() - begin, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def measure(city: City, rounds: int, acts: int, seconds: float) -> Iterator[Figure]:
    """Approve ideas one after the other, over the API and over the page."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    how = f"{version(city)}; waitress, one client, {rounds} rounds"
    with serving(city) as served:
        bare = BareRows(city.site.database)
        for name, act in (("page", _over_page(served.url)), ("API", _over_api(served.url))):

            def some(watch: Stopwatch, act: Callable[[str], None] = act) -> None:
                for task in _waiting(city, acts):
                    watch.time(partial(act, task))

            some(Stopwatch())
            came = alternate(bare, some, rounds, seconds, _cpu_of(served.process))
            title = f"completed task, HTTP {name}, {kind}"
            note = f"beside bare commits; server's CPU {came.server_ms:.1f} ms; {how}"
            goal = ">= 0.22 (220/s at 1,000/s)" if name == "page" else ""
            yield Figure(title, came.rate, "1/s", came.bare, came.ratio, note, goal)
        bare.close()
        yield _inbox(served.url, kind)
    yield from _sent(city, kind)


def _cpu_of(process: int) -> Callable[[], float]:
    """Return a clock of the CPU seconds a process has used."""
    ticks = os.sysconf("SC_CLK_TCK")

    def used() -> float:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / ticks

    return used


def _sent(city: City, kind: str) -> Iterator[Figure]:
    """Count what one completion over the page sends, in this process."""
    client = build(city.site).test_client()
    token = _token(client.get("/login").text)
    client.post("/login", data={"username": "head", "password": PASSWORD, "_csrf": token})
    token = _token(client.get("/password").text)
    values = {"_csrf": token, "_outcome": "approve", "reason": ""}
    for task in _waiting(city, 3):  # the last one is counted
        with counting(city.site.database) as count:
            key = {"_idempotency_key": uuid.uuid4().hex}
            _expect(client.post(f"/tasks/{task}", data=values | key).status_code, 303)
    name = f"completion POST, {kind}"
    yield Figure(f"{name}: statements", count.statements, "SQL", goal="<= 12")
    yield Figure(f"{name}: commits", count.commits, "", goal="1")


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    if found is None:
        message = "the page has no CSRF token"
        raise RuntimeError(message)
    return found[1]


def _waiting(city: City, number: int) -> list[str]:
    """Hand ideas in; return the tasks that now wait for the head."""
    started = {city.start().id for _idea in range(number)}
    with city.site.database.read() as tx:
        rows = tx.execute(select(WorkItem.id, WorkItem.case_id).where(WorkItem.status == "open"))
        return [row.id for row in rows if row.case_id in started]


def _over_api(url: str) -> Callable[[str], None]:
    client = Client(url)
    client.take_token()

    def complete(task: str) -> None:
        path, body = f"/api/v1/tasks/{task}/complete", {"values": {}, "outcome": "approve"}
        status, _answer = client.post_json(path, body, **{"Idempotency-Key": uuid.uuid4().hex})
        _expect(status, 200)

    return complete


def _over_page(url: str) -> Callable[[str], None]:
    client = Client(url)
    token = client.log_in()
    session = client.cookie

    def complete(task: str) -> None:
        # The line for the next page lies in the cookie until that page is asked for, which a
        # browser does at once; here it would pile up.
        client.cookie = session
        status = client.post_form(
            f"/tasks/{task}", _csrf=token, _outcome="approve",
            _idempotency_key=uuid.uuid4().hex, reason="",
        )  # fmt: skip
        _expect(status, 303)

    return complete


def _inbox(url: str, kind: str) -> Figure:
    client = Client(url)
    client.log_in()
    watch = Stopwatch()
    for _page in range(30):
        status, _text = watch.time(lambda: client.ask("GET", "/"))
        _expect(status, 200)
    wall = sorted(watch.wall)
    note = f"median of 30; slowest {wall[-1] * 1000:.0f} ms"
    return Figure(f"inbox page, {kind}", wall[15] * 1000, "ms", conditions=note)


def _expect(status: int, *wanted: int) -> None:
    if status not in wanted:
        message = f"the server answered {status} instead of {wanted}"
        raise RuntimeError(message)
