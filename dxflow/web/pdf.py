"""A page for paper as PDF, made by a program of its own.

Setting type takes a second or more and tens of megabytes. It is done beside the server, after every
transaction has ended: the server waits without holding anything, and what the work took is given
back to the system with the program. One is made at a time.
"""

import logging
import os
import subprocess
import sys
import threading
from urllib.parse import quote

from flask import Response

from dxflow.errors import Throttled, Unavailable
from dxflow.texts import gettext as _
from dxflow.web.pdf_setting import EXIT_NO_FONT, EXIT_NO_LIBRARY, EXIT_TOO_LARGE

#: The longest a page may take to be set, and to wait for its turn, in seconds.
LONGEST_SETTING = 60
LONGEST_WAIT = 20
#: What the program may know of this one's surroundings: nothing secret is among it.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
_PREFIXES = ("PYTHON", "FONTCONFIG", "XDG_", "WEASYPRINT")

_log = logging.getLogger("dxflow.web")
_turn = threading.BoundedSemaphore(1)


class NotSet(Exception):
    """No PDF could be made; the message says why, for people."""


def answer(html: str, name: str) -> Response:
    """Return a page as a PDF file to be kept under a name (without ending).

    Raises NotSet when this server cannot make one, Throttled while others wait for theirs.
    """
    response = Response(made_of(html), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return response


def for_programs(html: str, name: str) -> tuple[bytes, str]:
    """Return a page as PDF with its name. Raises Unavailable where none can be made, Throttled."""
    try:
        return made_of(html), name
    except NotSet as why:
        raise Unavailable(str(why)) from None


def made_of(html: str) -> bytes:
    """Return the PDF of a page. Raises as `answer` does."""
    if not _turn.acquire(timeout=LONGEST_WAIT):
        raise Throttled(
            _("ほかの PDF を作っています。少し待ってから開いてください。"), LONGEST_WAIT
        )
    try:
        return _set(html)
    finally:
        _turn.release()


def _set(html: str) -> bytes:
    command = [sys.executable, "-m", "dxflow.web.pdf_setting"]
    known = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _PASSED_ON or name.upper().startswith(_PREFIXES)
    }
    try:
        done = subprocess.run(  # noqa: S603  # our own program, nothing of the request in its name
            command, input=html.encode(), capture_output=True, env=known, check=False,
            timeout=LONGEST_SETTING,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotSet(_("PDF を作るのに時間がかかりすぎたため、やめました。")) from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise NotSet(_reason(done.returncode, done.stderr))
    return done.stdout


def _reason(status: int, said: bytes) -> str:
    reasons = {
        EXIT_NO_LIBRARY: _("このサーバーには、PDF を作るためのライブラリ（Pango）がありません。"),
        EXIT_NO_FONT: _("このサーバーには、日本語のフォントがありません。"),
        EXIT_TOO_LARGE: _("この書面は、PDF にするには大きすぎます。"),
    }
    if status in reasons:
        return reasons[status]
    _log.error("no PDF: status %s: %s", status, said.decode("utf-8", "replace")[-2000:])
    return _("PDF を作れませんでした。")
