"""Files that are handed out: how much at once, and how they are sent."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

#: Bytes that are sent at a time.
PIECE = 64 * 1024


def require_few(count: int, most: int) -> None:
    """Raise Invalid for more than may be asked for at once."""
    if count > most:
        raise Invalid(
            _(
                "一度に書き出せるのは {most} 件までです（いま {n} 件）。条件を足してください。",
                most=most,
                n=count,
            )
        )


def pieces(write: Callable[[IO[bytes]], Any]) -> Iterator[bytes]:
    """Yield what is written into a file, piece by piece: a large one costs no more memory."""
    with TemporaryFile() as file:
        write(file)
        file.seek(0)
        yield from iter(lambda: file.read(PIECE), b"")
