"""A file on its way in: kept in a temporary file, hashed as it comes, cut off at the limit.

Never more of it in memory than one block; the temporary file goes whatever happens.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from dxflow.attachments.limits import refused, too_large

BLOCK = 1 << 16


class Source(Protocol):
    """What bytes are read from: an uploaded file, the body of a request."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes at most, none at the end."""


@dataclass(frozen=True)
class Incoming:
    """A file that has come in whole: `path` for a scanner, its size and SHA-256 (hex)."""

    file: IO[bytes]
    path: str
    size: int
    sha256: str


@contextmanager
def received(source: Source, most: int) -> Iterator[Incoming]:
    """Yield what a source gives. Raises Invalid as soon as it is more than `most` bytes."""
    with (
        tempfile.TemporaryDirectory(prefix="dxflow-attachment-") as folder,
        (Path(folder) / "file").open("w+b") as file,
    ):
        digest, size = hashlib.sha256(), 0
        while block := source.read(BLOCK):
            size += len(block)
            if size > most:
                raise refused(too_large(most))
            digest.update(block)
            file.write(block)
        file.flush()
        file.seek(0)
        yield Incoming(file, file.name, size, digest.hexdigest())
