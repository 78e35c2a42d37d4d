"""The folder that checkpoints are kept in: a share of the audit office, a medium written once.

Nothing in it is ever changed or removed. A file is written in one piece under its final name and
only where there is none: media that are written once take no renaming.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dxflow.audit.checkpoints.checkpoint import Checkpoint, Heads, NotGenuine, Unreadable, read

ENDING = ".checkpoint"
_NAME = re.compile(rf"dxflow-([0-9a-f]{{32}})-(\d{{6,12}}){re.escape(ENDING)}")


@dataclass(frozen=True, slots=True)
class Named:
    """A file by its name: of which installation, and which number."""

    file: Path
    installation: str
    number: int


def name_of(installation: str, number: int) -> str:
    """Return the name of a checkpoint's file."""
    return f"dxflow-{installation}-{number:06d}{ENDING}"


def named(folder: Path, installation: str) -> list[Named]:
    """Return an installation's files in their order; of a file by itself that one. Raises OSError."""
    return [one for one in _all(folder) if one.installation == installation]


def others(folder: Path, installation: str) -> int:
    """Return how many files are another installation's. Raises OSError."""
    return sum(one.installation != installation for one in _all(folder))


def _all(folder: Path) -> list[Named]:
    found = []
    for file in (folder,) if folder.is_file() else folder.iterdir():
        if match := _NAME.fullmatch(file.name):
            found.append(Named(file, match[1], int(match[2])))
    return sorted(found, key=lambda one: (one.installation, one.number))


def put(folder: Path, checkpoint: Checkpoint, content: bytes) -> Path:
    """Write a checkpoint's file. Raises FileExistsError when its number is taken, OSError."""
    place = folder / name_of(checkpoint.installation, checkpoint.number)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        with suppress(OSError):  # for everybody to read, whatever the service's umask; some shares
            place.chmod(0o444)  # have rights of their own
    except OSError:
        with suppress(OSError):
            place.unlink()
        raise
    return place


def last_state(folder: Path, installation: str) -> tuple[Checkpoint | None, Heads | None, int]:
    """Return the newest checkpoint, where all chains stood then, and the highest number in use.

    The state is None when a file since the last full one is missing or not what it should be: the
    next checkpoint must then be a full one. Reads back to the last full one only. Raises OSError.
    """
    files = named(folder, installation)
    newest: Checkpoint | None = None
    chain: list[Checkpoint] = []
    for one in reversed(files):
        try:
            found = read(one.file.read_bytes())
        except (Unreadable, NotGenuine):
            continue
        newest = newest or found
        if chain and chain[-1].previous != found.digest:
            break
        chain.append(found)
        if found.full:
            break
    top = files[-1].number if files else 0
    return newest, _state(chain), top


def _state(chain: list[Checkpoint]) -> Heads | None:
    if not chain or not chain[-1].full:
        return None
    heads: Heads = {}
    for checkpoint in reversed(chain):
        heads |= checkpoint.heads
    return heads


def contents(files: list[Named]) -> Iterator[tuple[Named, bytes]]:
    """Yield the files with what is in them, one after the other. Raises OSError."""
    for one in files:
        yield one, one.file.read_bytes()
