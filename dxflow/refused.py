"""Why the system refused a file or a folder, in a few words of the reader's."""

import errno

from dxflow.texts import gettext as _

#: What a service meets that may not write there: rights, or a unit that closes the place to it.
NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def why(exc: OSError) -> str:
    """Return the reason; the system's own words for one that is rare."""
    words = {
        errno.ENOENT: _("見つかりません"),
        errno.ENOTDIR: _("途中にフォルダーでないものがあります"),
        errno.EISDIR: _("フォルダーです"),
        errno.EACCES: _("この利用者に権限がありません"),
        errno.EPERM: _("この利用者に権限がありません"),
        errno.EROFS: _("読み取り専用です"),
        errno.ENOSPC: _("空きがありません"),
    }
    return words.get(exc.errno or 0) or exc.strerror or type(exc).__name__
