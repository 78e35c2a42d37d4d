"""Where tests keep what they throw away: in memory, where the system has room for it.

A database of PostgreSQL is some hundred files. On a disk making them is most of what a test waits
for, and what waits is not what is tested: nothing here has to outlive the machine.
"""

import os
import shutil
import tempfile
from pathlib import Path

_SHARED = Path("/dev/shm")
#: What several processes of tests with a PostgreSQL each have taken at most, twice over (bytes).
_ROOM = 4 * 2**30


def folder() -> str | None:
    """Return a folder in memory, None where there is none that is large enough."""
    try:
        fits = shutil.disk_usage(_SHARED).free >= _ROOM
    except OSError:
        return None
    return str(_SHARED) if fits and os.access(_SHARED, os.W_OK) else None


def pytest_configure() -> None:
    """Let temporary files of this process and of those it starts be made in memory.

    Whoever has said where they are to be (TMPDIR) is listened to. A plugin of its own because the
    process that hands tests out to others makes their folders and reads no conftest before.
    """
    place = None if "TMPDIR" in os.environ else folder()
    if place:
        os.environ["TMPDIR"] = tempfile.tempdir = place
