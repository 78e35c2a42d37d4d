"""A worker that is killed at a chosen point of sending mail, for the tests: no goodbye.

python -m tests.integration.dying_mailer DATABASE MOMENT unmarked|marked|delivered|settled
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.services.administration import working
from dxflow.services.commands import COMMANDS
from dxflow.services.mail import sending
from dxflow.services.mail.smtp import Post
from dxflow.services.site import Site

POINTS = ("unmarked", "marked", "delivered", "settled")


def die(*_given: Any) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(address: str, moment: str, point: str) -> None:
    now = datetime.fromisoformat(moment)
    database = Database(address)
    site = Site(Settings(home=Path.cwd(), database=address), database, lambda: now, COMMANDS)
    mark, deliver, settle = sending.mark, Post.deliver, sending.settle
    if point == "unmarked":
        sending.mark = die
    elif point == "marked":
        sending.mark = lambda *given: die(mark(*given))
    elif point == "delivered":
        Post.deliver = lambda *given: die(deliver(*given))
    else:
        sending.settle = lambda *given: die(settle(*given))
    worker = working.make_worker(site)
    if database.is_sqlite:
        worker.run_due()
    else:
        worker.run_forever()  # as one of the crew: the job is brought, and held by a lease


if __name__ == "__main__":
    main(*sys.argv[1:])
