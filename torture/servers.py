"""The processes of an installation under torture: started, killed at random and at points."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from torture import points
from torture.installation import Installation

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


@dataclass
class Process:
    """One process: `what` is web or worker."""

    what: str
    port: int
    pid: int = 0
    point: str = ""

    stopped_at: float = 0.0

    def runs(self) -> bool:
        """Return whether it is alive."""
        return bool(self.pid) and Path(f"/proc/{self.pid}").exists()

    def stands_still(self) -> bool:
        """Return whether it has been stopped."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state == "T"


@dataclass
class Servers:
    """Web and worker processes of one installation."""

    installation: Installation
    webs: int = 2
    workers: int = 2
    plant: str = ""
    lease: float = 3.0
    points: tuple[str, ...] = ()
    preload: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    kills: Counter = field(default_factory=Counter)
    restarts: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(1)
        self._lock = threading.Lock()
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "torture.serve", "nursery"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**self.installation.environment, **self.preload},
        )  # fmt: skip

    def __enter__(self) -> "Servers":
        for what, number in (("web", self.webs), ("worker", self.workers)):
            for _one in range(number):
                process = Process(what, free_port() if what == "web" else 0)
                self.processes.append(process)
                self.start(process, armed=bool(self.points))
        self.wait_ready()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.processes:
            self._signal(process, signal.SIGKILL)
        if self._nursery.stdin is not None:
            self._nursery.stdin.close()
        self._nursery.wait(60)
        if self._nursery.stdout is not None:
            self._nursery.stdout.close()

    @property
    def ports(self) -> list[int]:
        """Return where the web processes listen."""
        return [one.port for one in self.processes if one.what == "web"]

    @property
    def log(self) -> Path:
        """Return what the processes have said."""
        return self.installation.folder / "servers.log"

    def start(self, process: Process, *, armed: bool = False) -> None:
        """Start a process; an armed one will die at a point."""
        process.point = self._choose(process.what) if armed else ""
        process.stopped_at = 0.0
        arguments = [
            process.what, "--port", str(process.port), "--lease", str(self.lease),
            "--kills", str(self._deaths), "--plant", self.plant, "--point", process.point,
        ]  # fmt: skip
        order = {
            "arguments": arguments,
            "environment": {
                key: value
                for key, value in self.installation.environment.items()
                if key.startswith("DXFLOW_")
            },
            "log": str(self.log),
        }
        with self._lock:
            assert self._nursery.stdin is not None
            assert self._nursery.stdout is not None
            self._nursery.stdin.write(json.dumps(order) + "\n")
            self._nursery.stdin.flush()
            process.pid = int(self._nursery.stdout.readline())

    def kill(self, process: Process, kind: str) -> None:
        """SIGKILL a process and start it again."""
        self._signal(process, signal.SIGKILL)
        self.kills[kind] += 1
        self.restart(process, armed=bool(self.points) or self._random.random() < 0.5)

    def restart(self, process: Process, *, armed: bool = False) -> None:
        """Start a process that has died."""
        deadline = time.monotonic() + 10
        while process.runs() and time.monotonic() < deadline:
            time.sleep(0.005)
        self.restarts += 1
        self.start(process, armed=armed)

    def revive(self, *, armed: bool = True) -> None:
        """Start every process that has died at its point; let one go on that was stopped there."""
        for process in self.processes:
            if not process.runs():
                self.restart(process, armed=armed)
            elif process.stands_still():
                self._go_on_later(process)

    def _go_on_later(self, process: Process) -> None:
        """Let a stopped worker go on when its lease has long been somebody else's."""
        now = time.monotonic()
        process.stopped_at = process.stopped_at or now
        if now - process.stopped_at > self.lease + 2:
            process.stopped_at = 0.0
            self._signal(process, signal.SIGCONT)

    def disarm(self) -> None:
        """Replace every process that would still die at a point by a healthy one."""
        for process in self.processes:
            if process.point or not process.runs():
                self._signal(process, signal.SIGKILL)
                self.restart(process)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until every web process answers."""
        deadline = time.monotonic() + START_SECONDS
        for port in self.ports:
            while not _listens(port):
                if time.monotonic() > deadline:
                    said = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
                    message = f"a web process does not start: {said}"
                    raise TimeoutError(message)
                time.sleep(0.05)

    def deaths(self) -> Counter:
        """Return how many processes died at each point."""
        if not self._deaths.exists():
            return Counter()
        return Counter(self._deaths.read_text().split())

    @property
    def _deaths(self) -> Path:
        return self.installation.folder / "deaths"

    def _choose(self, what: str) -> str:
        known = points.WEB if what == "web" else points.WORKER
        names = [name for name in self.points or known if name in known]
        if not names:
            return ""
        name = self._random.choice(names)
        most = 60 if what == "web" else 2 if name == "stopped" else 12
        return f"{name}:{self._random.randint(1, most)}"

    @staticmethod
    def _signal(process: Process, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
