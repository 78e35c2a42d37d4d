"""`dxflow serve` and `dxflow worker` as the harness starts them: the program, patched from outside.

    python -m torture.serve web --port 20000 [--point NAME:NUMBER] [--plant NAME] [--lease SECONDS]
    python -m torture.serve worker …
    python -m torture.serve nursery

The nursery loads the program once and makes processes of it by fork, so that a killed one is there
again at once; each is a process of its own that runs the program's command line.
"""

import argparse
import json
import os
import signal
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import dxflow.cli.application  # loaded here so that a fork need not  # noqa: F401
from dxflow import cli
from dxflow.jobs import queue
from torture import plants, points


def main(arguments: list[str]) -> int:
    """Run one process of the program."""
    parser = argparse.ArgumentParser(prog="python -m torture.serve", description=main.__doc__)
    parser.add_argument("what", choices=("web", "worker", "nursery"))
    parser.add_argument("--port", type=int, default=20_000)
    parser.add_argument("--point", default="", help="NAME:NUMBER, where to die")
    parser.add_argument("--kills", type=Path, default=Path("kills"), help="where deaths are noted")
    parser.add_argument("--plant", default="", help="a bug to plant")
    parser.add_argument("--lease", type=float, default=queue.LEASE.total_seconds())
    chosen = parser.parse_args(arguments)
    if chosen.what == "nursery":
        return _nursery()
    queue.LEASE = timedelta(seconds=chosen.lease)
    if chosen.plant:
        plants.PLANTS[chosen.plant].install()
    if chosen.point:
        name, _colon, number = chosen.point.partition(":")
        points.arm(name, int(number), chosen.kills)
    if chosen.what == "worker":
        return cli.main(["worker"])
    return cli.main(["serve", "--no-worker", "--port", str(chosen.port)])


def _nursery() -> int:
    """Fork a process for each line of JSON on the standard input; answer with its id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_begin(order))
        print(child, flush=True)
    return 0


def _begin(order: dict) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.update(order["environment"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, number)
    try:
        return main(order["arguments"])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 70
    except BaseException:
        traceback.print_exc()  # into the log that the harness shows
        return 70


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
