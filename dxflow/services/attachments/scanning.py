"""Have a program look for viruses: any that takes a file and answers as clamscan does.

Exit status 0 is clean, 1 is infected, anything else no answer. No shell is involved, and the
program runs outside every transaction, in a process group of its own that ends with its time.
"""

import logging
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from dxflow.attachments.scans import CLEAN, FAILED, INFECTED, NONE
from dxflow.config import Settings

log = logging.getLogger("dxflow.scan")

#: Where the path goes in the command; at its end when the command does not say.
PLACE = "{file}"
_LONGEST = 300


@dataclass(frozen=True)
class Scanned:
    """What came of it: clean, none (no scanner), failed or infected; what the program said."""

    result: str
    said: str = ""


def scan(settings: Settings, path: str) -> Scanned:
    """Have a file scanned, if a command is set up."""
    if not settings.scan_command:
        return Scanned(NONE)
    command = [part.replace(PLACE, path) for part in settings.scan_command]
    if not any(PLACE in part for part in settings.scan_command):
        command.append(path)
    with tempfile.TemporaryFile() as out:
        try:
            status = _run(command, out, settings.scan_seconds)
        except OSError as exc:
            return _no_answer(f"{command[0]}: {exc.strerror}")
        except subprocess.TimeoutExpired:
            return _no_answer(f"{command[0]}: {settings.scan_seconds} s")
        out.seek(0)
        said = _words(out.read(4096), path)
    if status == 0:
        return Scanned(CLEAN, said)
    if status == 1:
        return Scanned(INFECTED, said)
    return _no_answer(f"{command[0]}: exit {status} {said}")


def _run(command: list[str], out: IO[bytes], seconds: int) -> int:
    process = subprocess.Popen(  # noqa: S603  the administrator's own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except BaseException:
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)  # what it has started as well
            else:
                process.kill()
        process.wait()
        raise


def _words(said: bytes, path: str) -> str:
    """Return the first line of what the program said, without where the file lay."""
    lines = said.decode("utf-8", "replace").replace(path, "").splitlines()
    line = next((one.strip(" :") for one in lines if one.strip(" :")), "")
    return "".join(sign for sign in line if sign.isprintable())[:_LONGEST]


def _no_answer(why: str) -> Scanned:
    log.error("the scanner gave no answer: %s", why)
    return Scanned(FAILED, why[:_LONGEST])
