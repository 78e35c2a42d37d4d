"""A worker of PostgreSQL that is killed at a chosen point, for the tests: no cleanup, no goodbye.

python -m tests.integration.dying_crew DATABASE fetched|taken|worked|committed|failed
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from dxflow import clock
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.jobs import carrying, queue
from dxflow.jobs.crew import Crew
from dxflow.services.acts import upkeep
from dxflow.services.commands import COMMANDS
from dxflow.services.site import Site

POINTS = ("fetched", "taken", "worked", "committed", "failed")


def die(*_given: Any) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(address: str, point: str) -> None:
    database = Database(address)
    site = Site(Settings(home=Path.cwd(), database=address), database, clock.now, COMMANDS)
    crew = upkeep.make_runner(site, Crew)
    take, finish, perform = carrying.take, queue.finish, crew.perform
    if point == "fetched":
        crew.perform = die
    elif point == "taken":
        carrying.take = lambda *given: die(take(*given))
    elif point == "worked":
        queue.finish = lambda *given: die(finish(*given))
    elif point == "committed":
        crew.perform = lambda *given: die(perform(*given))
    else:
        crew._work = {"notice.deliver": lambda *_given: 1 / 0}
        crew._failed = die
    crew.run_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
