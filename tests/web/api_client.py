"""Programs that call the API: each has a token, and every answer is held against the document."""

import re
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dxflow.api.description import describe
from dxflow.api.entrance import OPERATIONS, PREFIX
from dxflow.cli.application import build
from tests.factories import PASSWORD, City
from tests.web.json_schema import mismatches


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return describe(OPERATIONS, PREFIX)


def application(city: City) -> Flask:
    """Return the application of a city as it is served."""
    city.site.settings.make_secret_key()
    return build(city.site)


class Caller:
    """A program that acts for one person."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self.client = client
        self.token = token

    @classmethod
    def of(cls, app: Flask, username: str) -> "Caller":
        """Log somebody in."""
        caller = cls(app.test_client())
        answer = caller.post("/token", {"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return cls(caller.client, answer.json["token"])

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("GET", path, **kwargs)

    def post(self, path: str, body: object = None, **kwargs: Any) -> TestResponse:
        if body is not None:
            kwargs["json"] = body
        return self.send("POST", path, **kwargs)

    def send(self, method: str, path: str, *, headers=None, **kwargs: Any) -> TestResponse:
        """Send a request below the API's address and hold the answer against the document.

        What is only read is read once more in English: it may be said otherwise, nothing else.
        """
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        answer = self._open(method, path, sent, **kwargs)
        if method == "GET" and "Accept-Language" not in sent:
            english = self._open(method, path, sent | {"Accept-Language": "en"}, **kwargs)
            assert english.status_code == answer.status_code
        return answer

    def _open(self, method: str, path: str, headers: dict[str, str], **kwargs: Any) -> TestResponse:
        answer = self.client.open(PREFIX + path, method=method, headers=headers, **kwargs)
        check(method, path.partition("?")[0], answer)
        return answer

    def tasks(self, scope: str = "mine") -> list[dict[str, Any]]:
        """Return open tasks."""
        return self.get(f"/tasks?scope={scope}&per_page=200").json["items"]

    def task(self, element: str) -> dict[str, Any]:
        """Return the one open task of an element, in full."""
        (found,) = [task for task in self.tasks() if task["element"] == element]
        return self.get(f"/tasks/{found['id']}").json

    def has(self, element: str) -> bool:
        """Return whether a task of an element waits."""
        return any(task["element"] == element for task in self.tasks())

    def complete(self, element: str, outcome: str, key: str = "", **values: Any) -> TestResponse:
        """Complete the one open task of an element."""
        task = self.task(element)
        return self.post(
            f"/tasks/{task['id']}/complete",
            {"values": values, "outcome": outcome, "version": task["version"]},
            headers={"Idempotency-Key": key} if key else {},
        )


def check(method: str, path: str, answer: TestResponse) -> None:
    """Fail unless status, content type and body of an answer are what the document says."""
    assert b"Traceback" not in answer.data
    operation = _operation(method, path)
    if operation is None:
        assert answer.status_code in (401, 404, 405, 308)
        return
    declared = operation["responses"].get(str(answer.status_code))
    assert declared is not None, f"{method} {path}: {answer.status_code} {answer.text}"
    for content_type, content in declared.get("content", {}).items():
        if content_type == "*/*":  # a file as it is
            continue
        assert answer.content_type == content_type
        found = list(mismatches(answer.json, content["schema"], document()))
        assert not found, f"{method} {path}: {found}"
    if "content" not in declared:
        assert answer.data == b""
    for header in declared.get("headers", {}):
        assert header in answer.headers, f"{method} {path}: {header} is missing"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for pattern, methods in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", pattern), path):
            return methods.get(method.lower())
    return None
