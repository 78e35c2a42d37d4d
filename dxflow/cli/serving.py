"""`dxflow serve` and `dxflow worker`: run until told to stop, and let what has begun end first."""

import gc
import logging
import signal
import socket
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from dxflow.cli import refusing
from dxflow.cli.later import uncollected
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.jobs.runner import Runner
from dxflow.services.administration import working
from dxflow.services.attachments import limiting
from dxflow.services.installation import bootstrap, clock_check
from dxflow.services.installation.opening import opened
from dxflow.services.installation.running import announced
from dxflow.services.site import Site
from dxflow.texts import gettext as _

log = logging.getLogger("dxflow.serve")

POLL_SECONDS = 0.5
#: How long requests that have begun, and the job at hand, may take to end.
DRAIN_SECONDS = 10.0
#: Above what any page takes: a previewed file that comes back with its confirmation.
LARGEST_REQUEST = 16 << 20


class Stop:
    """Whether to stop: set by SIGTERM or SIGINT, read by loops.

    A plain flag, since a signal's function may not wait for any lock.
    """

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask to stop."""
        self.asked = True

    def listen(self) -> None:
        """Take the signals of the process over."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self)


def serve(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Serve pages and API, with the jobs in a thread beside them."""
    chosen = replace(
        settings,
        host=settings.host if arguments.host is None else arguments.host,
        port=settings.port if arguments.port is None else arguments.port,
    )
    log_to_stderr()

    def ready(url: str) -> None:
        if output.json:
            output.line({"url": url})
        else:
            output.say(_("dxflow を {url} で提供しています（Ctrl+C で終了）。", url=url))
            output.flush()

    from dxflow.cli.application import build  # the pages are only needed here

    processes = settings.processes if arguments.processes is None else arguments.processes
    with opened(chosen) as site, announced(site):
        bootstrap.require_ready(site)
        stop = Stop()
        stop.listen()
        if processes <= 1:
            serve_until(site, stop, ready, worker=not arguments.no_worker)
            return 0
        bootstrap.record_start(site)
        bootstrap.warm(site)
        # What cannot be put together here could not in any process: better said now than by
        # processes that are started again and again. What this reads in, all of them share.
        with uncollected():
            build(site)
        gc.freeze()  # so that no process copies what all share only to look for garbage there
    from dxflow.cli import supervising  # which builds on this module

    supervising.supervise(
        chosen, processes, stop, ready, worker=not arguments.no_worker, packs=site.packs
    )
    return 0


def worker(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """Run due timers and deferred jobs."""
    log_to_stderr()
    with opened(settings) as site, announced(site):
        bootstrap.require_ready(site)
        clock_check.warn(site)
        stop = Stop()
        stop.listen()
        output.say(_("自動処理を動かしています（Ctrl+C で終了）。"))
        output.flush()
        gc.freeze()  # the program itself never becomes garbage; nobody need look there again
        run_worker(site, stop)
    return 0 if stop.asked else 1


def run_worker(site: Site, stop: Stop) -> None:
    """Run jobs and timers until told to stop."""
    runner, thread = start_worker(site)
    while thread.is_alive() and not stop.asked:
        thread.join(POLL_SECONDS)
    runner.stop()
    thread.join(DRAIN_SECONDS)


def serve_until(
    site: Site,
    stop: Stop,
    ready: Callable[[str], None],
    *,
    worker: bool = True,
    listening: socket.socket | None = None,
) -> None:
    """Serve an installation until told to stop; `ready` gets the address once it answers.

    `listening` is a socket shared with other processes, whose parent has recorded the start.
    """
    with uncollected():
        from dxflow.cli.application import build  # the pages are only needed here

        application = build(site)
    gc.freeze()
    server = _listen(application, site.settings, listening)
    if listening is None:
        bootstrap.record_start(site)
    running = start_worker(site) if worker else None
    ready(_address(site.settings, server))
    while not stop.asked:
        wasyncore.loop(timeout=POLL_SECONDS, map=server._map, count=1)
    log.info("stopping: requests that have begun may end")
    _drain(server)
    if running is not None:
        runner, thread = running
        runner.stop()
        thread.join(DRAIN_SECONDS)
    site.database.close()


def start_worker(site: Site) -> tuple[Runner, threading.Thread]:
    """Start the runner of jobs and timers in a thread."""
    runner = working.make_worker(site)
    thread = threading.Thread(target=runner.run_forever, name="dxflow-worker", daemon=True)
    thread.start()
    return runner, thread


def _listen(application: Flask, settings: Settings, listening: socket.socket | None) -> Any:
    where = {"host": settings.host, "port": settings.port}
    server = create_server(
        application,
        **(where if listening is None else {"sockets": [listening]}),
        threads=max(1, settings.threads),
        ident="dxflow",
        max_request_body_size=max(LARGEST_REQUEST, limiting.largest_request(settings) + 1),
        # who stands behind a proxy is settled by DXFLOW_PROXIES, in the application
        clear_untrusted_proxy_headers=False,
    )
    largest = limiting.of_site(settings).file
    for one in (server, *server._map.values()):  # one for each address that is listened on
        refusing.refuse_in_words(one, largest)
    return server


def _address(settings: Settings, server: Any) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{server.effective_port}"


def _drain(server: Any) -> None:
    """Take no new connections; give requests that have begun their time and send their answers."""
    wasyncore.dispatcher.close(server)
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline and any(
        channel.requests or channel.total_outbufs_len
        for channel in list(server.active_channels.values())
    ):
        wasyncore.loop(timeout=0.05, map=server._map, count=1)
    server.task_dispatcher.shutdown(timeout=1)


def log_to_stderr() -> None:
    """Have what happens while serving written to the standard error stream."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # what happens to jobs, and a database that is away, is said once, by dxflow.jobs
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
