"""One round: servers, clients, killing, then quiet, then every check."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dxflow import clock
from tests.factories import POSTS
from torture import books, calls, invariants, physics
from torture.clients import OFTEN, WEIGHTS, Client
from torture.installation import Installation
from torture.journal import Journal
from torture.servers import Servers

#: People who may be played; the others have nothing to do in the processes.
PEOPLE = tuple(
    dict.fromkeys(row[5] for row in POSTS if row[5] not in ("admin", "auditor", "mayor"))
)

#: Between two kills so many acts are acknowledged, unless that takes so many seconds: on a busy
#: machine a process is not killed again and again before it has come to anything.
BETWEEN_KILLS = 5
LONGEST_LULL = 30.0
PATIENT = 6


@dataclass(frozen=True)
class Plan:
    """How a round goes. `pause` is the mean time between two kills, 0 for none.

    With `acts` a round ends when so many were acknowledged, if that is sooner. With `least` it goes
    on until so many were, up to PATIENT times its seconds: a machine that is busy with other things
    must not make a round in which nothing happens. `often` names what clients do more often.
    """

    seconds: float = 60.0
    acts: int = 0
    least: int = 0
    often: tuple[str, ...] = ()
    clients: int = 16
    pause: float = 0.8
    plant: str = ""
    points: tuple[str, ...] = ()
    lease: float = 3.0
    quiet: float = 90.0
    patience: float = 120.0
    seed: int = 1


@dataclass
class Result:
    """What came of a round."""

    kills: Counter = field(default_factory=Counter)
    restarts: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    timers: int = 0
    cases: int = 0
    events: int = 0
    quiet: float = 0.0
    violations: dict[str, list[str]] = field(default_factory=dict)

    @property
    def checked(self) -> int:
        """Return how many kinds of promises were checked."""
        return len(invariants.INVARIANTS) + len(physics.PHYSICS)

    def noticed_by(self) -> list[str]:
        """Return the names of the promises that were broken."""
        return [name for name, found in self.violations.items() if found]


def play(installation: Installation, plan: Plan, journal_file: Path | None = None) -> Result:
    """Torture an installation and check it."""
    journal, result = Journal(), Result()
    with Servers(installation, plant=plan.plant, lease=plan.lease, points=plan.points) as servers:
        _work(installation, servers, plan, journal, result)
        servers.disarm()
        result.quiet = until_quiet(installation, plan.quiet)
        result.kills = servers.kills + Counter(
            {f"at {name}": n for name, n in servers.deaths().items()}
        )
        result.restarts = servers.restarts
        check(installation, journal, result)
    result.figures = journal.figures()
    if journal_file is not None:
        journal.write(journal_file)
    return result


def check(installation: Installation, journal: Journal, result: Result) -> None:
    """Check every promise."""
    installation.city.clock.moment = clock.now()
    with installation.database.read() as tx:
        found = invariants.Found(installation, journal, books.read(tx))
    for one in invariants.INVARIANTS:
        result.violations[one.__name__] = list(_first(one(found)))
    for other in physics.PHYSICS:
        result.violations[other.__name__] = list(_first(other(installation)))
    result.cases, result.events = len(found.books.cases), len(found.books.events)
    result.timers = sum(
        len(event.changes) for event in found.books.events if event.type == "timer.fired"
    )


def _first(found: Iterator[str], most: int = 20) -> Iterator[str]:
    for number, text in enumerate(found):
        if number == most:
            yield "… and more"
            return
        yield text


def _work(
    installation: Installation, servers: Servers, plan: Plan, journal: Journal, result: Result
) -> None:
    stop, people = threading.Event(), calls.logins(list(PEOPLE))
    clients = [
        Client(
            number,
            people,
            lambda: servers.ports,
            journal,
            stop,
            patience=plan.patience,
            weights=WEIGHTS | dict.fromkeys(plan.often, OFTEN),
            waits=installation.kind == "sqlite",
        )
        for number in range(plan.clients)
    ]
    for client in clients:
        client.start()
    try:
        _kill_until(installation, servers, plan, journal)
    finally:
        stop.set()
        while any(client.is_alive() for client in clients):
            servers.revive(armed=False)
            time.sleep(0.05)


def _kill_until(installation: Installation, servers: Servers, plan: Plan, journal: Journal) -> None:
    chance, began = random.Random(plan.seed), time.monotonic()
    following, latest, acts = began + 1.0, began + LONGEST_LULL, BETWEEN_KILLS
    while not _over(plan, journal.acts, time.monotonic() - began):
        servers.revive(armed=bool(plan.pause))
        now = time.monotonic()
        if plan.pause and now > following and (now > latest or journal.acts >= acts):
            _kill_something(installation, servers, chance)
            pause = chance.expovariate(1 / plan.pause)
            now, acts = time.monotonic(), journal.acts + BETWEEN_KILLS
            following, latest = now + pause, now + LONGEST_LULL
        time.sleep(0.02)


def _over(plan: Plan, acts: int, seconds: float) -> bool:
    if plan.acts and acts >= plan.acts:
        return True
    return seconds > plan.seconds and (acts >= plan.least or seconds > PATIENT * plan.seconds)


def _kill_something(installation: Installation, servers: Servers, chance: random.Random) -> None:
    drawn = chance.random()
    if installation.kind == "postgresql" and drawn < 0.06:
        servers.kills["PostgreSQL, whole server"] += 1
        installation.kill_server()
    elif installation.kind == "postgresql" and drawn < 0.16:
        servers.kills["PostgreSQL, one process"] += installation.kill_backend(chance.randrange(50))
    else:
        process = chance.choice(servers.processes)
        servers.kill(process, process.what)


def until_quiet(installation: Installation, longest: float) -> float:
    """Wait until no timer or job is due any more; return the seconds it took.

    Gives up when nothing has become less for `longest` seconds.
    """
    began = changed = time.monotonic()
    calm, left = 0, -1
    while time.monotonic() - changed < longest and calm < 2:
        time.sleep(0.5)
        with suppress(Exception):
            due = _due(installation)
            calm = 0 if due else calm + 1
            if due < left or left < 0:
                changed = time.monotonic()
            left = due
    return time.monotonic() - began


def _due(installation: Installation) -> int:
    """Return how many timers and jobs are due."""
    from datetime import timedelta

    from sqlalchemy import func, select

    from dxflow.db.job import Job
    from dxflow.db.process import Timer

    soon = clock.now() + timedelta(minutes=1)
    with installation.database.read() as tx:
        timers = tx.execute(
            select(func.count()).select_from(Timer).where(Timer.due_at < soon)
        ).scalar_one()
        jobs = tx.execute(
            select(func.count()).select_from(Job).where(Job.status == "waiting", Job.run_at < soon)
        ).scalar_one()
    return int(timers + jobs)
