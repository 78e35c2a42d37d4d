"""The bytes of attached files, in pieces in the database.

One transaction and one backup hold them with everything else, and no file ever lies in memory as a
whole.
"""

import hashlib
from collections.abc import Iterator
from typing import IO

from sqlalchemy import Connection, bindparam, insert, select

from dxflow.db.attachment import AttachmentPiece
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.services.site import Site

PIECE = 1 << 16
#: How many pieces are read at once.
_TOGETHER = 16

_PIECE = table(AttachmentPiece)
_ADD = Prepared(insert(_PIECE))
_SOME = Prepared(
    select(_PIECE.c.body)
    .where(
        _PIECE.c.version_id == bindparam("version"),
        _PIECE.c.place >= bindparam("first"),
        _PIECE.c.place < bindparam("last"),
    )
    .order_by(_PIECE.c.place)
)


def write(tx: Connection, version_id: str, file: IO[bytes]) -> tuple[str, int]:
    """Write a file's bytes, before the row of its version; return their SHA-256 and number."""
    digest, size, place = hashlib.sha256(), 0, 0
    file.seek(0)
    while body := file.read(PIECE):
        digest.update(body)
        size += len(body)
        _ADD.run(tx, {"version_id": version_id, "place": place, "body": body})
        place += 1
    return digest.hexdigest(), size


def pieces(site: Site, version_id: str) -> Iterator[bytes]:
    """Yield the bytes of a version. They never change, so that no transaction is held open."""
    first = 0
    while rows := site.database.glance(
        _SOME, {"version": version_id, "first": first, "last": first + _TOGETHER}
    ):
        for row in rows:
            yield bytes(row.body)
        first += _TOGETHER


def is_whole(site: Site, version_id: str, size: int, sha256: str) -> bool:
    """Return whether the stored bytes are those that were attached."""
    digest, count = hashlib.sha256(), 0
    for piece in pieces(site, version_id):
        digest.update(piece)
        count += len(piece)
    return (count, digest.hexdigest()) == (size, sha256)
