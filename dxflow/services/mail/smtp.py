"""To the mail server, and what it answers: above all, whether it may have the message.

Up to the server's "go ahead" (354) nothing has been handed over, and trying again is safe. Once
the text is on its way and no answer comes, nobody knows: that is `doubtful`, never tried again by
the program. Nothing here touches the database.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType

from dxflow.services.people.mail_settings import MailSettings
from dxflow.texts import gettext as _

#: Seconds that the server may take for any one answer.
PATIENCE = 10.0
LONGEST_ANSWER = 500
SENT, LATER, AWAY, REFUSED, DOUBTFUL = "sent", "later", "away", "refused", "doubtful"


@dataclass(frozen=True)
class Outcome:
    """What became of a message, with the server's words.

    sent; refused (for good); later (this message, not now); away (the server as a whole: no
    connection, no encryption, no login); doubtful.
    """

    state: str
    answer: str


class ServerAway(Exception):
    """No message can be handed over now; the text says why."""


class Post:
    """One connection to the mail server, opened for the first message; a context manager."""

    def __init__(self, settings: MailSettings, password: str) -> None:
        self._settings = settings
        self._password = password
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "Post":
        """Return itself; nothing is opened yet."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Say goodbye to the server."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._drop()

    def deliver(self, message: EmailMessage, recipient: str) -> Outcome:
        """Hand a message over to the server for one recipient."""
        try:
            smtp = self._opened()
            steps: tuple[tuple[Callable[[], tuple[int, bytes]], tuple[int, ...]], ...] = (
                (lambda: smtp.mail(self._settings.sender), (250,)),
                (lambda: smtp.rcpt(recipient), (250, 251, 252)),
                (lambda: smtp.docmd("DATA"), (354,)),
            )
            for step, fine in steps:
                code, words = step()
                if code not in fine:
                    return self._refusal(code, words)
        except ServerAway as exc:
            self._drop()
            return Outcome(AWAY, self._words(str(exc)))
        except (OSError, smtplib.SMTPException) as exc:
            self._drop()
            return Outcome(AWAY, self._words(_reason(exc)))
        return self._send_text(smtp, message)

    def _send_text(self, smtp: smtplib.SMTP, message: EmailMessage) -> Outcome:
        try:
            smtp.send(_dotted(message.as_bytes()))
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as exc:
            self._drop()
            return Outcome(DOUBTFUL, self._words(_reason(exc)))
        if code == 250:
            return Outcome(SENT, self._words(words, code))
        if not 400 <= code < 600:
            self._drop()
            return Outcome(DOUBTFUL, self._words(words, code))
        return self._refusal(code, words)

    def _refusal(self, code: int, words: bytes) -> Outcome:
        """Return what a refusing answer means; 421 is the server's goodbye."""
        answer = self._words(words, code)
        if code == 421 or not 400 <= code < 600:
            self._drop()
            return Outcome(AWAY, answer)
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.rset()
        return Outcome(REFUSED if code >= 500 else LATER, answer)

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._open()
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        """Connect, encrypt, log in. Raises ServerAway, OSError, SMTPException."""
        wanted, name = self._settings, _own_name()
        if wanted.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                wanted.host, wanted.port, local_hostname=name, timeout=PATIENCE,
                context=ssl.create_default_context(),
            )  # fmt: skip
        else:
            smtp = smtplib.SMTP(wanted.host, wanted.port, local_hostname=name, timeout=PATIENCE)
        self._smtp = smtp  # whatever fails from here on, it is closed
        smtp.ehlo_or_helo_if_needed()
        if wanted.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise ServerAway(_("サーバーが STARTTLS に対応していません。"))
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if wanted.user:
            if not self._password:
                raise ServerAway(_("メールサーバーのパスワードのファイルがありません。"))
            if not (wanted.user + self._password).isascii():
                raise ServerAway(_("メールサーバーの利用者名とパスワードは半角だけが使えます。"))
            smtp.login(wanted.user, self._password)
        return smtp

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.close()

    def _words(self, words: str | bytes, code: int | None = None) -> str:
        """Return the server's words on one line, never with the password in it."""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        if self._password:
            text = text.replace(self._password, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return (f"{code} {text}" if code is not None else text)[:LONGEST_ANSWER]


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,255}", name) else "localhost"


def _dotted(text: bytes) -> bytes:
    """Return a message as it goes over the wire: dots doubled at line starts, a dot at its end."""
    ended = text if text.endswith(b"\r\n") else text + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _reason(exc: Exception) -> str:
    """Return why there was no answer, in words."""
    if isinstance(exc, smtplib.SMTPResponseException):
        words = exc.smtp_error
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return f"{exc.smtp_code} {said}"
    if isinstance(exc, TimeoutError) or isinstance(exc.__context__, TimeoutError):
        return _("{n} 秒待っても返事がありません。", n=round(PATIENCE))
    if isinstance(exc, ssl.SSLError):
        return _("暗号化した接続ができません: {why}", why=exc)
    if isinstance(exc, ConnectionRefusedError):
        return _("サーバーに接続できません（拒否されました）。")
    if isinstance(exc, socket.gaierror):
        return _("サーバーの名前が見つかりません。")
    if isinstance(exc, smtplib.SMTPServerDisconnected):
        return _("サーバーが途中で接続を切りました。")
    return str(exc) or type(exc).__name__
