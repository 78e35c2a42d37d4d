"""Read the checkpoints of a folder in, to be compared with the log."""

from pathlib import Path

from dxflow.audit.checkpoints import folder as shelf
from dxflow.audit.checkpoints.checkpoint import NotGenuine, Unreadable, read
from dxflow.audit.checkpoints.kept import Kept
from dxflow.texts import gettext as _


def gather(
    folder: Path, installation: str, anchors: frozenset[str] = frozenset(), *, whole: bool = False
) -> Kept:
    """Read an installation's checkpoints in. Raises OSError when the folder cannot be read."""
    kept = Kept(anchors, whole)
    for one, content in shelf.contents(shelf.named(folder, installation)):
        try:
            found = read(content)
        except Unreadable:
            kept.unreadable(one.file.name, forged=False)
            continue
        except NotGenuine:
            kept.unreadable(one.file.name, forged=True)
            continue
        if (found.installation, found.number) == (installation, one.number):
            kept.take(found)
        else:
            kept.unreadable(one.file.name, forged=False)
    if others := shelf.others(folder, installation):
        kept.notices.append(_("別の導入のチェックポイント {n} 件は、見ていません。", n=others))
    return kept
