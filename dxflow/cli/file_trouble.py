"""What the system says of a file, in the reader's words and with what to do."""

import errno
import shutil
from pathlib import Path

from dxflow.texts import gettext as _

#: So many bytes are not enough for one transaction.
ALMOST_NOTHING = 1 << 20


def trouble(exc: OSError) -> str:
    """Return a sentence about a file or connection that the system refused."""
    why = _words().get(exc.errno or 0, "")
    if not why:
        why = exc.strerror or type(exc).__name__
    if not exc.filename:
        return _("ファイルか通信を扱えません: {why}", why=why)
    return _("「{name}」を扱えません: {why}", name=exc.filename, why=why)


def disk_is_full(place: Path) -> bool:
    """Return whether there is hardly a byte left where a folder lies, as databases then refuse."""
    return place.exists() and shutil.disk_usage(place).free < ALMOST_NOTHING


def _words() -> dict[int, str]:
    return {
        errno.EACCES: _(
            "このコマンドを動かす利用者に、読み書きの権限がありません。"
            "その利用者が使える場所（たとえば DXFLOW_HOME のフォルダー）に置いてください。"
        ),
        errno.ENOENT: _("ありません。名前を確かめてください。/ から始まる名前なら確実です。"),
        errno.EISDIR: _("フォルダーです。ファイルを指定してください。"),
        errno.ENOTDIR: _("途中にフォルダーでないものがあります。名前を確かめてください。"),
        errno.ENOSPC: _(
            "ディスクに空きがありません。空きを増やしてから、もう一度実行してください。"
        ),
        errno.EROFS: _("読み取り専用の場所です。書き込める場所を指定してください。"),
    }
