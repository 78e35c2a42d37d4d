"""The application over a small city, and browsers that are logged in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from dxflow import texts
from dxflow.web.app import create_app
from tests.factories import PASSWORD, City

TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


@dataclass
class Browser:
    """A person's browser: keeps cookies, finds the CSRF token of the page it looks at."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def page(self, path: str) -> html.HtmlElement:
        """Return a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return html.fromstring(answer.text)

    def post(
        self, path: str, data: Any = None, *, token: str | None = None, **options: Any
    ) -> TestResponse:
        values = dict(data or {})
        values.setdefault("_csrf", self.token() if token is None else token)
        return self.client.post(path, data=values, **options)

    def token(self) -> str:
        """Return the token of a page that everybody may open."""
        page = self.client.get("/password")
        if page.status_code != 200:
            page = self.client.get("/login")
        found = TOKEN.search(page.text)
        assert found is not None
        return found[1]

    def log_in(self, name: str, password: str = PASSWORD, **extra: str) -> TestResponse:
        return self.post("/login", {"username": name, "password": password, **extra})

    def controls(self, path: str) -> dict[str, str]:
        """Return the hidden control fields of the form on a page."""
        form = self.page(path).xpath("//form[@data-once and .//button[@name='_outcome']]")[0]
        return {
            field.get("name"): field.get("value")
            for field in form.xpath(".//input[@type='hidden']")
            if field.get("name").startswith("_")
        }


@pytest.fixture(autouse=True)
def _japanese_afterwards() -> Iterator[None]:
    """Take back the language that a page was read in: the next test begins in Japanese."""
    token = texts.language.set("ja")
    yield
    texts.language.reset(token)


@pytest.fixture
def app(sqlite_city: City) -> Flask:
    sqlite_city.site.settings.make_secret_key()
    return create_app(sqlite_city.site)


@pytest.fixture
def anybody(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def browse(app: Flask) -> Callable[[str], Browser]:
    """Return a function that gives somebody's browser, logged in."""

    def open_browser(name: str) -> Browser:
        browser = Browser(app.test_client())
        assert browser.log_in(name).status_code == 303
        return browser

    return open_browser


def text_of(answer: TestResponse) -> str:
    """Return the words of a page without its markup."""
    return " ".join(html.fromstring(answer.text).text_content().split())
