"""A worker that is killed at a chosen point, for the tests: no cleanup, no goodbye.

python -m tests.integration.dying_worker DATABASE MOMENT leased|worked|committed
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.jobs import queue
from dxflow.services.acts.upkeep import make_runner
from dxflow.services.commands import COMMANDS
from dxflow.services.site import Site


def die(*_arguments: Any) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(address: str, moment: str, point: str) -> None:
    now = datetime.fromisoformat(moment)
    database = Database(address)
    settings = Settings(home=Path.cwd(), database=address)
    runner = make_runner(Site(settings, database, lambda: now, COMMANDS))
    lease, finish = queue.lease, queue.finish
    if point == "leased":
        queue.lease = lambda *given: die(lease(*given))
    elif point == "worked":
        queue.finish = lambda *given: die(finish(*given))
    else:
        one = runner._run_one
        runner._run_one = lambda: die(one())
    runner.run_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
