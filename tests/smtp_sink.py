"""A real SMTP server on a port of this machine that keeps what it gets, and can be made to fail.

A point is a command (`EHLO`, `MAIL`, `RCPT`, `DATA`), `CONNECT`, or `TEXT`: the answer to a whole
message. What a message is answered to is settled before the answer goes out: one that was taken
and never confirmed stands in `received` too.
"""

import base64
import email
import socketserver
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType

from sqlalchemy import update

from dxflow.db.identity import Person
from dxflow.services.people import mail_settings
from dxflow.services.people.mail_settings import MailSettings
from tests.factories import City

CERTIFICATE = Path(__file__).with_name("smtp_certificate.pem")


@dataclass(frozen=True)
class Received:
    """A message as it came in."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        return self.message.get_content()


@dataclass
class Sink:
    """The server. `says` answers a point with other words, `hangs` never, `drops` by hanging up."""

    tls: bool = False
    starttls: bool = False
    login: tuple[str, str] | None = None
    says: dict[str, str] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> "Sink":
        sink = self
        self.over = threading.Event()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                talk = Talk(sink, self)
                with suppress(OSError):
                    talk.run()
                if talk.socket is not self.request:
                    talk.read.close()
                    talk.socket.close()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.tls:
            self._server.socket = context().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _t: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def to(self, address: str) -> list[Received]:
        """Return what came for an address."""
        return [one for one in self.received if address in one.recipients]


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    return made


class Talk:
    """One connection."""

    def __init__(self, sink: Sink, handler: socketserver.StreamRequestHandler) -> None:
        self.sink, self.handler = sink, handler
        self.read, self.socket = handler.rfile, handler.request
        self.sender, self.recipients = "", []

    def run(self) -> None:
        go_on = self.answer("CONNECT", "220 sink ready")
        while go_on:
            line = self.read.readline()
            if not line:
                return
            words = line.decode("ascii", "replace").strip()
            self.sink.commands.append(words)
            go_on = self.obey(words.split(" ")[0].upper(), words)

    def answer(self, point: str, usual: str) -> bool:
        """Answer, and return whether the talk goes on."""
        if point in self.sink.hangs:
            self.sink.over.wait(60)
            return False
        if point in self.sink.drops:
            return False
        words = self.sink.says.get(point, usual)
        self.socket.sendall(words.encode() + b"\r\n")
        return not words.startswith(("221", "421"))

    def obey(self, verb: str, words: str) -> bool:
        if verb == "EHLO":
            offers = ["sink"]
            offers += ["STARTTLS"] if self.sink.starttls else []
            offers += ["AUTH PLAIN"] if self.sink.login else []
            *first, last = offers
            text = "".join(f"250-{one}\r\n" for one in first) + f"250 {last}"
            return self.answer("EHLO", text)
        if verb == "STARTTLS":
            self.answer("STARTTLS", "220 go on")
            self.socket = context().wrap_socket(self.socket, server_side=True)
            self.read = self.socket.makefile("rb")
            return True
        if verb == "AUTH":
            return self.log_in(words)
        if verb == "MAIL":
            self.sender = words.partition("<")[2].partition(">")[0]
        if verb == "RCPT":
            self.recipients.append(words.partition("<")[2].partition(">")[0])
        if verb == "DATA":
            return self.data()
        if verb == "RSET":
            self.recipients = []
        return self.answer(verb, "221 bye" if verb == "QUIT" else "250 fine")

    def log_in(self, words: str) -> bool:
        given = base64.b64decode(words.split(" ")[2]).decode().split("\0")[1:]
        right = self.sink.login is not None and tuple(given) == self.sink.login
        return self.answer("AUTH", "235 welcome" if right else "535 5.7.8 wrong password")

    def data(self) -> bool:
        go_on = self.answer("DATA", "354 go ahead")
        if not go_on or not self.sink.says.get("DATA", "354").startswith("354"):
            return go_on
        lines = []
        while (line := self.read.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self.sink.says.get("TEXT", "250").startswith("250"):
            self.sink.received.append(
                Received(self.sender, tuple(self.recipients), b"".join(lines))
            )
        self.recipients = []
        return self.answer("TEXT", "250 2.0.0 queued")


def with_mail(city: City, port: int, **values: object) -> MailSettings:
    """Give everybody of a city an address, and the city this server; everybody gets mail at once."""
    settings = MailSettings(
        **{
            "on": True, "host": "127.0.0.1", "port": port, "sender": "dxflow@city.example",
            "sender_name": "改善提案", "base_url": "https://dxflow.city.example",
            "default_choice": "at_once", "tasks": False,
        }
        | values
    )  # fmt: skip
    with city.site.database.write() as tx:
        for name, person in city.person.items():
            tx.execute(
                update(Person).where(Person.id == person).values(email=f"{name}@city.example")
            )
    mail_settings.change(city.site, city.actor("admin"), settings)
    return settings
