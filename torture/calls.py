"""HTTP as people and programs use it: kept-alive connections, sessions with CSRF, tokens."""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.factories import PASSWORD

API = "/api/v1"
ANSWER_SECONDS = 60.0
_CSRF = re.compile(r'name="_csrf" value="([^"]+)"')


class Lost(Exception):
    """No answer came: whether the request was done is not known."""


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    text: str
    location: str = ""
    seconds: float = 0.0

    def json(self) -> Any:
        """Return the document; Lost when only half of it came."""
        try:
            return json.loads(self.text)
        except ValueError as exc:
            raise Lost(str(exc)) from exc


@dataclass
class Login:
    """A person's token and browser session; both live in the database and outlive every kill."""

    name: str
    token: str = ""
    cookie: str = ""
    csrf: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Line:
    """One client's connection to one of the web processes at a time."""

    def __init__(self, ports: Callable[[], list[int]], number: int) -> None:
        self._ports, self._turn = ports, number
        self._open: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        """Send once. Raises Lost."""
        began = time.monotonic()
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        try:
            if self._open is None:
                ports = self._ports()
                self._open = http.client.HTTPConnection(
                    "127.0.0.1", ports[self._turn % len(ports)], timeout=ANSWER_SECONDS
                )
            self._open.request(method, path, body.encode() or None, sent)
            answer = self._open.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as exc:
            self.drop()
            raise Lost(repr(exc)) from exc
        self._cookie = answer.headers.get("Set-Cookie", "")
        return Reply(
            answer.status, text, answer.headers.get("Location", ""), time.monotonic() - began
        )

    def drop(self) -> None:
        """Hang up; the next request goes to another process."""
        if self._open is not None:
            self._open.close()
        self._open = None
        self._turn += 1

    def api(self, login: Login, method: str, path: str, body: Any = None, key: str = "") -> Reply:
        """Call the REST API once as somebody."""
        if not login.token:
            self._token(login)
        kind = "application/json" if body is not None else ""
        sent = "" if body is None else json.dumps(body)
        return self.send(
            method, API + path, sent,
            Authorization=f"Bearer {login.token}", Content_Type=kind, Idempotency_Key=key,
        )  # fmt: skip

    def page(self, login: Login, path: str, fields: Mapping[str, Any] | None = None) -> Reply:
        """Open a page, or send its form, once as somebody."""
        if not login.cookie:
            self._session(login)
        if fields is None:
            return self.send("GET", path, Cookie=login.cookie)
        return self._form(login, path, fields)

    def _form(self, login: Login, path: str, fields: Mapping[str, Any]) -> Reply:
        body = urlencode({**fields, "_csrf": login.csrf}, doseq=True)
        return self.send(
            "POST", path, body,
            Cookie=login.cookie, Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip

    def _token(self, login: Login) -> None:
        with login.lock:
            if login.token:
                return
            body = json.dumps({"username": login.name, "password": PASSWORD})
            reply = self.send("POST", f"{API}/token", body, Content_Type="application/json")
            if reply.status != 200:
                raise Lost(f"no token: {reply.status}")
            login.token = reply.json()["token"]

    def _session(self, login: Login) -> None:
        with login.lock:
            if login.cookie:
                return
            first = self.send("GET", "/login")
            cookie = self._cookie.partition(";")[0]
            found = _CSRF.search(first.text)
            if found is None:
                raise Lost("no login page")
            body = urlencode({"username": login.name, "password": PASSWORD, "_csrf": found[1]})
            kind = "application/x-www-form-urlencoded"
            reply = self.send("POST", "/login", body, Cookie=cookie, Content_Type=kind)
            cookie = self._cookie.partition(";")[0]
            if reply.status != 303:
                raise Lost(f"no session: {reply.status}")
            own = self.send("GET", "/password", Cookie=cookie)
            fresh = self._cookie.partition(";")[0] or cookie
            found = _CSRF.search(own.text)
            if found is None:
                raise Lost("no page with a form")
            login.csrf, login.cookie = found[1], fresh


def logins(names: list[str]) -> dict[str, Login]:
    """Return people who will log in when they first need it."""
    return {name: Login(name) for name in names}
