"""The bytes of attached files, in pieces in the database.

One transaction and one backup hold them with everything else, and no file ever lies in memory as a
whole.
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, insert, select

from dxflow.db.attachment import AttachmentPiece, DraftPiece
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.errors import Conflict
from dxflow.services.attachments.incoming import Incoming
from dxflow.services.site import Site
from dxflow.texts import gettext as _

PIECE = 1 << 16
#: How many pieces are read at once.
_TOGETHER = 16


class Pieces:
    """The statements for the pieces of versions, or of the files of drafts."""

    def __init__(self, kept: type[AttachmentPiece | DraftPiece]) -> None:
        piece = table(kept)
        self.add = Prepared(insert(piece))
        self.some = Prepared(
            select(piece.c.body)
            .where(
                piece.c.version_id == bindparam("version"),
                piece.c.place >= bindparam("first"),
                piece.c.place < bindparam("last"),
            )
            .order_by(piece.c.place)
        )


OF_CASES, OF_DRAFTS = Pieces(AttachmentPiece), Pieces(DraftPiece)


def write(tx: Connection, version_id: str, file: Incoming, kept: Pieces = OF_CASES) -> None:
    """Write a file's bytes, before the row of its version.

    Raises Conflict when they are not those that came in.
    """
    digest, size, place = hashlib.sha256(), 0, 0
    file.file.seek(0)
    while body := file.file.read(PIECE):
        digest.update(body)
        size += len(body)
        kept.add.run(tx, {"version_id": version_id, "place": place, "body": body})
        place += 1
    if (digest.hexdigest(), size) != (file.sha256, file.size):
        # somebody reached into the temporary file
        raise Conflict(_("受け取ったファイルが途中で変わりました。もう一度添付してください。"))


def pieces(site: Site, version_id: str, kept: Pieces = OF_CASES) -> Iterator[bytes]:
    """Yield the bytes of a version. They never change, so that no transaction is held open."""
    first = 0
    while rows := site.database.glance(
        kept.some, {"version": version_id, "first": first, "last": first + _TOGETHER}
    ):
        for row in rows:
            yield bytes(row.body)
        first += _TOGETHER


def is_whole(site: Site, version_id: str, size: int, sha256: str, kept: Pieces = OF_CASES) -> bool:
    """Return whether the stored bytes are those that were attached."""
    digest, count = hashlib.sha256(), 0
    for piece in pieces(site, version_id, kept):
        digest.update(piece)
        count += len(piece)
    return (count, digest.hexdigest()) == (size, sha256)
