"""`dxflow serve --processes N`: N processes that answer requests on one socket, and one for jobs.

The parent opens the socket, starts the processes by fork and keeps them: one that dies is started
again, after a pause that grows while it keeps dying. Connections wait in the socket, not in a
process, so that none is lost with a process that had not taken it yet. The parent holds no
connection to the database and answers nothing.
"""

import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dxflow.cli.serving import DRAIN_SECONDS, Stop, run_worker, serve_until
from dxflow.config import ConfigRefused, Settings
from dxflow.services.installation.opening import open_site
from dxflow.services.installation.running import announced
from dxflow.texts import gettext as _

log = logging.getLogger("dxflow.serve")

WEB, WORKER = "web", "worker"
BACKLOG = 1024
LOOK_SECONDS = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
#: A process that has lived for so long did not die of what was wrong before.
SOUND_SECONDS = 30.0
#: How long processes may take to end what has begun: requests, then the jobs at hand.
END_SECONDS = 2 * DRAIN_SECONDS + 2
STOPPING = (signal.SIGTERM, signal.SIGINT)


@dataclass
class _Place:
    """One process that there should be, and the one that there is (pid 0: none)."""

    kind: str
    pid: int = 0
    began: float = 0.0
    failures: int = 0
    due: float = 0.0


class _UntilOrphaned(Stop):
    """Also stops when the parent is gone: nobody would start or stop this process any more."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        super().__init__()

    @property
    def asked(self) -> bool:
        """Return whether to stop."""
        return self._asked or os.getppid() != self._parent

    @asked.setter
    def asked(self, value: bool) -> None:
        self._asked = value


def supervise(
    settings: Settings,
    processes: int,
    stop: Stop,
    ready: Callable[[str], None],
    *,
    worker: bool,
    packs: Mapping[str, Any],
) -> None:
    """Keep the processes running until told to stop; `ready` gets the address once all answer.

    `packs` are compiled packs that every process has from the beginning, in shared memory.
    Raises ConfigRefused where processes cannot share a socket.
    """
    if not hasattr(os, "fork"):
        raise ConfigRefused(_("このシステムでは --processes は 1 だけです。Linux では増やせます。"))
    listening = _listen(settings)
    told, tell = os.pipe()
    for end in (told, tell):
        os.set_blocking(end, False)
    places = [_Place(WEB) for _number in range(processes)] + [_Place(WORKER)] * worker
    gc.freeze()
    supervisor = _Supervisor(settings, packs, listening, tell, places)
    waiting = processes
    try:
        while not stop.asked:
            supervisor.start_due()
            time.sleep(LOOK_SECONDS)
            supervisor.bury_dead()
            if waiting > 0:
                waiting -= _count(told)
                if waiting <= 0:
                    ready(_address(settings, listening))
    finally:
        log.info("stopping: requests that have begun may end")
        listening.close()
        supervisor.end()


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        packs: Mapping[str, Any],
        listening: socket.socket,
        tell: int,
        places: list[_Place],
    ) -> None:
        self._settings = settings
        self._packs = packs
        self._listening = listening
        self._tell = tell
        self._places = places

    def start_due(self) -> None:
        """Start every process that is missing and whose pause is over."""
        now = time.monotonic()
        for place in self._places:
            if not place.pid and place.due <= now:
                place.began = now
                place.pid = self._fork(place.kind)

    def bury_dead(self) -> None:
        """Take note of processes that have ended, and let their places wait before the next."""
        for place in self._places:
            if not place.pid or os.waitpid(place.pid, os.WNOHANG) == (0, 0):
                continue
            now = time.monotonic()
            place.failures = 0 if now - place.began > SOUND_SECONDS else place.failures + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(place.failures, 10))
            place.pid, place.due = 0, now + pause
            log.warning("a %s process has ended; another starts in %.1f s", place.kind, pause)

    def end(self) -> None:
        """Ask every process to end and wait for it; kill what takes too long."""
        running = [place.pid for place in self._places if place.pid]
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while running and time.monotonic() < deadline:
            running = [pid for pid in running if os.waitpid(pid, os.WNOHANG) == (0, 0)]
            time.sleep(LOOK_SECONDS / 2)
        for pid in running:
            log.warning("process %d did not end and is killed", pid)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _fork(self, kind: str) -> int:
        parent = os.getpid()
        # a signal that comes before the new process listens to it waits for it
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            return pid
        code = 1
        try:
            stop = _UntilOrphaned(parent)
            stop.listen()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            self._live(kind, stop)
            code = 0
        except Exception:
            log.exception("a %s process could not go on", kind)
        finally:
            logging.shutdown()
            os._exit(code)  # nothing of the parent's is ours to clean up

    def _live(self, kind: str, stop: Stop) -> None:
        """Be one of the processes, from here to its end.

        The tables are not looked at: a process started while the database is away says so to
        whoever asks, and is there when it is back.
        """
        site = open_site(self._settings)
        site.packs.update(self._packs)
        with announced(site):
            if kind == WORKER:
                self._listening.close()
                run_worker(site, stop)
            else:
                serve_until(
                    site, stop, lambda _url: _say(self._tell), worker=False,
                    listening=self._listening,
                )  # fmt: skip
        site.database.close()


def _say(tell: int) -> None:
    """Tell the parent that this process answers; once all do it no longer listens."""
    with suppress(BlockingIOError):
        os.write(tell, b".")


def _count(told: int) -> int:
    """Return how many processes have said that they answer since last asked."""
    try:
        return len(os.read(told, 1024))
    except BlockingIOError:
        return 0


def _listen(settings: Settings) -> socket.socket:
    """Open the socket that all processes take connections from. Raises OSError."""
    family, kind, protocol, _name, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(BACKLOG)
    return listening


def _address(settings: Settings, listening: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listening.getsockname()[1]}"
