"""A worker that dies: run by a test in a process of its own, killed by itself at a named point.

`python -m tests.web.killed_worker HOME ADDRESS MOMENT POINT NUMBER`: at the NUMBERth job that
comes to POINT the process gets SIGKILL, which nothing in it can see or clean up after.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.jobs import queue
from dxflow.services.acts import upkeep
from dxflow.services.commands import COMMANDS
from dxflow.services.site import Site

POINTS = ("leased", "worked", "marked")


def main(home: str, address: str, moment: str, point: str, number: str) -> None:
    """Run due jobs until the point is reached."""
    now = datetime.fromisoformat(moment)
    settings = Settings(home=Path(home), database=address)
    site = Site(settings, Database(address), lambda: now, COMMANDS)
    left = [int(number)]

    def die(where: str) -> None:
        if where == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    lease, finish = queue.lease, queue.finish

    def leased(*args):
        job = lease(*args)
        if job is not None:
            die("leased")
        return job

    def finished(*args):
        die("worked")  # all of the job's work is written, but not committed
        done = finish(*args)
        die("marked")
        return done

    queue.lease, queue.finish = leased, finished
    upkeep.make_runner(site).run_due()
    site.database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
