"""What the server says of a request that is too large, before the program ever sees it.

The server reads a body whole before it hands it on, so that it must be the server that refuses a
body of gigabytes: by the length it announces, or as soon as it has brought too much. The page that
says so would be lost if the connection were closed in the middle of the sender's sending; for a
while the rest is therefore read and thrown away.
"""

import json
import socket
import time
from contextlib import suppress
from html import escape
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from dxflow.attachments.limits import too_large
from dxflow.texts import gettext as _

#: How long, in seconds, the rest of a refused body is thrown away.
LINGER_SECONDS = 20.0
TOO_LARGE = 413
_PAGE = """\
<!doctype html><html lang="ja"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title><h1>{title}</h1><p>{text}</p><p>{back}</p>
"""


class Refusal(ErrorTask):  # type: ignore[misc]
    """Answers in words what the server itself refuses as too large, as everything else does."""

    def execute(self) -> None:
        """Write the answer."""
        if not isinstance(self.request.error, RequestEntityTooLarge):
            super().execute()
            return
        self.channel.throws_away = True
        body, kind = _answer(self.request.path or "", self.channel.server.largest)
        self.status = f"{TOO_LARGE} Request Entity Too Large"
        self.response_headers += [
            ("Content-Type", kind),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Asks nobody to go on sending what is refused already."""

    def received(self, data: bytes) -> int:
        """Take bytes in; return how many."""
        taken: int = super().received(data)
        if self.error is not None:
            self.expect_continue = False
        return taken


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that reads on after a refusal, into nothing, so that the answer arrives."""

    error_task_class = Refusal
    parser_class = Parser
    throws_away = False
    _until = 0.0

    def readable(self) -> bool:
        """Return whether bytes are wanted."""
        return bool(self._until or super().readable())

    def writable(self) -> bool:
        """Return whether there is something to send, or it is time to close."""
        if self._until:
            return time.monotonic() > self._until
        return bool(super().writable())

    def handle_read(self) -> None:
        """Read what comes; after a refusal it is thrown away, until the sender has done."""
        if not self._until:
            super().handle_read()
            return
        gone = True
        with suppress(OSError):
            gone = not self.recv(self.adj.recv_bytes)
        if gone:
            self.handle_close()

    def handle_close(self) -> None:
        """Close; after a refusal only the way out at first."""
        if self.throws_away and not self._until and self.connected:
            self._until = time.monotonic() + LINGER_SECONDS
            self.will_close = self.close_when_flushed = False
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
            return
        super().handle_close()


def refuse_in_words(server: Any, largest: int) -> None:
    """Have a server say in words that a file is too large; `largest` is what one may have."""
    server.largest = largest
    server.channel_class = Channel


def _answer(path: str, largest: int) -> tuple[bytes, str]:
    title = _("送られた内容が大きすぎます")
    text = too_large(largest)
    if path.startswith("/api/"):
        problem = {
            "type": "urn:dxflow:problem:too_large", "title": title, "status": TOO_LARGE,
            "detail": text,
        }  # fmt: skip
        return json.dumps(problem, ensure_ascii=False).encode(), "application/problem+json"
    page = _PAGE.format(
        title=escape(title),
        text=escape(text),
        back=escape(_("ブラウザーの「戻る」で、前の画面に戻れます。")),
    )
    return page.encode(), "text/html; charset=utf-8"
