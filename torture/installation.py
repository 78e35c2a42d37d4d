"""An installation to be tortured: real files, a real server with fsync, the clock of today."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dxflow import clock
from dxflow.db.engine import Database
from dxflow.services.installation import schema
from dxflow.services.packs import store as packs
from tests import postgres
from tests.factories import City, found_city

PACK = Path(__file__).parent / "packs" / "processes" / "torture"
KINDS = ("sqlite", "postgresql")


@dataclass
class Installation:
    """One database with people and packs. `city` reads and writes it from here."""

    kind: str
    folder: Path
    address: str
    city: City

    @property
    def database(self) -> Database:
        """Return the harness's own connections; never used while clients are at work."""
        return self.city.site.database

    @property
    def file(self) -> Path:
        """Return the SQLite file."""
        return self.folder / "dxflow.db"

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings its servers start with."""
        return {
            **os.environ,
            "DXFLOW_HOME": str(self.folder),
            "DXFLOW_DATABASE": self.address,
            "DXFLOW_HOST": "127.0.0.1",
        }

    def server_processes(self) -> list[int]:
        """Return the processes of the database server, the first of them first; none for SQLite."""
        with suppress(OSError, ValueError):
            lines = (self.folder / "pg" / "data" / "postmaster.pid").read_text().splitlines()
            first = int(lines[0])
            return [first, *_children(first)]
        return []

    def kill_server(self) -> int:
        """SIGKILL the whole database server and start it again; return how many processes died."""
        first = self.server_processes()[:1]
        _send(first, signal.SIGSTOP)  # so that it makes no new process meanwhile
        processes = [*first, *self.server_processes()[1:]]
        _send(processes, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while any(_runs(process) for process in processes) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._start_server()
        return len(processes)

    def _start_server(self, tries: int = 5) -> None:
        for left in reversed(range(tries)):
            try:
                postgres.start_server(self.folder / "pg", durable=True)
            except postgres.PostgresUnavailable:
                if not left:
                    log = (self.folder / "pg" / "log").read_text(errors="replace")
                    print(log[-3000:], flush=True)
                    raise
                time.sleep(0.5)
            else:
                return

    def kill_backend(self, choose: int) -> bool:
        """SIGKILL one process of the server; the server then restarts itself."""
        processes = self.server_processes()[1:]
        if not processes:
            return False
        with suppress(ProcessLookupError):
            os.kill(processes[choose % len(processes)], signal.SIGKILL)
            return True
        return False


@contextmanager
def installed(kind: str, below: Path | None = None) -> Iterator[Installation]:
    """Yield a fresh installation; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dxt", dir=below))
    address = f"sqlite:///{folder}/dxflow.db"
    try:
        if kind == "postgresql":
            server = postgres.start_server(folder / "pg", durable=True)
            address = postgres.create_database(server, "torture")
        database = Database(address)
        schema.upgrade(database)
        city = found_city(database, folder)
        city.clock.moment = clock.now()
        city.site.settings.make_secret_key()
        packs.install(city.site, packs.read_folder(PACK), "system")
        try:
            yield Installation(kind, folder, address, city)
        finally:
            database.close()
    finally:
        if kind == "postgresql":
            with suppress(postgres.PostgresUnavailable):
                postgres.stop(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)


def _send(processes: list[int], number: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _children(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    found.append(int(place.name))
    return sorted(found)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
