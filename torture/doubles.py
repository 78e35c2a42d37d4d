"""Double submissions: thousands of pairs sent at the same moment, none done twice."""

import threading
import time
from dataclasses import dataclass, field

from torture import calls, rounds
from torture.clients import Client
from torture.installation import Installation
from torture.journal import ACKNOWLEDGED, Journal
from torture.servers import Servers

#: Only pairs: the same key twice, two keys at once, two people at once.
WEIGHTS = {"start_twice": 30, "same_key_twice": 35, "two_keys_at_once": 20, "two_people": 15}


@dataclass
class Result:
    """What came of the pairs."""

    pairs: int = 0
    acknowledged: int = 0
    acts: int = 0
    cases: int = 0
    seconds: float = 0.0
    violations: dict[str, list[str]] = field(default_factory=dict)


def run(installation: Installation, count: int, clients: int = 8) -> Result:
    """Send `count` pairs and check every promise."""
    journal, stop = Journal(), threading.Event()
    people = calls.logins(list(rounds.PEOPLE))
    began = time.monotonic()
    with Servers(installation, webs=2, workers=1) as servers:
        crowd = [
            Client(
                number,
                people,
                lambda: servers.ports,
                journal,
                stop,
                weights=WEIGHTS,
                waits=installation.kind == "sqlite",
            )
            for number in range(clients)
        ]
        for client in crowd:
            client.start()
        while journal.pairs < count:
            time.sleep(0.05)
        stop.set()
        for client in crowd:
            client.join()
        seconds = time.monotonic() - began
        rounds.until_quiet(installation, 120)
    whole = rounds.Result()
    rounds.check(installation, journal, whole)
    yes = [one for one in journal.sent if one.ended == ACKNOWLEDGED]
    return Result(
        pairs=journal.pairs,
        acknowledged=len(yes),
        acts=len({one.key for one in yes}),
        cases=whole.cases,
        seconds=seconds,
        violations=whole.violations,
    )
