"""Tasks completed over HTTP by many clients: four web processes on PostgreSQL against one.

The clients are processes of their own. They, the database and the web processes share the same
cores, so that the first figure says what a machine of that size gives, not what one more process
gives; the conditions name who used the processors. For the second one the web processes run on
two slow cores of their own, as where the database has another machine.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bench import own_cores
from bench.cities import version
from bench.http_completions import Client
from bench.report import Figure
from dxflow.db.process import WorkItem
from tests.factories import City

GENERATORS, CONNECTIONS = 2, 4  # processes that ask, and connections of each
#: How fast a core of their own is: database and clients need what is left of the machine's.
SPEED, CORES = 0.25, 2
_DXFLOW = Path(sys.executable).with_name("dxflow")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Slice:
    """Completions a second, and processor seconds a second by who used them."""

    rate: float
    web: float
    database: float
    clients: float
    machine: float


@dataclass
class Server:
    """A `dxflow serve` and its processes."""

    url: str
    pid: int

    def pids(self) -> list[int]:
        return [self.pid, *_children(self.pid)]


def measure(city: City, rounds: int, acts: int) -> Iterator[Figure]:
    """Complete `acts` tasks a round with one web process and with four, in turns."""
    name = "completed tasks, HTTP API, PostgreSQL"
    with serving(city, 1) as one, serving(city, 4) as four, generators() as clients:
        for server in (one, four):
            _slice(city, server, clients, acts=GENERATORS * CONNECTIONS * 2)  # warm up
        yield from _figures(name, city, _in_turns(city, (one, four), clients, rounds, acts))
        try:
            with (
                own_cores.limited(one.pids(), SPEED, CORES),
                own_cores.limited(four.pids(), SPEED, CORES),
            ):
                runs = _in_turns(city, (one, four), clients, rounds, max(acts // 4, 32))
        except own_cores.NoQuota as why:
            own_cores.left_out(why)
        else:
            of_their_own = f"{name}, on {CORES} cores of {SPEED:.0%} speed of their own"
            yield from _figures(of_their_own, city, runs, goal=">= 1.9")


def _in_turns(
    city: City,
    servers: tuple[Server, Server],
    clients: list[tuple[int, Connection]],
    rounds: int,
    acts: int,
) -> tuple[list[Slice], list[Slice]]:
    runs: tuple[list[Slice], list[Slice]] = ([], [])
    for _round in range(rounds):
        for server, run in zip(servers, runs, strict=True):
            run.append(_slice(city, server, clients, acts))
    return runs


def _figures(
    name: str, city: City, runs: tuple[list[Slice], list[Slice]], goal: str = ""
) -> Iterator[Figure]:
    one, four = (statistics.median(of.rate for of in run) for run in runs)
    ratio = statistics.median(many.rate / single.rate for single, many in zip(*runs, strict=True))
    how = f"{version(city)}; {GENERATORS * CONNECTIONS} connections, {len(runs[0])} rounds"
    yield Figure(f"{name}, 1 web process", one, "1/s", conditions=f"{how}; {_shares(runs[0])}")
    note = f"beside 1 web process; {how}; {_shares(runs[1])}"
    yield Figure(f"{name}, 4 web processes", four, "1/s", one, ratio, note, goal)


def _shares(slices: list[Slice]) -> str:
    def middle(name: str) -> float:
        return statistics.median(getattr(one, name) for one in slices)

    ours = statistics.median((one.web + one.database + one.clients) / one.rate for one in slices)
    return (
        f"cores used: web {middle('web'):.2f}, PostgreSQL {middle('database'):.2f}, "
        f"clients {middle('clients'):.2f}, whole machine {middle('machine'):.2f} of "
        f"{os.cpu_count()}; {ours * 1000:.1f} ms of processor a task, so that "
        f"{(os.cpu_count() or 1) / ours:.0f}/s are this machine's bound"
    )


@contextmanager
def serving(city: City, processes: int) -> Iterator[Server]:
    """Run a server without jobs; yield it once all its processes answer."""
    settings = city.site.settings
    address = city.site.database.engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"DXFLOW_HOME": str(settings.home), "DXFLOW_DATABASE": address}
    command = [_DXFLOW, "serve", "--port", "0", "--json", "--no-worker", "--processes"]
    with subprocess.Popen(
        [*command, str(processes)], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield Server(json.loads(line)["url"], process.pid)
        finally:
            process.terminate()
            process.wait(40)


@contextmanager
def generators() -> Iterator[list[tuple[int, Connection]]]:
    """Start the processes that ask; each is told what to ask through a pipe."""
    context = multiprocessing.get_context("spawn")
    started = []
    for _number in range(GENERATORS):
        ours, theirs = context.Pipe()
        process = context.Process(target=_generate, args=(theirs,), daemon=True)
        process.start()
        started.append((process, ours))
    try:
        yield [(process.pid or 0, pipe) for process, pipe in started]
    finally:
        for process, pipe in started:
            pipe.send(None)
            process.join(10)


def _generate(orders: Connection) -> None:
    """Complete what is ordered, over connections that are kept, until there are no more orders."""
    clients: dict[str, list[Client]] = {}
    while (order := orders.recv()) is not None:
        url, tasks = order
        if url not in clients:
            clients[url] = [Client(url) for _number in range(CONNECTIONS)]
            for client in clients[url]:
                client.take_token()
        orders.send("ready")
        orders.recv()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            # Each takes the next task when it is free: with a share of its own, a connection whose
            # process has others to serve as well would go on alone at the end.
            waiting = deque(tasks)
            done = list(pool.map(_complete, clients[url], repeat(waiting)))
        orders.send(sum(done))


def _complete(client: Client, waiting: deque[str]) -> int:
    done = 0
    while waiting:
        try:
            task = waiting.popleft()
        except IndexError:  # another connection was faster
            break
        path, body = f"/api/v1/tasks/{task}/complete", {"values": {}, "outcome": "approve"}
        status, answer = client.post_json(path, body, **{"Idempotency-Key": uuid.uuid4().hex})
        if status != 200:
            message = f"the server answered {status}: {answer}"
            raise RuntimeError(message)
        done += 1
    return done


def _slice(city: City, server: Server, clients: list[tuple[int, Connection]], acts: int) -> Slice:
    tasks = _waiting(city, acts)
    for number, (_pid, pipe) in enumerate(clients):
        pipe.send((server.url, tasks[number::GENERATORS]))
    for _pid, pipe in clients:
        pipe.recv()
    groups = (server.pids(), _backends(city), [pid for pid, _pipe in clients])
    before, busy, begin = [_used(pids) for pids in groups], _busy(), time.perf_counter()
    for _pid, pipe in clients:
        pipe.send("go")
    done = sum(pipe.recv() for _pid, pipe in clients)
    seconds = time.perf_counter() - begin
    used = [(_used(pids) - was) / seconds for pids, was in zip(groups, before, strict=True)]
    return Slice(done / seconds, *used, (_busy() - busy) / seconds)


def _waiting(city: City, number: int) -> list[str]:
    """Hand ideas in; return the tasks that now wait for the head."""
    started = {city.start().id for _idea in range(number)}
    with city.site.database.read() as tx:
        rows = tx.execute(select(WorkItem.id, WorkItem.case_id).where(WorkItem.status == "open"))
        return [row.id for row in rows if row.case_id in started]


def _backends(city: City) -> list[int]:
    """Return the processes of the database server."""
    with city.site.database.read() as tx:
        pid: Any = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return [parent, *_children(parent)]


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _used(pids: list[int]) -> float:
    """Return the processor seconds that processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def _busy() -> float:
    """Return the processor seconds that the machine has not been idle."""
    fields = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / _TICKS
